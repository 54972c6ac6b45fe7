"""The open word classes that the rules ask for, read once from the data files."""

from __future__ import annotations

from functools import cache

from obclip_privacy.attributes.base import Pos
from obclip_privacy.attributes.lexicon_file import read_lexicon, read_words


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in ("a", "e", "i", "o", "u"):
        return word[:-1] + "ies"
    if word.endswith("man") and word != "human":
        return word[:-2] + "en"
    return word + "s"


#: Lexicons whose words are mentions; they are no persons without a value.
_LEXICONS = ("gender.jsonl", "age.jsonl", "ethnicity.jsonl")


@cache
def persons() -> frozenset[str]:
    """Nouns for human beings, singular and plural, that state none of the values of the core."""
    singular = (read_words("persons.txt") | read_words("persons_extra.txt")) - read_words("persons_not.txt")
    found = {*singular, *(_plural(word) for word in singular)}
    lexicons = [read_lexicon(name) for name in _LEXICONS]
    found -= {surface for lexicon in lexicons for word in lexicon.words for surface in word.surfaces}
    found -= {
        form for lexicon in lexicons for cls in lexicon.classes for row in cls.forms.values() for form in row
    }
    # What a value-free wording ends in is a person, or candidates would read differently from what was typed.
    for lexicon in lexicons:
        for cls in lexicon.classes:
            found |= {form.split()[-1] for form in cls.neutral if cls.pos is Pos.NOUN}
        for word in lexicon.words:
            endings = (reading[-1] for reading in word.readings if reading)
            found |= {ending.split()[-1] for ending in endings if isinstance(ending, str)}
    return frozenset(found)


@cache
def words() -> frozenset[str]:
    """Every English word of the list, inflected forms left out."""
    return read_words("words.txt")


@cache
def modifiers() -> frozenset[str]:
    """Adjectives: what may stand between an adjective and its noun."""
    return read_words("modifiers.txt") | read_words("modifiers_extra.txt")


@cache
def activities() -> frozenset[str]:
    """Nouns that make a compound with a person (``tennis player``, ``police officer``)."""
    return read_words("activities.txt") | read_words("activities_extra.txt")


@cache
def verbs() -> frozenset[str]:
    """Base forms of verbs."""
    return read_words("verbs.txt")


@cache
def animals() -> frozenset[str]:
    """Animals, singular and plural."""
    singular = read_words("animals.txt")
    return singular | frozenset(_plural(word) for word in singular)


def is_known(word: str) -> bool:
    """Whether a list has the word."""
    return word in words() or word in modifiers() or word in activities() or word in animals()
