"""A folder in diffusers' format, of whichever family its denoiser is: a local one, or fetched from a hub."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from obclip_gen.backends.diffusion_transformers import FluxBackend, PixArtBackend, Sd3Backend
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.family import FamilyBackend
from obclip_gen.backends.hub import local
from obclip_gen.backends.layout import ModelLayout, folder_layout
from obclip_gen.backends.parts import class_of, read_json
from obclip_gen.backends.stable_diffusion import StableDiffusionBackend
from obclip_privacy.errors import BadInputError

#: By the class of the denoiser.
FAMILIES: Mapping[str, type[FamilyBackend]] = {
    "UNet2DConditionModel": StableDiffusionBackend,
    "PixArtTransformer2DModel": PixArtBackend,
    "SD3Transformer2DModel": Sd3Backend,
    "FluxTransformer2DModel": FluxBackend,
}


def load_folder(path: str, options: LoadOptions) -> FamilyBackend:
    """Load ``diffusers:<path>``.

    Raises:
        BadInputError: the folder is not a model of a supported family.
    """
    return load_layout(folder_layout(path), options)


def load_hub(name: str, options: LoadOptions) -> FamilyBackend:
    """Load ``hub:<name>``, which was fetched before.

    Raises:
        BadInputError: it was not fetched, or is not a model of a supported family.
    """
    layout = folder_layout(str(local(name)))
    return load_layout(dataclasses.replace(layout, model_id=f"hub:{name}", title="from a hub"), options)


def load_layout(layout: ModelLayout, options: LoadOptions) -> FamilyBackend:
    """Load a model whose parts are known.

    Raises:
        BadInputError: it is not of a supported family, or cannot be loaded.
    """
    part = "transformer" if "transformer" in layout.parts else "unet"
    kind = class_of(read_json(layout, part, "config.json"))
    family = FAMILIES.get(kind or "")
    if family is None or family.denoiser_part != part:
        raise BadInputError(
            f"{layout.model_id}: {part} is a {kind}; the families that run here have {', '.join(FAMILIES)}"
        )
    return family(layout, options)
