"""What a policy decides holds in the engine: every strategy beside every other, and what bounds them."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from obclip_privacy.candidates.candidate_set import CandidateSet
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import Strategy

Make = Callable[..., Engine]
DOMAINS: dict[str, list[str]] = {
    "gender": ["female", "male", "nonbinary"],
    "age": ["young", "middle-aged", "old"],
    "ethnicity": ["asian", "black", "hispanic", "white"],
    "skin_tone": ["light", "medium-light", "medium", "medium-dark", "dark"],
}
#: A word for one value of each attribute; together they state everything of one adult.
PROMPT = "portrait of an old dark-skinned Black woman in a garden"
GENDER: dict[str, Json] = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}
AGE: dict[str, Json] = {"id": "age", "strategy": "enumerate", "values": ["young", "middle-aged", "old"]}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def engine(**policy: Json) -> Engine:
        path = tmp_path / "p.json"
        path.write_text(json.dumps({"schema_version": 1, "name": "p", **policy}))
        return Engine(load_policy(path))

    return engine


def entry(attribute: str, strategy: Strategy, **keys: Json) -> dict[str, Json]:
    """The attribute with a whole domain; two blocks where the strategy has them."""
    options: dict[str, Json] = {"options": {"block_size": 2}} if strategy is Strategy.BLOCK else {}
    return {"id": attribute, "strategy": strategy.value, "values": DOMAINS[attribute], **options, **keys}


def hidden_among(attribute: str, strategy: Strategy) -> int:
    """What n counts for the value that :data:`PROMPT` states."""
    if strategy is Strategy.KEEP:
        return 1
    if strategy is not Strategy.BLOCK:
        return len(DOMAINS[attribute])
    # as many blocks of two as fit, the first ones larger: 3 values are one block, 4 are 2 + 2, 5 are 3 + 2
    return {"gender": 3, "age": 3, "ethnicity": 2, "skin_tone": 2}[attribute]


def block_count(attribute: str, strategy: Strategy) -> int:
    return len(DOMAINS[attribute]) // 2 if strategy is Strategy.BLOCK else 1


def assert_closed(engine: Engine, found: CandidateSet) -> None:
    """Every member of the anonymity set, typed as it stands, sends the same bytes."""
    assert found.status == "ok", found.reason
    assert found.k_eff == found.n == len(found.members)
    assert {engine.transform(member).payload_bytes for member in found.members} == {found.payload_bytes}


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.product(Strategy, repeat=2)), ids=lambda strategy: strategy.value
)
def test_every_strategy_beside_every_other(first: Strategy, second: Strategy, make: Make) -> None:
    one, other = "ethnicity", "age"
    engine = make(attributes=[entry(one, first), entry(other, second)])
    found = engine.candidates(PROMPT)
    assert found.n == hidden_among(one, first) * hidden_among(other, second)
    assert found.leakage_bits == math.log2(block_count(one, first) * block_count(other, second))
    sends_values = {Strategy.ENUMERATE, Strategy.GENERALISE, Strategy.BLOCK}
    assert found.n_sent == math.prod(
        hidden_among(name, strategy)
        for name, strategy in ((one, first), (other, second))
        if strategy in sends_values
    )
    assert_closed(engine, found)


@pytest.mark.parametrize(
    "order",
    [
        (Strategy.ENUMERATE, Strategy.BLOCK, Strategy.NEUTRALISE, Strategy.WITHHOLD),
        (Strategy.WITHHOLD, Strategy.NEUTRALISE, Strategy.BLOCK, Strategy.ENUMERATE),
        (Strategy.GENERALISE, Strategy.KEEP, Strategy.BLOCK, Strategy.NEUTRALISE),
        (Strategy.KEEP, Strategy.GENERALISE, Strategy.WITHHOLD, Strategy.BLOCK),
    ],
    ids=lambda order: "-".join(strategy.value for strategy in order),
)
def test_four_strategies_at_once(order: tuple[Strategy, ...], make: Make) -> None:
    chosen = dict(zip(DOMAINS, order, strict=True))
    engine = make(attributes=[entry(name, strategy) for name, strategy in chosen.items()])
    found = engine.candidates(PROMPT)
    assert found.n == math.prod(hidden_among(name, own) for name, own in chosen.items())
    assert found.leakage_bits == sum(math.log2(block_count(name, own)) for name, own in chosen.items())
    assert_closed(engine, found)


# --- presence


@pytest.mark.parametrize("strategy", [Strategy.NEUTRALISE, Strategy.WITHHOLD])
@pytest.mark.parametrize(
    ("frame", "bare"),
    [
        ("portrait of a {}person reading", "portrait of a person reading"),
        ("two {}people in a park", "two people in a park"),
        ("({}person:1.2), masterpiece, 8k", "(person:1.2), masterpiece, 8k"),
        ("a {}nurse and their dog", "a nurse and their dog"),
    ],
)
def test_hidden_presence_covers_the_prompts_that_state_less(
    strategy: Strategy, frame: str, bare: str, make: Make
) -> None:
    """Whatever subset of the hidden attributes is stated, down to none: the same bytes."""
    hidden = [entry(name, strategy, presence="hidden") for name in ("age", "ethnicity", "skin_tone")]
    engine = make(attributes=hidden)
    words = ("elderly", "dark-skinned", "Korean")
    subsets = itertools.chain.from_iterable(itertools.combinations(words, size) for size in range(4))
    sent = {}
    for subset in subsets:
        text = frame.format("".join(f"{word} " for word in subset)).replace("a elderly", "an elderly")
        sent[text] = engine.candidates(text).payload_bytes
    assert bare in sent
    assert len(sent) == 8
    assert set(sent.values()) == {engine.candidates(bare).payload_bytes}
    assert engine.candidates(bare).candidates == (bare,)


def test_visible_presence_is_seen(make: Make) -> None:
    """The counterpart: an enumerated attribute shows that it is stated."""
    engine = make(attributes=[entry("age", Strategy.ENUMERATE)])
    assert engine.candidates("a person").n_sent == 1
    assert engine.candidates("an old person").n_sent == 3


# --- blocks


@pytest.mark.parametrize(
    ("options", "blocks"),
    [
        ({"block_size": 2}, [["asian", "black"], ["hispanic", "white"]]),
        ({"block_size": 4}, [["asian", "black", "hispanic", "white"]]),
        (
            {"blocks": [["asian", "white"], ["hispanic", "black"]]},
            [["asian", "white"], ["black", "hispanic"]],
        ),
    ],
)
def test_blocks_partition_the_domain_and_their_choice_is_what_leaks(
    options: dict[str, Json], blocks: list[list[str]], make: Make
) -> None:
    engine = make(attributes=[{**entry("ethnicity", Strategy.BLOCK), "options": options}])
    sent: dict[bytes, set[str]] = {}
    for value in DOMAINS["ethnicity"]:
        found = engine.candidates(f"a {value} person")
        sent.setdefault(found.payload_bytes, set()).add(value)
        assert found.leakage_bits == math.log2(len(blocks))
        assert found.n == len(blocks[0])
        assert_closed(engine, found)
    assert sorted(map(sorted, sent.values())) == sorted(map(sorted, blocks))


def test_blocks_of_two_persons_add_up(make: Make) -> None:
    engine = make(attributes=[entry("ethnicity", Strategy.BLOCK)])
    found = engine.candidates("a Black man and a white man")
    assert (found.n, found.leakage_bits) == (4, 2.0)
    assert_closed(engine, found)


# --- outside the domain


@pytest.mark.parametrize(
    "strategy", [Strategy.ENUMERATE, Strategy.NEUTRALISE, Strategy.BLOCK, Strategy.GENERALISE]
)
def test_outside_neutralise_sends_what_a_prompt_without_the_value_sends(
    strategy: Strategy, make: Make
) -> None:
    own = {**entry("ethnicity", strategy), "out_of_domain": "neutralise"}
    engine = make(attributes=[GENDER, own])
    outside, unstated = engine.candidates("a Native American man"), engine.candidates("a man")
    assert outside.payload_bytes == unstated.payload_bytes
    assert [span.text for span in outside.withheld] == ["Native American"]


def test_outside_generalise_sends_a_broader_word(make: Make) -> None:
    own: dict[str, Json] = {"id": "ethnicity", "strategy": "enumerate", "values": ["asian", "hispanic"]}
    engine = make(attributes=[{**own, "out_of_domain": "generalise"}])
    assert engine.candidates("a Nigerian man").candidates == ("an African man",)
    assert engine.candidates("a Korean man").n == 2


def test_outside_refuse_sends_nothing(make: Make) -> None:
    own: dict[str, Json] = {**entry("ethnicity", Strategy.ENUMERATE), "out_of_domain": "refuse"}
    found = make(attributes=[own]).candidates("a Native American man")
    assert (found.status, found.candidates, found.set_sha256) == ("refused", (), "")
    assert found.reason == "a value of 'ethnicity' is outside the policy's domain"


# --- limits and guarantee


def test_overflow_is_decided_on_the_template(make: Make) -> None:
    """All prompts of one template are treated alike: the same attributes give way, and the set is closed."""
    engine = make(attributes=[GENDER, AGE], limits={"max_candidates": 12})
    people = [f"{age} {noun}" for age in ("a young", "a middle-aged", "an old") for noun in ("man", "woman")]
    found = {engine.transform(f"{one} and {other}").payload_bytes for one in people for other in people}
    assert len(found) == 1
    whole = engine.candidates("a young man and an old woman")
    assert (whole.n, whole.n_sent) == (36, 12)
    assert [(report.person, report.strategy) for report in whole.attributes if report.attribute == "age"] == [
        (0, "enumerate"),
        (1, "neutralise"),
    ]
    assert_closed(engine, whole)


def test_overflow_refuse(make: Make) -> None:
    engine = make(attributes=[GENDER, AGE], limits={"max_candidates": 12, "overflow": "refuse"})
    assert engine.candidates("a young man").n == 6
    assert (
        engine.candidates("a young man and an old woman").reason
        == "the set would have more than 12 candidates"
    )


@pytest.mark.parametrize("name", ["default", "obclip-paper", "inclusive", "strict"])
def test_policies_that_neutralise_hardly_ever_refuse(name: str) -> None:
    engine = Engine(load_policy(name))
    prompts = [
        json.loads(line)["prompt"]
        for line in (Path(__file__).parents[1] / "data" / "prompts.jsonl").read_text("utf-8").splitlines()
    ]
    refused = [prompt for prompt in prompts if engine.candidates(prompt).status != "ok"]
    assert len(prompts) > 150
    assert len(refused) <= len(prompts) // 100


def test_a_guarantee_holds_for_what_is_sent(make: Make) -> None:
    engine = make(attributes=[GENDER, AGE], guarantee={"min_n": 4})
    assert engine.candidates("a woman").status == "refused"
    assert engine.candidates("an old woman").n == 6
    assert engine.candidates("a garden").status == "ok", "nothing is stated, so nothing is to be hidden"
    priors: Json = [{"id": "female", "prior": "1/5"}, {"id": "male", "prior": "4/5"}]
    posterior = make(attributes=[{**GENDER, "values": priors}, AGE], guarantee={"max_posterior": "1/2"})
    assert posterior.candidates("a woman").status == "refused"
    assert posterior.candidates("an old woman").posterior == pytest.approx(4 / 15)


@pytest.mark.parametrize(
    ("action", "sent"), [("withhold", "blurry"), ("drop", ""), ("keep", "old man, blurry"), ("refuse", None)]
)
def test_the_negative_prompt_is_the_same_for_all_candidates(
    action: str, sent: str | None, make: Make
) -> None:
    engine = make(attributes=[GENDER, AGE], negative_prompt=action)
    found = engine.candidates("a young woman", "old man, blurry")
    assert (found.cloud_negative_prompt if found.status == "ok" else None) == sent
    if sent is not None:
        again = {engine.candidates(member, "old man, blurry").payload_bytes for member in found.members}
        assert again == {found.payload_bytes}


def test_detectors_by_name(make: Make) -> None:
    def n(prompt: str, *detectors: str) -> int:
        return make(attributes=[{**AGE, "detectors": list(detectors)}]).candidates(prompt).n

    assert [n("a 37-year-old man", name) for name in ("lexicon", "numbers", "age")] == [1, 3, 3]
    assert [n("an old man", name) for name in ("lexicon", "numbers", "age")] == [3, 1, 3]
    assert n("a 37-year-old man", "lexicon", "numbers") == 3
