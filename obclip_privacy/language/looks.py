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
    closes,
    closes_phrase,
    is_modifier,
    is_person_word,
    word_at,
)
from obclip_privacy.language.things import end_of_thing, follows_article, heads_thing, names_somebody
from obclip_privacy.language.units import Kind, Unit

#: Kinds of cues that are things, and may say what another thing is for.
_LOOKS = frozenset({"hair", "body", "dress", "make-up"})
_WIGS = frozenset({"wig", "wigs", "toupee", "toupees"})
_OF_PERSONS = grammar.APPEARANCE | grammar.PERSON_PARTS


def said_of_things(units: Sequence[Unit], roles: Roles) -> frozenset[int]:
    """Cues that are adjectives, and that a noun follows which is no person and no part of one.

    Also names of what is named after somebody and does not show them (``Batman logo``), nouns before an
    animal or a thing (``redhead woodpecker``, ``a kimono fabric shop``), and what an animal has (``a cat's
    whiskers``).
    """
    return frozenset(
        index
        for index, unit in enumerate(units)
        if unit.cues
        and (
            _named_after(units, index)
            or _of_thing(units, index)
            or _is_blind(units, index)
            or _is_thing_too(units, roles, index)
        )
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
    if following in wordlists.animals() or (term.kind == "name" and following in grammar.SIGNS):
        return True
    if following in _WIGS:
        return _is_off(units, index + 1)
    return term.kind in _LOOKS and _names_shop(units, index)


def _names_shop(units: Sequence[Unit], index: int) -> bool:
    """``a kimono fabric shop``: after an article, and nobody wears it."""
    end = end_of_thing(units, index + 1) if follows_article(units, index) else None
    if end is None or units[end - 1].word in grammar.COSTUMES:
        return False
    start = index
    while word_at(units, start) not in grammar.ARTICLES:
        start -= 1
    return word_at(units, start - 1) not in grammar.WEARING


def _of_thing(units: Sequence[Unit], index: int) -> bool:
    """``a kitten with long whiskers``, ``whiskers on a cat``, ``a beard of moss``."""
    term = choose_cue(units, index).term
    if term.pos is not CuePos.NOUN or term.kind not in ("hair", "body"):
        return False
    known = wordlists.animals()
    at = _before_modifiers(units, index)
    owner = at - 2 if word_at(units, at) == "s" and word_at(units, at - 1) == "'" else at - 1
    if word_at(units, owner) in known and (owner < at - 1 or word_at(units, at) == "with"):
        return True
    if word_at(units, index + 1) not in ("on", "of"):
        return False
    at = index + 2
    while word_at(units, at) in grammar.DETERMINERS or (at < len(units) and is_modifier(units, at)):
        at += 1
    return word_at(units, at) in known or (word_at(units, index + 1) == "of" and heads_thing(units, at))


def _before_modifiers(units: Sequence[Unit], index: int) -> int:
    at = index - 1
    while at > 0 and (is_modifier(units, at) or units[at].weak or word_at(units, at) in grammar.ARTICLES):
        at -= 1
    return at


def _is_blind(units: Sequence[Unit], index: int) -> bool:
    """Whether an adjective that ends a phrase is a noun after another (``a window blind``)."""
    if choose_cue(units, index).term.pos is not CuePos.ADJECTIVE or not closes_phrase(units, index + 1):
        return False
    determined = word_at(units, index - 2) in grammar.DETERMINERS
    return determined and units[index].gap and heads_thing(units, index - 1)


def _is_thing_too(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    """Whether a word that is a thing too (``ginger``) is said of nobody.

    It is said of somebody before a noun for a person, after ``who is``, and as the tag right after a person.
    """
    term = choose_cue(units, index).term
    if not term.thing or term.pos is not CuePos.ADJECTIVE:
        return False
    noun = _noun_after(units, index)
    if noun is not None and _is_somebody(units, roles, noun):
        return False
    before = word_at(units, index - 1)
    tag = before == "," and closes(units, index + 1)
    if index < 2 or not (tag or before in grammar.BE):
        return True
    return not (units[index - 2].word in grammar.RELATIVES or _is_somebody(units, roles, index - 2))


def _is_somebody(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    return roles[index] in (Pos.NOUN, Pos.PRONOUN) or is_person_word(units, index)


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


def _is_off(units: Sequence[Unit], wig: int) -> bool:
    """``a brunette wig on a stand``: nobody is named who could wear it."""
    placed = word_at(units, wig + 1) in ("on", "in") and word_at(units, wig + 2) in grammar.DETERMINERS
    return placed and not any(names_somebody(unit) for unit in units[wig + 1 :])


def _is_thing(units: Sequence[Unit], roles: Roles, noun: int | None) -> bool:
    if noun is None or units[noun].kind is not Kind.WORD or not units[noun].word.replace(" ", "").isalpha():
        return False
    if roles[noun] is Pos.NOUN or is_person_word(units, noun) or units[noun].cues:
        return False
    if units[noun].word in _WIGS:
        return _is_off(units, noun)
    # A compound ends in its head: ``a blind piano tuner``.
    if word_at(units, noun + 1) and is_person_word(units, noun + 1):
        return False
    return units[noun].word not in _OF_PERSONS
