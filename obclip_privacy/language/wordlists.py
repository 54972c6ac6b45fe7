"""The open word classes that the rules ask for, read once from the data files."""

from __future__ import annotations

from functools import cache

from obclip_privacy.attributes.lexicon_file import read_words


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in ("a", "e", "i", "o", "u"):
        return word[:-1] + "ies"
    if word.endswith("man") and word != "human":
        return word[:-2] + "en"
    return word + "s"


@cache
def persons() -> frozenset[str]:
    """Nouns for human beings, singular and plural, that state none of the values of the core."""
    singular = (read_words("persons.txt") | read_words("persons_extra.txt")) - read_words("persons_not.txt")
    return singular | frozenset(_plural(word) for word in singular)


@cache
def modifiers() -> frozenset[str]:
    """Adjectives: what may stand between an adjective and its noun."""
    return read_words("modifiers.txt") | read_words("modifiers_extra.txt")


@cache
def activities() -> frozenset[str]:
    """Nouns that make a compound with a person (``tennis player``, ``police officer``)."""
    return read_words("activities.txt") | read_words("activities_extra.txt")


@cache
def animals() -> frozenset[str]:
    """Animals, singular and plural."""
    singular = read_words("animals.txt")
    return singular | frozenset(_plural(word) for word in singular)
