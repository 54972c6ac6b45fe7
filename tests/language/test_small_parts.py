"""Tables for the small pure functions of the language layer."""

from __future__ import annotations

import pytest

from obclip_privacy.attributes.age import find_ages
from obclip_privacy.language.articles import article_for, begins_with_vowel_sound
from obclip_privacy.language.casing import Casing, apply_casing, casing_of
from obclip_privacy.language.fold import fold
from obclip_privacy.language.lexer import Lexer, term_key
from obclip_privacy.language.verbs import is_third_person, plural_of, singular_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a woman’s “hat”", 'a woman\'s "hat"'),
        ("middle‑aged – café señora", "middle-aged - cafe senora"),
        ("ＡＢＣ　ｄ", "ABC d"),
        ("İstanbul ß 木 👩🏿‍🚒", "Istanbul ß 木 👩🏿‍🚒"),
        ("\ud800x", "\ufffdx"),
        ("", ""),
    ],
)
def test_folding_keeps_every_offset(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("(beautiful woman:1.2), 8k", "( beautiful woman : 1 . 2 ) , 8 k"),
        ("1girl, solo__x", "1 girl , solo _ _ x"),
        ("woman's 37yo middle-aged", "woman ' s 37 yo middle - aged"),
        ("[old:young:0.5] --ar 16:9", "[ old : young : 0 . 5 ] - - ar 16 : 9"),
        ("a  b\n\nc", "a   b \n\n c"),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    found = Lexer(["x"])(text)
    assert " ".join(found.lowers) == tokens
    assert term_key(text) == " ".join(tokens.split())
    assert [text[s:e].lower() for s, e in zip(found.starts, found.ends, strict=True)] == list(found.lowers)


def test_terms_ignore_case_and_may_overlap() -> None:
    found = Lexer(["African American", "american", "middle-aged"])("AFRICAN American, Middle-Aged")
    assert found.terms == ((0, 2), (1, 2), (3, 6))


@pytest.mark.parametrize(
    ("article", "words"),
    [
        (
            "a",
            "woman European unicorn uniform one-eyed user U-boat Black 70-year-old 100 hero ewe once",
        ),
        (
            "an",
            "Asian old elderly hour honest heir 8-year-old 11 18-year-old 80 88-year-old unnamed X-ray urn",
        ),
        ("an", "uninteresting unimpressed Indian eight-year-old older Irish"),
    ],
)
def test_articles_follow_the_sound(article: str, words: str) -> None:
    for word in words.split():
        assert article_for(f" {word} person", capital=False, upper=False) == article, word


def test_articles_keep_their_capitals() -> None:
    assert article_for(" old man", capital=True, upper=False) == "An"
    assert article_for(" OLD MAN", capital=True, upper=True) == "AN"
    assert article_for(" YOUNG MAN", capital=True, upper=True) == "A"
    assert article_for(" (old) man", capital=False, upper=False) == "an"
    assert not begins_with_vowel_sound("")
    assert not begins_with_vowel_sound(" ... ")


@pytest.mark.parametrize(
    ("typed", "form", "written"),
    [
        ("woman", "man", "man"),
        ("Woman", "middle-aged", "Middle-aged"),
        ("WOMAN", "middle-aged", "MIDDLE-AGED"),
        ("asian", "Black", "Black"),
        ("BLACK", "Asian", "ASIAN"),
        ("wOMAN", "man", "man"),
        ("70", "Old", "Old"),
        ("A", "an", "An"),
    ],
)
def test_letter_case(typed: str, form: str, written: str) -> None:
    assert apply_casing(form, casing_of(typed)) == written


def test_a_single_letter_is_never_all_capitals() -> None:
    assert casing_of("A") is Casing.TITLE


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("is", "are"),
        ("was", "were"),
        ("has", "have"),
        ("does", "do"),
        ("goes", "go"),
        ("walks", "walk"),
        ("watches", "watch"),
        ("passes", "pass"),
        ("carries", "carry"),
        ("ties", "tie"),
        ("lies", "lie"),
        ("uses", "use"),
        ("dances", "dance"),
        ("plays", "play"),
        ("fixes", "fix"),
        ("buzzes", "buzz"),
    ],
)
def test_verbs_agree_both_ways(singular: str, plural: str) -> None:
    assert is_third_person(singular)
    assert plural_of(singular) == plural
    assert singular_of(plural) == singular


@pytest.mark.parametrize("word", ["walked", "can", "this", "always", "his", "us", "dress", "as", "not"])
def test_words_that_are_no_third_person(word: str) -> None:
    assert not is_third_person(word)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a 37-year-old woman", [("37-year-old", "age.years", "middle-aged")]),
        ("a 37 year old woman", [("37 year old", "age.years", "middle-aged")]),
        ("37yo man", [("37yo", "age.years", "middle-aged")]),
        ("70 y/o man", [("70 y/o", "age.years", "old")]),
        ("she is 25 years old", [("25 years old", "age.years_after", "young")]),
        ("a man 60 years of age", [("60 years of age", "age.years_after", "old")]),
        ("25-30 years old", [("25-30 years old", "age.years_after", "young")]),
        ("a woman aged 70", [("aged 70", "age.number", "old")]),
        ("woman, age: 45", [("age: 45", "age.number", "middle-aged")]),
        ("(age:45)", [("age:45", "age.number", "middle-aged")]),
        ("at the age of 81", [("at the age of 81", "age.number", "old")]),
        ("aged between 60 and 70", [("aged between 60 and 70", "age.number", "old")]),
        ("people over the age of 65", [("over the age of 65", "age.number", "old")]),
        ("a man over 60", [("over 60", "age.number", "old")]),
        ("a woman under 18", [("under 18", "age.minor_number", "teenager")]),
        ("a man of 70 years", [("of 70 years", "age.number", "old")]),
        ("a 25-30 year old woman", [("25-30 year old", "age.years", "young")]),
        ("a man (70)", [("70", "age.bare", "old")]),
        ("aged 15 to 20", []),
        ("people over 16", []),
        ("people under 21", []),
        ("a bridge over 60 metres", []),
        ("a war of 30 years", []),
        ("seventy-two-year-old", [("seventy-two-year-old", "age.years", "old")]),
        ("eighteen years old", [("eighteen years old", "age.years_after", "young")]),
        ("in her thirties", [("thirties", "age.decade", "young")]),
        ("in his late thirties", [("thirties", "age.decade", "middle-aged")]),
        ("in their 60s", [("60s", "age.decade", "old")]),
        ("a 7-year-old boy", [("7-year-old", "age.minor_years", "child")]),
        ("17 years old", [("17 years old", "age.minor_years_after", "teenager")]),
        ("a 3 month old baby", [("3 month old", "age.minor_years", "baby")]),
        ("in her teens", [("teens", "age.minor_decade", "teenager")]),
        ("two 4-year-olds", [("4-year-olds", "age.minor_years", "child")]),
        ("a 500-year-old vampire", []),
        ("16:9, 8k, 35mm, f/1.8", []),
        ("in the 1930s, 50 years later", []),
        ("page 70 of an old book", []),
    ],
)
def test_ages_in_numbers(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(text[f.start : f.end], f.class_id, f.value) for f in find_ages(text)] == found
