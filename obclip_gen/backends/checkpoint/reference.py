"""From ``FILE.safetensors`` or ``FILE.safetensors@v_prediction`` to a backend."""

from __future__ import annotations

import re
from pathlib import Path

from obclip_gen.backends.checkpoint.parts import CheckpointParts
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.layout import ModelLayout
from obclip_gen.backends.stable_diffusion import StableDiffusionBackend
from obclip_privacy.errors import BadInputError

_REFERENCE = re.compile(r"(?P<file>.+\.safetensors)(@(?P<prediction>epsilon|v_prediction))?", re.IGNORECASE)
_PLAIN = re.compile(r"[^\w.+ -]")


def load_file(reference: str, options: LoadOptions) -> StableDiffusionBackend:
    """Load ``file:<reference>``.

    Raises:
        BadInputError: it names no checkpoint of a supported family.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise BadInputError(
            f"file: {reference!r} is no FILE.safetensors, FILE.safetensors@epsilon or"
            " FILE.safetensors@v_prediction; other formats can run code and are refused"
        )
    file = Path(found["file"]).expanduser()
    beside = file.with_suffix("")
    folders = sorted(entry for entry in beside.iterdir() if entry.is_dir()) if beside.is_dir() else []
    layout = ModelLayout(
        model_id=f"file:{_PLAIN.sub('_', beside.name)[:190]}",
        title="single file",
        parts={entry.name: entry for entry in folders},
        defaults=None,
        root=beside,
    )
    return StableDiffusionBackend(
        layout, options, CheckpointParts(layout, options, file, found["prediction"])
    )
