"""The lexicon reader, and what must hold of the lexicons that ship."""

from __future__ import annotations

import pytest

from obclip_privacy.attributes.base import LexemeClass, Pos
from obclip_privacy.attributes.lexicon_file import parse_lexicon, read_lexicon
from obclip_privacy.errors import PluginError
from obclip_privacy.plugins.manager import load_plugins
from tests.candidates.conftest import engine_for

NAMES = ("gender.jsonl", "age.jsonl", "ethnicity.jsonl", "skin_tone.jsonl", "cues.jsonl")
CLASSES = [cls for a in load_plugins().attributes.values() for cls in a.lexicon.classes if not cls.detected]


def test_a_class_an_alias_a_word_and_a_cue() -> None:
    lexicon = parse_lexicon(
        [
            "# a comment",
            "",
            '{"class": "gender.queen", "pos": "noun", "forms": {"female": ["queen", "queens"], '
            '"male": ["king", "kings"]}, "neutral": ["monarch", "monarchs"], '
            '"also": {"female": [["rani", "ranis"]]}}',
            '{"word": ["queenie", "queenies"], "reads": "dear <gender.queen=female>"}',
            '{"cue": ["beard"], "pos": "noun", "attribute": "gender", "kind": "hair", '
            '"reason": "facial hair"}',
        ],
        "test.jsonl",
    )
    assert lexicon.classes[0].forms["male"] == ("king", "kings")
    assert [word.surfaces for word in lexicon.words] == [("rani", "ranis"), ("queenie", "queenies")]
    assert lexicon.cues[0].reason == "facial hair"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "x.jsonl:1: not a lexicon entry"),
        ('{"klass": "a.b"}', "x.jsonl:1: not a lexicon entry: 'klass'"),
        ('{"cue": ["a"], "pos": "noun", "sort": 1}', "x.jsonl:1: unknown key 'sort' in a cue entry"),
        ('{"cue": ["a"], "pos": "noun"}', "x.jsonl:1: malformed entry"),
        (
            '{"class": "a.b", "pos": "noun", "forms": {"x": ["one"]}, "neutral": ["p", "q"]}',
            "'x' has 1 forms; a noun has 2",
        ),
        (
            '{"class": "a.b", "pos": "adjective", "forms": {"x": ["Ab"], "y": ["cd"]}, "neutral": [""]}',
            "letter case",
        ),
        ('{"word": ["a", "b"], "reads": ["one"]}', "one per surface"),
        ('{"value": "v", "of": "no.class", "form": "V"}', "x.jsonl:1: malformed entry"),
    ],
)
def test_a_broken_line_is_named(line: str, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        parse_lexicon([line], "x.jsonl")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_lexicons_load(name: str) -> None:
    lexicon = read_lexicon(name)
    assert lexicon.classes or lexicon.cues


def test_what_words_say_exists() -> None:
    """Every slot of every reading names a class, and a value that the class has a form for."""
    classes = {cls.id: cls for a in load_plugins().attributes.values() for cls in a.lexicon.classes}
    for attribute in load_plugins().attributes.values():
        for word in attribute.lexicon.words:
            for reading in word.readings:
                for part in reading:
                    if not isinstance(part, str):
                        assert part.value in classes[part.class_id].forms, word.surfaces


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.id)
@pytest.mark.parametrize("policy", ["default", "obclip-paper", "inclusive"])
def test_every_class_closes_in_a_plain_sentence(cls: LexemeClass, policy: str) -> None:
    """Each form of each class, in a sentence of its own, gives one and the same set."""
    engine = engine_for(policy)
    if engine.policy.attribute(cls.attribute) is None or cls.pos is Pos.PRONOUN:
        return
    frames = {
        Pos.NOUN: ("portrait of the {}", "some {} in a park"),
        Pos.ADJECTIVE: ("portrait of the {} firefighter",),
        Pos.PHRASE: ("portrait of a firefighter with {} skin",),
        Pos.TITLE: ("portrait of {} Smith",),
    }[cls.pos]
    for form, frame in enumerate(frames):
        for row in cls.forms.values():
            found = engine.candidates(frame.format(row[form]))
            assert (found.status, found.reason) == ("ok", ""), row


def test_lexicons_are_respectful_of_minors_and_adults_in_kinship() -> None:
    kin = {cls.id for cls in CLASSES if cls.kin}
    assert {"gender.mother", "gender.daughter", "gender.sister", "gender.wife"} <= kin


def test_what_a_word_is_rewritten_to_is_read_again() -> None:
    """Else the only candidate would be the real one, with its value in it."""
    engine = engine_for("default")
    told = {"female", "male", "woman", "women", "man", "men", "old", "young", "girl", "boy"}
    lost = []
    for attribute in load_plugins().attributes.values():
        for word in attribute.lexicon.words:
            if word.pos is not Pos.NOUN or word.only_after:
                continue
            surface = word.surfaces[0].capitalize() if word.capital else word.surfaces[0]
            found = engine.candidates(f"one {surface} by the sea") if surface else None
            if found and (found.status != "ok" or (found.n < 2 and told & set(found.candidates[0].split()))):
                lost.append(surface)
    assert lost == []


def test_phrases_that_speak_of_nobody_leave_mentions_alone() -> None:
    """What holds of one form of a class holds of all, so a phrase must have a word that is no form."""
    forms = {form.lower() for cls in CLASSES for row in cls.forms.values() for form in row}
    phrases = [p for a in load_plugins().attributes.values() for p in a.lexicon.blocked]
    assert len(phrases) > 200
    assert [p for p in phrases if all(word in forms for word in p.split())] == []


def test_a_phrase_of_nobody_may_need_a_word_after_it() -> None:
    lines = ['{"nobody": ["Tom Collins", "john collins"], "before": ["glass", "cocktail"]}']
    assert parse_lexicon(lines, "x").blocked_before == (
        (("tom collins", "john collins"), ("glass", "cocktail")),
    )


def test_a_phrase_of_nobody_holds_for_all_forms() -> None:
    engine = engine_for("default")
    for prompt in ("a mother of pearl box", "a father of pearl box", "queen of hearts", "king of hearts"):
        assert engine.detect(prompt).mentions == ()
    assert engine.candidates("the mother of the bride").n == 4


def test_a_capital_may_be_asked_for() -> None:
    engine = engine_for("default")
    assert engine.detect("a pole in the garden").mentions == ()
    assert [m.value for m in engine.detect("a Pole in the garden").mentions] == ["white"]


def test_contexts_across_a_hyphen() -> None:
    engine = engine_for("default")
    assert engine.detect("a man-made lake").mentions == ()
    assert len(engine.detect("a man made of snow, a man eating rice").mentions) == 2
