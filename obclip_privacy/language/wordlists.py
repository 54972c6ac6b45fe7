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


#: Lexicons whose nouns name persons, whether or not a policy makes mentions of them.
_LEXICONS = ("gender.jsonl", "age.jsonl")
_AGENT_ENDINGS = ("er", "ers", "ist", "ists")


@cache
def persons() -> frozenset[str]:
    """Nouns for human beings, singular and plural."""
    singular = (read_words("persons.txt") | read_words("persons_extra.txt")) - read_words("persons_not.txt")
    found = {*singular, *(_plural(word) for word in singular)}
    for lexicon in map(read_lexicon, _LEXICONS):
        # What a wording without a value ends in is a person too, or a candidate would be read differently.
        for cls in lexicon.classes:
            if cls.pos is Pos.NOUN:
                found |= {form.split()[-1] for row in (*cls.forms.values(), cls.neutral) for form in row}
        for word in lexicon.words:
            endings = (reading[-1] for reading in word.readings if reading)
            found |= {ending.split()[-1] for ending in endings if isinstance(ending, str)}
            found |= {surface for surface in word.surfaces if surface and word.pos is Pos.NOUN}
    return frozenset(found)


def names_person(word: str) -> bool:
    """Whether *word* is a noun for a person, or one that no list knows and that looks like it.

    What somebody who does something is called mostly ends in -er or -ist (``kickboxers``).
    """
    if word in persons():
        return True
    if len(word) < 7 or not word.endswith(_AGENT_ENDINGS):
        return False
    return not is_known(word.removesuffix("s")) and not is_known(word)


@cache
def words() -> frozenset[str]:
    """Every English word of the list, inflected forms left out."""
    return read_words("words.txt")


@cache
def first_names() -> frozenset[str]:
    """First names that are nothing else."""
    return read_words("first_names.txt")


@cache
def modifiers() -> frozenset[str]:
    """Adjectives: what may stand between an adjective and its noun."""
    return read_words("modifiers.txt") | read_words("modifiers_extra.txt")


@cache
def activities() -> frozenset[str]:
    """Nouns that make a compound with a person (``tennis player``, ``police officer``).

    What the lexicons' own wordings have before their noun (``birth attendant``) is among them, or ``female
    birth attendant`` would not be read again as a mention, and would be sent as it is.
    """
    found = set(read_words("activities.txt") | read_words("activities_extra.txt"))
    for lexicon in map(read_lexicon, _LEXICONS):
        wordings = [text for cls in lexicon.classes if cls.pos is Pos.NOUN for text in cls.neutral]
        wordings += [
            part
            for word in lexicon.words
            for reading in word.readings
            for part in reading
            if isinstance(part, str)
        ]
        for text in wordings:
            found.update(text.replace("-", " ").split()[:-1])
    return frozenset(found - {"of", "an", "a", "the"})


@cache
def verbs() -> frozenset[str]:
    """Base forms of verbs."""
    return read_words("verbs.txt")


@cache
def animals() -> frozenset[str]:
    """Animals, singular and plural."""
    singular = read_words("animals.txt") | read_words("animals_extra.txt")
    return singular | frozenset(_plural(word) for word in singular)


def is_known(word: str) -> bool:
    """Whether a list has the word."""
    return word in words() or word in modifiers() or word in activities() or word in animals()
