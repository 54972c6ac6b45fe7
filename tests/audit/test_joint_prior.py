"""A joint prior in all figures, held against a plain enumeration of secrets and of what is sent for them."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from obclip_privacy.audit.session import Session, Wanted

GENDERS = ("female", "male")
ORIGINS = ("asian", "black", "hispanic", "white")
WORDS = {"female": "woman", "male": "man"}
Secret = tuple[str, ...]


def audited(tmp_path: Path, prompts: list[str], prior: object, **origin: object) -> dict[str, Any]:
    policy = {
        "schema_version": 1,
        "name": "p",
        "attributes": [
            {"id": "ethnicity", "strategy": "enumerate", "values": list(ORIGINS), **origin},
            {"id": "gender", "strategy": "enumerate", "values": list(GENDERS)},
        ],
    }
    (tmp_path / "policy.json").write_text(json.dumps(policy), "utf-8")
    (tmp_path / "prior.json").write_text(json.dumps(prior), "utf-8")
    (tmp_path / "p.txt").write_text("\n".join(prompts), "utf-8")
    wanted = Wanted(
        "input",
        str(tmp_path / "p.txt"),
        policy=str(tmp_path / "policy.json"),
        prior=str(tmp_path / "prior.json"),
        show=True,
    )
    return Session(wanted).run()


def rows(joint: dict[Secret, Fraction]) -> list[dict[str, object]]:
    return [
        {"values": {"ethnicity": origin, "gender": gender}, "p": str(p)}
        for (origin, gender), p in joint.items()
    ]


def by_force(joint: dict[Secret, Fraction], blocks: list[list[str]], place: int | None) -> dict[str, Any]:
    """Prior and leakage of the whole secret, or of its part *place*, from P(secret, what is sent)."""
    together: dict[int, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    alone: dict[str, Fraction] = defaultdict(Fraction)
    for secret, p in joint.items():
        name = " ".join(secret) if place is None else secret[place]
        sent = next(number for number, block in enumerate(blocks) if secret[0] in block)
        together[sent][name] += p
        alone[name] += p
    best = sum(max(row.values()) for row in together.values())
    bits = 0.0
    for row in together.values():
        total = sum(row.values())
        bits += sum(float(p) * math.log2(p / alone[name] / total) for name, p in row.items() if p)
    ranked = sorted(alone.values(), reverse=True)
    return {
        "prior_vulnerability": max(ranked),
        "prior_guessing_entropy": sum(rank * p for rank, p in enumerate(ranked, 1)),
        "leakage_bits": math.log2(best / max(ranked)),
        "mutual_information_bits": bits,
    }


@pytest.mark.parametrize("seed", range(6))
def test_blocks_by_force(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    weights = [draw.choice((0, 1, 2, 5, 9)) for _ in range(8)]
    weights[draw.randrange(8)] += 1
    secrets = list(itertools.product(ORIGINS, GENDERS))
    joint = {secret: Fraction(weight, sum(weights)) for secret, weight in zip(secrets, weights, strict=True)}
    order = list(ORIGINS)
    draw.shuffle(order)
    blocks = [sorted(order[:2]), sorted(order[2:])]
    (origin, gender) = draw.choice([secret for secret, p in joint.items() if p])
    prompt = f"{'an' if origin == 'asian' else 'a'} {origin.title()} {WORDS[gender]} reading"
    data = audited(tmp_path, [prompt], {"joint": rows(joint)}, strategy="block", options={"blocks": blocks})
    figures = data["figures"]
    for place, found in (
        (None, figures),
        (0, figures["attributes"]["ethnicity"]),
        (1, figures["attributes"]["gender"]),
    ):
        for name, expected in by_force(joint, blocks, place).items():
            assert found[name] == pytest.approx(float(expected), abs=1e-12), (place, name)
    block = next(block for block in blocks if origin in block)
    inside = {secret: p for secret, p in joint.items() if secret[0] in block}
    total = sum(inside.values())
    assert figures["n"] == figures["k_eff"] == 4
    assert Fraction(figures["exact"]["posterior"]) == max(inside.values()) / total
    assert figures["attributes"]["gender"]["block_bits"] == pytest.approx(
        by_force(joint, blocks, 1)["leakage_bits"], abs=1e-12
    )
    # distance of the set's values from the domain's, both under the joint prior
    spread = sum(abs(p / total * (secret[0] in block) - p) for secret, p in _origins(joint).items())
    assert figures["attributes"]["ethnicity"]["t_closeness"] == pytest.approx(float(spread) / 2)


def _origins(joint: dict[Secret, Fraction]) -> dict[Secret, Fraction]:
    found: dict[Secret, Fraction] = defaultdict(Fraction)
    for (origin, _), p in joint.items():
        found[(origin,)] += p
    return found


JOINT = {
    ("asian", "female"): Fraction(1, 2),
    ("black", "male"): Fraction(1, 4),
    ("white", "male"): Fraction(1, 4),
}


def test_a_whole_domain_is_as_far_from_itself_as_it_should_be(tmp_path: Path) -> None:
    data = audited(tmp_path, ["a Black woman reading"], {"joint": rows(JOINT)})
    assert data["figures"]["exact"]["t_closeness"] == "0/1"
    assert data["figures"]["exact"]["posterior"] == "1/2"


def test_a_prompt_with_some_of_its_attributes_has_what_it_implies(tmp_path: Path) -> None:
    skewed = {**JOINT, ("black", "male"): Fraction(1, 8), ("black", "female"): Fraction(1, 8)}
    data = audited(tmp_path, ["a woman reading"], {"joint": rows(skewed)})
    assert data["figures"]["exact"]["posterior"] == "5/8"
    stated = {"attributes": {"gender": {"female": "1/4"}}, "joint": rows(skewed)}
    data = audited(tmp_path, ["a woman reading"], stated)
    assert data["figures"]["exact"]["posterior"] == "3/4"


def test_values_may_have_other_names(tmp_path: Path) -> None:
    """The policy's aliases: a row that is not recognised would have no probability."""
    named = json.loads(json.dumps(rows(JOINT)).replace('"black"', '"african-american"'))
    values = [
        origin if origin != "black" else {"id": "black", "aliases": ["african-american"]}
        for origin in ORIGINS
    ]
    plain = audited(tmp_path, ["a Black woman reading"], {"joint": rows(JOINT)})
    data = audited(tmp_path, ["a Black woman reading"], {"joint": named}, values=values)
    for name in ("posterior", "posterior_worst_attribute"):
        assert data["figures"]["exact"][name] == plain["figures"]["exact"][name]


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        (
            [{"values": {"gender": "male"}, "p": 0.5}, {"values": {"ethnicity": "asian"}, "p": 0.5}],
            "the same",
        ),
        ([{"values": {"gender": "male"}, "p": 0.5}, {"values": {"gender": "male"}, "p": 0.5}], "twice"),
    ],
)
def test_rows_that_do_not_fit_together(tmp_path: Path, joint: object, message: str) -> None:
    from obclip_privacy.errors import BadInputError

    with pytest.raises(BadInputError, match=message):
        audited(tmp_path, ["a woman"], {"joint": joint})
