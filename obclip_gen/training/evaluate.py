"""How well a model draws what a caption says, read by the attribute classifier; seen and held-out
combinations apart.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from obclip_gen.training.artwork import Picture
from obclip_gen.training.captions import full_caption, is_hand
from obclip_gen.training.classifier import AttributeClassifier, read, split
from obclip_gen.training.dataset import Dataset
from obclip_privacy.interval import wilson_interval


@dataclass(frozen=True)
class Share:
    """``right`` of ``total``, with the 95 % Wilson interval (:mod:`obclip_privacy.interval`)."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """The share, or NaN of nothing."""
        return self.right / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper 95 % bound."""
        return wilson_interval(self.right, self.total) if self.total else (math.nan, math.nan)

    def record(self) -> dict[str, float | int | list[float]]:
        """For JSON."""
        return {
            "share": round(self.value, 4),
            "n": self.total,
            "interval": [round(v, 4) for v in self.interval],
        }


def scored(picture: Picture) -> dict[str, str]:
    """The columns that a picture's caption states and that are drawn, with their true values.

    ``role`` is that of a person; what a hand does is read by the same head and counted apart, as ``hand``.
    """
    if picture.style == "portrait":
        truth = {"race": picture.race, "age": picture.age}
    else:
        truth = {"hand" if is_hand(picture) else "role": picture.role}
    if picture.gender != "neutral":
        truth["gender"] = picture.gender
    if picture.style != "portrait" and picture.tone != "default":
        truth["tone"] = picture.tone
    return truth


def score(
    classifier: AttributeClassifier, pictures: Tensor, truths: Sequence[Picture]
) -> dict[str, dict[str, Share]]:
    """Right readings by column, for emoji, portraits and all; ``all`` of a column pools both."""
    seen = read(classifier, pictures)
    counts: dict[str, dict[str, list[int]]] = {}
    for index, picture in enumerate(truths):
        kind = "portrait" if picture.style == "portrait" else "emoji"
        for column, value in scored(picture).items():
            right = int(seen["role" if column == "hand" else column][index] == value)
            for group in (kind, "all"):
                cell = counts.setdefault(column, {}).setdefault(group, [0, 0])
                cell[0] += right
                cell[1] += 1
    return {
        column: {group: Share(*cell) for group, cell in sorted(groups.items())}
        for column, groups in sorted(counts.items())
    }


def scored_pictures(data: Dataset, *, held_out: bool, each: int = 4, seed: int = 23) -> npt.NDArray[np.int64]:
    """Positions of the pictures whose captions are scored: 100 times ``each`` held-out emoji (or all), or
    ``each`` seen ones of every role of people and one of every hand; and 30 times ``each`` portraits.
    """
    portraits = 30 * each
    rng = random.Random(seed)
    emoji = [i for i, p in enumerate(data.pictures) if p.style != "portrait" and p.held_out == held_out]
    if held_out:
        emoji = rng.sample(emoji, min(100 * each, len(emoji)))
    else:
        by_role: dict[str, list[int]] = {}
        for i in emoji:
            by_role.setdefault(data.pictures[i].role, []).append(i)
        emoji = [
            i
            for role in sorted(by_role)
            for i in rng.sample(by_role[role], 1 if is_hand(data.pictures[by_role[role][0]]) else each)
        ]
    parts = split(data)
    pool = parts.held_out if held_out else parts.seen
    faces = [int(i) for i in pool if data.pictures[i].style == "portrait"]
    return np.array([*emoji, *rng.sample(faces, min(portraits, len(faces)))], dtype=np.int64)


def prompts(data: Dataset, indices: npt.NDArray[np.int64]) -> list[str]:
    """One full caption for each picture, with varied synonyms."""
    return [full_caption(data.pictures[i], variant=int(i)) for i in indices]
