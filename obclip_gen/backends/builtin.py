"""The backends of the core, registered through the same hook as any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from obclip_gen.backends.entry import BackendEntry, LoadOptions
from obclip_privacy.hookspecs import hookimpl

if TYPE_CHECKING:
    from obclip_gen.backends.protocol import Backend


def _embedded(name: str, options: LoadOptions) -> Backend:
    from obclip_gen.backends.embedded import load_embedded

    return load_embedded(name, options)


def _embedded_names() -> tuple[str, ...]:
    from obclip_gen.backends.layout import embedded_names

    return embedded_names()


def _folder(path: str, options: LoadOptions) -> Backend:
    from obclip_gen.backends.folder import load_folder

    return load_folder(path, options)


def _file(reference: str, options: LoadOptions) -> Backend:
    from obclip_gen.backends.checkpoint.reference import load_file

    return load_file(reference, options)


def _hub(name: str, options: LoadOptions) -> Backend:
    from obclip_gen.backends.folder import load_hub

    return load_hub(name, options)


def _hub_names() -> tuple[str, ...]:
    from obclip_gen.backends.presets import PAIRS

    both = {model for pair in PAIRS.values() for model in (pair.cloud, pair.device)}
    return tuple(sorted(model.removeprefix("hub:") for model in both if model.startswith("hub:")))


def _analytic(name: str, options: LoadOptions) -> Backend:
    from obclip_gen.backends.analytic import load_analytic

    return load_analytic(name, options)


@hookimpl
def register_backends(register: Callable[[BackendEntry], None]) -> None:
    """Register ``embedded``, ``diffusers``, ``file``, ``hub`` and ``analytic``."""
    register(BackendEntry("embedded", "the models that ship in the package", _embedded, _embedded_names))
    register(BackendEntry("diffusers", "a local folder in diffusers' format", _folder))
    register(BackendEntry("file", "a single FILE.safetensors in the original layout", _file))
    register(BackendEntry("hub", "fetched from a hub before, by OWNER/NAME", _hub, _hub_names))
    register(BackendEntry("analytic", "a Gaussian with a known score, for tests", _analytic))
