"""Whatever stands in a policy file, loading it gives a policy or a PolicyError with places."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obclip_privacy.errors import PolicyError
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.vocabulary import Vocabulary

FULL: dict[str, Any] = {
    "schema_version": 1,
    "name": "full",
    "description": "every key",
    "extends": "./base.json",
    "plugins": ["obclip"],
    "attributes": [
        {
            "id": "gender",
            "strategy": "enumerate",
            "values": [{"id": "female", "aliases": [], "prior": "1/4"}, {"id": "male", "prior": 0.75}],
            "detectors": ["lexicon"],
            "generator": "lexicon",
            "options": {"any": [1, {"thing": None}]},
            "out_of_domain": "refuse",
            "presence": "visible",
        },
        {
            "id": "age",
            "strategy": "block",
            "values": ["young", "middle-aged", "old", "child", "teenager"],
            "options": {"blocks": [["young", "middle-aged", "old"], ["child", "teenager"]]},
        },
        {"id": "skin_tone", "strategy": "neutralise", "values": ["dark", "light"], "presence": "hidden"},
    ],
    "cues": {"*": "withhold", "hair": "keep"},
    "negative_prompt": "drop",
    "limits": {"max_candidates": 12, "max_prompt_chars": 100, "overflow": "refuse"},
    "guarantee": {"min_n": 2, "max_posterior": "3/4"},
    "tests": [{"prompt": "a woman", "n": 2, "candidates": ["a woman"], "withheld": []}],
}
BASE = {"schema_version": 1, "name": "base", "attributes": [{"id": "ethnicity", "strategy": "keep"}]}

SMALL = (
    st.none()
    | st.booleans()
    | st.integers(-2, 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["female", "young", "child", "unstated", "block", "hidden", "1/3", "9/2", "gender", ""])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
VALUES = st.recursive(
    SMALL,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "values", "blocks", "prior", "*", "n"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield from places(member, (*path, key))


PLACES = list(places(FULL))


def changed(edits: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    policy = copy.deepcopy(FULL)
    for path, value in edits:
        spot: Any = policy
        for step in path[:-1]:
            try:
                spot = spot[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if isinstance(spot, (dict, list)) and (isinstance(spot, dict) or path[-1] in range(len(spot))):
                spot[path[-1]] = value
    return policy


def test_the_full_policy_is_right(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (tmp_path / "base.json").write_text(json.dumps(BASE))
    (tmp_path / "full.json").write_text(json.dumps(FULL))
    assert [one.id for one in load_policy(tmp_path / "full.json", vocabulary).attributes] == [
        "ethnicity",
        "gender",
        "age",
        "skin_tone",
    ]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
def test_any_change_gives_a_policy_or_problems(
    tmp_path: Path, vocabulary: Vocabulary, edits: list[tuple[tuple[Any, ...], Any]]
) -> None:
    (tmp_path / "base.json").write_text(json.dumps(BASE))
    (tmp_path / "full.json").write_text(json.dumps(changed(edits)))
    try:
        policy = load_policy(tmp_path / "full.json", vocabulary)
    except PolicyError as error:
        problems = error.problems
        policy = None
    if policy is None:
        assert problems
        assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    else:
        assert len(policy.sha256) == 64
        assert hash(policy) == hash(load_policy(tmp_path / "full.json", vocabulary))
