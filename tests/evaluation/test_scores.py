"""Each measure against a case that is counted by hand."""

from __future__ import annotations

import pytest

from obclip_privacy.candidates.candidate_set import Cue, Detection, Mention
from obclip_privacy.evaluation.closure import score_closure
from obclip_privacy.evaluation.detection import Counts, score_detection
from obclip_privacy.evaluation.labelled import Label, Labelled
from obclip_privacy.evaluation.rewriting import says_no_gender_instead, score_rewriting
from tests.candidates.conftest import engine_for


def gender(start: int, end: int, value: str = "", person: int | None = None) -> Label:
    return Label(start, end, "gender", value, person)


def test_measures() -> None:
    counts = Counts(found=6, missed=2, extra=4)
    assert counts.recall == 0.75
    assert counts.precision == 0.6
    assert counts.f_beta(1) == pytest.approx(2 / 3)
    assert counts.f_beta(2) == pytest.approx(5 * 0.45 / (4 * 0.6 + 0.75))
    assert (Counts().recall, Counts().precision) == (1.0, 1.0)


def test_detection() -> None:
    prompt = "a woman and her dark-skinned son in a hat"
    labelled = Labelled(
        prompt,
        "x:1",
        mentions=(
            gender(2, 7, "female", 0),
            gender(12, 15, "female", 0),
            Label(16, 28, "skin_tone", "dark", 1),
            gender(29, 32, "male", 1),
            Label(38, 41, "religion"),
        ),
        people=True,
    )
    found = Detection(
        (
            Mention(2, 7, "woman", "gender", "male", 0, "d"),
            Mention(16, 28, "dark-skinned", "ethnicity", "dark", 1, "d"),
            Mention(29, 32, "son", "gender", "male", 1, "d"),
            Mention(0, 1, "a", "gender", "male", 0, "d"),
        ),
        (Cue(36, 41, "a hat", "religion", "", "dress"), Cue(8, 11, "and", "", "", "")),
    )
    scores = score_detection([labelled], lambda _: found, ["gender", "skin_tone"])
    counts = scores.attributes["gender"]
    assert (counts.found, counts.missed, counts.extra) == (2, 1, 1)
    assert (counts.prompts, counts.complete, counts.valued, counts.value_hits) == (1, 0, 2, 1)
    assert scores.attributes["ethnicity"].recall == 1
    assert (scores.cues.found, scores.cues.missed, scores.cues.extra) == (1, 0, 1)
    assert (scores.grouped, scores.grouped_alike) == (1, 1)
    assert ("x:1", "missed gender: her") in scores.errors


def test_prompts_without_people_count_apart() -> None:
    rows = [Labelled("a black dress", "x:1"), Labelled("his dog", "x:2", either=(Label(0, 3),))]
    found = {
        "a black dress": Detection((), (Cue(8, 13, "dress", "gender", "", "dress"),)),
        "his dog": Detection((Mention(0, 3, "his", "gender", "male", 0, "d"),), ()),
    }
    scores = score_detection(rows, found.__getitem__, ["gender"])
    assert (scores.empty, scores.false_alarms, scores.false_positive_rate) == (2, 1, 0.5)
    assert scores.attributes == {}


def test_closure() -> None:
    engine = engine_for("default")
    rows = [
        Labelled("an old woman", "x:1", n={"default": 6, "obclip-paper": 5}),
        Labelled("a bearded man in a red hat", "x:2", n={"default": 3}),
        Labelled(" ", "x:3"),
        Labelled("a man with a beard", "x:4", cues=(Label(13, 18),)),
    ]
    scores = score_closure(rows, engine.candidates, "default")
    assert (scores.prompts, scores.refused, scores.violations, scores.unequal) == (4, 1, 0, 0)
    assert (scores.sized, scores.sized_right) == (2, 1)
    assert (scores.withheld, scores.words) == (1, 3 + 7 + 5)
    assert ("x:2", "n is 2, not 3") in scores.errors


def test_a_broken_set_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    from obclip_privacy.candidates import plan

    honest = plan.realise
    monkeypatch.setattr(plan, "realise", lambda c, a: honest(c, a) + " " * (a[:1] == [1] or a[:1] == (1,)))
    scores = score_closure([Labelled("a woman", "x:1")], engine_for("default").candidates, "default")
    assert (scores.violations, scores.refused) == (1, 1)


@pytest.mark.parametrize(
    ("candidate", "counterpart", "neutral"),
    [
        ("a baker sees them", "a baker sees him", True),
        ("they walk and their dog barks", "she walks and her dog barks", True),
        ("a baker sees his", "a baker sees him", False),
        ("she walks", "she walks", False),
        ("they walks", "she walk", False),
        ("they sit here", "she sits", False),
    ],
)
def test_neutralised(candidate: str, counterpart: str, neutral: bool) -> None:
    assert says_no_gender_instead(candidate, counterpart) is neutral


WITHHELD = "the nurse stayed because he was pregnant"


def test_rewriting() -> None:
    engine = engine_for("default")
    rows = [
        Labelled("a woman with her dog", "x:1", counterpart="a man with his dog"),
        Labelled("a man and a woman, she smiles", "x:2", counterpart="a woman and a man, he smiles"),
        Labelled("a woman", "x:3", counterpart="a lady"),
        Labelled("", "x:4", counterpart="a"),
        Labelled("no counterpart", "x:5"),
        Labelled("the nurse stayed because she was pregnant", "x:6", counterpart=WITHHELD),
        Labelled("a pregnant nurse fed her", "x:7", counterpart="a pregnant nurse fed his"),
    ]
    scores = score_rewriting(rows, engine.candidates)
    assert (scores.prompts, scores.verbatim, scores.neutralised) == (6, 1, 1)
    assert (scores.withheld, scores.wrong, scores.refused) == (1, 2, 1)
