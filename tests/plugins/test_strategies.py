"""Strategies of plugins: used like the built-in ones, and held to be partitions before anything is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from obclip_privacy.authoring.facts import attribute_facts
from obclip_privacy.candidates.columns import Mode
from obclip_privacy.candidates.custom import CustomStrategy
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.candidates.strategies import Treatment
from obclip_privacy.errors import PluginError, PolicyError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.plugins.vocabulary import vocabulary_of
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import AttributePolicy

VALUES = ["asian", "black", "hispanic", "middle-eastern", "south-asian", "white"]
Treat = Callable[[AttributePolicy, Sequence[int], "int | None"], Treatment]


def halves(policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
    """Every other value: what no list of consecutive values can say."""
    chosen = [value for value in values if value % 2 == (real or 0) % 2]
    return Treatment(tuple(chosen), Mode.VALUES, 2)


def with_strategy(treat: object, name: str = "mine:halves") -> Registry:
    class Plugin:
        @hookimpl
        def register_strategies(self, register: Callable[[object], None]) -> None:
            register(treat if isinstance(treat, str) else CustomStrategy(name, "test", treat))  # type: ignore[arg-type]

    return collect((*builtin_candidates(), Candidate("mine", "mine", "dist-mine", "1", plugin=Plugin())))


def policy_file(folder: Path, strategy: str = "mine:halves", attribute: str = "ethnicity") -> Path:
    path = folder / "policy.json"
    values = VALUES if attribute == "ethnicity" else ["child", "teenager", "young", "middle-aged", "old"]
    entry = {"id": attribute, "strategy": strategy, "values": values}
    path.write_text(json.dumps({"schema_version": 1, "name": "p", "attributes": [entry]}))
    return path


def test_a_policy_uses_it_and_the_choice_of_the_block_is_leakage(tmp_path: Path) -> None:
    registry = with_strategy(halves)
    policy = load_policy(policy_file(tmp_path), vocabulary_of(registry))
    found = Engine(policy, registry).candidates("a Black nurse")
    assert found.candidates == ("a Black nurse", "a Middle Eastern nurse", "a White nurse")
    assert (found.n, found.k_eff, found.leakage_bits) == (3, 3, math.log2(2))
    assert [(c.strategy, c.values) for c in found.attributes] == [
        ("mine:halves", ("black", "middle-eastern", "white"))
    ]
    (group,) = attribute_facts(policy.attributes[0], registry.strategies).groups
    assert group.blocks == (("asian", "hispanic", "south-asian"), ("black", "middle-eastern", "white"))


def test_it_gets_adults_or_minors_and_never_both(tmp_path: Path) -> None:
    seen: set[tuple[int, ...]] = set()

    def everything(policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
        seen.add(tuple(values))
        return Treatment(tuple(values), Mode.NEUTRAL)

    registry = with_strategy(everything, "mine:all")
    policy = load_policy(policy_file(tmp_path, "mine:all", "age"), vocabulary_of(registry))
    engine = Engine(policy, registry)
    assert engine.candidates("an elderly nurse").n == 3
    assert engine.candidates("a teenager with a kite").n == 2
    assert seen == {(0, 1), (2, 3, 4)}


def raises(policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
    raise ZeroDivisionError("a secret")


BROKEN: dict[str, tuple[Treat, str]] = {
    "a set without the real value": (
        lambda policy, values, real: Treatment(tuple(values[:2]), Mode.VALUES),
        "the set for 'hispanic' does not have that value",
    ),
    "the real one is treated by itself": (
        lambda policy, values, real: Treatment(
            tuple(values) if real == 0 else tuple(values[1:]) or (), Mode.VALUES, 2
        ),
        "'asian' is hidden with 'black', which is treated differently",
    ),
    "the mode tells the value": (
        lambda policy, values, real: Treatment(tuple(values), Mode.NEUTRAL if real == 3 else Mode.VALUES),
        "which is treated differently: the difference would tell them apart",
    ),
    "a value alone": (
        lambda policy, values, real: Treatment((real or 0,), Mode.VALUES, len(values)),
        "it hides 'asian' among itself only",
    ),
    "the leakage is understated": (
        lambda policy, values, real: Treatment(halves(policy, values, real).values, Mode.VALUES, 1),
        "it reports 1 blocks and makes 2",
    ),
    "the real one first": (
        lambda policy, values, real: Treatment(
            tuple(sorted(values, key=lambda value: value != real)), Mode.VALUES
        ),
        "each once, in canonical order",
    ),
    "another value than those that may stand for it": (
        lambda policy, values, real: Treatment((*values, 99), Mode.VALUES),
        "not indices of substitutable values",
    ),
    "another type": (lambda policy, values, real: "all", "it gave a str, not a Treatment"),  # type: ignore[arg-type,return-value]
    "an exception": (raises, "raised ZeroDivisionError for the attribute 'ethnicity'"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_no_partition_stops_the_request(fault: str, tmp_path: Path) -> None:
    treat, message = BROKEN[fault]
    registry = with_strategy(treat)
    engine = Engine(load_policy(policy_file(tmp_path), vocabulary_of(registry)), registry)
    with pytest.raises(
        PluginError, match=r"plugin 'mine', register_strategies: strategy 'mine:halves'"
    ) as caught:
        engine.candidates("a hispanic nurse")
    assert message in str(caught.value)
    assert "nothing is sent" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("thing", "name", "message"),
    [
        ("halves", "", "register() takes a CustomStrategy, not builtins.str"),
        (halves, "halves", "the strategy's name is 'halves'; give it two parts, such as mine:pairs"),
        (halves, "enumerate", "the strategy's name is 'enumerate'"),
        (None, "mine:x", "strategy 'mine:x': 'treat' is no function"),
    ],
)
def test_what_is_registered_is_checked(thing: object, name: str, message: str) -> None:
    record = with_strategy(thing, name).plugins[-1]
    assert record.status is PluginStatus.FAILED
    assert message in record.reason


def test_a_policy_that_names_an_unknown_strategy_is_an_error(tmp_path: Path) -> None:
    vocabulary = vocabulary_of(with_strategy(halves))
    with pytest.raises(
        PolicyError, match=r"1:\d+: #/attributes/0/strategy: no plugin registers the strategy "
    ):
        load_policy(policy_file(tmp_path, "mine:halfs"), vocabulary)
    with pytest.raises(PolicyError, match="did you mean 'mine:halves'"):
        load_policy(policy_file(tmp_path, "mine:halfs"), vocabulary)
    with pytest.raises(PolicyError, match="is not a right name of a plugin's strategy"):
        load_policy(policy_file(tmp_path, "Mine:Halves"), vocabulary)
    with pytest.raises(PolicyError, match=r"did you mean 'enumerate'"):
        load_policy(policy_file(tmp_path, "enumerat"), vocabulary)
