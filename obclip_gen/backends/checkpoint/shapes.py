"""Configurations of the parts of a checkpoint, from the shapes of its tensors.

A checkpoint says nothing of its architecture, but its shapes do: numbers of blocks, layers and channels,
depths of transformers, widths of text. What they leave open is the same in all models of a family: 32 groups
of normalisation, heads 64 channels wide (1.x: eight heads), the activations of CLIP.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from obclip_gen.backends.checkpoint.kinds import Encoder
from obclip_privacy.errors import BadInputError

Shapes = Mapping[str, tuple[int, ...]]
_HEAD = 64


@dataclass(frozen=True, slots=True)
class _Layer:
    """A residual layer: its channels, and the depth of its transformer; ``None`` without one."""

    channels: int
    depth: int | None


def unet_config(shapes: Shapes, side: int, pooled: int | None) -> dict[str, Any]:
    """Give the arguments of ``UNet2DConditionModel``.

    Args:
        shapes: of its tensors, without the prefix.
        side: of its latents.
        pooled: width of the pooled text that it is told; ``None`` when it is told none.

    Raises:
        BadInputError: it is not such a U-Net.
    """
    down = _down(shapes)
    layers = len(down[0])
    up = [
        [_layer(shapes, f"output_blocks.{at}") for at in range(start, start + layers + 1)]
        for start in range(0, len(down) * (layers + 1), layers + 1)
    ]
    if f"output_blocks.{len(down) * (layers + 1)}" in _blocks(shapes, "output_blocks"):
        raise BadInputError("its U-Net has more layers on the way up than on the way down")
    channels = tuple(level[0].channels for level in down)
    linear = _linear(shapes)
    config: dict[str, Any] = {
        "_class_name": "UNet2DConditionModel",
        "sample_size": side,
        "in_channels": shapes["input_blocks.0.0.weight"][1],
        "out_channels": shapes["out.2.weight"][0],
        "block_out_channels": channels,
        "layers_per_block": layers,
        "down_block_types": tuple(_named(level, "Down") for level in down),
        "up_block_types": tuple(_named(level, "Up") for level in up),
        "cross_attention_dim": next(
            shape[1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight")
        ),
        "attention_head_dim": [max(1, width // _HEAD) for width in channels] if linear else 8,
        "use_linear_projection": linear,
        **_depths(shapes, down, up),
    }
    if pooled is not None:
        told = shapes["label_emb.0.0.weight"][1]
        config |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": (told - pooled) // 6,
            "projection_class_embeddings_input_dim": told,
        }
    return config


def _blocks(shapes: Shapes, kind: str) -> set[str]:
    return {".".join(name.split(".")[:2]) for name in shapes if name.startswith(kind + ".")}


def _down(shapes: Shapes) -> list[list[_Layer]]:
    """Cut the way down into levels; a block that makes the picture smaller ends one."""
    levels: list[list[_Layer]] = [[]]
    there = _blocks(shapes, "input_blocks")
    for block in (f"input_blocks.{at}" for at in range(1, len(there))):
        if f"{block}.0.op.weight" in shapes:
            levels.append([])
        else:
            levels[-1].append(_layer(shapes, block))
    if len({len(level) for level in levels}) != 1 or not levels[0]:
        raise BadInputError("its U-Net has levels with different numbers of layers")
    return levels


def _layer(shapes: Shapes, block: str) -> _Layer:
    return _Layer(shapes[f"{block}.0.out_layers.3.weight"][0], _depth(shapes, f"{block}.1"))


def _depth(shapes: Shapes, module: str) -> int | None:
    if f"{module}.proj_in.weight" not in shapes:
        return None
    return _count(shapes, f"{module}.transformer_blocks.")


def _count(shapes: Shapes, prefix: str) -> int:
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix)})


def _named(level: list[_Layer], way: str) -> str:
    return f"CrossAttn{way}Block2D" if level[0].depth is not None else f"{way}Block2D"


def _linear(shapes: Shapes) -> bool:
    return next(len(shape) == 2 for name, shape in shapes.items() if name.endswith(".proj_in.weight"))


def _depths(shapes: Shapes, down: list[list[_Layer]], up: list[list[_Layer]]) -> dict[str, Any]:
    """Say how deep the transformers are, and what is in the middle, as diffusers puts it.

    diffusers takes the depth of the middle from the lowest level, and mirrors the way down unless it is told
    otherwise. A level without transformers may be given any depth.
    """
    middle = _depth(shapes, "middle_block.1")
    lowest = 1 if middle is None else middle
    ways = [
        [_one([lowest if layer.depth is None else layer.depth for layer in level]) for level in levels]
        for levels in (down, up)
    ]
    if middle is not None and ways[0][-1] != middle:
        raise BadInputError("its U-Net has transformers of another depth in the middle than beside it")
    mirrored = list(reversed(ways[0])) == ways[1] and not any(isinstance(depth, list) for depth in ways[0])
    kind = "UNetMidBlock2DCrossAttn" if middle is not None else "UNetMidBlock2D"
    return {
        "mid_block_type": kind if _blocks(shapes, "middle_block") else None,
        "transformer_layers_per_block": ways[0],
        "reverse_transformer_layers_per_block": None if mirrored else ways[1],
    }


def _one(depths: list[int]) -> int | list[int]:
    return depths[0] if len(set(depths)) == 1 else depths


def vae_config(shapes: Shapes, side: int, scaling: float) -> dict[str, Any]:
    """Give the arguments of ``AutoencoderKL``.

    Args:
        shapes: of its tensors, without the prefix.
        side: of the pictures.
        scaling: of the latents.
    """
    first = (f"encoder.down.{at}.block.0.conv1.weight" for at in itertools.count())
    channels = tuple(shapes[name][0] for name in itertools.takewhile(shapes.__contains__, first))
    return {
        "_class_name": "AutoencoderKL",
        "sample_size": side,
        "block_out_channels": channels,
        "down_block_types": ("DownEncoderBlock2D",) * len(channels),
        "up_block_types": ("UpDecoderBlock2D",) * len(channels),
        "layers_per_block": _count(shapes, "encoder.down.0.block."),
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "scaling_factor": scaling,
    }


def clip_config(shapes: Shapes, encoder: Encoder) -> dict[str, Any]:
    """Give the arguments of ``CLIPTextConfig``.

    Args:
        shapes: of its tensors, without the prefix.
        encoder: how it is stored.
    """
    sizes = _open_clip(shapes) if encoder.open_clip else _clip(shapes)
    width = sizes["hidden_size"]
    projected = shapes["text_projection"][1] if encoder.projected else width
    return {
        "architectures": ["CLIPTextModelWithProjection" if encoder.projected else "CLIPTextModel"],
        "model_type": "clip_text_model",
        **sizes,
        "num_hidden_layers": sizes["num_hidden_layers"] - encoder.spare,
        "num_attention_heads": max(1, width // _HEAD),
        "projection_dim": projected,
        "hidden_act": "gelu" if encoder.open_clip else "quick_gelu",
        "bos_token_id": 49406,
        "eos_token_id": 49407,
        "pad_token_id": 1,
    }


def _clip(shapes: Shapes) -> dict[str, int]:
    named = {name.removeprefix("text_model."): shape for name, shape in shapes.items()}
    vocabulary, width = named["embeddings.token_embedding.weight"]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "max_position_embeddings": named["embeddings.position_embedding.weight"][0],
        "num_hidden_layers": _count(named, "encoder.layers."),
        "intermediate_size": named["encoder.layers.0.mlp.fc1.weight"][0],
    }


def _open_clip(shapes: Shapes) -> dict[str, int]:
    vocabulary, width = shapes["token_embedding.weight"]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "max_position_embeddings": shapes["positional_embedding"][0],
        "num_hidden_layers": _count(shapes, "transformer.resblocks."),
        "intermediate_size": shapes["transformer.resblocks.0.mlp.c_fc.weight"][0],
    }


def read_shapes(name: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Read a configuration; what is missing becomes a clear word.

    Args:
        name: of the file and the part, for messages.
        read: gives the configuration.

    Raises:
        BadInputError: a tensor that every model of the family has is missing or of another form.
    """
    try:
        return read()
    except KeyError as error:
        raise BadInputError(f"{name}: the tensor {error.args[0]} is missing") from None
    except (StopIteration, ValueError, IndexError, TypeError):
        raise BadInputError(f"{name}: its tensors are not those of this family") from None
    except BadInputError as error:
        raise BadInputError(f"{name}: {error}") from None
