"""Adults and minors are never substituted for one another, in any policy."""

from __future__ import annotations

import itertools
import re

import pytest

from obclip_privacy.attributes.base import Band
from obclip_privacy.attributes.safety import MINOR_VALUES, band_of, band_of_years, substitutable
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.plugins.manager import load_plugins
from tests.candidates.conftest import PROMPTS, engine_for

ADULTS = ("young", "middle-aged", "old")
MINORS = ("baby", "toddler", "child", "teenager")
#: Words that speak of a minor, and of an adult, to somebody who reads a candidate.
MINOR_WORDS = frozenset(
    [
        "girl",
        "girls",
        "boy",
        "boys",
        "child",
        "children",
        "kid",
        "baby",
        "babies",
        "toddler",
        "toddlers",
        "teenager",
        "teenagers",
    ]
)
MINOR_WORDS |= {"teenage", "schoolgirl", "schoolboy", "infant", "teens", "schoolchildren"}
ADULT_WORDS = frozenset(["woman", "women", "man", "men", "lady", "gentleman", "middle-aged", "elderly"])


def bands_in(text: str) -> tuple[int, int]:
    """How many words of *text* speak of minors, and how many of adults."""
    words = [word.strip(".,") for word in text.lower().split()]
    years = [int(word.split("-")[0]) for word in words if re.fullmatch(r"\d+-year-old", word)]
    minors = sum(word in MINOR_WORDS for word in words) + sum(number < 18 for number in years)
    return minors, sum(word in ADULT_WORDS for word in words) + sum(number >= 18 for number in years)


@pytest.mark.parametrize("band", list(Band))
def test_substitutable_values_are_of_one_band(band: Band) -> None:
    for order in itertools.permutations((*ADULTS, *MINORS), 3):
        chosen = {order[index] for index in substitutable("age", order, band)}
        wanted = Band.MINOR if band is Band.MINOR else Band.ADULT
        assert chosen == {value for value in order if band_of("age", value) is wanted}


def test_other_attributes_have_no_bands() -> None:
    assert substitutable("gender", ("female", "male"), Band.MINOR) == (0, 1)


@pytest.mark.parametrize(
    ("years", "band"), [(0, Band.MINOR), (17, Band.MINOR), (18, Band.ADULT), (99, Band.ADULT)]
)
def test_eighteen_is_the_border(years: int, band: Band) -> None:
    assert band_of_years(years) is band


def test_no_lexeme_class_mixes_bands() -> None:
    """The forms of a class all speak of adults, all of minors, or all leave it open."""
    for attribute in load_plugins().attributes.values():
        for cls in attribute.lexicon.classes:
            if cls.attribute == "age":
                found = {band_of("age", value) for value in cls.forms}
                assert len(found) == 1, cls.id
                assert cls.band in (found | {Band.OPEN}), cls.id
            words = {w for row in cls.forms.values() for form in row for w in form.split()}
            assert not (words & MINOR_WORDS and words & ADULT_WORDS), cls.id
            assert (cls.states.get("age") in MINOR_VALUES) <= (cls.band is Band.MINOR), cls.id


PROMPTS_ABOUT_AGES = [
    "a young girl",
    "an old girl",
    "a young boy and an old man",
    "a 7-year-old girl with her mother",
    "a 25-year-old girl",
    "a teenage boy next to a middle-aged woman",
    "a little girl, 8 years old",
    "a woman with her baby, old",
    "teenagers and adults",
    "a child aged 9",
    "a toddler and a teenager",
    "a pupil with a red bag",
    "schoolchildren on a bus",
    "a young lady and a young lad",
    "an elderly child",
    "a boy in his teens",
    "young, girl, solo",
    "a 17-year-old and an 18-year-old",
]


@pytest.mark.parametrize("policy", ["default", "obclip-paper", "inclusive", "strict", "portrait"])
@pytest.mark.parametrize(
    "prompt", [*PROMPTS_ABOUT_AGES, *(e["prompt"] for e in PROMPTS if "age" in e["prompt"])]
)
def test_no_candidate_changes_adults_and_minors(policy: str, prompt: str) -> None:
    """A prompt that speaks of adults only yields no word for a minor, and the reverse."""
    found = engine_for(policy).candidates(prompt)
    assert found.status == "ok"
    minors, adults = bands_in(prompt)
    for text in (*found.members, *found.candidates):
        assert minors or bands_in(text)[0] == 0, text
        assert adults or bands_in(text)[1] == 0, text


def test_a_policy_cannot_mix_them(make_engine) -> None:
    """Whatever order and aliases a policy chooses, the anonymity set stays within one band."""
    engine: Engine = make_engine(
        attributes=[
            {
                "id": "age",
                "strategy": "enumerate",
                "values": ["child", "old", "teenager", "young", "middle-aged"],
            }
        ]
    )
    adult = engine.candidates("an elderly doctor")
    assert [report.values for report in adult.attributes] == [("old", "young", "middle-aged")]
    minor = engine.candidates("a teenager at a party")
    assert [report.values for report in minor.attributes] == [("child", "teenager")]
    assert minor.candidates == ("a child at a party", "a teenager at a party")
