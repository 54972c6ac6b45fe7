"""A local folder in diffusers' format."""

from __future__ import annotations

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.layout import folder_layout
from obclip_gen.backends.stable_diffusion import StableDiffusionBackend


def load_folder(path: str, options: LoadOptions) -> StableDiffusionBackend:
    """Load ``diffusers:<path>``.

    Raises:
        BadInputError: the folder is not a model of a supported family.
    """
    return StableDiffusionBackend(folder_layout(path), options)
