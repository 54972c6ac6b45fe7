"""Adjectives of people's looks: of whom, or of what, they are said.

``a bearded man`` reveals something, ``a bearded iris`` nothing; ``a Scottish kilt`` that somebody wears tells
more than ``Scottish salmon``. Decided by the noun that follows, as for mentions.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import CuePos, Pos
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.phrases import (
    REACH,
    Roles,
    choose_cue,
    closes_phrase,
    is_modifier,
    is_person_word,
    word_at,
)
from obclip_privacy.language.units import Kind, Unit


def said_of_things(units: Sequence[Unit], roles: Roles) -> frozenset[int]:
    """Cues that are adjectives, and that a noun follows which is no person and no part of one.

    Also names of what is named after somebody (``Batman logo``), and nouns before an animal (``redhead
    woodpecker``).
    """
    return frozenset(
        index for index, unit in enumerate(units) if unit.cues and _named_after(units, index)
    ) | {
        index
        for index, unit in enumerate(units)
        if unit.cues
        and unit.kind is Kind.WORD
        and choose_cue(units, index).term.pos is CuePos.ADJECTIVE
        and word_at(units, index - 1) not in grammar.BE
        and _is_thing(units, roles, _noun_after(units, index))
    }


def origins_of_clothes(units: Sequence[Unit], roles: Roles) -> frozenset[int]:
    """Mentions of an origin that are said of clothes; colours are only colours there."""
    found = set()
    for index, unit in enumerate(units):
        mask = unit.adjective
        if mask is None or roles[index] is not None or unit.colour or mask.attributes != ("ethnicity",):
            continue
        noun = _noun_after(units, index)
        if noun is not None and units[noun].word in grammar.COSTUMES:
            found.add(index)
    return frozenset(found)


def _named_after(units: Sequence[Unit], index: int) -> bool:
    term, following = choose_cue(units, index).term, word_at(units, index + 1)
    if term.pos is not CuePos.NOUN or units[index].kind is not Kind.WORD or not following:
        return False
    return following in wordlists.animals() or (term.kind == "name" and following in grammar.NAMESAKES)


def _noun_after(units: Sequence[Unit], index: int) -> int | None:
    """The noun that the adjective at *index* describes, or ``None``."""
    at = index + 1
    while at < min(len(units), index + REACH):
        unit = units[at]
        if unit.kind is Kind.MENTION:
            if unit.adjective is None:
                return at if unit.noun is not None else None
        elif unit.word in (",", "and", "-") and not is_modifier(units, at + 1):
            return None
        elif unit.word not in (",", "and", "-") and not is_modifier(units, at):
            return None if closes_phrase(units, at) else at
        at += 1
    return None


def _is_thing(units: Sequence[Unit], roles: Roles, noun: int | None) -> bool:
    if noun is None or units[noun].kind is not Kind.WORD or not units[noun].word.isalpha():
        return False
    if roles[noun] is Pos.NOUN or is_person_word(units, noun) or units[noun].cues:
        return False
    # A compound ends in its head: ``a blind piano tuner``.
    if word_at(units, noun + 1) and is_person_word(units, noun + 1):
        return False
    return units[noun].word not in grammar.APPEARANCE | grammar.PERSON_PARTS
