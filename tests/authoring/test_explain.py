"""The explanation says what the engine does: its figures are the engine's, and it changes with the policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction

import pytest

from obclip_privacy.authoring.explain import Explanation, as_json, explain
from obclip_privacy.authoring.facts import attribute_facts
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import (
    CueAction,
    NegativePromptAction,
    OutOfDomain,
    Policy,
    Strategy,
)
from obclip_privacy.policy.shipped import shipped_names
from obclip_privacy.policy.vocabulary import Vocabulary

MakePolicy = Callable[..., Policy]
GENDER: dict[str, Json] = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}
AGE: dict[str, Json] = {"id": "age", "strategy": "enumerate", "values": ["young", "middle-aged", "old"]}
ETHNICITY: dict[str, Json] = {
    "id": "ethnicity",
    "strategy": "block",
    "values": ["asian", "black", "hispanic", "middle-eastern", "white"],
    "options": {"block_size": 2},
}
#: States every attribute that the core has, of one adult.
EVERYTHING = "portrait of a young dark-skinned Asian woman"


def text(explanation: Explanation, key: str = "") -> str:
    return "\n".join(
        line for section in explanation.sections if key in ("", section.key) for line in section.lines
    )


@pytest.mark.parametrize("name", shipped_names())
def test_the_figures_are_those_of_the_engine(name: str, vocabulary: Vocabulary) -> None:
    policy = load_policy(name)
    adult = explain(policy, vocabulary).together[0]
    prompt = EVERYTHING if policy.attribute("skin_tone") else EVERYTHING.replace("dark-skinned ", "")
    found = Engine(policy).candidates(prompt)
    if adult.n_sent == 0:
        assert found.status == "refused"
        return
    assert (adult.who, adult.n, adult.n_sent) == ("adults", found.n, found.n_sent)
    assert adult.best_guess == found.figures.posterior
    assert adult.leakage_bits == found.leakage_bits
    sent = {report.attribute: report.strategy for report in found.attributes}
    assert [attribute for attribute in adult.neutralised if sent[attribute] != "neutralise"] == []


def test_blocks_are_those_of_the_engine(make: MakePolicy, vocabulary: Vocabulary) -> None:
    policy = make(attributes=[ETHNICITY])
    (fact,) = explain(policy, vocabulary).attributes
    assert fact.groups[0].blocks == (("asian", "black", "hispanic"), ("middle-eastern", "white"))
    for block in fact.groups[0].blocks:
        for value in block:
            found = Engine(policy).candidates(f"a {value} man")
            assert found.attributes[0].values == block
            assert found.leakage_bits == fact.leakage_bits == 1.0
    assert (fact.least_n, fact.best_guess) == (2, Fraction(1, 2))
    said = text(explain(policy, vocabulary), "hidden")
    assert "2 to 3 of 5 values" in said
    assert "asian, black, hispanic | middle-eastern, white" in said
    assert "1 bit of leakage if all are equally likely. The blocks differ in size" in said


def test_balanced_blocks_are_not_called_uneven(make: MakePolicy, vocabulary: Vocabulary) -> None:
    policy = make(attributes=[{**ETHNICITY, "values": ["asian", "black", "hispanic", "white"]}])
    assert "differ in size" not in text(explain(policy, vocabulary))


def test_every_choice_of_a_policy_has_a_sentence_of_its_own(make: MakePolicy, vocabulary: Vocabulary) -> None:
    """Two policies that differ in one choice are never explained alike."""

    def said(**keys: Json) -> str:
        return text(explain(make(**{"attributes": [GENDER], **keys}), vocabulary))

    values = ["asian", "black", "white", "hispanic"]
    ways: dict[str, list[str]] = {
        "strategy": [
            said(attributes=[{**ETHNICITY, "strategy": strategy, "values": list(values)}])
            for strategy in Strategy
        ],
        "out_of_domain": [said(attributes=[{**GENDER, "out_of_domain": way}]) for way in OutOfDomain],
        "presence": [
            said(attributes=[{**GENDER, "strategy": "neutralise", "presence": presence}])
            for presence in ("visible", "hidden")
        ],
        "cues": [said(cues={"hair": action, "*": "withhold"}) for action in CueAction],
        "other cues": [said(cues={"*": action}) for action in CueAction],
        "negative_prompt": [said(negative_prompt=action) for action in NegativePromptAction],
        "overflow": [said(limits={"overflow": way}) for way in ("neutralise", "refuse")],
        "max_candidates": [said(limits={"max_candidates": most}) for most in (2, 3, 4)],
        "max_prompt_chars": [said(limits={"max_prompt_chars": most}) for most in (10, 20)],
        "guarantee": [
            said(guarantee=guarantee)
            for guarantee in ({}, {"min_n": 2}, {"max_posterior": 0.5}, {"min_n": 2, "max_posterior": 0.5})
        ],
        "values": [
            said(attributes=[{**AGE, "values": list(own)}]) for own in (["young", "old"], AGE["values"])
        ],
        "prior": [
            said(),
            said(
                attributes=[
                    {**GENDER, "values": [{"id": "female", "prior": "1/3"}, {"id": "male", "prior": "2/3"}]}
                ]
            ),
        ],
        "detectors": [said(attributes=[AGE]), said(attributes=[{**AGE, "detectors": ["lexicon"]}])],
        "description": [said(), said(attributes=[{**GENDER, "description": "Because."}])],
        "plugins": [said(), said(plugins=["gender"])],
        "attributes": [said(), said(attributes=[GENDER, AGE])],
    }
    assert {key: len(set(texts)) for key, texts in ways.items()} == {
        key: len(texts) for key, texts in ways.items()
    }


def test_what_is_left_out_is_said_to_show(make: MakePolicy, vocabulary: Vocabulary) -> None:
    policy = make(attributes=[GENDER, AGE], cues={"*": "keep", "dress": "withhold"}, negative_prompt="keep")
    leaks = text(explain(policy, vocabulary), "leaks")
    assert "ethnicity and skin_tone: not named in the policy" in leaks
    assert "no values for minors are listed" in leaks
    assert "Cues that are sent (all other kinds)" in leaks
    assert "The negative prompt, as typed." in leaks


def test_adults_and_minors_are_told_apart(make: MakePolicy, vocabulary: Vocabulary) -> None:
    values: Json = ["young", "middle-aged", "old", "child", "teenager"]
    explanation = explain(make(attributes=[{**AGE, "values": values}]), vocabulary)
    (fact,) = explanation.attributes
    assert [(group.who, group.values) for group in fact.groups] == [
        ("adults", ("young", "middle-aged", "old")),
        ("minors", ("child", "teenager")),
    ]
    assert [(joint.who, joint.n) for joint in explanation.together] == [("adults", 3), ("minors", 2)]
    assert "no values for" not in text(explanation)


def test_an_attribute_without_a_domain_counts_for_nothing(make: MakePolicy, vocabulary: Vocabulary) -> None:
    policy = make(attributes=[{"id": "ethnicity", "strategy": "withhold"}, {"id": "age", "strategy": "keep"}])
    explanation = explain(policy, vocabulary)
    assert [(fact.hides, fact.least_n) for fact in explanation.attributes] == [(True, 1), (False, 1)]
    assert explanation.together == ()
    assert "n does not count it" in text(explanation, "hidden")
    assert Engine(policy).candidates("a Korean man").n == 1


def test_priors_are_the_best_guess(make: MakePolicy) -> None:
    values: Json = [{"id": "female", "prior": "1/4"}, {"id": "male", "prior": "3/4"}]
    policy = make(attributes=[{**GENDER, "values": values}])
    assert attribute_facts(policy.attributes[0]).best_guess == Fraction(3, 4)
    assert Engine(policy).candidates("a woman").figures.posterior == Fraction(3, 4)


def test_the_examples_are_the_policys_tests(vocabulary: Vocabulary) -> None:
    policy = load_policy("strict")
    found = [Engine(policy).candidates(test.prompt) for test in policy.tests]
    said = text(explain(policy, vocabulary, found), "examples")
    assert said == (
        '"portrait of a young Black woman in a garden" hides among n = 81 and is sent as "portrait of a '
        'person in a garden".'
    )


@pytest.mark.parametrize("name", shipped_names())
def test_as_json_is_json(name: str, vocabulary: Vocabulary) -> None:
    written = as_json(explain(load_policy(name), vocabulary))
    assert json.loads(json.dumps(written)) == written
    assert written["sha256"] == load_policy(name).sha256
    assert set(written["cues"]) == {*vocabulary.cue_kinds, "*"}  # type: ignore[arg-type]
