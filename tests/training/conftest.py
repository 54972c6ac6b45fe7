"""A tiny artwork of made-up pictures, so that every stage of the recipe can run in seconds."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from obclip_gen.training.artwork import AGES, GENDERS, RACES, TONES, Picture
from obclip_gen.training.dataset import Dataset

TRAITS = {
    "hair": "short",
    "hairColour": "black",
    "expression": "smiling",
    "clothes": "red",
    "facialHair": "none",
    "glasses": "glasses",
    "hat": "none",
    "freckles": "none",
}


def every_picture() -> tuple[Picture, ...]:
    """Every combination of a few roles, and every portrait cell."""
    roles = ("firefighter", "surfing", "raised-hand", "older", "in-manual-wheelchair", "person")
    emoji = [
        Picture(style, role, gender, "old" if role == "older" else "unstated", tone=tone)
        for style in ("modern", "flat")
        for role in roles
        for gender in GENDERS
        for tone in TONES
        if role != "raised-hand" or gender == "neutral"
    ]
    faces = [
        Picture("portrait", "portrait", gender, age, race=race, traits=dict(TRAITS))
        for gender in ("female", "male")
        for age in AGES[2:]
        for race in RACES
    ]
    return (*emoji, *faces)


@pytest.fixture
def data() -> Dataset:
    """Every picture with pixels of its own flat colour."""
    pictures = every_picture()
    colours = np.random.default_rng(0).integers(0, 255, (len(pictures), 1, 1, 3), dtype=np.uint8)
    return Dataset(pictures, np.broadcast_to(colours, (len(pictures), 128, 128, 3)).copy())
