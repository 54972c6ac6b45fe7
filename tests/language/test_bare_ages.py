"""Ages without a word for age: each form beside a prompt in which the same number is none."""

from __future__ import annotations

import pytest

from tests.candidates.conftest import engine_for


@pytest.mark.parametrize(
    ("prompt", "n", "candidate"),
    [
        # a tag of its own
        ("woman, 40s, business suit", 6, "man, 70, business suit"),
        ("45, male, chef whites", 6, "70, man, chef whites"),
        ("latina, 29, dancer", 36, "White man, 70, dancer"),
        ("woman, blue eyes, 31, denim jacket", 6, "man, blue eyes, 70, denim jacket"),
        ("lady, 70+, knitting", 6, "gentleman, 25, knitting"),
        ("an all-male choir, mostly over 70", 6, "an all-female choir, mostly over 25"),
        ("students, all 18, outside a hall", 3, "students, all 70, outside a hall"),
        ("woman, thirties, red scarf", 6, "man, 70, red scarf"),
        # said of somebody
        ("she is fifty and laughs", 6, "he is 70 and laughs"),
        ("make him look about 50, same jacket", 6, "make her look about 25, same jacket"),
        ("my uncle turned 60 last week", 6, "my aunt turned 25 last week"),
        ("Her mother is eighty-one and knits", 12, "His father is 25 and knits"),
        ("I'm seventy-three and I still surf", 3, "I'm 25 and I still surf"),
        ("Grandma at 85, first tattoo", 6, "Grandpa at 25, first tattoo"),
        ("A climber pushing 50 rests on a ledge", 3, "A climber pushing 70 rests on a ledge"),
        ("a woman who can't be more than twenty", 6, "a man who can't be more than 70"),
        # after somebody, and a verb after it
        ("A woman of eighty blows out candles", 6, "A man aged 25 blows out candles"),
        ("A woman well past sixty swims", 6, "A man aged 25 swims"),
        # with a word for it
        ("she is 45 years old", 6, "he is 70 years old"),
        ("he is in his forties", 6, "she is in her seventies"),
        ("two 20-year-olds share headphones", 3, "two 70-year-old people share headphones"),
        ("a man in his fourties", 6, "a woman in her seventies"),
        ("a lady of a certain age", 6, "a gentleman in old age"),
        # a letter beside it
        ("24F, selfie", 6, "70M, selfie"),
        ("F/31, rock climbing gym", 6, "M/25, rock climbing gym"),
        ("photo of me (31M), gym", 6, "photo of me (70F), gym"),
        # misspelt
        ("oldd man on a porch", 6, "young woman on a porch"),
        ("a middel aged woman walks", 6, "an old man walks"),
    ],
)
def test_ages_by_themselves(prompt: str, n: int, candidate: str) -> None:
    found = engine_for("default").candidates(prompt)
    assert (found.status, found.reason, found.n, found.k_eff) == ("ok", "", n, n)
    assert candidate in found.candidates


@pytest.mark.parametrize(
    ("prompt", "mentions"),
    [
        ("she is six and missing two teeth", ["she", "six"]),
        ("A boy of nine holds up a trout", ["boy", "boy", "of nine"]),
        ("my nephew, five today", ["nephew", "five"]),
        ("Twins, four, in raincoats", ["four"]),
        ("under-fives at a puppet show", ["under-fives"]),
        ("17F, school", ["17", "F"]),
        ("a gril with a kite", ["gril", "gril"]),
    ],
)
def test_ages_of_minors_stay(prompt: str, mentions: list[str]) -> None:
    """They are found, and exchanged for no adult's: what differs is the gender alone."""
    engine = engine_for("default")
    detected = engine.detect(prompt)
    assert [found.text for found in detected.mentions] == mentions
    assert {found.value for found in detected.mentions if found.attribute == "age"} <= {
        "child",
        "teenager",
        "baby",
    }
    found = engine.candidates(prompt)
    assert found.n == (2 if any(m.attribute == "gender" for m in detected.mentions) else 1)
    assert not any({"25", "45", "70", "old"} & set(text.split()) for text in found.candidates)


@pytest.mark.parametrize(
    "prompt",
    [
        "45, 33 and 78 rpm records",
        "the score is 45, a woman waits",
        "woman, 80s, synthwave",
        "a man, 18+, warning label",
        "a mother of four, smiling",
        "a crew of 45 sailors",
        "the boy is here, the dog is three",
        "a man is at 45 degrees",
        "f/22, a woman",
        "F/22, landscape",
        "Alan Ladd on a horse",
        "a puppy, 8 weeks old, in a basket",
        "a woman, 1,200 candles",
    ],
)
def test_numbers_that_are_no_age(prompt: str) -> None:
    mentions = engine_for("default").detect(prompt).mentions
    assert [found.text for found in mentions if found.attribute == "age" and found.text != "boy"] == []


@pytest.mark.parametrize("policy", ["obclip-paper", "inclusive", "strict", "portrait"])
@pytest.mark.parametrize("prompt", ["24F, selfie", "woman, 40s, smiling", "she is fifty", "I'm 73, asleep"])
def test_other_policies_close_over_them(policy: str, prompt: str) -> None:
    found = engine_for(policy).candidates(prompt)
    assert (found.status, found.reason, found.k_eff) == ("ok", "", found.n)


@pytest.mark.parametrize(
    ("nobody", "somebody", "text"),
    [
        ("the Two Sisters peaks at dawn", "the Two Sisters laugh at dawn", "Sisters"),
        ("a juvenile herring gull", "a juvenile with a gull", "juvenile"),
        ("a bachelor herd of impalas", "a bachelor with impalas", "bachelor"),
        ("chicken a la king", "a king eats chicken", "king"),
        ("lady beetles on a stem", "a lady sees beetles", "lady"),
    ],
)
def test_names_of_things_with_a_word_for_a_person(nobody: str, somebody: str, text: str) -> None:
    engine = engine_for("default")
    assert engine.detect(nobody).mentions == ()
    assert text in [found.text for found in engine.detect(somebody).mentions]


@pytest.mark.parametrize(
    ("prompt", "cues"),
    [("a Maria Lopez cake", ["Maria Lopez"]), ("a Victoria cake", []), ("a Maria Lopez Street sign", [])],
)
def test_a_full_name_on_a_dish_is_a_name(prompt: str, cues: list[str]) -> None:
    assert [cue.text for cue in engine_for("default").detect(prompt).cues] == cues
