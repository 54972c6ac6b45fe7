"""The training set on disk: labels as JSON lines, pixels and latents as memory-mapped arrays.

``prepare`` renders everything once below the work folder (about five minutes, 1 GB); nothing
of it ships.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from obclip_gen.training import artwork
from obclip_gen.training.artwork import Picture
from obclip_gen.training.captions import is_hand

PORTRAITS = 16_000
PORTRAIT_SEED = 20_251

#: How often each style is drawn from in training (shares).
STYLE_SHARE = {"modern": 0.50, "flat": 0.36, "portrait": 0.14}


@dataclasses.dataclass(frozen=True)
class Dataset:
    """``pictures[i]`` are the labels of ``pixels[i]`` (uint8 ``[n, 128, 128, 3]``, memory-mapped)."""

    pictures: tuple[Picture, ...]
    pixels: npt.NDArray[np.uint8]

    def indices(self, *, held_out: bool) -> npt.NDArray[np.int64]:
        """Positions of the pictures that are (or are not) held out of training."""
        return np.array(
            [i for i, picture in enumerate(self.pictures) if picture.held_out == held_out], dtype=np.int64
        )

    def small(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Pictures at half size, by averaging: uint8 ``[n, 64, 64, 3]``."""
        n, size = len(indices), self.pixels.shape[1] // 2
        blocks = self.pixels[indices].reshape(n, size, 2, size, 2, 3)
        means: npt.NDArray[np.float32] = blocks.mean((2, 4), dtype=np.float32)
        return means.round().astype(np.uint8)

    def weights(self, indices: Iterable[int]) -> npt.NDArray[np.float64]:
        """Sampling probabilities over ``indices``: styles by ``STYLE_SHARE``, and within a style by
        :func:`interest`.
        """
        pictures = [self.pictures[i] for i in indices]
        interests = [interest(picture) for picture in pictures]
        sums = dict.fromkeys(artwork.STYLES, 0.0)
        for picture, weight in zip(pictures, interests, strict=True):
            sums[picture.style] += weight
        weights = np.array(
            [
                STYLE_SHARE[picture.style] * weight / sums[picture.style]
                for picture, weight in zip(pictures, interests, strict=True)
            ]
        )
        shares: npt.NDArray[np.float64] = weights / weights.sum()
        return shares


def interest(picture: Picture) -> float:
    """How often a picture is drawn from beside others of its style: people in natural skin tones most."""
    tone = 0.6 if picture.tone == "default" else 1.0
    return tone * (0.5 if is_hand(picture) else 1.0)


def prepare(work: Path) -> Dataset:
    """Fetches and renders the artwork below ``work`` unless that is done already, and opens it.

    Raises:
        RuntimeError: npm or Node.js is missing or failed.
    """
    labels, pixels = work / "pictures.jsonl", work / "pixels.npy"
    if not labels.exists():
        modules = artwork.fetch(work)
        pictures = artwork.emoji(modules)
        total = len(pictures) + PORTRAITS
        store = np.lib.format.open_memmap(
            pixels, "w+", np.uint8, (total, artwork.RESOLUTION, artwork.RESOLUTION, 3)
        )
        partial = labels.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as lines:
            for index, picture in enumerate(
                [*pictures, *artwork.portraits(modules, PORTRAITS, PORTRAIT_SEED)]
            ):
                store[index] = artwork.render(picture)
                record = dataclasses.asdict(picture)
                if picture.style == "portrait":
                    record["svg"] = ""
                lines.write(json.dumps(record) + "\n")
        store.flush()
        partial.rename(labels)
    records = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    return Dataset(tuple(Picture(**record) for record in records), np.load(pixels, mmap_mode="r"))
