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

    In the singular only a noun for what somebody is by trade or rank in a prompt which names nobody else: one
    that opens it (``fireman's helmet on a bench``), or one after *a*, which is the thing's own article (``a
    fisherman's knot``; ``the fisherman's knot`` is somebody's).
    """
    if index + 2 >= len(units) or units[index + 1].word != "'" or units[index + 1].gap:
        return False
    at = index + 3 if units[index + 2].word == "s" else index + 2
    if at >= len(units) or not _is_thing(units[at : at + _REACH]):
        return False
    if mask.plural:
        return not _determined(units, index)
    if mask.kin or "gender" not in mask.attributes:
        return False
    trade, polite = not says_only_sex(units[index], mask), mask.classes == ("gender.lady",)
    article = word_at(units, index - 1) in grammar.ARTICLES
    if not ((trade and index == 0) or (article and (trade or polite))):
        return False
    return not any(_names_somebody(unit) for unit in (*units[:index], *units[at:]))


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
