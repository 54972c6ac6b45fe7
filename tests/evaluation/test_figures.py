"""The figures that the language core promises, on the prompts of tests/data and on no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_privacy.evaluation.closure import score_closure
from obclip_privacy.evaluation.detection import DetectionScores, score_detection
from obclip_privacy.evaluation.labelled import Labelled, read_labelled
from obclip_privacy.evaluation.rewriting import score_rewriting
from tests.candidates.conftest import engine_for

ROOT = Path(__file__).parents[2]
LABELLED: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "labelled.jsonl")
REDTEAM: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "redteam.jsonl")
NOBODY: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "nobody.jsonl")
EVERYDAY: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "everyday.jsonl")
VARIED: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "varied.jsonl")
UNSEEN: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "unseen.jsonl")
CUES: tuple[Labelled, ...] = read_labelled(ROOT / "tests" / "data" / "cues.jsonl")
SCHEMAS = read_labelled(ROOT / "tests" / "data" / "schemas.jsonl")


@pytest.fixture(scope="module")
def scores() -> DetectionScores:
    engine = engine_for("default")
    return score_detection(LABELLED, engine.detect, [a.id for a in engine.policy.attributes])


def test_there_is_something_to_score(scores: DetectionScores) -> None:
    assert scores.prompts >= 400
    assert scores.empty >= 90
    assert scores.attributes["gender"].found > 300


@pytest.mark.parametrize(
    ("attribute", "recall", "precision"),
    [("gender", 0.99, 0.98), ("age", 0.97, 0.95), ("ethnicity", 0.97, 0.95)],
)
def test_detection(scores: DetectionScores, attribute: str, recall: float, precision: float) -> None:
    counts = scores.attributes[attribute]
    assert counts.recall >= recall, scores.errors
    assert counts.prompt_recall >= recall, scores.errors
    assert counts.precision >= precision, scores.errors
    assert counts.value_hits >= 0.99 * counts.valued, scores.errors
    assert counts.exact >= 0.98 * counts.found


def test_cues_and_false_positives(scores: DetectionScores) -> None:
    assert scores.cues.recall >= 0.9, scores.errors
    assert scores.cues.precision >= 0.95, scores.errors
    assert scores.false_positive_rate < 0.01, scores.errors
    assert scores.grouped_alike >= 0.98 * scores.grouped


def test_prompts_that_were_written_to_mislead() -> None:
    engine = engine_for("default")
    scores = score_detection(REDTEAM, engine.detect, [a.id for a in engine.policy.attributes])
    assert (scores.prompts, scores.empty) == (2133, 738)
    for attribute, recall, precision in (
        ("gender", 0.99, 0.98),
        ("age", 0.97, 0.95),
        ("ethnicity", 0.97, 0.95),
    ):
        counts = scores.attributes[attribute]
        assert counts.recall >= recall, scores.errors
        assert counts.precision >= precision, scores.errors
        assert counts.value_hits == counts.valued, scores.errors
    assert scores.cues.recall >= 0.97, scores.errors
    assert scores.cues.precision >= 0.97, scores.errors
    assert scores.false_positive_rate < 0.015, scores.errors


def test_prompts_without_people() -> None:
    scores = score_detection(
        NOBODY, engine_for("default").detect, ["gender", "age", "ethnicity", "skin_tone"]
    )
    assert (scores.prompts, scores.empty) == (795, 795)
    assert scores.false_positive_rate < 0.045, scores.errors


def test_prompts_as_people_type_them() -> None:
    scores = score_detection(
        EVERYDAY, engine_for("default").detect, ["gender", "age", "ethnicity", "skin_tone"]
    )
    assert (scores.prompts, scores.empty) == (383, 192)
    assert scores.attributes["age"].recall >= 0.975, scores.errors
    assert scores.attributes["age"].precision >= 0.95, scores.errors
    assert scores.attributes["gender"].recall >= 0.985, scores.errors
    assert scores.false_positive_rate < 0.035, scores.errors


def test_prompts_with_ages_in_every_wording() -> None:
    engine = engine_for("default")
    scores = score_detection(VARIED, engine.detect, ["gender", "age", "ethnicity", "skin_tone"])
    assert (scores.prompts, scores.empty) == (382, 191)
    assert scores.attributes["age"].recall >= 0.99, scores.errors
    assert scores.attributes["age"].precision >= 0.99, scores.errors
    assert scores.attributes["gender"].recall >= 0.99, scores.errors
    assert scores.false_positive_rate < 0.04, scores.errors
    sets = score_closure(VARIED, engine.candidates, "default")
    assert (sets.violations, sets.unequal, sets.refused) == (0, 0, 0), sets.errors


def test_prompts_labelled_before_they_were_run() -> None:
    engine = engine_for("default")
    scores = score_detection(UNSEEN, engine.detect, ["gender", "age", "ethnicity", "skin_tone"])
    assert (scores.prompts, scores.empty) == (802, 601)
    for attribute in ("gender", "age", "ethnicity"):
        assert scores.attributes[attribute].recall >= 0.99, scores.errors
        assert scores.attributes[attribute].precision >= 0.99, scores.errors
    assert scores.false_positive_rate < 0.03, scores.errors
    sets = score_closure(UNSEEN, engine.candidates, "default")
    assert (sets.violations, sets.unequal, sets.refused) == (0, 0, 0), sets.errors


def test_cues_of_persons_and_of_things() -> None:
    scores = score_detection(CUES, engine_for("default").detect, ["gender", "age", "ethnicity", "skin_tone"])
    assert (scores.prompts, scores.cues.found + scores.cues.missed) == (120, 52)
    assert scores.cues.recall >= 0.99, scores.errors
    assert scores.cues.precision >= 0.96, scores.errors
    assert scores.attributes["gender"].recall == 1, scores.errors
    sets = score_closure(CUES, engine_for("default").candidates, "default")
    assert (sets.violations, sets.unequal, sets.refused) == (0, 0, 0), sets.errors


def test_sets_of_prompts_that_were_written_to_mislead() -> None:
    found = score_closure(REDTEAM, engine_for("default").candidates, "default")
    assert (found.violations, found.unequal, found.refused) == (0, 0, 0), found.errors
    assert found.sized_right >= 0.985 * found.sized, found.errors
    assert found.withheld_rate < 0.01, found.errors


@pytest.mark.parametrize("policy", ["default", "obclip-paper"])
def test_sets(policy: str) -> None:
    found = score_closure(LABELLED, engine_for(policy).candidates, policy)
    assert (found.violations, found.unequal, found.refused) == (0, 0, 0), found.errors
    assert found.sized_right >= 0.99 * found.sized, found.errors
    assert found.withheld_rate < 0.01, found.errors


def test_gender_swaps_in_schemas() -> None:
    found = score_rewriting(SCHEMAS, engine_for("default").candidates)
    assert found.prompts == 120
    assert found.verbatim >= 0.99 * found.prompts, found.errors


@pytest.mark.parametrize("name", ["sample.jsonl", "winobias.jsonl"])
def test_labels_of_others_texts_have_no_text(name: str) -> None:
    lines = (ROOT / "benchmarks" / "labels" / name).read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) > 300
    for row in rows:
        assert set(row) <= {"source", "mentions", "cues", "either", "people", "counterpart"}
        assert set(row["source"]) <= {"file", "line", "start", "end", "remove", "sha256"}
        assert not isinstance(row.get("counterpart"), str)
