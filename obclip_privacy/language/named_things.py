"""Names of works, places and products with a word for a person, or somebody's name, in them.

``a copy of Little Women``, ``Lord Howe Island``, ``a Lady Grey tea tin``: nobody who is in the picture.
Decided on capitals and on the noun that says what the whole is. Whether a mention of an origin has a capital
is not known (``Asian`` always has one), so none is part of such a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from obclip_privacy.language import grammar
from obclip_privacy.language.things import end_of_thing
from obclip_privacy.language.units import Kind, Unit
from obclip_privacy.language.words import word_at

#: The longest name that is looked for, in units.
_REACH = 8
#: What stands before the title of a work, after the word for what it is.
_TITLED = frozenset({"of", "for", "titled", "entitled", "called", "named"})
#: Words in a title that mostly have no capital, and the letter after an apostrophe.
_SMALL = frozenset({"of", "the", "and", "with", "a", "an", "in", "on", "to", "my", "&", "'", "s", "."})


def named_things(units: Sequence[Unit]) -> frozenset[int]:
    """Units that belong to the name of a work, a place or a product."""
    found: set[int] = set()
    for index, unit in enumerate(units):
        if unit.word in grammar.WORKS and not unit.capital:
            found.update(_title_after(units, index))
            found.update(_title_before(units, index))
        elif _names(unit):
            found.update(_place(units, index))
            found.update(_of_place(units, index))
            found.update(_product(units, index))
    return frozenset(found)


def _names(unit: Unit) -> bool:
    """Whether the unit is a noun that states something, or somebody's name."""
    return unit.noun is not None or unit.title is not None or any(c.term.kind == "name" for c in unit.cues)


def _is_capital(unit: Unit) -> bool:
    return unit.capital and unit.kind in (Kind.WORD, Kind.MENTION)


def _title_after(units: Sequence[Unit], work: int) -> Iterator[int]:
    """``a copy of Little Women``, ``the movie Pretty Woman``: two words with capitals at least."""
    introduced = word_at(units, work + 1) in _TITLED
    if not introduced and units[work].word not in grammar.TITLED_WORKS:
        return
    first = work + 2 if introduced else work + 1
    last = _end_of_capitals(units, first)
    if sum(map(_is_capital, units[first:last])) > 1:
        yield from range(first, last)


def _title_before(units: Sequence[Unit], work: int) -> Iterator[int]:
    """``The Girl with the Dragon Tattoo audiobook``, ``Brothers Grimm book``: three capitals, or a name."""
    first = work
    while (
        first > 0
        and first > work - _REACH
        and (_is_capital(units[first - 1]) or (first < work and word_at(units, first - 1) in _SMALL))
    ):
        first -= 1
    capitals = sum(map(_is_capital, units[first:work]))
    brothers = units[work - 1].kind is Kind.WORD and not units[work - 1].word.endswith("ing")
    if capitals > 2 or (capitals == 2 and brothers and units[first].kind is Kind.MENTION):
        yield from range(first, work)


def _end_of_capitals(units: Sequence[Unit], index: int) -> int:
    """Where the words with capitals at *index* end; small words between two of them belong to them."""
    at, last = index, index
    while at < min(len(units), index + _REACH):
        if _is_capital(units[at]):
            last = at + 1
        elif not (at > index and units[at].word in _SMALL):
            break
        at += 1
    return last


def _place(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``Lord Howe Island``, ``King Edward Street``: words with capitals, and what kind of a place it is."""
    last = index + 1
    while (
        last < min(len(units), index + _REACH) and _is_capital(units[last]) and units[last].kind is Kind.WORD
    ):
        last += 1
    if last > index + 2 and units[last - 1].word in grammar.NAMED_PLACES:
        yield from range(index, last)


def _of_place(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``the temple of Athena``, ``the Valley of the Kings``."""
    of = index - 2 if word_at(units, index - 1) == "the" else index - 1
    known = word_at(units, of - 1) in grammar.NAMED_PLACES | grammar.DEDICATED
    if known and word_at(units, of) == "of" and _is_capital(units[index]):
        yield from range(index, _end_of_capitals(units, index))


def _product(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``a Lady Grey tea tin``, ``a Mona Lisa fridge magnet``: the last noun is a thing that is sold."""
    last = _end_of_capitals(units, index)
    if last == index or (last > index + 1 and not _is_capital(units[last - 1])):
        return
    if word_at(units, last) == "'" and word_at(units, last + 1) == "s":
        last += 2
    end = end_of_thing(units, last)
    if end is None or units[last].capital or units[end - 1].word in grammar.OCCASIONS:
        return
    article = word_at(units, index - 1) in grammar.ARTICLES | {"the"}
    if article or units[end - 1].word in grammar.NAMESAKES:
        named = any(_is_capital(unit) and unit.kind is Kind.WORD for unit in units[index:last])
        if named or any(cue.term.kind == "name" for unit in units[index:last] for cue in unit.cues):
            yield from range(index, last)
