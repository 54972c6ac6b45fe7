"""What the engine's work costs for a U-Net of any size, counted on a copy without storage.

The forward that is counted is the engine's own: a price is the count of one call of
:class:`~obclip_gen.backends.unet_engine.UNetEngine` on the ``meta`` device. Every call costs ``fixed + rows x
each``, so one or two calls give the price for any number of rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from obclip_gen.backends.engine import (
    Attention,
    AttentionMemo,
    AttentionUse,
    Cost,
    Entry,
    Ledger,
    Source,
    Work,
)
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.unet_attention import HIDDEN
from obclip_gen.backends.unet_engine import UNetEngine, work_of
from obclip_gen.libs import library

#: Pooled text and sizes of the families that put them into the time embedding.
_SIZES = 6


class PriceList:
    """Prices of one architecture at one size of latents. Builds nothing before the first question."""

    def __init__(self, config: Mapping[str, Any], cells: tuple[int, int], text_length: int) -> None:
        """Take the architecture.

        Args:
            config: arguments of ``UNet2DConditionModel``.
            cells: height and width of the latents.
            text_length: tokens of the text.
        """
        self._config = dict(config)
        self._cells = cells
        self._length = text_length
        self._prices: dict[Work, tuple[Cost, Cost]] = {}
        self._entries: dict[int, Entry] = {}

    @functools.cached_property
    def _engine(self) -> UNetEngine:
        with torch.device("meta"):
            unet = library("diffusers").UNet2DConditionModel(**self._config)
        return UNetEngine(unet.eval(), self.price)

    @functools.cached_property
    def _unet(self) -> Any:
        return self._engine.unet

    @property
    def rungs(self) -> int:
        """See :class:`~obclip_gen.backends.engine.Engine`."""
        return self._engine.rungs

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """``(C, h, w)``."""
        return int(self._unet.config.in_channels), *self._cells

    @property
    def pooled(self) -> bool:
        """Whether text enters the time embedding, so that it has a row per prompt."""
        return bool(self._unet.config.addition_embed_type == "text_time")

    def whole(self) -> Cost:
        """Cost of one whole row."""
        ledger = Ledger()
        deepest = self.rungs - 1
        for part in ("enter", "deepen", "leave"):
            ledger.add(Work(part, deepest), 1)
        return ledger.total(self.price)

    def price(self, work: Work) -> tuple[Cost, Cost]:
        """Give the fixed cost of a call and the cost of each of its rows."""
        if work not in self._prices:
            self._prices[work] = self._measured(work)
        return self._prices[work]

    def _measured(self, work: Work) -> tuple[Cost, Cost]:
        if not (work.shared or work.one_time or work.blocks):
            return Cost(), self._count(work, 1)
        least = 2 * max(1, work.blocks)
        some, more = self._count(work, least), self._count(work, 2 * least)
        difference = more - some
        each = Cost(*(value // least for value in (difference.macs, difference.scores, difference.values)))
        return some - each * least, each

    def _count(self, work: Work, rows: int) -> Cost:
        engine, text = self._engine, self._text(rows, work.text_once)
        use = _use(work, rows)
        times = torch.empty(1 if work.one_time else rows, device="meta")
        call: Callable[[], object]
        if work.part == "prepare":
            call = functools.partial(engine.prepare, text)
        elif work.part == "enter":
            latents = torch.empty(1 if work.shared else rows, *self.latent_shape, device="meta")
            call = functools.partial(engine.enter, latents, times, text, work.branch, use)
        elif work.part == "embed":
            call = functools.partial(engine.again, self._entry(0, work, rows), times, text)
        else:
            entry = self._entry(work.branch, work, rows)
            if work.part == "deepen":
                call = functools.partial(engine.deepen, entry, text, use)
            else:
                call = functools.partial(engine.leave, entry, self._deep(work.branch, rows), text, use)
        with counting(engine, self._unet) as total:
            call()
        return total()

    def _text(self, rows: int, once: bool) -> Conditioning:
        config = self._unet.config
        tensors = {HIDDEN: torch.empty(rows, self._length, int(config.cross_attention_dim), device="meta")}
        if self.pooled:
            sizes = int(config.addition_time_embed_dim) * _SIZES
            width = int(config.projection_class_embeddings_input_dim) - sizes
            tensors["text_embeds"] = torch.empty(rows, width, device="meta")
        text = Conditioning(tensors)
        return self._engine.prepare(text) if once else text

    def _entry(self, branch: int, work: Work, rows: int) -> Entry:
        if branch not in self._entries:
            latents = torch.empty(1, *self.latent_shape, device="meta")
            text = self._text(1, once=False)
            times = torch.empty(1, device="meta")
            self._entries[branch] = self._engine.enter(latents, times, text, branch, AttentionUse())
        entry = self._entries[branch]
        given = 1 if work.shared else rows
        embedded = 1 if work.one_time else rows
        deepest = entry.skips[-1].expand(given, -1, -1, -1)
        rest = tuple(skip.expand(rows, -1, -1, -1) for skip in entry.skips[:-1])
        return Entry((*rest, deepest), entry.embedding.expand(embedded, -1), rows)

    def _deep(self, branch: int, rows: int) -> Tensor:
        skip = self._entries[branch].skips[-1]
        channels = self._engine.channels_into(branch) - skip.shape[1]
        return torch.empty(rows, channels, *skip.shape[2:], device="meta")

    def rows_after(self, branch: int, given: int, rows: int) -> int:
        """Rows on rung *branch* when *given* rows of latents meet *rows* rows of text."""
        if given == rows or self.pooled:
            return rows if branch or given == rows else given
        return rows if self._engine.text_reaches(branch) else given

    def engine(self) -> MeterEngine:
        """Give an engine that computes nothing and books everything."""
        return MeterEngine(self)


class _AnyOutput(dict[tuple[int, str], Tensor]):
    """Has an output for every layer: one number without storage, which broadcasts."""

    def __missing__(self, key: tuple[int, str]) -> Tensor:
        return torch.empty((), device="meta")


def _use(work: Work, rows: int) -> AttentionUse:
    def attention(source: Source) -> Attention:
        return Attention(source)

    blocks = (rows // work.blocks,) * work.blocks if work.blocks else ()
    return AttentionUse(
        attention(work.self_), attention(work.cross), blocks, memo=AttentionMemo(_AnyOutput())
    )


@contextmanager
def counting(engine: UNetEngine, unet: nn.Module) -> Iterator[Callable[[], Cost]]:
    """Count the MACs of everything that the engine's modules compute inside the block."""
    macs = 0

    def linear(module: nn.Linear, given: object, output: Tensor) -> None:
        nonlocal macs
        macs += output.numel() * module.in_features

    def convolution(module: nn.Conv2d, given: object, output: Tensor) -> None:
        nonlocal macs
        height, width = module.kernel_size
        macs += output.numel() * module.in_channels // module.groups * height * width

    hooks = []
    for module in unet.modules():
        if isinstance(module, nn.Linear):
            hooks.append(module.register_forward_hook(linear))
        elif isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(convolution))
    scores, values = engine.products.scores, engine.products.values

    def total() -> Cost:
        done = engine.products
        products = Cost(0, done.scores - scores, done.values - values)
        return Cost(macs + products.scores + products.values, products.scores, products.values)

    try:
        yield total
    finally:
        for hook in hooks:
            hook.remove()


class MeterEngine:
    """Implements :class:`~obclip_gen.backends.engine.Engine` without computing: tensors have rows and no
    content.
    """

    def __init__(self, prices: PriceList) -> None:
        self.rungs = prices.rungs
        self.ledger = Ledger()
        self._prices = prices

    def prepare(self, conditioning: Conditioning) -> Conditioning:
        """Book it."""
        self.ledger.add(Work("prepare"), conditioning.rows)
        return Conditioning({**conditioning.tensors, "key.0": _rows(conditioning.rows)})

    def enter(
        self, latents: Tensor, timesteps: Tensor, text: Conditioning, branch: int, use: AttentionUse
    ) -> Entry:
        """Book it."""
        given, rows = latents.shape[0], text.rows
        self.ledger.add(work_of("enter", branch, given, given, text, use), rows)
        skips = tuple(_rows(self._prices.rows_after(rung, given, rows)) for rung in range(branch + 1))
        return Entry(skips, _rows(rows if self._prices.pooled else given), rows)

    def again(self, entry: Entry, timesteps: Tensor, text: Conditioning) -> Entry:
        """Book it."""
        self.ledger.add(Work("embed"), text.rows)
        return Entry(entry.skips, _rows(text.rows), entry.rows)

    def deepen(self, entry: Entry, text: Conditioning, use: AttentionUse) -> Tensor:
        """Book it."""
        given, times = entry.skips[-1].shape[0], entry.embedding.shape[0]
        self.ledger.add(work_of("deepen", entry.branch, given, times, text, use), text.rows)
        return _rows(text.rows)

    def leave(self, entry: Entry, deep: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Book it."""
        times = entry.embedding.shape[0]
        self.ledger.add(work_of("leave", entry.branch, text.rows, times, text, use), text.rows)
        return torch.empty(text.rows, *self._prices.latent_shape, device="meta")

    def whole(self, latents: Tensor, timesteps: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Book it."""
        entry = self.enter(latents, timesteps, text, self.rungs - 1, use)
        return self.leave(entry, self.deepen(entry, text, use), text, use)

    def cost(self) -> Cost:
        """See the protocol."""
        return self.ledger.total(self._prices.price)


def _rows(number: int) -> Tensor:
    return torch.empty(number, 1, 1, 1, device="meta")
