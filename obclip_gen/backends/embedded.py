"""The models that ship in the package; see :mod:`~obclip_gen.backends.layout` for where they lie."""

from __future__ import annotations

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.layout import embedded_layout
from obclip_gen.backends.stable_diffusion import StableDiffusionBackend


def load_embedded(name: str, options: LoadOptions) -> StableDiffusionBackend:
    """Load ``embedded:<name>``.

    Raises:
        BadInputError: there is no such model.
    """
    return StableDiffusionBackend(embedded_layout(name), options)
