"""obclip-danbooru: a counting tag says nothing of an age, and only lists of tags are read as such."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.testing.subject import find_subject

PACKAGE = Path(__file__).parents[2] / "plugins" / "obclip-danbooru"


@cache
def engine(policy: str = "default") -> Engine:
    return Engine(load_policy(policy), find_subject(str(PACKAGE)).registry)


@pytest.mark.parametrize("tag", ["1girl", "2boys", "6+girls", "multiple_boys", "1girl, cat_girl"])
def test_no_age_is_assumed_and_none_is_enumerated(tag: str) -> None:
    found = engine().detect(f"{tag}, park")
    assert {mention.attribute for mention in found.mentions} == {"gender"}
    assert engine().candidates(f"{tag}, park").n == 2


def test_a_stated_age_is_one_of_adults_and_a_child_stays_one() -> None:
    found = engine().candidates("1girl, mature_female, park")
    assert [column.values for column in found.attributes if column.attribute == "age"] == [
        ("young", "middle-aged", "old")
    ]
    for candidate in engine().candidates("1girl, female_child, old, park").candidates:
        assert "child" in candidate
        assert "mature" not in candidate


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1girl, dark-skinned_female, solo", "1boy, pale-skinned_male, solo"),
        ("2girls, multiple girls", "2boys, multiple boys"),
        ("1girl, 1boy, male_focus", "1boy, 1boy, female_focus"),
        ("1girl, 1boy, dark-skinned female", "1boy, 1girl, light-skinned male"),
        ("1girl, nurse, female_focus", "1boy, nurse, male_focus"),
    ],
)
def test_the_same_is_sent_whatever_the_tags_say(one: str, other: str) -> None:
    first, second = engine().candidates(one), engine().candidates(other)
    assert (first.status, second.status) == ("ok", "ok"), first.reason or second.reason
    assert first.payload_bytes == second.payload_bytes


@pytest.mark.parametrize(
    "prompt",
    ["a girl with a cat", "two boys, a kite, a dog", "a woman firefighter", "fox girl, portrait", "5 girls"],
)
def test_prose_is_read_as_without_the_plugin(prompt: str) -> None:
    plain = Engine(load_policy("default"))
    assert engine().candidates(prompt).payload_bytes == plain.candidates(prompt).payload_bytes


def test_a_policy_with_more_genders_has_its_tag() -> None:
    found = engine("inclusive").candidates("1girl, solo")
    assert set(found.candidates) == {"1girl, solo", "1boy, solo", "1other, solo"}
    assert engine("inclusive").candidates("1girl, cat_girl, female focus").status == "ok"
