"""The worked example of the design, and the example prompts with the sets that they must give."""

from __future__ import annotations

import pytest

from obclip_privacy.candidates.engine import Engine
from tests.candidates.conftest import PROMPTS

SIX = (
    "A young man reading",
    "A young woman reading",
    "A middle-aged man reading",
    "A middle-aged woman reading",
    "An old man reading",
    "An old woman reading",
)


def test_worked_example(paper: Engine) -> None:
    found = paper.candidates("A young woman reading")
    assert (found.status, found.reason, found.candidates, found.real_index) == ("ok", "", SIX, 1)
    assert found.assignments == ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1))
    assert (found.n, found.n_sent, found.k_eff) == (6, 6, 6)
    assert found.figures.posterior.as_integer_ratio() == (1, 6)
    assert found.figures.posterior_worst_attribute.as_integer_ratio() == (1, 2)
    assert found.leakage_bits == 0
    assert [(a.person, a.attribute, a.strategy, a.values) for a in found.attributes] == [
        (0, "age", "enumerate", ("young", "middle-aged", "old")),
        (0, "gender", "enumerate", ("male", "female")),
    ]
    assert found.payload() == {
        "protocol": 1,
        "prompts": list(SIX),
        "assignments": [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]],
        "negative_prompt": "",
    }


@pytest.mark.parametrize("index", range(6))
def test_each_of_the_six_gives_exactly_this_list_again(paper: Engine, index: int) -> None:
    found = paper.candidates(SIX[index])
    assert (found.candidates, found.real_index) == (SIX, index)
    assert found.set_sha256 == paper.candidates(SIX[0]).set_sha256


def test_there_are_enough_example_prompts() -> None:
    assert len(PROMPTS) >= 150
    assert len({example["prompt"] for example in PROMPTS}) == len(PROMPTS)


@pytest.mark.parametrize("example", PROMPTS, ids=lambda example: example["prompt"])
def test_default_gives_the_stated_set(default: Engine, example: dict) -> None:
    found = default.candidates(example["prompt"])
    assert (found.status, found.reason) == ("ok", "")
    assert found.n == example["n"]
    assert [span.text for span in found.withheld] == example.get("withheld", [])


@pytest.mark.parametrize("example", PROMPTS, ids=lambda example: example["prompt"])
def test_every_shipped_policy_closes_every_example(shipped: Engine, example: dict) -> None:
    """Every member and every candidate gives the same bytes, checked here from outside the engine."""
    found = shipped.candidates(example["prompt"])
    if "candidates" in found.reason:
        # A policy that refuses overflow says so; the refusal must not depend on the value either.
        assert shipped.policy.limits.overflow == "refuse"
        return
    assert (found.status, found.reason) == ("ok", "")
    assert found.k_eff == found.n == len(found.members)
    assert len(set(found.candidates)) == found.n_sent == len(found.assignments)
    for member in {*found.members[:40], *found.members[-2:], *found.candidates[:40]}:
        assert shipped.transform(member).payload_bytes == found.payload_bytes
