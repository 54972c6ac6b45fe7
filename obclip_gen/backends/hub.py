"""Models of a hub, by ``owner/name`` or ``owner/name@revision``.

A model is fetched by ``obclip models pull`` only. Loading reads what was fetched before and makes no
connection: nothing about when or with whom a person draws goes to a hub.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.family import FamilyBackend
from obclip_gen.backends.folder import load_layout
from obclip_gen.backends.layout import folder_layout
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError, NetworkError

_NAME = re.compile(r"(?P<repo>[\w.-]{1,96}/[\w.-]{1,96})(@(?P<revision>[\w./-]{1,100}))?")

#: What a model in diffusers' format needs: configurations, vocabularies, safetensors. No code, no pickle.
WANTED = ("*.json", "*/*.json", "*/*.txt", "*/*.model", "*/*.safetensors")
#: Second copies of weights, and parts that are not run.
UNWANTED = ("*.fp16.*", "*non_ema*", "*/openvino_*", "*/*.onnx*", "vae_*/*")

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


def pull(name: str) -> Path:
    """Fetch a model into the hub's cache on this machine.

    Returns:
        Its folder there.

    Raises:
        BadInputError: this is no name of a model.
        NetworkError: it cannot be fetched.
    """
    asked: dict[str, Any] = {
        **_parsed(name),
        "allow_patterns": list(WANTED),
        "ignore_patterns": list(UNWANTED),
    }
    try:
        return Path(_download()(**asked))
    except (OSError, ValueError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise NetworkError(f"hub: {name} cannot be fetched: {reason}") from None


def local(name: str) -> Path:
    """Find a model that was fetched before.

    Raises:
        BadInputError: this is no name of a model, or it was not fetched.
    """
    asked = _parsed(name)
    try:
        return Path(_download()(**asked, local_files_only=True))
    except (OSError, ValueError):
        raise BadInputError(
            f"hub: {name} is not on this machine; fetch it with: obclip models pull hub:{name}"
        ) from None


def load_hub(name: str, options: LoadOptions) -> FamilyBackend:
    """Load ``hub:<name>``.

    Raises:
        BadInputError: it was not fetched, or is not a model of a supported family.
    """
    layout = folder_layout(str(local(name)))
    return load_layout(dataclasses.replace(layout, model_id=f"hub:{name}", title="from a hub"), options)
