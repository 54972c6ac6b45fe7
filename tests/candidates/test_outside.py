"""Values outside the policy's domain: refused, left out, or shown and reported as leakage."""

from __future__ import annotations

import math

import pytest

ASIAN_WHITE = {"id": "ethnicity", "strategy": "enumerate", "values": ["asian", "white"]}
ADULTS = {"id": "age", "strategy": "enumerate", "values": ["young", "old"], "out_of_domain": "refuse"}


@pytest.mark.parametrize("prompt", ["a Black man", "a Jamaican man", "a Haitian man"])
def test_a_value_that_is_shown_is_not_called_withheld(make_engine, prompt: str) -> None:
    engine = make_engine(attributes=[{**ASIAN_WHITE, "out_of_domain": "generalise"}])
    found = engine.candidates(prompt)
    assert found.candidates == ("a Black man",)
    assert found.withheld == ()
    assert (found.n, found.attributes[0].strategy, found.attributes[0].values) == (1, "generalise", ())
    # The domain, the wordings of broader values, and no wording: far more than two things can be sent.
    assert found.leakage_bits > 2
    assert engine.candidates("an Asian man").leakage_bits == 0


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("a chef of Jamaican descent", "a chef of Black descent"),
        ("a Jamaican-looking chef", "a Black-looking chef"),
        ("a Jamaican", "a Black person"),
    ],
)
def test_what_is_shown_is_shown_in_every_place(make_engine, prompt: str, sent: str) -> None:
    found = make_engine(attributes=[{**ASIAN_WHITE, "out_of_domain": "generalise"}]).candidates(prompt)
    assert (found.candidates, found.withheld) == ((sent,), ())


def test_leakage_counts_what_can_be_sent(make_engine) -> None:
    """Of this domain three broader values are left, and no wording for those that have none."""
    values = ["african", "asian", "hispanic", "middle-eastern", "white"]
    engine = make_engine(
        attributes=[
            {"id": "ethnicity", "strategy": "enumerate", "values": values, "out_of_domain": "generalise"}
        ]
    )
    texts = set()
    for word in ("Black", "Indigenous", "Native American", "Mixed-race", "South Asian", "Korean"):
        texts |= {engine.candidates(f"a {word} chef").candidates}
    found = engine.candidates("an Indigenous chef")
    assert len(texts) - 1 <= 2**found.leakage_bits


def test_a_value_that_is_left_out_shows_only_that_it_is_outside(make_engine) -> None:
    found = make_engine(attributes=[ASIAN_WHITE]).candidates("a Black man")
    assert found.candidates == ("a man",)
    assert [span.text for span in found.withheld] == ["Black"]
    assert found.leakage_bits == 1
    # Where values of the domain are sent in the same words, not even that.
    neutral = make_engine(attributes=[{**ASIAN_WHITE, "strategy": "neutralise"}]).candidates("a Black man")
    assert (neutral.candidates, neutral.leakage_bits) == (("a man",), 0)


def test_blocks_are_told_apart_from_the_outside(make_engine) -> None:
    values = ["asian", "white", "black", "hispanic"]
    blocks = {"id": "ethnicity", "strategy": "block", "values": values, "options": {"block_size": 2}}
    engine = make_engine(attributes=[blocks])
    assert engine.candidates("an Asian chef").leakage_bits == 1
    assert engine.candidates("a Native American chef").leakage_bits == math.log2(3)


@pytest.mark.parametrize("gender", [True, False])
@pytest.mark.parametrize(
    "prompt", ["a girl", "a young girl", "a teenager", "an 8-year-old", "schoolboys", "a man and his baby"]
)
def test_refuse_refuses_minors_of_a_policy_for_adults(make_engine, prompt: str, gender: bool) -> None:
    both = [{"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}] if gender else []
    engine = make_engine(attributes=[*both, ADULTS])
    assert "'age' is outside" in engine.candidates(prompt).reason
    for adult in ("an old man", "a person", "a baby carrot"):
        assert engine.candidates(adult).status == "ok"


def test_a_minor_is_never_called_old_where_the_policy_ignores_gender(make_engine) -> None:
    engine = make_engine(attributes=[{**ADULTS, "out_of_domain": "neutralise"}])
    assert engine.candidates("a young girl").candidates == ("a young girl",)
    assert engine.candidates("a young woman").n == 2
