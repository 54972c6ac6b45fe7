"""Where a model's parts lie, for models that share some of them.

The embedded models share text encoder, tokenizer, autoencoder and scheduler, so each of these is stored
once. ``obclip_gen/weights/models.json`` names the parts of each model by folders relative to it; each
folder is in diffusers' format (``config.json`` and safetensors)::

    {"format": 1,
     "models": {
       "cloud": {"title": "...", "height": 128, "width": 128, "num_inference_steps": 25, "split": 10,
                 "guidance_scale": 3.0,
                 "parts": {"unet": "cloud/unet", "text_encoder": "shared/text_encoder",
                           "tokenizer": "shared/tokenizer", "vae": "shared/vae",
                           "scheduler": "shared/scheduler"}},
       "device": {...}}}

It imports neither torch nor diffusers, so ``obclip models list`` is quick.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from obclip_gen.backends.entry import Defaults
from obclip_privacy.errors import BadInputError

#: The parts of a Stable Diffusion model, named as in diffusers' ``model_index.json``.
PARTS = ("unet", "text_encoder", "tokenizer", "vae", "scheduler")


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """One model's parts.

    Attributes:
        model_id: the name that goes into the fingerprint and the record.
        title: one line for people.
        parts: folder of each of :data:`PARTS`.
        defaults: the settings that the model was made for; ``None`` to derive them from its parts.
        root: folder of the whole model, where there is one; its ``model_index.json`` may say more.
    """

    model_id: str
    title: str
    parts: Mapping[str, Path]
    defaults: Defaults | None
    root: Path | None = None

    def index(self) -> Mapping[str, Any]:
        """Give what ``model_index.json`` says; nothing where there is none.

        Raises:
            BadInputError: it cannot be read.
        """
        file = None if self.root is None else self.root / "model_index.json"
        if file is None or not file.is_file():
            return {}
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise BadInputError(f"{self.model_id}: model_index.json is not JSON") from None
        if not isinstance(value, dict):
            raise BadInputError(f"{self.model_id}: model_index.json is not a JSON object")
        return value


def weights_folder() -> Path:
    """Give the folder of the embedded models, whether or not there are any."""
    return Path(__file__).resolve().parent.parent / "weights"


def embedded_names() -> tuple[str, ...]:
    """Give the names of the embedded models; empty when the installation has none."""
    return tuple(sorted(_index(weights_folder()))) if _index_file(weights_folder()).is_file() else ()


def embedded_layout(name: str, root: Path | None = None) -> ModelLayout:
    """Find an embedded model.

    Args:
        name: ``cloud`` or ``device``.
        root: another folder with a ``models.json``, instead of the package's.

    Raises:
        BadInputError: there is no such model, or the installation has none at all.
    """
    folder = root or weights_folder()
    if not _index_file(folder).is_file():
        raise BadInputError(
            "this installation has no embedded models; name a local one: --cloud-model diffusers:FOLDER"
        )
    models = _index(folder)
    if name not in models:
        raise BadInputError(f"embedded: there is no model {name!r}; use one of {', '.join(sorted(models))}")
    entry = models[name]
    return ModelLayout(
        model_id=f"embedded:{name}",
        title=str(entry["title"]),
        parts={part: folder / _inside(str(entry["parts"][part])) for part in PARTS},
        defaults=Defaults.from_json(entry),
    )


def folder_layout(path: str) -> ModelLayout:
    """Find the parts of a local folder in diffusers' format: its sub-folders that hold a configuration.

    Raises:
        BadInputError: it is not a folder, or has no denoiser, autoencoder or scheduler.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise BadInputError(f"diffusers: {path} is not a folder")
    alone = single_part(folder)
    if alone is not None:
        hint = "give it as --decoder" if alone == "AutoencoderTiny" else "a whole model is needed"
        raise BadInputError(f"diffusers: {path} is a single part ({alone}), not a model; {hint}")
    parts = {entry.name: entry for entry in sorted(folder.iterdir()) if entry.is_dir()}
    missing = [part for part in ("vae", "scheduler", "tokenizer", "text_encoder") if part not in parts]
    if not {"unet", "transformer"} & set(parts):
        missing.insert(0, "unet or transformer")
    if missing:
        raise BadInputError(f"diffusers: {path} has no {', '.join(missing)}; is it a diffusers folder?")
    return ModelLayout(
        model_id=f"diffusers:{folder.resolve().name}",
        title="local folder",
        parts=parts,
        defaults=None,
        root=folder,
    )


def single_part(folder: Path) -> str | None:
    """Give the class of a part that fills a folder by itself; ``None`` for models, which have one a part."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    kind = config.get("_class_name") if isinstance(config, dict) else None
    return kind if isinstance(kind, str) else None


def part_layout(part: str, path: str) -> ModelLayout:
    """Find a single part, in a folder of its own.

    Raises:
        BadInputError: it is not a folder.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise BadInputError(f"{part}: {path} is not a folder")
    return ModelLayout(f"{part}:{folder.resolve().name}", "local folder", {part: folder}, None)


def _index_file(folder: Path) -> Path:
    return folder / "models.json"


def _index(folder: Path) -> dict[str, Any]:
    try:
        value = json.loads(_index_file(folder).read_text(encoding="utf-8"))
        models = value["models"]
        if value["format"] != 1 or not isinstance(models, dict):
            raise ValueError("unknown format")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"the embedded models' index cannot be read: {error}") from None
    return models


def _inside(part: str) -> PurePosixPath:
    path = PurePosixPath(part)
    if path.is_absolute() or ".." in path.parts:
        raise BadInputError(f"the embedded models' index points outside its folder: {part}")
    return path
