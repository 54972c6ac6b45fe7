"""The attribute classifier as a yardstick, from the folder that the training recipe exports it to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from obclip_gen.canonical import sha256_hex
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError

#: Where the weights that ship with the package lie, if they do.
PACKAGED = Path(__file__).parents[1] / "weights" / "classifier"
#: Features of held-out artwork by style, beside the weights.
ARTWORK = "artwork.safetensors"


class Reader:
    """Reads attributes from pictures, and gives features of them.

    Attributes:
        sha256: of the classifier's weights.
        artwork: features ``[m, 256]`` of real pictures that no model was trained on, by drawing style; empty
            where the folder has none.
    """

    def __init__(self, folder: Path) -> None:
        """Load ``columns.json`` and ``model.safetensors``.

        Raises:
            BadInputError: they are not there or do not fit.
        """
        from obclip_gen.training.classifier import AttributeClassifier

        weights = folder / "model.safetensors"
        try:
            columns = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
            self._model: Any = AttributeClassifier(columns)
            loaded = library("safetensors.torch").load_file(str(weights))
            self._model.load_state_dict(loaded)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise BadInputError(f"classifier: {folder} cannot be read: {type(error).__name__}") from None
        self._model.float().eval()
        self.sha256 = sha256_hex(weights.read_bytes())
        artwork = folder / ARTWORK
        self.artwork: dict[str, Tensor] = (
            {
                style: rows.float()
                for style, rows in library("safetensors.torch").load_file(str(artwork)).items()
            }
            if artwork.is_file()
            else {}
        )

    def read(self, pictures: Tensor) -> tuple[list[dict[str, str]], Tensor]:
        """Give the most likely class of every column and features ``[N, 256]`` of pictures in 0..1."""
        with torch.inference_mode():
            scaled = pictures * 2 - 1
            logits: Mapping[str, Tensor] = self._model(scaled)
            features: Tensor = self._model.features(scaled)
        read = [
            {name: self._model.columns[name][int(value[at].argmax())] for name, value in logits.items()}
            for at in range(len(pictures))
        ]
        return read, features


def find_reader(folder: Path | None) -> Reader | None:
    """Load the classifier of *folder*, or the packaged one, or none if there is none."""
    if folder is None and not (PACKAGED / "model.safetensors").is_file():
        return None
    return Reader(folder or PACKAGED)
