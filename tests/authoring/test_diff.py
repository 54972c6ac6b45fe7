"""Two policies differ where they decide differently, and in nothing else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from obclip_privacy.authoring.diff import Effect, as_json, diff, summary
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import Policy
from obclip_privacy.policy.shipped import shipped_names
from obclip_privacy.policy.vocabulary import Vocabulary

MakePolicy = Callable[..., Policy]
GENDER: dict[str, Json] = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}
AGE: dict[str, Json] = {"id": "age", "strategy": "enumerate", "values": ["young", "middle-aged", "old"]}
MORE, LESS, OTHER = Effect.MORE, Effect.LESS, Effect.OTHER

#: What changes against a policy that enumerates gender: (subject, key) to effect.
CASES: dict[str, tuple[dict[str, Json], dict[tuple[str, str], Effect]]] = {
    "another attribute": ({"attributes": [GENDER, AGE]}, {("attribute age", ""): MORE}),
    "an attribute that is kept": (
        {"attributes": [{**GENDER, "strategy": "keep"}]},
        {("attribute gender", ""): LESS},
    ),
    "another value": (
        {"attributes": [{**GENDER, "values": ["female", "male", "nonbinary"]}]},
        {("attribute gender", "values"): OTHER, ("attribute gender", "n"): MORE},
    ),
    "another order of values": (
        {"attributes": [{**GENDER, "values": ["male", "female"]}]},
        {("attribute gender", "values"): OTHER},
    ),
    "neutralise": (
        {"attributes": [{**GENDER, "strategy": "neutralise"}]},
        {("attribute gender", "strategy"): OTHER},
    ),
    "withhold without a domain": (
        {"attributes": [{"id": "gender", "strategy": "withhold"}]},
        {
            ("attribute gender", "strategy"): OTHER,
            ("attribute gender", "values"): OTHER,
            ("attribute gender", "n"): OTHER,
        },
    ),
    "presence": (
        {"attributes": [{**GENDER, "strategy": "neutralise", "presence": "hidden"}]},
        {("attribute gender", "strategy"): OTHER, ("attribute gender", "presence"): MORE},
    ),
    "refuse outside": (
        {"attributes": [{**GENDER, "out_of_domain": "refuse"}]},
        {("attribute gender", "out_of_domain"): MORE},
    ),
    "generalise outside": (
        {"attributes": [{**GENDER, "out_of_domain": "generalise"}]},
        {("attribute gender", "out_of_domain"): LESS},
    ),
    "priors": (
        {
            "attributes": [
                {**GENDER, "values": [{"id": "female", "prior": 0.25}, {"id": "male", "prior": 0.75}]}
            ]
        },
        {("attribute gender", "prior"): OTHER},
    ),
    "one kind of cue": ({"cues": {"hair": "keep"}}, {("cue hair", ""): LESS}),
    "refused cues": ({"cues": {"hair": "refuse"}}, {("cue hair", ""): MORE}),
    "negative prompt": ({"negative_prompt": "drop"}, {("negative prompt", ""): MORE}),
    "negative prompt kept": ({"negative_prompt": "keep"}, {("negative prompt", ""): LESS}),
    "a limit": ({"limits": {"max_candidates": 8}}, {("limit", "max_candidates"): OTHER}),
    "overflow": ({"limits": {"overflow": "refuse"}}, {("limit", "overflow"): OTHER}),
    "least n": ({"guarantee": {"min_n": 2}}, {("guarantee", "min_n"): MORE}),
    "greatest posterior": (
        {"guarantee": {"max_posterior": "1/2"}},
        {("guarantee", "max_posterior"): MORE},
    ),
    "plugins": ({"plugins": ["gender"]}, {("plugins", ""): OTHER}),
    "the same in other words": (
        {
            "description": "other",
            "cues": {"*": "withhold"},
            "limits": {"max_candidates": 64},
            "tests": [{"prompt": "a woman", "n": 2}],
            "attributes": [
                {**GENDER, "description": "why", "detectors": ["gender"], "presence": "visible"},
                {**AGE, "strategy": "keep"},
            ],
        },
        {},
    ),
}
OPPOSITE = {MORE: LESS, LESS: MORE, OTHER: OTHER}


@pytest.mark.parametrize("case", CASES)
def test_change(case: str, make: MakePolicy, vocabulary: Vocabulary) -> None:
    keys, expected = CASES[case]
    before = make(attributes=[GENDER])
    after = make(**{"attributes": [GENDER], **keys})
    found = {(change.subject, change.key): change.effect for change in diff(before, after, vocabulary)}
    assert found == expected
    back = {(change.subject, change.key): change.effect for change in diff(after, before, vocabulary)}
    assert back == {place: OPPOSITE[effect] for place, effect in expected.items()}


def test_fewer_detectors_find_less(make: MakePolicy, vocabulary: Vocabulary) -> None:
    (change,) = diff(make(attributes=[AGE]), make(attributes=[{**AGE, "detectors": ["lexicon"]}]), vocabulary)
    assert (change.subject, change.key, change.effect) == ("attribute age", "detectors", LESS)
    assert (change.before, change.after) == ("lexicon, numbers", "lexicon")


def test_blocks_leak(make: MakePolicy, vocabulary: Vocabulary) -> None:
    values: Json = ["asian", "black", "hispanic", "white"]
    whole: dict[str, Json] = {"id": "ethnicity", "strategy": "enumerate", "values": values}
    blocks: dict[str, Json] = {**whole, "strategy": "block", "options": {"block_size": 2}}
    changes = {c.key: c for c in diff(make(attributes=[whole]), make(attributes=[blocks]), vocabulary)}
    assert changes["n"].effect is LESS
    assert (changes["leakage"].before, changes["leakage"].after) == ("0 bits", "1 bit")
    assert changes["leakage"].effect is LESS


def test_values_for_minors_are_a_change(make: MakePolicy, vocabulary: Vocabulary) -> None:
    both: dict[str, Json] = {**AGE, "values": ["young", "middle-aged", "old", "baby", "child", "teenager"]}
    changes = {c.key: c for c in diff(make(attributes=[AGE]), make(attributes=[both]), vocabulary)}
    assert changes["sent as typed"].effect is MORE
    assert (changes["sent as typed"].before, changes["sent as typed"].after) == ("minors", "nobody's")


def test_the_order_of_attributes_is_a_change(make: MakePolicy, vocabulary: Vocabulary) -> None:
    (change,) = diff(make(attributes=[GENDER, AGE]), make(attributes=[AGE, GENDER]), vocabulary)
    assert (change.subject, change.key, change.effect) == ("attributes", "order", OTHER)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(shipped_names(), repeat=2)))
def test_shipped_policies(one: str, other: str, vocabulary: Vocabulary) -> None:
    changes = diff(load_policy(one), load_policy(other), vocabulary)
    assert bool(changes) == (one != other)
    assert all(change.before != change.after for change in changes)
    written = as_json(load_policy(one), load_policy(other), changes)
    assert json.loads(json.dumps(written)) == written


def test_summary(make: MakePolicy, vocabulary: Vocabulary) -> None:
    before = make(attributes=[GENDER])
    after = make(attributes=[GENDER, AGE], cues={"hair": "keep"}, limits={"max_candidates": 8})
    assert summary(()) == "the two policies decide alike"
    assert summary(diff(before, after, vocabulary)) == (
        "the second policy is more private in 1, less private in 1, different in 1"
    )
