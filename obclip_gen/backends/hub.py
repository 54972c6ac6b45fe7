"""Models of a hub, by ``owner/name`` or ``owner/name@revision``.

A model is fetched by ``obclip models pull`` only. Loading reads what was fetched before and makes no
connection: nothing about when or with whom a person draws goes to a hub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from obclip_gen.backends.layout import single_part
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError, NetworkError

_NAME = re.compile(r"(?P<repo>[\w.-]{1,96}/[\w.-]{1,96})(@(?P<revision>[\w./-]{1,100}))?")

#: What tells which kind of model it is.
TELLING = ("*.json", "*/config.json")
#: What a model in diffusers' format needs: configurations, vocabularies, safetensors. No code, no pickle. A
#: single part, such as a tiny decoder, has its weights at the top; so have checkpoints of many gigabytes that
#: lie beside a model's folders, under other names.
WANTED = (
    "*.json",
    "*/*.json",
    "*/*.txt",
    "*/*.model",
    "*/*.safetensors",
    "diffusion_pytorch_model*.safetensors",
)
#: Second copies of weights, and parts that are not run.
UNWANTED = ("*non_ema*", "*/openvino_*", "*/*.onnx*", "vae_*/*")
#: Weights in 16 bits, which are taken where there are no others.
HALVES = ("*.fp16.*", "*.fp16-*")
#: What the names of the parts begin with that need weights.
_RUN = ("unet", "transformer", "vae", "text_encoder")
#: The one class that is of use by itself.
TINY = "AutoencoderTiny"

Download = Callable[..., str]


def _parsed(name: str) -> dict[str, str | None]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadInputError(f"hub: {name!r} is no OWNER/NAME or OWNER/NAME@REVISION")
    return {"repo_id": found["repo"], "revision": found["revision"]}


def _download() -> Download:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    fetch: Download = library("huggingface_hub").snapshot_download
    return fetch


def _fetch(name: str, wanted: Sequence[str], unwanted: Sequence[str], **more: Any) -> Path:
    return Path(
        _download()(**_parsed(name), allow_patterns=list(wanted), ignore_patterns=list(unwanted), **more)
    )


def pull(name: str) -> Path:
    """Fetch a model, or a tiny decoder, into the hub's cache on this machine.

    Returns:
        Its folder there.

    Raises:
        BadInputError: this is no name of a model, its weights are in no safetensors, or what lies there is
            neither a model in diffusers' format nor a tiny decoder.
        NetworkError: it cannot be fetched.
    """
    try:
        _check_kind(name, _fetch(name, TELLING, UNWANTED))  # before gigabytes are fetched in vain
        folder = _fetch(name, WANTED, (*UNWANTED, *HALVES))
        halves = [
            f"{part}/*.safetensors" if part else "diffusion_pytorch_model*.safetensors"
            for part in _without_weights(folder)
        ]
        if halves:
            _fetch(name, halves, UNWANTED)
    except (OSError, ValueError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise NetworkError(f"hub: {name} cannot be fetched: {reason}") from None
    bare = _without_weights(folder)
    if bare:
        raise BadInputError(
            f"hub: {name}: {', '.join(part or 'it' for part in bare)} has no safetensors file;"
            " other formats can run code and are refused"
        )
    return folder


def _check_kind(name: str, folder: Path) -> None:
    alone = single_part(folder)
    if alone != TINY and not any((folder / part).is_dir() for part in ("unet", "transformer")):
        what = f"a single part ({alone})" if alone else "no model in the format of diffusers"
        raise BadInputError(
            f"hub: {name} is {what};"
            " what runs are whole models and, as --decoder, tiny decoders (AutoencoderTiny)"
        )


def _without_weights(folder: Path) -> list[str]:
    """Name the parts that are run and have no weights there; a tiny decoder's own name is empty."""
    if single_part(folder) == TINY:
        return [] if any(folder.glob("*.safetensors")) else [""]
    parts = sorted(config.parent for config in folder.glob("*/config.json"))
    return [part.name for part in parts if part.name.startswith(_RUN) and not any(part.glob("*.safetensors"))]


def local(name: str) -> Path:
    """Find a model that was fetched before.

    Raises:
        BadInputError: this is no name of a model, or it was not fetched to its end.
    """
    try:
        # the same patterns as in pull: a model counts as complete without the files that were not wanted
        return _fetch(name, WANTED, (*UNWANTED, *HALVES), local_files_only=True)
    except (OSError, ValueError):
        raise BadInputError(
            f"hub: {name} is not on this machine, or not all of it;"
            f" fetch it with: obclip models pull hub:{name}"
        ) from None
