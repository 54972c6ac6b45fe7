"""A denoiser that can be stopped and restarted at a branch, for accelerations that look inside.

A denoiser with skip connections is a ladder: going down it leaves a tensor on every rung, going up it takes
them back. *Branch* b is the place between the rungs up to b and the deeper ones. One pass is three parts::

    enter(latents) -> Entry        rungs 0 .. b on the way down
    deepen(entry)  -> deep         everything below branch b; one tensor
    leave(entry, deep) -> output   rungs b .. 0 on the way up

Called one after another on the same rows they are the whole denoiser, operation for operation. What happens
between them is the caller's: *deep* may be an earlier step's, or computed on the mean of the rows.

Everything that is remembered belongs to the caller or to one :class:`Engine`, and an engine belongs to one
request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
from torch import Tensor

from obclip_gen.backends.protocol import Backend, Conditioning
from obclip_privacy.errors import BadInputError

#: Where an attention layer's result comes from: computed row by row; with the attention map of one pivot row
#: for a block of rows (values stay each row's own); or taken from the memo.
Source = Literal["fresh", "pivot", "kept"]


@dataclass(frozen=True, slots=True)
class Attention:
    """How the attention layers of one kind (self or cross) are computed in one pass.

    Attributes:
        source: see :data:`Source`.
        keep: whether the results go into the memo.
    """

    source: Source = "fresh"
    keep: bool = False


@dataclass(slots=True)
class AttentionMemo:
    """Attention outputs of earlier passes, by layer number and kind, each ``[R, L, C]`` for the same R
    rows.
    """

    outputs: dict[tuple[int, str], Tensor] = field(default_factory=dict)

    def blended(self, parts: int) -> AttentionMemo:
        """Average over *parts* equal blocks of rows: ``[R, ...]`` to ``[R / parts, ...]``."""
        return AttentionMemo(
            {key: torch.stack(value.chunk(parts)).mean(0) for key, value in self.outputs.items()}
        )


@dataclass(frozen=True, slots=True)
class AttentionUse:
    """What a pass does with its attention layers.

    Attributes:
        self_: of the layers that attend to the picture itself.
        cross: of the layers that attend to the text.
        blocks: sizes of the blocks of rows that share a pivot, which is its first row; their sum is R.
        memo: where ``kept`` reads and ``keep`` writes.
    """

    self_: Attention = Attention()
    cross: Attention = Attention()
    blocks: tuple[int, ...] = ()
    memo: AttentionMemo = field(default_factory=AttentionMemo)

    @property
    def plain(self) -> bool:
        """Whether every layer is computed for every row and nothing is kept."""
        return self.self_ == self.cross == Attention()


PLAIN = AttentionUse()


@dataclass(frozen=True, slots=True)
class Entry:
    """A pass that stopped at a branch on its way down.

    Attributes:
        skips: what lies on rungs 0 .. branch, each ``[R, ...]`` (or one row for all, while nothing depended
            on the text yet); the last is what the deeper part starts from.
        embedding: of the timesteps (and of pooled text, in some families), ``[R, E]`` or ``[1, E]``.
        rows: R.
    """

    skips: tuple[Tensor, ...]
    embedding: Tensor
    rows: int

    @property
    def branch(self) -> int:
        """The branch, b."""
        return len(self.skips) - 1

    def averaged(self, groups: Sequence[Sequence[int]]) -> Entry:
        """Give one row per group, the mean of its rows (for :meth:`Engine.deepen`: the last rung only)."""
        deepest = _full(self.skips[-1], self.rows)
        mean = torch.cat([deepest[list(group)].mean(0, keepdim=True) for group in groups])
        embedding = _full(self.embedding, self.rows)[[group[0] for group in groups]]
        return Entry((*self.skips[:-1], mean), embedding, len(groups))


def _full(value: Tensor, rows: int) -> Tensor:
    return value if value.shape[0] == rows else value.expand(rows, *value.shape[1:])


Part = Literal["prepare", "embed", "enter", "deepen", "leave"]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work, whose cost is ``fixed + rows x each``.

    Attributes:
        part: which call.
        branch: where it starts or stops.
        shared: whether it starts from one row for all.
        one_time: whether one embedding of the timestep serves all rows.
        text_once: whether keys and values of the text are there already.
        self_: source of self-attention.
        cross: source of cross-attention.
        blocks: pivots in the pass; 0 without any.
    """

    part: Part
    branch: int = 0
    shared: bool = False
    one_time: bool = False
    text_once: bool = False
    self_: Source = "fresh"
    cross: Source = "fresh"
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Multiply-accumulates.

    Attributes:
        macs: of all matrix products and convolutions, both attention products included.
        scores: of them, the attention product QK^T.
        values: of them, the attention product AV.
    """

    macs: int = 0
    scores: int = 0
    values: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.macs + other.macs, self.scores + other.scores, self.values + other.values)

    def __sub__(self, other: Cost) -> Cost:
        return self + other * -1

    def __mul__(self, times: int) -> Cost:
        return Cost(self.macs * times, self.scores * times, self.values * times)


@dataclass(slots=True)
class Ledger:
    """What one request computed: calls and rows by kind of work."""

    calls: Counter[Work] = field(default_factory=Counter)
    rows: Counter[Work] = field(default_factory=Counter)

    def add(self, work: Work, rows: int) -> None:
        """Book one call."""
        self.calls[work] += 1
        self.rows[work] += rows

    def total(self, price: Callable[[Work], tuple[Cost, Cost]]) -> Cost:
        """Add up, given the fixed and the per-row cost of each kind of work."""
        cost = Cost()
        for work, calls in self.calls.items():
            fixed, each = price(work)
            cost = cost + fixed * calls + each * self.rows[work]
        return cost


class Engine(Protocol):
    """See the module. Tensors are float32, latents ``[R, C, h, w]``, timesteps ``[R]`` or ``[1]``."""

    #: How many rungs there are; branches are 0 .. rungs - 1. An engine without any runs whole passes only.
    rungs: int
    ledger: Ledger

    def prepare(self, conditioning: Conditioning) -> Conditioning:
        """Add the keys and values of the text for every attention layer, once per prompt (exact)."""
        ...

    def enter(
        self, latents: Tensor, timesteps: Tensor, text: Conditioning, branch: int, use: AttentionUse
    ) -> Entry:
        """Go down to *branch*.

        One row of latents with several rows of text is one latent for all of them: what does not depend on
        the text is computed once.
        """
        ...

    def again(self, entry: Entry, timesteps: Tensor, text: Conditioning) -> Entry:
        """Give an entry with the same rungs at other timesteps."""
        ...

    def deepen(self, entry: Entry, text: Conditioning, use: AttentionUse) -> Tensor:
        """Compute what is below the branch."""
        ...

    def leave(self, entry: Entry, deep: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Go up from the branch; gives the model output ``[R, C, h, w]``."""
        ...

    def whole(self, latents: Tensor, timesteps: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Run the whole denoiser."""
        ...

    def cost(self) -> Cost:
        """What was computed so far."""
        ...


class WholeEngine:
    """The engine of any backend: whole passes only."""

    rungs = 0

    def __init__(self, backend: Backend, height: int, width: int) -> None:
        self.ledger = Ledger()
        self._backend = backend
        self._size = (height, width)

    def prepare(self, conditioning: Conditioning) -> Conditioning:
        """There is nothing to prepare."""
        return conditioning

    def enter(
        self, latents: Tensor, timesteps: Tensor, text: Conditioning, branch: int, use: AttentionUse
    ) -> Entry:
        """Refuse."""
        raise _closed()

    def again(self, entry: Entry, timesteps: Tensor, text: Conditioning) -> Entry:
        """Refuse."""
        raise _closed()

    def deepen(self, entry: Entry, text: Conditioning, use: AttentionUse) -> Tensor:
        """Refuse."""
        raise _closed()

    def leave(self, entry: Entry, deep: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Refuse."""
        raise _closed()

    def whole(self, latents: Tensor, timesteps: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Run the backend's own forward."""
        if not use.plain:
            raise _closed()
        rows = text.rows
        self.ledger.add(Work("enter"), rows)
        return self._backend.predict(
            latents.expand(rows, -1, -1, -1).contiguous(), timesteps.expand(rows), text
        )

    def cost(self) -> Cost:
        """See :class:`Engine`; whole rows at the backend's own count."""
        return Cost(macs=self._backend.macs(*self._size).denoiser) * sum(self.ledger.rows.values())


def _closed() -> BadInputError:
    return BadInputError("plan: this backend's denoiser cannot be stopped inside; use trunk, uncond or exact")


def engine_of(backend: Backend, height: int, width: int) -> Engine:
    """Give a fresh engine, for one request and one size of pictures: the backend's own, if it has one."""
    make = getattr(backend, "engine", None)
    engine: Engine = WholeEngine(backend, height, width) if make is None else make(height, width)
    return engine
