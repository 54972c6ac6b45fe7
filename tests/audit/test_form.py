"""Traits in which the members of an honest set never differ."""

from __future__ import annotations

import pytest

from obclip_privacy.audit.form import Words, odd_one, scores_of, traits_of
from obclip_privacy.plugins.manager import load_plugins


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.of(load_plugins().attributes.values())


@pytest.mark.parametrize(
    ("texts", "trait", "scores"),
    [
        (["a WOMAN", "a man"], "casing", (10, 1)),
        (["a woman  reading", "a man reading"], "spacing", (10, 1)),
        (["an old man", "an old woman", "an old man,"], "punctuation", (1, 1, 10)),
        (["a man #reading", "a woman reading", "an old man reading"], "length", (10, 1, 1)),
        (["a caf\u00e9 girl", "a cafe\u0301 boy"], "unicode form", (1, 10)),
        (["a woman", "a man wearing a tie"], "extra words", (1, 10)),
        (["a lady", "a man"], "no parallel word", (10, 1)),
        (["a senior man", "a young man", "a middle-aged man"], "no parallel word", (10, 1, 1)),
        (["a young man", "a old man", "a middle-aged man"], "article", (1, 0, 1)),
        (["they is here", "he is here"], "verb", (0, 1)),
    ],
)
def test_a_trait_tells(words: Words, texts: list[str], trait: str, scores: tuple[int, ...]) -> None:
    traits = traits_of(texts, words)
    assert [found.name for found in traits if found.differs] == [trait]
    assert scores_of(traits, len(texts)) == scores


@pytest.mark.parametrize(
    "texts",
    [
        ["a man", "a woman"],
        ["An old man", "A young man", "A middle-aged man"],
        ["an Asian man", "a Black man", "a white man", "a Hispanic man"],
        ["A Young Woman", "A Middle-Aged Woman", "An Old Woman"],
        ["A WOMAN", "A MAN"],
        ["on a woman's shoulders", "on a man's shoulders"],
        ["while she stands", "while they stand"],
        ["two women", "two men", "two nonbinary people"],
        ["a lady", "a gentleman"],
    ],
)
def test_parallel_candidates_do_not_differ(words: Words, texts: list[str]) -> None:
    assert [trait.name for trait in traits_of(texts, words) if trait.differs] == []


def test_nobody_is_odd_where_several_differ(words: Words) -> None:
    traits = {trait.name: trait for trait in traits_of(["a WOMAN", "a MAN", "a boy", "a girl"], words)}
    assert traits["casing"].differs
    assert odd_one(traits["casing"]) is None
