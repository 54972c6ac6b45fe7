"""The engine of the U-Net family: a forward of our own over the public blocks of ``UNet2DConditionModel``.

A rung is what the U-Net keeps on its way down: the output of ``conv_in``, of every residual layer (with its
transformer, where it has one) and of every downsampler. Branch b is DeepCache's branch b (Ma et al. 2023,
section 3.3) whatever the number of layers in a block.

Supported: Stable Diffusion 1.x and 2.x, SDXL, and models distilled from them (BK-SDM, SSD-1B, Vega, KOALA):
plain down and up blocks with or without cross-attention, any mid block or none, pooled text in the time
embedding.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.engine import (
    AttentionUse,
    Cost,
    Entry,
    Ledger,
    Part,
    Source,
    Work,
)
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.unet_attention import HIDDEN, Layer, Products, Transformer
from obclip_privacy.errors import BadInputError

_BLOCKS = {
    "CrossAttnDownBlock2D",
    "DownBlock2D",
    "UNetMidBlock2DCrossAttn",
    "UNetMidBlock2D",
    "CrossAttnUpBlock2D",
    "UpBlock2D",
}
#: Settings that change the forward and that the supported families leave alone.
_UNSET = (
    "class_embed_type",
    "encoder_hid_dim_type",
    "time_embedding_act_fn",
    "timestep_post_act",
    "time_cond_proj_dim",
)

#: Contexts in which the modules are called (autocast, for instance).
Arithmetic = Callable[[], contextlib.AbstractContextManager[object]]
Price = Callable[[Work], tuple[Cost, Cost]]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What makes one rung, or takes one: a residual layer, a transformer, a change of size; any may be
    absent.
    """

    residual: Any
    transformer: Transformer | None
    resize: Any


class UNetEngine:
    """See the module; implements :class:`~obclip_gen.backends.engine.Engine`."""

    def __init__(
        self,
        unet: Any,
        price: Price,
        arithmetic: Arithmetic = contextlib.nullcontext,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Take a U-Net apart without changing it.

        Args:
            unet: a ``UNet2DConditionModel``.
            price: the cost of each kind of work at the size of the latents.
            arithmetic: context for the modules.
            size: height and width of the picture in pixels, for U-Nets that are told.

        Raises:
            BadInputError: it has parts that this forward does not know.
        """
        check_supported(unet)
        self.ledger = Ledger()
        self.products = Products()
        self._unet = unet
        self._price = price
        self._arithmetic = arithmetic
        self._size = size
        self._layers: list[Layer] = []
        self._down = [unit for block in unet.down_blocks for unit in self._units(block, "downsamplers")]
        mid = unet.mid_block
        self._middle = [] if mid is None else list(self._mid_units(mid))
        self._up = [unit for block in unet.up_blocks for unit in self._units(block, "upsamplers")]
        self.rungs = 1 + len(self._down)

    @property
    def unet(self) -> Any:
        """The U-Net."""
        return self._unet

    def text_reaches(self, branch: int) -> bool:
        """Whether some cross-attention lies on the way down to *branch*."""
        return any(
            layer.block.attn2 is not None
            for unit in self._down[:branch]
            if unit.transformer is not None
            for layer in unit.transformer.layers
        )

    def channels_into(self, branch: int) -> int:
        """Channels of the deep tensor and of rung *branch* together."""
        return int(self._up[self.rungs - 1 - branch].residual.in_channels)

    def _units(self, block: Any, resize: str) -> Iterator[_Unit]:
        """A downsampler makes a rung of its own; an upsampler belongs to the layer before it."""
        residuals = list(block.resnets)
        transformers = list(getattr(block, "attentions", None) or [None] * len(residuals))
        sizers = list(getattr(block, resize) or [])
        for at, (residual, module) in enumerate(zip(residuals, transformers, strict=True)):
            last = at == len(residuals) - 1
            attached = sizers[0] if sizers and last and resize == "upsamplers" else None
            yield _Unit(residual, self._transformer(module), attached)
        if sizers and resize == "downsamplers":
            yield _Unit(None, None, sizers[0])

    def _mid_units(self, block: Any) -> Iterator[_Unit]:
        modules = [*block.attentions, None][: len(block.resnets) - 1]
        yield _Unit(block.resnets[0], None, None)
        for module, residual in zip(modules, block.resnets[1:], strict=True):
            transformer = self._transformer(module)
            if transformer is not None:
                yield _Unit(None, transformer, None)
            yield _Unit(residual, None, None)

    def _transformer(self, module: Any) -> Transformer | None:
        if module is None or not len(module.transformer_blocks):
            return None if module is None else Transformer(module, ())
        layers = tuple(
            Layer(len(self._layers) + at, block, self.products)
            for at, block in enumerate(module.transformer_blocks)
        )
        self._layers += layers
        return Transformer(module, layers)

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        with torch.inference_mode(), self._arithmetic():
            yield

    def prepare(self, conditioning: Conditioning) -> Conditioning:
        """See the protocol."""
        self.ledger.add(Work("prepare"), conditioning.rows)
        tensors = dict(conditioning.tensors)
        with self._computing():
            for layer in self._layers:
                key, value = layer.key_value(tensors[HIDDEN])
                tensors |= {f"key.{layer.number}": key, f"value.{layer.number}": value}
        return Conditioning(tensors)

    def _embed(self, timesteps: Tensor, text: Conditioning, dtype: torch.dtype) -> Tensor:
        unet = self._unet
        embedding: Tensor = unet.time_embedding(unet.time_proj(timesteps).to(dtype=dtype))
        if unet.config.addition_embed_type == "text_time":
            pooled = text.tensors["text_embeds"]
            told = text.tensors.get("time_ids")
            sizes = size_ids(self._size, pooled) if told is None else told
            projected = unet.add_time_proj(sizes.flatten()).reshape(pooled.shape[0], -1)
            added = torch.cat([pooled, projected], dim=-1).to(embedding.dtype)
            embedding = embedding + unet.add_embedding(added)
        return embedding

    def enter(
        self, latents: Tensor, timesteps: Tensor, text: Conditioning, branch: int, use: AttentionUse
    ) -> Entry:
        """See the protocol."""
        if not 0 <= branch < self.rungs:
            raise BadInputError(f"plan: branch must be from 0 to {self.rungs - 1} for this model")
        with self._computing():
            self._book("enter", branch, latents.shape[0], latents.shape[0], text, use)
            given = timesteps.expand(latents.shape[0])
            embedding = self._embed(given, text, latents.dtype)
            skips = [self._unet.conv_in(latents)]
            for unit in self._down[:branch]:
                skips.append(self._run(unit, skips[-1], embedding, text, use))
        return Entry(tuple(skips), embedding, text.rows)

    def again(self, entry: Entry, timesteps: Tensor, text: Conditioning) -> Entry:
        """See the protocol."""
        with self._computing():
            self.ledger.add(Work("embed"), text.rows)
            embedding = self._embed(timesteps.expand(text.rows), text, entry.embedding.dtype)
        return Entry(entry.skips, embedding, entry.rows)

    def deepen(self, entry: Entry, text: Conditioning, use: AttentionUse) -> Tensor:
        """See the protocol."""
        with self._computing():
            self._book("deepen", entry.branch, entry.skips[-1].shape[0], entry.embedding.shape[0], text, use)
            skips = [entry.skips[-1]]
            for unit in self._down[entry.branch :]:
                skips.append(self._run(unit, skips[-1], entry.embedding, text, use))
            hidden = skips[-1]
            for unit in self._middle:
                hidden = self._run(unit, hidden, entry.embedding, text, use)
            for unit in self._up[: len(skips) - 1]:
                hidden = self._run(unit, _joined(hidden, skips.pop()), entry.embedding, text, use)
        return hidden

    def leave(self, entry: Entry, deep: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """See the protocol."""
        unet = self._unet
        with self._computing():
            self._book("leave", entry.branch, text.rows, entry.embedding.shape[0], text, use)
            hidden, skips = deep, list(entry.skips)
            for unit in self._up[self.rungs - len(skips) :]:
                skip = skips.pop()
                if hidden.shape[0] != text.rows or skip.shape[0] != text.rows:
                    hidden, skip = (x.expand(text.rows, -1, -1, -1) for x in (hidden, skip))
                hidden = self._run(unit, _joined(hidden, skip), entry.embedding, text, use)
            if unet.conv_norm_out:
                hidden = unet.conv_act(unet.conv_norm_out(hidden))
            output: Tensor = unet.conv_out(hidden)
        return output.float()

    def whole(self, latents: Tensor, timesteps: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """See the protocol."""
        entry = self.enter(latents, timesteps, text, self.rungs - 1, use)
        return self.leave(entry, self.deepen(entry, text, use), text, use)

    def cost(self) -> Cost:
        """See the protocol."""
        return self.ledger.total(self._price)

    def _book(
        self, part: Part, branch: int, given: int, times: int, text: Conditioning, use: AttentionUse
    ) -> None:
        self.ledger.add(work_of(part, branch, given, times, text, use), text.rows)

    @staticmethod
    def _run(unit: _Unit, hidden: Tensor, embedding: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        if unit.residual is not None:
            if hidden.shape[0] < embedding.shape[0]:
                hidden = hidden.expand(embedding.shape[0], -1, -1, -1)
            hidden = unit.residual(hidden, embedding)
        if unit.transformer is not None:
            hidden = unit.transformer(hidden, text, use)
        if unit.resize is not None:
            hidden = unit.resize(hidden)
        return hidden


def work_of(part: Part, branch: int, given: int, times: int, text: Conditioning, use: AttentionUse) -> Work:
    """Name a piece of work.

    Args:
        part: which call.
        branch: where it starts or stops.
        given: rows that come in.
        times: rows of the time embedding that come in.
        text: R rows.
        use: of the attention layers.
    """
    rows = text.rows
    pivots = "pivot" in (use.self_.source, use.cross.source) and rows > 1
    return Work(
        part,
        branch,
        shared=given < rows,
        one_time=times < rows,
        text_once="key.0" in text.tensors,
        self_=_source(use.self_.source, pivots),
        cross=_source(use.cross.source, pivots),
        blocks=len(use.blocks) if pivots else 0,
    )


def _source(source: Source, pivots: bool) -> Source:
    return "fresh" if source == "pivot" and not pivots else source


def _joined(hidden: Tensor, skip: Tensor) -> Tensor:
    if skip.shape[0] != hidden.shape[0]:
        rows = max(skip.shape[0], hidden.shape[0])
        hidden, skip = hidden.expand(rows, -1, -1, -1), skip.expand(rows, -1, -1, -1)
    return torch.cat([hidden, skip], dim=1)


def size_ids(size: tuple[int, int] | None, like: Tensor) -> Tensor:
    """Give SDXL's size conditions (Podell et al. 2023, section 2.2): original size, crop, target size.

    Args:
        size: height and width in pixels; the picture is whole and asked for as it is.
        like: R rows, on the device.

    Returns:
        ``[R, 6]``.
    """
    height, width = size or (0, 0)
    ids = torch.tensor([[height, width, 0, 0, height, width]], dtype=like.dtype, device=like.device)
    return ids.expand(like.shape[0], -1)


def check_supported(unet: Any) -> None:
    """Refuse a U-Net whose forward has parts that this module does not know.

    Raises:
        BadInputError: naming the part.
    """
    config = unet.config
    blocks = [*unet.down_blocks, *([unet.mid_block] if unet.mid_block is not None else []), *unet.up_blocks]
    wrong = [type(block).__name__ for block in blocks if type(block).__name__ not in _BLOCKS]
    wrong += [name for name in _UNSET if getattr(config, name, None) is not None]
    if config.addition_embed_type not in (None, "text_time"):
        wrong.append("addition_embed_type")
    if config.center_input_sample or config.dual_cross_attention:
        wrong.append("center_input_sample or dual_cross_attention")
    for module in unet.modules():
        if type(module).__name__ == "BasicTransformerBlock" and (
            module.norm_type != "layer_norm" or module.only_cross_attention or module.pos_embed is not None
        ):
            wrong.append("a transformer block of another kind")
            break
    middle = getattr(unet.mid_block, "attentions", None) or ()
    if any(module is not None and not hasattr(module, "transformer_blocks") for module in middle):
        wrong.append("attention without text in the mid block")
    if wrong:
        raise BadInputError(f"plan: this U-Net cannot be taken apart: {', '.join(dict.fromkeys(wrong))}")
