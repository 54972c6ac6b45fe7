"""Writes a model of the Stable Diffusion families as one file, under the names of the original code.

The reverse of what :mod:`obclip_gen.backends.checkpoint` reads. Names as in CompVis' latent-diffusion,
Stability AI's generative-models and OpenCLIP.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from obclip_gen.libs import library

_RESIDUAL = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_OUTER = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_BLOCK = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)")


def original_unet_name(name: str, layers: int, attends: bool) -> str:
    """Rename a tensor of ``UNet2DConditionModel``.

    Args:
        name: diffusers' name.
        layers: per block, on the way down.
        attends: whether its block has transformers.
    """
    stem, _, last = name.rpartition(".")
    if stem in _OUTER:
        return f"{_OUTER[stem]}.{last}"
    middle = _MIDDLE.fullmatch(name)
    if middle:
        place = 1 if middle[1] == "attentions" else 2 * int(middle[2])
        return f"middle_block.{place}.{_inner(middle[1], middle[3])}"
    found = _BLOCK.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} has no name in the original layout")
    way, block, part, at, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    if part == "downsamplers":
        return f"input_blocks.{(block + 1) * (layers + 1)}.0.op.{rest.removeprefix('conv.')}"
    if part == "upsamplers":
        return f"output_blocks.{block * (layers + 1) + layers}.{2 if attends else 1}.{rest}"
    place = block * (layers + 1) + at
    kind = f"input_blocks.{place + 1}" if way == "down" else f"output_blocks.{place}"
    return f"{kind}.{int(part == 'attentions')}.{_inner(part, rest)}"


def _inner(part: str, rest: str) -> str:
    stem, _, last = rest.rpartition(".")
    return f"{_RESIDUAL[stem]}.{last}" if part == "resnets" else rest


def original_unet(state: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Rename the weights of a ``UNet2DConditionModel`` with so many layers per block."""
    attending = {name.split(".attentions.")[0] for name in state if ".attentions." in name}
    return {
        original_unet_name(name, layers, ".".join(name.split(".")[:2]) in attending): value
        for name, value in state.items()
    }


def _original_vae(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of an ``AutoencoderKL``; its attention was made of 1x1 convolutions."""
    top = max(int(name.split(".")[2]) for name in state if name.startswith("decoder.up_blocks."))
    renamed = {}
    for name, value in state.items():
        new = re.sub(r"up_blocks\.(\d+)", lambda found: f"up.{top - int(found[1])}", name)
        new = new.replace("down_blocks.", "down.").replace(".resnets.", ".block.")
        new = new.replace("downsamplers.0.", "downsample.").replace("upsamplers.0.", "upsample.")
        new = re.sub(r"mid_block\.block\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", new)
        new = new.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        if "mid_block.attentions.0" in new:
            new = new.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
            new = re.sub(r"to_([qkv])", r"\1", new).replace("to_out.0", "proj_out")
            value = value[:, :, None, None] if value.ndim == 2 else value
        renamed[new] = value
    return renamed


def _original_clip(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    plain = {f"text_model.{name.removeprefix('text_model.')}": value for name, value in state.items()}
    positions = plain["text_model.embeddings.position_embedding.weight"].shape[0]
    return plain | {"text_model.embeddings.position_ids": torch.arange(positions)[None]}


_OPEN_CLIP = (
    ("encoder.layers.", "transformer.resblocks."),
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
    ("self_attn.out_proj", "attn.out_proj"),
    ("final_layer_norm", "ln_final"),
    ("embeddings.token_embedding", "token_embedding"),
    ("embeddings.position_embedding.weight", "positional_embedding"),
)


def _original_open_clip(state: Mapping[str, Tensor], spare: int) -> dict[str, Tensor]:
    """Rename a CLIP text encoder to OpenCLIP's names, with *spare* more blocks that nothing runs."""
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        new = name.removeprefix("text_model.")
        for old, other in _OPEN_CLIP:
            new = new.replace(old, other)
        if new == "text_projection.weight":
            new, value = "text_projection", value.T.contiguous()
        renamed[new] = value
    for name in [name for name in renamed if "self_attn.q_proj" in name]:
        parts = [renamed.pop(name.replace("q_proj", f"{letter}_proj")) for letter in "qkv"]
        stem, _, kind = name.partition(".self_attn.q_proj.")
        renamed[f"{stem}.attn.in_proj_{kind}"] = torch.cat(parts)
    blocks = 1 + max(int(name.split(".")[2]) for name in renamed if "resblocks" in name)
    for more in range(blocks, blocks + spare):
        first = [name for name in renamed if name.startswith("transformer.resblocks.0.")]
        renamed |= {name.replace(".0.", f".{more}.", 1): renamed[name] + 1 for name in first}
    width = renamed["ln_final.weight"].shape[0]
    return {"text_projection": torch.eye(width), "logit_scale": torch.tensor(4.6)} | renamed


def write_single_file(
    folder: Path, file: Path, *, configs: bool = True, metadata: Mapping[str, str] | None = None
) -> Path:
    """Write the weights of a folder in diffusers' format as one checkpoint.

    Args:
        folder: a model of Stable Diffusion 1.x, 2.x or XL.
        file: is written.
        configs: whether the folder's configurations and tokenizers (no weights) are put beside the file.
        metadata: of the file.

    Returns:
        The file.
    """
    load = library("safetensors.torch").load_file
    layers = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))["layers_per_block"]
    unet = original_unet(load(folder / "unet" / "diffusion_pytorch_model.safetensors"), layers)
    vae = _original_vae(load(folder / "vae" / "diffusion_pytorch_model.safetensors"))
    text = load(folder / "text_encoder" / "model.safetensors")
    if (folder / "text_encoder_2").exists():
        second = load(folder / "text_encoder_2" / "model.safetensors")
        texts = {
            "conditioner.embedders.0.transformer.": _original_clip(text),
            "conditioner.embedders.1.model.": _original_open_clip(second, 0),
        }
    elif any(name.endswith("proj_in.weight") and value.ndim == 2 for name, value in unet.items()):
        texts = {"cond_stage_model.model.": _original_open_clip(text, 1)}
    else:
        texts = {"cond_stage_model.transformer.": _original_clip(text)}
    sections = {"model.diffusion_model.": unet, "first_stage_model.": vae, **texts}
    tensors = {
        prefix + name: value.contiguous() for prefix, part in sections.items() for name, value in part.items()
    }
    library("safetensors.torch").save_file(
        tensors | {"alphas_cumprod": torch.ones(1000)}, file, metadata=dict(metadata or {})
    )
    if configs:
        weights = shutil.ignore_patterns("*.safetensors")
        shutil.copytree(folder, file.with_suffix(""), ignore=weights)
    return file
