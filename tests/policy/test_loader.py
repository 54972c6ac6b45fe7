"""What a right policy becomes: inheritance, defaults, exact priors, immutability, identity."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from pathlib import Path

import pytest

from obclip_privacy.policy.frozen import FrozenMap, Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import CueAction, OutOfDomain, Policy, Presence, Strategy
from obclip_privacy.policy.schema import schema_text
from obclip_privacy.policy.vocabulary import Vocabulary

GENDER: dict[str, Json] = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}


def write(folder: Path, name: str, **keys: Json) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"schema_version": 1, "name": name, **keys}))
    return path


def test_defaults_are_written_out(tmp_path: Path, vocabulary: Vocabulary) -> None:
    policy = load_policy(write(tmp_path, "small", attributes=[{**GENDER, "id": "gender"}]), vocabulary)
    (gender,) = policy.attributes
    assert gender.detectors == ("lexicon",)
    assert gender.generator == "lexicon"
    assert (gender.strategy, gender.out_of_domain, gender.presence) == (
        Strategy.ENUMERATE,
        OutOfDomain.NEUTRALISE,
        Presence.VISIBLE,
    )
    assert gender.priors == (Fraction(1, 2), Fraction(1, 2))
    assert policy.cue_action("hair") is CueAction.WITHHOLD
    assert policy.as_json()["limits"] == {
        "max_candidates": 64,
        "max_prompt_chars": 2000,
        "overflow": "neutralise",
    }


def test_all_detectors_of_an_attribute_are_the_default(tmp_path: Path, vocabulary: Vocabulary) -> None:
    age: dict[str, Json] = {"id": "age", "strategy": "enumerate", "values": ["young", "old"]}
    assert load_policy(write(tmp_path, "p", attributes=[age]), vocabulary).attributes[0].detectors == (
        "lexicon",
        "years",
    )


def test_extends_merges_as_the_schema_says(tmp_path: Path, vocabulary: Vocabulary) -> None:
    write(
        tmp_path,
        "base",
        description="the base",
        plugins=["obclip"],
        attributes=[
            {**GENDER, "options": {"a": 1, "b": [1, 2]}, "presence": "visible"},
            {"id": "age", "strategy": "enumerate", "values": ["young", "old"]},
        ],
        cues={"*": "withhold", "hair": "keep"},
        limits={"max_candidates": 16, "overflow": "refuse"},
        tests=[{"prompt": "a woman", "n": 2}],
    )
    child = write(
        tmp_path,
        "child",
        extends="./base.json",
        plugins=["gender", "obclip"],
        attributes=[
            {"id": "ethnicity", "strategy": "withhold"},
            {"id": "gender", "strategy": "neutralise", "options": {"b": [3]}},
        ],
        cues={"hair": "warn", "dress": "refuse"},
        limits={"max_candidates": 8},
    )
    policy = load_policy(child, vocabulary)
    assert policy.name == "child"
    assert policy.description == "the base"
    assert policy.plugins == ("obclip", "gender")
    assert [attribute.id for attribute in policy.attributes] == ["gender", "age", "ethnicity"]
    gender = policy.attributes[0]
    assert (gender.strategy, gender.value_ids) == (Strategy.NEUTRALISE, ("female", "male"))
    assert gender.options == {"a": 1, "b": (3,)}
    assert policy.cues == {"*": "withhold", "hair": "warn", "dress": "refuse"}
    assert (policy.limits.max_candidates, policy.limits.overflow) == (8, "refuse")
    assert policy.tests == ()


def test_extends_a_shipped_policy_and_a_chain(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", "middle", extends="obclip-paper", limits={"max_candidates": 40})
    policy = load_policy(write(tmp_path, "top", extends="sub/middle.json"))
    assert [attribute.id for attribute in policy.attributes] == ["age", "gender", "ethnicity"]
    assert policy.limits.max_candidates == 40


@pytest.mark.parametrize(
    ("priors", "expected"),
    [
        ([0.1, 0.9], (Fraction(1, 10), Fraction(9, 10))),
        (["1/3", "2/3"], (Fraction(1, 3), Fraction(2, 3))),
        ([0.25, "3/4"], (Fraction(1, 4), Fraction(3, 4))),
        ([1e-3, 0.999], (Fraction(1, 1000), Fraction(999, 1000))),
    ],
)
def test_priors_are_exact(
    priors: list[Json], expected: tuple[Fraction, ...], tmp_path: Path, vocabulary: Vocabulary
) -> None:
    values: list[Json] = [
        {"id": name, "prior": prior} for name, prior in zip(["female", "male"], priors, strict=True)
    ]
    policy = load_policy(write(tmp_path, "p", attributes=[{**GENDER, "values": values}]), vocabulary)
    assert policy.attributes[0].priors == expected


def test_a_policy_cannot_change_and_hashes(tmp_path: Path, vocabulary: Vocabulary) -> None:
    path = write(
        tmp_path, "p", attributes=[{**GENDER, "options": {"deep": [{"x": [1]}]}}], cues={"hair": "keep"}
    )
    policy = load_policy(path, vocabulary)
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        policy.cues["hair"] = CueAction.WARN  # type: ignore[index]
    assert policy == load_policy(path, vocabulary)
    assert hash(policy) == hash(load_policy(path, vocabulary))
    assert isinstance(policy.attributes[0].options["deep"], tuple)


def test_the_hash_covers_every_decision_and_nothing_else(tmp_path: Path, vocabulary: Vocabulary) -> None:
    def digest(**keys: Json) -> str:
        return load_policy(write(tmp_path, "p", **{"attributes": [GENDER], **keys}), vocabulary).sha256

    plain = digest()
    assert plain == digest(cues={}) == digest(limits={"max_candidates": 64}) == digest(plugins=[])
    assert plain == digest(attributes=[{**GENDER, "detectors": ["lexicon"], "presence": "visible"}])
    assert plain == digest(
        attributes=[{**GENDER, "values": [{"id": "female", "aliases": []}, {"id": "male"}]}]
    )
    changed = [
        digest(cues={"hair": "keep"}),
        digest(limits={"max_candidates": 63}),
        digest(negative_prompt="drop"),
        digest(guarantee={"min_n": 2}),
        digest(attributes=[{**GENDER, "values": ["male", "female"]}]),
        digest(attributes=[{**GENDER, "strategy": "neutralise"}]),
        digest(attributes=[{**GENDER, "options": {"x": 1}}]),
        digest(description="other"),
    ]
    assert len({plain, *changed}) == len(changed) + 1


def test_the_hash_is_the_same_in_every_process(tmp_path: Path, vocabulary: Vocabulary) -> None:
    # a change of this value means that records of earlier releases no longer name this policy
    policy = load_policy(
        write(tmp_path, "p", attributes=[GENDER], cues={"hair": "keep", "*": "warn"}), vocabulary
    )
    assert policy.sha256 == "b48ad47c198460cab34ced51a9d9089e80f266bd0ad48830198eb98248e14d6d"


def test_index_of_knows_aliases(tmp_path: Path, vocabulary: Vocabulary) -> None:
    values: list[Json] = [{"id": "white", "aliases": ["caucasian"]}, "black"]
    entry: Json = {"id": "ethnicity", "strategy": "enumerate", "values": values}
    (ethnicity,) = load_policy(write(tmp_path, "p", attributes=[entry]), vocabulary).attributes
    assert [ethnicity.index_of(name) for name in ("white", "caucasian", "black", "asian")] == [0, 0, 1, None]


def test_frozen_maps_compare_like_dicts_and_hash_without_order() -> None:
    one, other = FrozenMap({"a": 1, "b": 2}), FrozenMap({"b": 2, "a": 1})
    assert one == other == {"a": 1, "b": 2}
    assert hash(one) == hash(other)
    assert repr(one) == "FrozenMap({'a': 1, 'b': 2})"


def test_the_schema_is_closed_everywhere_but_under_options() -> None:
    """Every object schema forbids unknown keys, except the options of plugins; every part is explained."""
    schema = json.loads(schema_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    open_objects, unexplained = [], []

    def walk(part: Json, path: str) -> None:
        if not isinstance(part, dict):
            return
        kinds = part.get("type", [])
        if "object" in kinds and part.get("additionalProperties") is not False:
            open_objects.append(path)
        for key in ("properties", "$defs"):
            members = part.get(key)
            for name, member in members.items() if isinstance(members, dict) else ():
                if isinstance(member, dict) and "$ref" not in member and not {"title"} <= set(member):
                    unexplained.append(f"{path}/{name}")
                walk(member, f"{path}/{name}")

    walk(schema, "")
    assert sorted(open_objects) == ["/attribute/lexicon", "/attribute/options"]
    assert unexplained == []


def test_the_schema_is_itself_valid_and_offline() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    references = [word for word in schema_text().split('"') if word.startswith(("#/", "http", "urn"))]
    remote = [word for word in references if not word.startswith("#/")]
    assert remote == ["https://json-schema.org/draft/2020-12/schema", "urn:obclip:schema:policy:1"]


def test_the_schema_has_the_defaults_of_the_model() -> None:
    schema = json.loads(schema_text())
    limits = schema["$defs"]["limits"]["properties"]
    attribute = schema["$defs"]["attribute"]["properties"]
    policy = Policy(1, "p", "", (), (), FrozenMap())
    written = policy.as_json()
    assert {key: entry["default"] for key, entry in limits.items()} == written["limits"]
    assert schema["properties"]["negative_prompt"]["default"] == written["negative_prompt"]
    assert attribute["out_of_domain"]["enum"] == list(OutOfDomain)
    assert attribute["presence"]["enum"] == list(Presence)
    assert attribute["strategy"]["else"]["enum"] == list(Strategy)
    assert schema["$defs"]["cueAction"]["enum"] == list(CueAction)
