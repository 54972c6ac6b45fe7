"""Captions say what is drawn, and only that."""

from __future__ import annotations

import random
import re

import pytest

from obclip_gen.training.artwork import RACES, TONES, Picture, describe_emoji
from obclip_gen.training.captions import ETHNICITY_WORDS, SKIN_WORDS, caption, full_caption

from .conftest import TRAITS, every_picture

FEMALE = {"woman", "lady", "female", "she", "Latina", "latina"}
MALE = {"man", "gentleman", "male", "he"}


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z-]+", text))


@pytest.mark.parametrize("picture", every_picture(), ids=lambda p: "-".join((p.style, *p.cell)))
def test_captions_never_state_another_value(picture: Picture) -> None:
    drawn = picture.tone or picture.race
    family = RACES if picture.style == "portrait" else TONES[1:]
    own = {word.lower() for word in ETHNICITY_WORDS.get(drawn, ())}
    # black hair, a brown beard and a white shirt are not said of skin
    others = (
        {word.lower() for key in family for word in ETHNICITY_WORDS[key]} - own - {"black", "white", "brown"}
    )
    for seed in range(60):
        said = words(caption(picture, random.Random(seed)))
        if picture.gender == "male":
            assert not said & FEMALE
        if picture.gender == "female":
            assert not said & MALE
        text = caption(picture, random.Random(seed)).lower()
        for word in sorted(own, key=len, reverse=True):
            text = text.replace(word, "")
        assert not [word for word in others if re.search(rf"\b{word}\b", text)], text


def test_every_attribute_is_sometimes_left_out() -> None:
    picture = Picture("portrait", "portrait", "female", "old", race="asian", traits=TRAITS)
    texts = [caption(picture, random.Random(seed)).lower() for seed in range(400)]
    for stated in (
        r"woman|lady|she is",
        r"old|elderly|senior|aged|\d",
        r"asian|chinese|japanese|korean|skin",
    ):
        share = sum(bool(re.search(stated, text)) for text in texts) / len(texts)
        assert 0.8 < share < 0.99, stated


def test_a_scoring_caption_states_every_scored_attribute() -> None:
    for picture in every_picture():
        text = full_caption(picture, variant=3).lower()
        if picture.gender in ("female", "male") and picture.role != "older":
            assert re.search(
                r"\b(woman|lady|female)\b" if picture.gender == "female" else r"\b(man|gentleman|male)\b",
                text,
            )
        if picture.tone not in ("", "default"):
            told = ETHNICITY_WORDS[picture.tone] + SKIN_WORDS[picture.tone] + ("Latina",)
            assert any(word.lower() in text for word in told), text
        if picture.style == "portrait":
            assert picture.age in text


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (full_caption(picture, variant), r"\ba [aeio]|\ban [bcdfgjklmnpqrstvwxz]|  ")
        for picture in every_picture()
        for variant in range(2)
    ],
)
def test_articles_and_spaces(text: str, wrong: str) -> None:
    assert not re.search(wrong, text.replace("a European", "a Polish"), re.IGNORECASE), text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("woman-firefighter", ("firefighter", "female")),
        ("firefighter", ("firefighter", "neutral")),
        ("man", ("person", "male")),
        ("old-woman", ("older", "female")),
        ("boy", ("child", "male")),
        ("raised-hand", ("raised-hand", "neutral")),
        ("person-in-bed", ("in-bed", "neutral")),
    ],
)
def test_icon_names(name: str, expected: tuple[str, str]) -> None:
    assert describe_emoji(name) == expected
