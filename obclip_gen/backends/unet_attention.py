"""The transformer blocks of a ``UNet2DConditionModel``, walked layer by layer.

The operations and their order are those of diffusers' ``Transformer2DModel``, ``BasicTransformerBlock`` and
``AttnProcessor2_0``, so that a plain pass gives the same bits. Three things may differ from it on request:
keys and values of the text come prepared, an attention output comes from the memo, or a block of rows
shares the attention map of its first row (ObCLIP, algorithm 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from obclip_gen.backends.engine import Attention, AttentionUse
from obclip_gen.backends.protocol import Conditioning

HIDDEN = "encoder_hidden_states"


@dataclass(slots=True)
class Products:
    """MACs of the two attention products, added up while counting.

    Attributes:
        scores: of QK^T.
        values: of AV.
    """

    scores: int = 0
    values: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """One ``BasicTransformerBlock`` and its number in the network."""

    number: int
    block: Any
    products: Products = field(default_factory=Products)

    def key_value(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of the text, each ``[R, S, C]``."""
        attention = self.block.attn2
        return attention.to_k(hidden), attention.to_v(hidden)

    def __call__(self, hidden: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Run the block on ``[R, L, C]``; one row becomes R at its cross-attention."""
        block = self.block
        normed = block.norm1(hidden)
        hidden = self._attended("self", block.attn1, normed, None, use.self_, use) + hidden
        if block.attn2 is not None:
            normed = None if use.cross.source == "kept" else block.norm2(hidden)
            hidden = self._attended("cross", block.attn2, normed, text, use.cross, use) + hidden
        fed: Tensor = block.ff(block.norm3(hidden)) + hidden
        return fed

    def _attended(
        self,
        kind: str,
        attention: Any,
        normed: Tensor | None,
        text: Conditioning | None,
        how: Attention,
        use: AttentionUse,
    ) -> Tensor:
        place = (self.number, kind)
        if how.source == "kept" or normed is None:
            return use.memo.outputs[place]
        rows = max(normed.shape[0], text.rows if text is not None else 1)
        if how.source == "pivot" and rows > 1 and normed.shape[0] == rows:
            mixed = self._with_pivots(attention, normed, text, use)
        else:
            key, value = self._projected(attention, normed, text)
            query = _heads(attention, attention.to_q(normed)).expand(rows, -1, -1, -1)
            keys, values = (_heads(attention, x).expand(rows, -1, -1, -1) for x in (key, value))
            self._count(rows, rows, query, keys)
            mixed = functional.scaled_dot_product_attention(query, keys, values)
        output: Tensor = attention.to_out[0](_merged(mixed))
        if how.keep:
            use.memo.outputs[place] = output
        return output

    def _projected(self, attention: Any, normed: Tensor, text: Conditioning | None) -> tuple[Tensor, Tensor]:
        if text is None:
            return attention.to_k(normed), attention.to_v(normed)
        if (name := f"key.{self.number}") in text.tensors:
            return text.tensors[name], text.tensors[f"value.{self.number}"]
        return self.key_value(text.tensors[HIDDEN])

    def _with_pivots(
        self, attention: Any, normed: Tensor, text: Conditioning | None, use: AttentionUse
    ) -> Tensor:
        """Queries, keys and maps of the pivots, values of every row (ObCLIP, algorithm 2)."""
        blocks = use.blocks
        starts = [sum(blocks[:at]) for at in range(len(blocks))]
        query = _heads(attention, attention.to_q(normed[starts]))
        if text is None:
            key, value = attention.to_k(normed[starts]), attention.to_v(normed)
        elif (name := f"key.{self.number}") in text.tensors:
            key, value = text.tensors[name][starts], text.tensors[f"value.{self.number}"]
        else:
            hidden = text.tensors[HIDDEN]
            key, value = attention.to_k(hidden[starts]), attention.to_v(hidden)
        keys, values = _heads(attention, key), _heads(attention, value)
        maps = torch.softmax(query @ keys.transpose(-1, -2) * attention.scale, dim=-1)
        self._count(len(blocks), values.shape[0], query, keys)
        return torch.cat(
            [
                maps[at : at + 1].expand(size, -1, -1, -1) @ values[start : start + size]
                for at, (start, size) in enumerate(zip(starts, blocks, strict=True))
            ]
        )

    def _count(self, maps: int, rows: int, query: Tensor, key: Tensor) -> None:
        one = query.shape[1] * query.shape[2] * key.shape[2] * query.shape[3]
        self.products.scores += maps * one
        self.products.values += rows * one


def _heads(attention: Any, flat: Tensor) -> Tensor:
    """``[R, L, C]`` to ``[R, heads, L, C / heads]``."""
    return flat.view(flat.shape[0], -1, attention.heads, flat.shape[-1] // attention.heads).transpose(1, 2)


def _merged(split: Tensor) -> Tensor:
    """``[R, heads, L, d]`` to ``[R, L, heads x d]``."""
    return split.transpose(1, 2).reshape(split.shape[0], -1, split.shape[1] * split.shape[3])


@dataclass(frozen=True, slots=True)
class Transformer:
    """One ``Transformer2DModel``: normalise, project, run the layers, project back, add."""

    module: Any
    layers: tuple[Layer, ...]

    def __call__(self, picture: Tensor, text: Conditioning, use: AttentionUse) -> Tensor:
        """Run on ``[R, C, h, w]``."""
        module = self.module
        rows, _, height, width = picture.shape
        hidden = module.norm(picture)
        if not module.use_linear_projection:
            hidden = module.proj_in(hidden)
        inner = hidden.shape[1]
        hidden = hidden.permute(0, 2, 3, 1).reshape(rows, height * width, inner)
        if module.use_linear_projection:
            hidden = module.proj_in(hidden)
            inner = hidden.shape[2]
        for layer in self.layers:
            hidden = layer(hidden, text, use)
        rows = hidden.shape[0]
        if module.use_linear_projection:
            hidden = module.proj_out(hidden)
            hidden = hidden.reshape(rows, height, width, -1).permute(0, 3, 1, 2).contiguous()
        else:
            hidden = hidden.reshape(rows, height, width, inner).permute(0, 3, 1, 2).contiguous()
            hidden = module.proj_out(hidden)
        added: Tensor = hidden + picture
        return added
