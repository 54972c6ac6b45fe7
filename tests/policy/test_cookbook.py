"""The cookbook's policies hold, keep adults and minors apart, and use all that a policy can say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.cli.policy_tests import run_policy_tests
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import (
    CueAction,
    NegativePromptAction,
    OutOfDomain,
    Overflow,
    Policy,
    Strategy,
)
from obclip_privacy.policy.schema import schema_text

DOCS = Path(__file__).parents[2] / "docs"
FILES = sorted((DOCS / "policies").glob("*.json"))
TEXT = (DOCS / "policies.md").read_text(encoding="utf-8")
#: A section of the cookbook, by the file that it is about.
SECTIONS = {
    match[1]: section
    for section in TEXT.partition("## Cookbook\n")[2].partition("\n## ")[0].split("\n### ")[1:]
    if (match := re.search(r"\(policies/([a-z-]+)\.json\)", section))
}
ADULTS = re.compile(r"\b(wom[ae]n|m[ae]n|adults?|elderly|old|young|middle-aged|grand\w+)\b", re.IGNORECASE)
MINORS = re.compile(
    r"\b(girls?|boys?|child(ren)?|teen\w*|toddlers?\b|bab(y|ies)|infant|school-age)\b", re.IGNORECASE
)


@cache
def loaded(path: Path) -> Policy:
    return load_policy(path)


@cache
def engine(path: Path) -> Engine:
    return Engine(loaded(path))


def written(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def test_there_are_ten_and_each_has_its_section() -> None:
    assert len(FILES) == 10
    assert sorted(SECTIONS) == [path.stem for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_policy_holds(path: Path) -> None:
    policy = loaded(path)
    assert policy.name == path.stem
    assert len(policy.description) > 80
    assert len(policy.tests) >= 3
    assert max(test.n for test in policy.tests) > 1
    assert policy.tests[-1].n == 1, "a prompt that states nothing is left alone"
    assert [outcome for outcome in run_policy_tests(policy) if outcome.failures] == []
    assert (path.parent / written(path)["$schema"]).resolve().name == "schema.json"
    assert (path.parent / written(path)["$schema"]).exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_adults_and_minors_are_never_exchanged(path: Path) -> None:
    for prompt, foreign in (
        ("a teenage girl reading", ADULTS),
        ("a child on a swing", ADULTS),
        ("an old man reading", MINORS),
        ("a 30-year-old woman on a swing", MINORS),
    ):
        found = engine(path).candidates(prompt)
        assert [text for text in (*found.candidates, *found.members) if foreign.search(text)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_section_says_for_whom_why_and_what_shows(path: Path) -> None:
    section = SECTIONS[path.stem]
    for part in ("**For** ", "**Why:** ", "**Still shows:** "):
        assert section.count(part) == 1
    policy = loaded(path)
    chosen = {attribute.strategy.value for attribute in policy.attributes}
    chosen |= {action.value for action in (*policy.cues.values(), policy.negative_prompt)}
    claimed = set(re.findall(r"`([a-z_]+)", section.split("\n")[2]))
    assert claimed, "the second line names what the policy uses"
    assert claimed & {*map(str, Strategy)} <= chosen
    assert ("extends" in claimed) == ("extends" in written(path))


def test_together_they_use_all_that_a_policy_can_say() -> None:
    policies = [loaded(path) for path in FILES]
    attributes = [attribute for policy in policies for attribute in policy.attributes]
    assert {attribute.strategy for attribute in attributes} == set(Strategy)
    assert {attribute.out_of_domain for attribute in attributes} == set(OutOfDomain)
    assert {attribute.presence.value for attribute in attributes} == {"visible", "hidden"}
    assert {action for policy in policies for action in policy.cues.values()} == set(CueAction)
    assert {policy.negative_prompt for policy in policies} == set(NegativePromptAction)
    assert {policy.limits.overflow for policy in policies} == set(Overflow)
    assert any(value.prior for attribute in attributes for value in attribute.values)
    keys = json.loads(schema_text())
    parts = [part for path in FILES for part in (written(path), *written(path)["attributes"])]
    used = [key for part in parts for key in part]
    known = [*keys["properties"], *keys["$defs"]["attribute"]["properties"]]
    # plugins and generators come with packages of their own; docs/plugins.md has lexicons
    assert sorted(set(known) - set(used)) == ["generator", "lexicon", "plugins"]
    guarantees = {key for path in FILES for key in written(path).get("guarantee", ())}
    assert guarantees == {"min_n", "max_posterior"}


def test_a_warning_in_the_docs_is_true() -> None:
    """The dating app's section says that minors are refused; if they are not, it must say otherwise."""
    found = engine(DOCS / "policies" / "dating-app.json").candidates("a teenage girl")
    assert found.status == "refused"
    assert "'age' is outside" in found.reason
