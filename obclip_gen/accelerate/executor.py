"""Runs a program on an engine. What it remembers belongs to one request and dies with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Protocol

import torch
from torch import Tensor

from obclip_gen.accelerate.program import Setting, Step
from obclip_gen.backends.engine import (
    Attention,
    AttentionMemo,
    AttentionUse,
    Engine,
    Entry,
    engine_of,
)
from obclip_gen.backends.protocol import Backend, Conditioning
from obclip_privacy.errors import BadInputError

Encode = Callable[[Sequence[str]], Conditioning]


class Sized(Protocol):
    """What the executor needs to know of a request."""

    @property
    def guidance_scale(self) -> float:
        """Of classifier-free guidance."""
        ...

    @property
    def height(self) -> int:
        """Of the picture in pixels."""
        ...

    @property
    def width(self) -> int:
        """Of the picture in pixels."""
        ...


def planned_predictor(
    steps: Sequence[Step],
    setting: Setting,
    request: Sized,
    backend: Backend,
    conditional: Conditioning,
    negative: Conditioning,
    encode: Encode | None = None,
) -> Executor:
    """Make the predictor of a program on a backend.

    Raises:
        BadInputError: the program stops the denoiser inside and the backend cannot.
    """
    engine = engine_of(backend, request.height, request.width)
    return Executor(
        steps, setting, engine, Texts(conditional, negative, encode or backend.encode), request.guidance_scale
    )


@dataclass(frozen=True, slots=True)
class Texts:
    """What the rows are conditioned on.

    Attributes:
        conditional: of the N candidates.
        negative: of the negative prompt, one row.
        encode: for words that candidates share.
    """

    conditional: Conditioning
    negative: Conditioning
    encode: Encode


@dataclass(slots=True)
class _Memory:
    """What one request remembers between its steps.

    Attributes:
        deep: of the last steps that computed it: index, unconditional part, conditional part.
        attention: outputs of attention layers.
        entry: the rungs for block skip, with the deep tensor.
        unconditional: the last unconditional result.
        offsets: how each group's differs from the mean, with the groups.
        blended: whether the attention outputs are one row for both halves by now.
    """

    deep: list[tuple[int, Tensor | None, Tensor]] = field(default_factory=list)
    attention: AttentionMemo = field(default_factory=AttentionMemo)
    entry: tuple[Entry, Tensor] | None = None
    unconditional: Tensor | None = None
    offsets: tuple[tuple[int, ...], Tensor] | None = None
    blended: bool = False


class Executor:
    """Implements :class:`~obclip_gen.denoise.guidance.Predictor` for a program."""

    def __init__(
        self, steps: Sequence[Step], setting: Setting, engine: Engine, texts: Texts, scale: float
    ) -> None:
        if not engine.rungs and any(step.looks_inside for step in steps):
            raise BadInputError("plan: this backend's denoiser cannot be stopped inside")
        deepest = max((step.branch or 0 for step in steps), default=0)
        if engine.rungs and deepest >= engine.rungs:
            raise BadInputError(f"deep: branch must be from 0 to {engine.rungs - 1} for this model")
        self.rows = 0
        self.texts = 0
        self._steps = tuple(steps)
        self._setting = setting
        self._engine = engine
        self._scale = scale
        self._memory = _Memory()
        self._encode = texts.encode
        self._once = any(step.exact for step in steps)
        first: dict[str, int] = {}
        for place, prompt in enumerate(setting.prompts):
            first.setdefault(prompt, place)
        number = {prompt: row for row, prompt in enumerate(first)}
        self._source = [number[prompt] for prompt in setting.prompts]
        distinct = texts.conditional.select(list(first.values()))
        self._conditional = self._prepared(distinct)
        self._negative = self._prepared(texts.negative)
        self._shared: dict[str, Conditioning] = {}

    def denoiser_macs(self, row: int) -> int:
        """See the protocol; the engine counts for itself."""
        return self._engine.cost().macs

    def __call__(self, latents: Tensor, timestep: Tensor, index: int) -> Tensor:
        """See :class:`~obclip_gen.denoise.guidance.Predictor`."""
        step = self._steps[index - self._setting.first]
        heads = [step.groups.index(group) for group in range(step.size)]
        current = latents[heads]
        others = self._unconditional_latents(step, latents, current)
        text = self._text(step)
        unguided = others.shape[0]
        if unguided:
            text = self._negative.select([0] * unguided).joined(text)
        rows = latents[:1] if step.one_latent else torch.cat([others, current])
        self.rows += text.rows
        output = self._pass(step, index, rows, timestep.reshape(1), text, unguided)
        conditional = output[unguided:]
        if step.unconditional == "none":
            return conditional[list(step.groups)]
        free = self._unconditional(step, output[:unguided])
        return (free + self._scale * (conditional - free))[list(step.groups)]

    @staticmethod
    def _unconditional_latents(step: Step, latents: Tensor, current: Tensor) -> Tensor:
        if step.unconditional == "each":
            return current
        if step.unconditional == "one":
            return current if step.size == 1 else latents.mean(0, keepdim=True)
        return latents[:0]

    def _unconditional(self, step: Step, computed: Tensor) -> Tensor:
        memory = self._memory
        if step.unconditional == "kept":
            if memory.unconditional is None:
                raise RuntimeError("checked programs compute before they keep")
            return memory.unconditional
        if step.anchor:
            memory.offsets = step.groups, computed - computed.mean(0, keepdim=True)
        elif step.unconditional == "one" and memory.offsets and memory.offsets[0] == step.groups:
            computed = computed + memory.offsets[1]
        memory.unconditional = computed
        return computed

    def _prepared(self, text: Conditioning) -> Conditioning:
        return self._engine.prepare(text) if self._once and self._engine.rungs else text

    def _text(self, step: Step) -> Conditioning:
        members: list[list[int]] = [[] for _ in range(step.size)]
        for place, group in enumerate(step.groups):
            members[group].append(place)
        if step.condition == "neutral":
            return self._neutral(members)
        sources = [[self._source[place] for place in group] for group in members]
        if all(len(set(group)) == 1 for group in sources):
            return self._conditional.select([group[0] for group in sources])
        return self._conditional.averaged(sources)

    def _neutral(self, members: Sequence[Sequence[int]]) -> Conditioning:
        words = [shared_words([self._setting.prompts[place] for place in group]) for group in members]
        for text in words:
            if text not in self._shared:
                self.texts += 1
                self._shared[text] = self._prepared(self._encode([text]))
        joined = self._shared[words[0]]
        for text in words[1:]:
            joined = joined.joined(self._shared[text])
        return joined

    def _use(self, step: Step, unguided: int, guided: int) -> AttentionUse:
        memory = self._memory
        if step.blend and not memory.blended:
            memory.attention = memory.attention.blended(2)
            memory.blended = True
        return AttentionUse(
            Attention(step.self_attention, step.keep_self),
            Attention(step.cross_attention, step.keep_cross),
            (unguided, guided) if unguided else (guided,),
            memo=memory.attention,
        )

    def _pass(
        self, step: Step, index: int, rows: Tensor, times: Tensor, text: Conditioning, unguided: int
    ) -> Tensor:
        engine, memory = self._engine, self._memory
        use = self._use(step, unguided, text.rows - unguided)
        if not engine.rungs:
            return engine.whole(rows, times, text, use)
        if step.rungs == "kept" and memory.entry is not None:
            entry, deep = memory.entry
            return engine.leave(engine.again(entry, times, text), deep, text, use)
        branch = engine.rungs - 1 if step.branch is None else step.branch
        entry = engine.enter(rows, times, text, branch, use)
        if step.deep == "fresh":
            self._remember(step, index, self._deepened(step, entry, text, use, unguided), unguided)
        deep = self._recalled(step, index, unguided, text.rows - unguided)
        if step.rungs == "keep":
            memory.entry = entry, deep
        return engine.leave(entry, deep, text, use)

    def _deepened(
        self, step: Step, entry: Entry, text: Conditioning, use: AttentionUse, unguided: int
    ) -> Tensor:
        if step.deep_of == "rows" or step.size == 1:
            return self._engine.deepen(entry, text, use)
        candidates = [unguided + group for group in step.groups]
        groups = [*([list(range(unguided))] if unguided else []), candidates]
        return self._engine.deepen(entry.averaged(groups), text.averaged(groups), use)

    def _remember(self, step: Step, index: int, deep: Tensor, unguided: int) -> None:
        memory = self._memory
        first = min(unguided, 1) if step.deep_of == "mean" and step.size > 1 else unguided
        free = deep[:first] if first else (memory.deep[-1][1] if memory.deep else None)
        changed = memory.deep and memory.deep[-1][2].shape[0] != deep.shape[0] - first
        kept = [] if changed or not step.order else memory.deep[-step.order :]
        memory.deep = [*kept, (index, free, deep[first:])]

    def _recalled(self, step: Step, index: int, unguided: int, guided: int) -> Tensor:
        """Extrapolate through the last computed ones (Lagrange; Taylor's formula with differences)."""
        known = self._memory.deep
        places = [place for place, _, _ in known]
        parts: list[Tensor] = []
        for own, rows in (([free for _, free, _ in known], unguided), ([row for _, _, row in known], guided)):
            if not rows:
                continue
            tensors = [_fitted(value, rows) for value in own]
            if len(tensors) == 1 or places[-1] == index:
                parts.append(tensors[-1])
                continue
            weights = [_lagrange(places, at, index) for at in range(len(places))]
            total = tensors[0] * weights[0]
            for tensor, weight in zip(tensors[1:], weights[1:], strict=True):
                total = total + tensor * weight
            parts.append(total)
        return parts[0] if len(parts) == 1 else torch.cat(parts)


def _fitted(value: Tensor | None, rows: int) -> Tensor:
    if value is None:
        raise RuntimeError("checked programs compute before they keep")
    if value.shape[0] == rows:
        return value
    if value.shape[0] > 1:
        value = value.mean(0, keepdim=True)
    return value.expand(rows, *value.shape[1:])


def _lagrange(places: Sequence[int], at: int, index: int) -> float:
    weight = 1.0
    for other, place in enumerate(places):
        if other != at:
            weight *= (index - place) / (places[at] - place)
    return weight


def shared_words(prompts: Sequence[str]) -> str:
    """Give the words that all prompts have in common, in their order; the same for any order of the
    prompts.
    """
    ordered = sorted(set(prompts))
    common = ordered[0].split()
    for prompt in ordered[1:]:
        words = prompt.split()
        matcher = SequenceMatcher(None, common, words, autojunk=False)
        blocks = [common[block.a : block.a + block.size] for block in matcher.get_matching_blocks()]
        common = [word for block in blocks for word in block]
    return " ".join(common)
