"""Possessives that say what a thing is for, and name nobody: ``men's shoes``, ``a children's book``.

In the plural, and without a determiner of its own, such a noun describes the thing (*a* belongs to the thing:
``a men's shirt``). ``the men's hands``, ``women's faces`` and ``the boy's bicycle`` still speak of somebody.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.units import Kind, Mask, Unit
from obclip_privacy.language.words import word_at

#: How many words of the thing's name are looked at.
_REACH = 3


def describes_thing(units: Sequence[Unit], index: int, mask: Mask) -> bool:
    """Whether the noun at *index*, read as *mask*, is such a possessive.

    In the singular only a noun for what somebody is by trade, rank or age in a prompt which names nobody
    else: one that opens it (``fireman's helmet on a bench``), or one after *a*, which is the thing's own
    article (``a fisherman's knot``, ``a pensioner's bus pass``; ``the fisherman's knot`` is somebody's); any
    noun before clothes and the like (``a woman's wristwatch``) and before animals (``a maiden's blush``).
    """
    if index + 2 >= len(units) or units[index + 1].word != "'" or units[index + 1].gap:
        return False
    at = index + 3 if units[index + 2].word == "s" else index + 2
    while at < len(units) and _is_measure(units[at].word):
        at += 1
    if at >= len(units) or not _is_thing(units[at : at + _REACH]):
        return False
    if mask.plural:
        return not _determined(units, index) or _is_room(units, index, at)
    if mask.kin or not mask.attributes:
        return False
    trade, polite = not says_only_sex(units[index], mask), mask.classes == ("gender.lady",)
    article = word_at(units, index - 1) in grammar.ARTICLES
    owned = {unit.word for unit in _phrase(units, at)}
    if article and not owned.isdisjoint(wordlists.animals()):
        return True
    polite |= units[at].word in grammar.PERSONAL_THINGS | grammar.CLOTHES
    if not ((trade and index == 0) or (article and (trade or polite))):
        return False
    return not any(_names_somebody(unit) for unit in (*units[:index], *units[at:]))


def _is_measure(word: str) -> bool:
    """``a men's 100 m starting block``: numbers and what is short for a measure."""
    return word[:1].isdigit() or (len(word) == 1 and word.isalpha())


def _is_room(units: Sequence[Unit], index: int, at: int) -> bool:
    """``the women's restroom``, ``the Children's Museum entrance``: nobody's own."""
    if word_at(units, index - 1) != "the":
        return False
    return any(unit.word in grammar.FOR_SEVERAL for unit in _phrase(units, at))


def _phrase(units: Sequence[Unit], at: int) -> Sequence[Unit]:
    """The words at *at*, up to the end of their phrase."""
    last = at
    while last < min(len(units), at + _REACH) and units[last].gap and units[last].word not in grammar.STOPS:
        last += 1
    return units[at:last]


def says_only_sex(unit: Unit, mask: Mask) -> bool:
    """Whether the noun says no more than the sex (``a woman``, ``a female``), and no trade or rank.

    A noun that is written with the adjective (``ballerina``) is no adjective itself.
    """
    if not mask.classes or mask.classes[0] not in grammar.PLAIN_SEXES:
        return not mask.classes
    return mask.classes[0] != "gender.adjective" or unit.adjective is not None


def _determined(units: Sequence[Unit], index: int) -> bool:
    before = units[index - 1] if index else None
    determiners = (grammar.DETERMINERS | grammar.NUMBERS) - grammar.ARTICLES
    return before is not None and (before.kind is Kind.MENTION or before.word in determiners)


def _names_somebody(unit: Unit) -> bool:
    return unit.person or unit.noun is not None or unit.pronoun is not None or bool(unit.cues)


def _is_thing(owned: Sequence[Unit]) -> bool:
    """Whether the words begin with a thing that is no part of a person, and that no person follows."""
    for position, unit in enumerate(owned):
        small = unit.kind is not Kind.WORD or unit.word in grammar.STOPS | grammar.CONJUNCTIONS
        if small or not unit.gap:
            return position > 0
        if unit.person or unit.word in grammar.APPEARANCE | grammar.PERSON_PARTS:
            return False
        if position == 0 and not (wordlists.is_known(unit.word) or unit.word.endswith("s")):
            return False
    return True
