"""What prompts become in words: each sentence is read as a picture's description, not as a list of slots."""

from __future__ import annotations

import pytest

from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.candidates.engine import Engine
from tests.candidates.conftest import engine_for


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        # ages: the whole phrase is one mention
        ("a man aged 70", "a person"),
        ("a woman in her seventies", "a person"),
        ("a 70-year-old woman", "a person"),
        ("a man aged between 60 and 70", "a person"),
        ("a man who is aged 70", "a person"),
        ("a man, age 45, in a hat", "a person, in a hat"),
        ("women aged 20 to 30", "people"),
        ("people over the age of 65", "people"),
        ("a man over 60", "a person"),
        ("a man at the age of 70 with a cane", "a person with a cane"),
        ("a 25-30 year old woman", "a person"),
        ("a woman and a man, both in their thirties, hiking", "a person and a person, hiking"),
        ("a 7 yo girl", "a 7 yo child"),
        # names
        ("portrait of Mr. Smith", "portrait of a person"),
        ("Mr. and Mrs. Smith at dinner", "A person and a person at dinner"),
        ("Mr. Jones feeding his cat", "A person feeding their cat"),
        ("the late Mr. Smith", "the late person"),
        ("Dr. Maria Lopez in a lab", "A doctor in a lab"),
        ("a drawing of Judge Judy", "a drawing of a judge"),
        ("The President Obama", "The President"),
        ("Mrs. Robinson, an old woman", "a person"),
        ("my uncle Bob at a grill", "my relative at a grill"),
        ("chef Maria cooking", "A chef cooking"),
        ("Doctor Who phone box", "Doctor Who phone box"),
        ("Captain Of The Ship", "Captain Of The Ship"),
        ("Dr. Seuss style", "Dr. Seuss style"),
        # adjectives that go
        ("a male ballet dancer", "a ballet dancer"),
        ("a lady doctor and a woman firefighter", "a doctor and a firefighter"),
        ("an Asian-looking woman", "a person"),
        ("a tall, Asian-looking man", "a tall person"),
        ("a short, old, bearded man", "a short person"),
        ("solo, smiling, old man", "solo, smiling, person"),
        ("(1man:1.3), (beard:1.2), muscular", "(1person:1.3), muscular"),
        ("Queen Elizabeth II waving", "A person waving"),
        ("the president giving her inaugural speech", "the president giving their inaugural speech"),
        ("one of them writing to his wife", "one of them writing to their spouse"),
        ("young, handsome, Latino man", "handsome person"),
        ("two men, one black and one white", "two people"),
        ("a woman with long black hair and dark skin", "a person with long black hair"),
        ("a woman with dark skin and a hat", "a person with a hat"),
        # groups
        ("two women, they are laughing", "two people, they are laughing"),
        ("a hot girl in a bikini", "a hot person in a swimsuit"),
        ("1girl, solo", "1person, solo"),
        ("a woman and her old daughter", "a person and their relative"),
    ],
)
def test_what_strict_sends(strict: Engine, prompt: str, sent: str) -> None:
    found = strict.candidates(prompt)
    assert (found.status, found.candidates) == ("ok", (sent,))
    assert found.k_eff == found.n


@pytest.mark.parametrize(
    ("prompt", "candidates"),
    [
        ("Mrs. Lee and her husband", {"A woman and her husband", "A man and his wife"}),
        ("uncle Bob at a grill", {"An uncle at a grill", "An aunt at a grill"}),
        ("an old Mr. Lee", {"an old man", "a young woman"}),
        ("a woman in a witch costume", {"a woman in a witch costume", "a man in a wizard costume"}),
        ("a man aged 70 to 80", {"a man aged 70", "a woman aged 25"}),
        ("Two men, one black and one white", {"Two men, one White", "Two women, one Asian"}),
        (
            "Two men, one black and one white, as they play",
            {"Two men, one White, as they play", "Two women, one Asian, as they play"},
        ),
        ("she refused to pay him tips", {"she refused to pay their tips", "he refused to pay their tips"}),
        ("a young Black woman, an old white man and an old Asian woman", {"a young woman, a man and a man"}),
    ],
)
def test_what_default_sends(default: Engine, prompt: str, candidates: set[str]) -> None:
    found = default.candidates(prompt)
    assert found.status == "ok"
    assert candidates <= set(found.candidates)
    assert found.k_eff == found.n


def test_they_of_a_group_states_no_gender(strict: Engine) -> None:
    for prompt in (
        "two people, they are laughing",
        "a couple and their dog",
        "the children wash their hands",
    ):
        assert [m.attribute for m in strict.detect(prompt).mentions if m.attribute == "gender"] == []
        assert strict.candidates(prompt).n == 1
    women = strict.candidates("two women watch as she jumps")
    assert women.candidates == ("two people watch as they jump",)


def test_pacific_peoples_are_no_native_americans() -> None:
    inclusive = engine_for("inclusive")
    for people in ("Samoan", "Maori", "Hawaiian", "Tongan", "Fijian", "Tahitian", "Papuan"):
        values = [m.value for m in inclusive.detect(f"a {people} dancer").mentions]
        assert values == ["pacific-islander"], people
    assert [m.value for m in inclusive.detect("a Navajo dancer").mentions] == ["native-american"]


@pytest.mark.parametrize("age", ["enumerate", "neutralise", "withhold", "generalise"])
@pytest.mark.parametrize("gender", ["enumerate", "neutralise"])
@pytest.mark.parametrize("genders", [["female", "male"], ["female", "male", "nonbinary"]])
def test_words_for_minors_close_whatever_is_neutralised(make_engine, age, gender, genders) -> None:
    values = ["young", "middle-aged", "old", "baby", "toddler", "child", "teenager"]
    engine = make_engine(
        attributes=[
            {"id": "gender", "strategy": gender, "values": genders},
            {"id": "age", "strategy": age, "values": values},
        ]
    )
    for prompt in (
        "schoolgirls in a yard",
        "a schoolboy reading",
        "a teenage girl",
        "a little girl aged 8",
        "a baby boy",
        "a lad and his niece",
        "a toddler and her mother",
    ):
        found = engine.candidates(prompt)
        assert (found.status, found.reason) == ("ok", ""), prompt
        assert found.k_eff == found.n


# --- cues: withheld or generalised


@pytest.mark.parametrize(
    ("prompt", "withheld", "generalised"),
    [
        ("a person in a hijab", "a person", "a person in a headpiece"),
        ("a person with an afro", "a person", "a person with a hairstyle"),
        ("a person with dreadlocks", "a person", "a person with styled hair"),
        ("a person in a wheelchair", "a person", "a person in a chair"),
        ("a person in a red kimono", "a person in a red costume", "a person in a red costume"),
        ("a person with a beard", "a person", "a person"),
    ],
)
def test_generalise_says_more_than_withhold(make_engine, prompt, withheld, generalised) -> None:
    gender = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}
    for action, sent in (("withhold", withheld), ("generalise", generalised)):
        found = make_engine(attributes=[gender], cues={"*": action}).candidates(prompt)
        assert (found.status, found.candidates) == ("ok", (sent,))


def test_general_words_reveal_nothing(default: Engine) -> None:
    """What stands in the place of a cue is neither a cue nor a mention itself."""
    words = {
        word
        for cue in read_lexicon("cues.jsonl").cues
        for word in (*cue.generic, *cue.general)
        if word and not word.endswith(("person", "people"))
    }
    assert len(words) > 30
    for word in words:
        for prompt in (f"a person with a large {word}", f"a person, {word}"):
            found = default.detect(prompt)
            assert found.cues == (), word
            assert found.mentions == (), word


def test_a_cue_of_two_kinds_is_treated_by_the_stricter(make_engine) -> None:
    """A word that one lexicon calls dress and another religion is not kept because one of them may be."""
    gender = {"id": "gender", "strategy": "enumerate", "values": ["female", "male"]}
    engine = make_engine(attributes=[gender], cues={"*": "withhold", "dress": "keep"})
    assert engine.candidates("a person in a red kimono").candidates == ("a person in a red kimono",)
    assert engine.candidates("a person with a beard").candidates == ("a person",)
