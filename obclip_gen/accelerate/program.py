"""What a phase does in each of its steps, as data. Imports no torch.

A program is one :class:`Step` per denoising step. It is a function of the candidate set and of settings
that do not depend on the prompt; that is why no acceleration can tell more than the set does. Every
candidate is treated by the same
rule: groups come from equal prompts or equal values, means go over all candidates. (Only ``pivot`` singles
candidates
out: the paper does.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from obclip_privacy.errors import BadInputError

Condition = Literal["own", "mean", "neutral"]
Unconditional = Literal["each", "one", "kept", "none"]
Keeping = Literal["no", "keep", "kept"]
AttentionSource = Literal["fresh", "pivot", "kept"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a program may depend on.

    Attributes:
        prompts: the N candidates.
        assignments: their value indices per column, N x A.
        first: first step of the phase.
        stop: one past its last step (the split k in the cloud phase).
        guided: whether there is classifier-free guidance.
    """

    prompts: tuple[str, ...]
    assignments: tuple[tuple[int, ...], ...]
    first: int
    stop: int
    guided: bool

    @property
    def n(self) -> int:
        """N."""
        return len(self.prompts)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        groups: the group of each candidate, numbered in order of first appearance; a group is one row.
        condition: a row's text: its candidates' own (all equal), the mean of their embeddings, or the words
            that they share.
        unconditional: one row per group, one on the mean latent for all, the last result again, or none.
        anchor: whether the unconditional rows of this step tell how each group differs from their mean.
        exact: whether to save what can be saved without any change: see :func:`finished`.
        one_latent: whether all latents are equal.
        branch: where the deep part begins; ``None`` when nothing is kept.
        deep: whether the deep part is computed or kept.
        deep_of: on every row, or once on the mean of the candidates.
        order: of the extrapolation of what is kept.
        rungs: whether everything but the way up is kept (block skip).
        self_attention: where self-attention comes from.
        cross_attention: where cross-attention comes from.
        keep_self: whether its results are kept.
        keep_cross: whether its results are kept.
        blend: whether what is kept of cross-attention becomes the mean of both halves (the gate).
    """

    groups: tuple[int, ...]
    condition: Condition = "own"
    unconditional: Unconditional = "each"
    anchor: bool = False
    exact: bool = False
    one_latent: bool = False
    branch: int | None = None
    deep: Literal["fresh", "kept"] = "fresh"
    deep_of: Literal["rows", "mean"] = "rows"
    order: int = 0
    rungs: Keeping = "no"
    self_attention: AttentionSource = "fresh"
    cross_attention: AttentionSource = "fresh"
    keep_self: bool = False
    keep_cross: bool = False
    blend: bool = False

    @property
    def size(self) -> int:
        """Groups, G."""
        return max(self.groups) + 1

    @property
    def layout(self) -> tuple[tuple[int, ...], Unconditional]:
        """What a row is; kept attention outputs are of use only while it stays the same."""
        return self.groups, self.unconditional

    @property
    def whole(self) -> bool:
        """Whether every layer is computed."""
        return self.deep == "fresh" and self.rungs != "kept"

    @property
    def looks_inside(self) -> bool:
        """Whether a denoiser must be stopped inside for it."""
        sources = (self.self_attention, self.cross_attention)
        kept = self.branch is not None or self.rungs != "no" or self.keep_self or self.keep_cross
        return kept or sources != ("fresh", "fresh")


def numbered(keys: Sequence[object]) -> tuple[int, ...]:
    """Number equal keys alike, in order of first appearance."""
    numbers: dict[object, int] = {}
    return tuple(numbers.setdefault(key, len(numbers)) for key in keys)


def plain_program(setting: Setting) -> tuple[Step, ...]:
    """Every row of every step."""
    step = Step(tuple(range(setting.n)), unconditional="each" if setting.guided else "none")
    return (step,) * (setting.stop - setting.first)


def finished(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Apply what is exact: while all latents are equal, one unconditional row, and the text-free prefix once.

    All latents are equal at the first step of a phase and after steps with a single group.
    """
    made = []
    equal = True
    for step in steps:
        if equal and step.exact:
            single: Unconditional = "one" if step.unconditional == "each" else step.unconditional
            step = replace(step, one_latent=True, unconditional=single, anchor=False)
        made.append(step)
        equal = equal and step.size == 1
    return tuple(made)


def check(steps: Sequence[Step], first: int) -> None:
    """Refuse a program that uses what is not there.

    Raises:
        BadInputError: naming the step.
    """
    deep: Step | None = None
    attention: dict[str, Step] = {}
    guided: Step | None = None
    rungs: Step | None = None

    def refuse(index: int, why: str) -> BadInputError:
        return BadInputError(f"plan: these accelerations cannot be combined: step {first + index} {why}")

    for index, step in enumerate(steps):
        if step.branch is not None and step.rungs != "no":
            raise refuse(index, "would both skip blocks and keep deep features")
        if step.deep == "kept" and (deep is None or deep.groups != step.groups or deep.branch != step.branch):
            raise refuse(index, "needs deep features that no step before it has computed for its rows")
        if step.rungs == "kept" and (rungs is None or rungs.layout != step.layout):
            raise refuse(index, "needs blocks that no step before it has computed for its rows")
        if (step.keep_self or step.keep_cross) and not step.whole:
            raise refuse(index, "would keep attention of some layers only")
        for kind, source in (("self", step.self_attention), ("cross", step.cross_attention)):
            source_step = attention.get(kind)
            if source == "kept" and (
                source_step is None or not (step.blend or source_step.layout == step.layout)
            ):
                raise refuse(index, f"needs {kind}-attention that no step before it has kept for its rows")
            if source == "pivot" and step.deep_of == "mean":
                raise refuse(index, "would take both a pivot's maps and the candidates' mean")
        if step.unconditional == "kept" and (guided is None or guided.groups != step.groups):
            raise refuse(index, "needs an unconditional result that no step before it has computed")
        if step.deep == "fresh" and step.branch is not None:
            deep = step
        if step.rungs == "keep":
            rungs = step
        if step.keep_self and step.whole:
            attention["self"] = step
        if step.keep_cross and step.whole:
            attention["cross"] = step
        if step.unconditional in ("each", "one"):
            guided = step
