"""From a model reference to a loaded backend."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.plugins import load_registry
from obclip_privacy.errors import BadInputError

if TYPE_CHECKING:
    from obclip_gen.backends.protocol import Backend

DEFAULT_CLOUD = "embedded:cloud"
DEFAULT_DEVICE = "embedded:device"
#: What is a file of weights by its name needs no scheme; the scheme refuses those that can run code.
_FILE = re.compile(r".+\.(safetensors(@\w+)?|ckpt|pt|pth|bin)", re.IGNORECASE)


def split_reference(reference: str) -> tuple[str, str]:
    """Take ``scheme:model`` apart; what names a file of weights or a folder needs no scheme.

    Raises:
        BadInputError: it has no scheme, or an unknown one.
    """
    scheme, colon, model = reference.partition(":")
    registry = load_registry()
    if scheme not in registry.backends and _FILE.fullmatch(reference):
        return "file", reference
    if scheme not in registry.backends and reference and Path(reference).expanduser().is_dir():
        return "diffusers", reference
    if not colon or scheme not in registry.backends:
        failed = "".join(f"; plugin {name} failed to load ({why})" for name, why in registry.broken.items())
        raise BadInputError(
            f"model {reference!r}: write SCHEME:MODEL with one of {', '.join(registry.backends)};"
            f" for example {DEFAULT_CLOUD} or hub:OWNER/NAME, or name a FOLDER or a FILE.safetensors{failed}"
        )
    return scheme, model


def load_backend(reference: str, options: LoadOptions) -> Backend:
    """Load the model that a reference names.

    Raises:
        BadInputError: there is no such model, or it cannot be used.
    """
    scheme, model = split_reference(reference)
    return load_registry().backends[scheme].load(model, options)
