"""Which family a checkpoint is of, told by the names of its tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from obclip_gen.backends.checkpoint.header import Header
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError

UNET = "model.diffusion_model."
VAE = "first_stage_model."
#: What models of another noise process (EDM: Playground 2.5, CosXL) carry beside the same names.
_OTHER_PROCESS = "edm_"


@dataclass(frozen=True, slots=True)
class Encoder:
    """How a text encoder is stored.

    Attributes:
        prefix: of its tensors.
        open_clip: whether it has OpenCLIP's names; else those of ``transformers``.
        projected: whether its pooled text goes through a projection, which the U-Net is told.
        spare: blocks at its end that the family never runs (2.x was trained on the last but one).
        pad: the token that fills a row.
    """

    prefix: str
    open_clip: bool
    projected: bool = False
    spare: int = 0
    pad: str = "<|endoftext|>"


@dataclass(frozen=True, slots=True)
class Kind:
    """A family.

    Attributes:
        title: for people.
        encoders: by the names of the parts.
        side: of its pictures in pixels.
        scaling: of its autoencoder.
        prediction: what the U-Net gives; ``None`` where the family has both and weights do not tell.
    """

    title: str
    encoders: Mapping[str, Encoder]
    side: int
    scaling: float
    prediction: str | None


_KINDS = (
    Kind(
        "Stable Diffusion XL",
        {
            "text_encoder": Encoder("conditioner.embedders.0.transformer.", open_clip=False),
            "text_encoder_2": Encoder(
                "conditioner.embedders.1.model.", open_clip=True, projected=True, pad="!"
            ),
        },
        side=1024,
        scaling=0.13025,
        prediction="epsilon",
    ),
    Kind(
        "Stable Diffusion 2.x",
        {"text_encoder": Encoder("cond_stage_model.model.", open_clip=True, spare=1, pad="!")},
        side=512,
        scaling=0.18215,
        prediction=None,
    ),
    Kind(
        "Stable Diffusion 1.x",
        {"text_encoder": Encoder("cond_stage_model.transformer.", open_clip=False)},
        side=512,
        scaling=0.18215,
        prediction="epsilon",
    ),
)
_LORA = re.compile(r"[._]lora[._]|lora_(?:up|down|A|B)\b|(?:hada|lokr)_w[12]")
_REMEDY = "other families and single parts run from diffusers:FOLDER or hub:OWNER/NAME"


def kind_of(header: Header, name: str) -> Kind:
    """Tell the family.

    Args:
        header: of the file.
        name: of the file, for messages.

    Raises:
        BadInputError: it is none that this reads.
    """
    if any(_LORA.search(tensor) for tensor in header.shapes):
        raise BadInputError(f"file: {name} is a LoRA, which changes a model; merge it into its model first")
    if not header.under(UNET + "input_blocks.0.0."):
        raise BadInputError(
            f"file: {name} is no checkpoint of Stable Diffusion 1.x, 2.x or XL in the original layout"
            f"{_looks_like(header)}; {_REMEDY}"
        )
    if header.under(_OTHER_PROCESS):
        raise BadInputError(f"file: {name} is a model of the EDM noise process, which is not supported")
    for kind in _KINDS:
        if all(header.under(encoder.prefix) for encoder in kind.encoders.values()):
            return kind
    raise BadInputError(f"file: {name} holds a U-Net but no text encoder of its family; {_REMEDY}")


def _looks_like(header: Header) -> str:
    """Say what diffusers takes a file for, which knows more families than run from a file here."""
    torch, utils = library("torch"), library("diffusers.loaders.single_file_utils")
    try:
        empty = {name: torch.empty(shape, device="meta") for name, shape in header.shapes.items()}
        found = utils.infer_diffusers_model_type(empty)
    except (KeyError, IndexError, RuntimeError):  # shapes that no model has
        return ""
    # "v1" is also its answer for what it does not know
    return "" if found == "v1" else f" (it looks like {found})"
