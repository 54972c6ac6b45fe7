"""Taking words out of a sentence so that what stays reads well.

Used for what a policy withholds and for adjectives that are left out. A :class:`Removal` covers whole
units; the white space before it goes with it (after it, where it is the first unit). Like everything here
it is decided on masked units, so it is the same for all candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import CuePos, Pos
from obclip_privacy.language import grammar
from obclip_privacy.language.phrases import (
    choose_cue,
    closes,
    closes_phrase,
    is_modifier,
    is_person_word,
    opens,
    word_at,
)
from obclip_privacy.language.units import CueSense, Kind, Unit

__all__ = ["Removal", "choose_cue", "names_person", "removal_of", "remove_cue"]

#: What stands where an adjective after a form of *be* cannot be left out.
PREDICATE = "there"
#: What stands where a noun cannot be left out and its class has no plain word.
PLAIN_NOUN = "look"
_CARRIERS = frozenset(
    {"with", "wearing", "in", "sporting", "having", "wears", "plus", "featuring", "without"}
)
_AGE_WORDS = frozenset({"aged", "age", "ages"})


@dataclass(frozen=True, slots=True)
class Removal:
    """Units *first* to *last* (exclusive) are replaced by *text*, or left out if it is empty.

    *text* takes on the letter case of what it replaces, unless it is to be written as it is.
    """

    first: int
    last: int
    text: str = ""
    as_is: bool = False


def remove_adjective(units: Sequence[Unit], index: int) -> Removal:
    """Take out an adjective that stands alone: in tags, after *be*, or before a noun that is no person."""
    if opens(units, index) and closes(units, index + 1):
        return _segment(units, index, index + 1)
    if word_at(units, index + 1) in grammar.ORIGIN_NOUNS | grammar.ORIGIN_NOUNS_AFTER_OF:
        first = index - 1 if word_at(units, index - 1) == "of" else index
        return Removal(first, index + 2 if first < index else index + 1)
    at = index - 1
    while word_at(units, at) in grammar.INTENSIFIERS:
        at -= 1
    if word_at(units, at) in grammar.BE | grammar.FEEL:
        return _predicate(units, at, index)
    if word_at(units, at) in grammar.LIST_JOINERS | {","} and closes_phrase(units, index + 1):
        return Removal(at, index + 1)
    if word_at(units, index + 1) in grammar.LIST_JOINERS | {","} and is_modifier(units, index + 2):
        return Removal(index, index + 2)
    return Removal(at + 1, index + 1)


def _predicate(units: Sequence[Unit], verb: int, index: int) -> Removal:
    """``who is bald`` goes whole, ``is bald and ...`` loses the adjective, else a plain word stands in."""
    if word_at(units, index + 1) in grammar.LIST_JOINERS:
        return Removal(verb + 1, index + 2)
    if word_at(units, verb - 1) in grammar.RELATIVES:
        first = verb - 2 if word_at(units, verb - 2) == "," else verb - 1
        return Removal(first, index + 1)
    return Removal(verb + 1, index + 1, PREDICATE)


def _segment(units: Sequence[Unit], first: int, last: int) -> Removal:
    """A whole segment with one of the separators around it."""
    if word_at(units, first - 1) in (",", ";", "|"):
        return Removal(first - 1, last)
    if word_at(units, last) in (",", ";", "|"):
        return Removal(first, last + 1)
    return Removal(first, last)


def remove_phrase(units: Sequence[Unit], index: int) -> Removal:
    """Take out a phrase after the noun with the words that carry it: ``, aged 70``, ``in her thirties``."""
    first, last = index, index + 1
    after = word_at(units, last)
    if after in ("skin", "complexion", "skintone"):
        last += 2 if word_at(units, last + 1) in ("tone", "color", "colour") else 1
        while first > 0 and (is_modifier(units, first - 1) or word_at(units, first - 1) in ("a", "an")):
            first -= 1
        if word_at(units, first - 1) == "with":
            return Removal(first - 1, last)
        if opens(units, first) and closes(units, last):
            return _segment(units, first, last)
        return Removal(index, index + 1)
    while first > 0 and (
        word_at(units, first - 1)
        in _AGE_WORDS | {":", "of", "the", "at", "early", "mid", "late", "-", "their"}
        or units[first - 1].pronoun is not None
    ):
        first -= 1
    if word_at(units, first - 1) == "in" and first < index:
        first -= 1
    if word_at(units, first - 1) in grammar.BE:
        return _predicate(units, first - 1, last - 1)
    if word_at(units, first - 1) == ",":
        return Removal(first - 1, last)
    if word_at(units, first - 1) == "(" and word_at(units, last) == ")":
        return Removal(first - 1, last + 1)
    return Removal(first, last)


def remove_cue(units: Sequence[Unit], index: int, cue: CueSense) -> Removal:
    """Take out a cue, or put its plain word in its place.

    A noun that has a plain word always gets it (``a long red dress`` becomes ``a long red outfit``): the
    words around it stay true, and nothing else has to go.
    """
    if cue.term.pos is not CuePos.NOUN:
        if cue.term.pos is CuePos.MODIFIER:
            return _modifier(units, index)
        return remove_adjective(units, index)
    if cue.term.kind == "name":
        return _name(units, index)
    if (
        cue.generic.endswith(("person", "people"))
        and index
        and opens(units, index)
        and closes(units, index + 1)
    ):
        return _segment(units, index, index + 1)
    if cue.generic:
        return _plain(units, index, cue)
    start = _noun_phrase_start(units, index)
    before = word_at(units, start - 1)
    after = word_at(units, index + 1)
    if opens(units, start) and closes(units, index + 1):
        return _segment(units, start, index + 1)
    if before in _CARRIERS:
        if after in grammar.LIST_JOINERS and not word_at(units, index + 2).endswith("ing"):
            return Removal(start, index + 2)
        if after == "," and _item_follows(units, index + 2):
            return Removal(start, index + 2)
        return Removal(start - 1, index + 1)
    if before in grammar.LIST_JOINERS | {","}:
        return Removal(start - (2 if word_at(units, start - 2) == "," and before != "," else 1), index + 1)
    return Removal(index, index + 1, PLAIN_NOUN)


def _plain(units: Sequence[Unit], index: int, cue: CueSense) -> Removal:
    """The plain word in the place of a cue; what a function found is mostly a name: the case is its own."""
    if cue.term.surfaces != ("",):
        return Removal(index, index + 1, cue.generic)
    before = units[index - 1] if index else None
    starts = before is None or before.word in grammar.SENTENCE_ENDS or before.kind is Kind.BREAK
    text = cue.generic[:1].upper() + cue.generic[1:] if starts else cue.generic
    return Removal(index, index + 1, text, as_is=True)


def _name(units: Sequence[Unit], index: int) -> Removal:
    """A name goes with what introduces it, or gives way to a word for somebody."""
    before = units[index - 1] if index else None
    titled = before is not None and (_is_title(before) or (before.word == "." and _titled(units, index)))
    if titled:
        return Removal(index, index + 1, "Doe", as_is=True)
    if before is not None and before.word in ("named", "called"):
        return Removal(index - 1, index + 1)
    if before is not None and (before.is_noun or before.person) and units[index].gap:
        return Removal(index, index + 1)
    if word_at(units, index + 1) == "," and word_at(units, index + 2) in ("a", "an", "the"):
        return Removal(index, index + 2)
    described = before is not None and (
        before.adjective is not None or before.word in grammar.DETERMINERS or is_modifier(units, index - 1)
    )
    if described:
        return Removal(index, index + 1, "person", as_is=True)
    starts = before is None or before.word in grammar.SENTENCE_ENDS or before.kind is Kind.BREAK
    return Removal(index, index + 1, "A person" if starts else "a person", as_is=True)


def _titled(units: Sequence[Unit], index: int) -> bool:
    return index > 1 and _is_title(units[index - 2])


def _is_title(unit: Unit) -> bool:
    return unit.title is not None or unit.word in grammar.TITLES


def _modifier(units: Sequence[Unit], index: int) -> Removal:
    first = index
    if word_at(units, first - 1) in grammar.LIST_JOINERS and is_modifier(units, first - 2):
        return Removal(first - 1, index + 1)
    if word_at(units, first - 1) == "," and is_modifier(units, first - 2):
        return Removal(first - 1, index + 1)
    return Removal(first, index + 1)


def _noun_phrase_start(units: Sequence[Unit], index: int) -> int:
    """First unit of the noun phrase of a cue; a possessive pronoun is not part of it."""
    start = index
    while start > 0 and (
        is_modifier(units, start - 1)
        or units[start - 1].adjective is not None
        or any(cue.term.pos is not CuePos.NOUN for cue in units[start - 1].cues)
    ):
        start -= 1
    if word_at(units, start - 1) in grammar.DETERMINERS:
        start -= 1
    return start


def _item_follows(units: Sequence[Unit], index: int) -> bool:
    """Whether another item of the same list follows a comma: ``a beard, glasses and a hat``."""
    for at in range(index, min(index + 5, len(units))):
        unit = units[at]
        if unit.word in grammar.LIST_JOINERS:
            return at > index and not word_at(units, index).endswith("ing")
        if unit.kind is not Kind.WORD:
            return False
    return False


def removal_of(units: Sequence[Unit], index: int, pos: Pos) -> Removal:
    """How a mention that is left out is taken out, where it does not stand before its noun."""
    return remove_phrase(units, index) if pos is Pos.PHRASE else remove_adjective(units, index)


def names_person(units: Sequence[Unit], index: int) -> bool:
    """Whether the word at *index* is a noun for a person."""
    return is_person_word(units, index)
