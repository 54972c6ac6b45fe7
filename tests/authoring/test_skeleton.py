"""What ``policy new`` writes is valid, and its tests hold."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import pytest

from obclip_privacy.authoring.skeleton import Request, skeleton
from obclip_privacy.cli.policy_tests import run_policy_tests
from obclip_privacy.errors import BadInputError, PolicyError
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import Policy
from obclip_privacy.policy.shipped import shipped_names

ATTRIBUTES = tuple(load_plugins().attributes)


def written(folder: Path, *attributes: str, extends: str = "") -> Policy:
    """The skeleton, written to a file and loaded again."""
    base = load_policy(extends) if extends else None
    text = skeleton(Request("mine", extends, base, attributes, "./s.json"), load_plugins(), folder)
    file = folder / "mine.json"
    file.write_text(text, encoding="utf-8")
    return load_policy(file)


def assert_holds(policy: Policy, least: int = 2) -> None:
    outcomes = run_policy_tests(policy)
    assert len(outcomes) >= least
    assert [outcome for outcome in outcomes if outcome.failures] == []


@pytest.mark.parametrize(
    "attributes",
    [(), *((name,) for name in ATTRIBUTES), *itertools.combinations(ATTRIBUTES, 2), ATTRIBUTES],
    ids=lambda names: "+".join(names) or "none",
)
def test_from_attributes(attributes: tuple[str, ...], tmp_path: Path) -> None:
    policy = written(tmp_path, *attributes)
    named = [attribute.id for attribute in policy.attributes]
    assert named == list(attributes or ("gender", "age", "ethnicity"))
    assert all(attribute.description for attribute in policy.attributes)
    assert max(test.n for test in policy.tests) > 1
    assert_holds(policy)


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("attribute", ["", "skin_tone"])
def test_from_a_shipped_policy(name: str, attribute: str, tmp_path: Path) -> None:
    policy = written(tmp_path, *filter(None, [attribute]), extends=name)
    base = load_policy(name)
    inherited = [own.id for own in base.attributes]
    assert [own.id for own in policy.attributes][: len(inherited)] == inherited
    assert (policy.guarantee, policy.limits, policy.negative_prompt) == (
        base.guarantee,
        base.limits,
        base.negative_prompt,
    )
    assert_holds(policy)


def test_the_examples_state_each_attribute(tmp_path: Path) -> None:
    """Every attribute of the policy is in some test, so that a change of it is noticed."""
    policy = written(tmp_path, *ATTRIBUTES)
    assert len({test.n for test in policy.tests}) >= len(ATTRIBUTES)


def test_from_a_file_beside_it_and_nothing_else_is_written(tmp_path: Path) -> None:
    base = tmp_path / "base.json"
    base.write_text(json.dumps({"schema_version": 1, "name": "base", "extends": "obclip-paper"}))
    request = Request("mine", "./base.json", load_policy(base), (), "")
    text = skeleton(request, load_plugins(), tmp_path)
    assert json.loads(text)["extends"] == "./base.json"
    assert "$schema" not in json.loads(text)
    assert [file.name for file in tmp_path.iterdir()] == ["base.json"]


def test_the_lines_are_short_enough_to_read(tmp_path: Path) -> None:
    text = skeleton(Request("mine", "", None, ATTRIBUTES, ""), load_plugins(), tmp_path)
    assert text.endswith("}\n")
    assert max(map(len, text.splitlines())) <= 140


def test_what_the_base_says_of_an_attribute_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = tmp_path / "base.json"
    values = [{"id": "light", "prior": "1/3", "aliases": ["medium-light"]}, {"id": "dark", "prior": "2/3"}]
    entry = {"id": "skin_tone", "strategy": "neutralise", "presence": "hidden", "values": values}
    base.write_text(json.dumps({"schema_version": 1, "name": "base", "attributes": [entry]}))
    (own,) = written(tmp_path, "skin_tone", extends="./base.json").attributes
    (inherited,) = load_policy(base).attributes
    assert own.description
    assert dataclasses.replace(own, description="") == inherited


def test_unknown_attribute(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"registers the attribute 'gendr'; did you mean 'gender'\?"):
        written(tmp_path, "gendr")


def test_a_base_that_leaves_no_room(tmp_path: Path) -> None:
    base = tmp_path / "base.json"
    base.write_text(
        json.dumps(
            {
                "schema_version": 1,
                "name": "base",
                "attributes": [{"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}],
                "limits": {"max_candidates": 2},
            }
        )
    )
    with pytest.raises(PolicyError, match="a set must exceed its limit: 'age' has 3 values"):
        written(tmp_path, "age", extends=str(base))
