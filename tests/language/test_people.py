"""Words and turns for persons that were missed in prompts unlike all others, each with a look-alike."""

from __future__ import annotations

import pytest

from obclip_privacy.attributes import age
from tests.candidates.conftest import engine_for


@pytest.mark.parametrize(
    ("prompt", "n", "candidate"),
    [
        # two persons, one noun
        ("a Black and an Asian student", 36, "a White person and a Black student"),
        ("an Asian and a White man shake hands", 72, "a Black person and a woman shake hands"),
        ("a young and an old woman on a bench", 18, "an old person and a young man on a bench"),
        ("A BLACK AND A WHITE DANCER", 36, "AN ASIAN PERSON AND A BLACK DANCER"),
        ("a black and a white dress", 1, "a black and a white dress"),
        ("a Black or Asian man", 12, "an Asian woman"),
        # forms of pronouns, and verbs that go with them
        ("A best man gives his speech", 2, "A bridesmaid gives her speech"),
        ("The bridesmaid gives her speech", 2, "The groomsman gives his speech"),
        ("The cook gave her all the food", 2, "The cook gave him all the food"),
        ("He gives her flowers", 4, "She gives him flowers"),
        ("A woman kneels. Behind her lie two dogs.", 2, "A man kneels. Behind him lie two dogs."),
        ("a waitress and a boy; he laughs and tells her", 4, "a waiter and a girl; they laugh and tell them"),
        ("a man and a woman; he stops and looks", 4, "a woman and a man; they stop and look"),
        ("a man and a woman; he sells books and plants", 4, "a woman and a man; they sell books and plants"),
        ("A woman with her dogs on a beach", 2, "A man with his dogs on a beach"),
        ("a girl with her friends at a party", 2, "a boy with his friends at a party"),
        ("a friend of hers plays the cello", 2, "a friend of his plays the cello"),
        ("a friend of his who sings", 2, "a friend of hers who sings"),
        ("a friend of her mother plays the cello", 4, "a friend of his father plays the cello"),
        ("a woman with short red-hair", 2, "a man with short hair"),
        ("a blonde-ish woman", 2, "a man"),
        ("a woman and her home", 2, "a man and his home"),
        # ages
        ("a male ranger, appears 30, in a cape", 6, "a female ranger, appears 70, in a cape"),
        ("a woman who appears to be 30", 6, "a man who appears to be 70"),
        ("a man said to be about 90", 6, "a woman said to be about 25"),
        ("a car, said to be 90", 1, "a car, said to be 90"),
        ("early twenties woman at a record store", 6, "early forties man at a record store"),
        ("mid-30s Korean man with a camera", 36, "mid-seventies South Asian woman with a camera"),
        ("an early twenties jazz band", 1, "an early twenties jazz band"),
        ("a woman in the early 20s fashion", 2, "a man in the early 20s fashion"),
        ("a man turning 50", 6, "a woman turning 25"),
        ("a company turning 50", 1, "a company turning 50"),
        ("a woman who is forty-five and smiling", 6, "a man who is 70 and smiling"),
        ("photo of a man born in 1950", 6, "photo of a woman born in 1980"),
        ("a brand born in 1950", 1, "a brand born in 1950"),
        ("a man born in 1890", 2, "a woman born in 1890"),
        ("a barber 40yo in his shop", 6, "a barber 70-year-old in her shop"),
        ("a woman well into her eighties", 6, "a man well into his forties"),
        ("A man between 30 and 35 years old", 6, "A woman 70 years old"),
        ("a man of about seventy feeding swans", 6, "a woman aged 25 feeding swans"),
        ("a man in middle age", 6, "a woman in old age"),
        ("Diane, forty-five, smiles", 3, "A person, 70, smiles"),
        ("A guy, maybe 45, asleep", 6, "A gal, maybe 70, asleep"),
        ("a man, about 20 cars", 2, "a woman, about 20 cars"),
        ("a mother breastfeeding her baby", 2, "a father feeding his baby"),
        ("a breastfeeding mother", 2, "a father"),
        ("an over-60 cyclist", 3, "a 25-year-old cyclist"),
        ("a 60+ woman running", 6, "a 25-year-old man running"),
        ("a university-aged woman", 6, "an old man"),
        ("a boomer dad", 6, "a young mom"),
        ("baby boomer era diner", 1, "baby boomer era diner"),
        ("portrait of a man, not old", 6, "portrait of a woman, not young"),
        # words in a place of their own
        ("adult female, hiking", 2, "adult man, hiking"),
        ("curly-haired female, beach", 2, "curly-haired man, beach"),
        ("a snap-on female connector", 1, "a snap-on female connector"),
        ("1girl, solo, maid, apron", 2, "1boy, solo, male housekeeper, apron"),
        ("1girl, maid, apron", 4, "1boy, female housekeeper, apron"),
        ("a brunette woman", 2, "a man"),
        ("a refugee nurses her infant in a tent", 2, "a refugee nurses his infant in a tent"),
        ("a newborn asleep on his father's chest", 4, "a newborn asleep on her mother's chest"),
        ("a choirboy and an altar boy", 4, "a choirgirl and an altar boy"),
        ("a femme fatale in a hat", 2, "a man in a hat"),
        ("androgynous, pale skin, short hair", 3, "dark skin, short hair"),
        ("roast potato, golden skin, rosemary", 1, "roast potato, golden skin, rosemary"),
        ("a quinceañera in a pink coat", 2, "a boy in a pink coat"),
        ("a quinceañera cake", 1, "a quinceañera cake"),
        ("1girl, loli, city", 2, "1boy, city"),
        ("a guy with a dad bod at a grill", 2, "a gal at a grill"),
        # words
        ("a melanated dancer", 3, "a light-skinned dancer"),
        ("a pale woman with a pale horse", 6, "a dark-skinned man with a pale horse"),
        ("Nepalese Sherpa carries bottles", 6, "White mountain guide carries bottles"),
        ("a Kalenjin runner and a dustman", 12, "a White runner and a dustwoman"),
        ("tanned leather", 1, "tanned leather"),
    ],
)
def test_what_default_makes_of_persons(prompt: str, n: int, candidate: str) -> None:
    found = engine_for("default").candidates(prompt)
    assert (found.status, found.reason, found.n, found.k_eff) == ("ok", "", n, n)
    assert candidate in found.candidates


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("femal doctr in a hospital", ["femal"]),
        ("a japanese tecaher", ["japanese"]),
        ("a black hoodie", []),
        ("seamstres at work", ["seamstres"]),
        ("Abbott at work", []),
        ("a middle agged man", ["middle agged", "man"]),
        ("couple, hetero, kitchen", []),
    ],
)
def test_misspelt_persons(prompt: str, found: list[str]) -> None:
    assert [mention.text for mention in engine_for("default").detect(prompt).mentions] == found


def test_a_year_of_birth_is_an_age_of_an_adult_only() -> None:
    assert [f.value for f in age.find_ages("a man born in 2000, a man born in 1960")] == ["young", "old"]
    assert age.find_ages("a girl born in 2009") == ()


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("Grandson helping his nana with her tablet", "grandchild helping their relative with their tablet"),
        ("a man helping his mother", "a person helping their parent"),
        ("A butler and two gentlemen", "A house servant and two people"),
    ],
)
def test_what_strict_makes_of_persons(prompt: str, sent: str) -> None:
    found = engine_for("strict").candidates(prompt)
    assert (found.status, found.candidates) == ("ok", (sent,))
