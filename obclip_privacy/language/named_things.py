"""Names of works, places and products with a word for a person, or somebody's name, in them.

``a copy of Little Women``, ``Lord Howe Island``, ``the Nun's Valley``: nobody who is in the picture. Decided
on capitals and on the noun that says what the whole is; products are told by lists only, since ``a Maria
Lopez tea tin`` may well show her, and so are titles before the word for the work (``Happy Mother And Daughter
book``). Whether a mention of an origin has a capital is not known (``Asian`` always has one), so none is part
of such a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.genitives import says_only_sex
from obclip_privacy.language.things import heads_thing, is_thing_word, names_somebody
from obclip_privacy.language.units import Kind, Unit
from obclip_privacy.language.words import closes, closes_phrase, opens, word_at

#: The longest name that is looked for, in units.
_REACH = 8
#: What stands before the title of a work, after the word for what it is.
_TITLED = frozenset({"titled", "entitled", "called", "named"})
#: Copies that are written with capitals everywhere.
_ACRONYMS = frozenset({"dvd", "vhs"})
#: The longest name without capitals, in units.
_SHORT_NAME = 4
#: What does so after a copy of it.
_OF = frozenset({"of", "for"})
#: Classes of ranks that places are called after.
_RANKS = frozenset(
    f"gender.{name}"
    for name in ("lady", "queen", "princess", "empress", "duchess", "baroness", "marquise", "noble")
)
#: Words that are longer mostly have no capital in a sentence.
_LONG = 3
#: Words in a title that mostly have no capital, and the letter after an apostrophe.
_SMALL = frozenset({"of", "the", "and", "with", "a", "an", "in", "on", "to", "my", "&", "'", "s", "."})


def named_things(units: Sequence[Unit]) -> frozenset[int]:
    """Units that belong to the name of a work, a place or a product."""
    found: set[int] = set()
    for index, unit in enumerate(units):
        if unit.word in grammar.WORKS and (not unit.capital or unit.word in _ACRONYMS):
            found.update(_title_after(units, index))
            found.update(_title_before(units, index))
        elif unit.word in grammar.COPIES_AFTER:
            found.update(_title_before(units, index))
        elif unit.word in grammar.NAMED:
            found.update(_name_of_thing(units, index))
        elif unit.word in grammar.READS:
            found.update(_inscription(units, index))
        elif _names(unit):
            found.update(_of_pattern(units, index))
            found.update(_place(units, index))
            found.update(_of_place(units, index))
            found.update(_owned_place(units, index))
            found.update(_landmark(units, index))
    return frozenset(found)


def _inscription(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``a neon sign that says LADIES NIGHT``: words with capitals that are read; nobody else is named.

    Of words for an origin it is not known whether they have a capital; another word has to have one.
    """
    noun = index - 2 if word_at(units, index - 1) in ("that", "which") else index - 1
    if word_at(units, noun) not in grammar.INSCRIBED:
        return
    last = index + 1
    while last < min(len(units), index + 1 + _REACH) and (
        _is_capital(units[last]) or units[last].adjective is not None or units[last].word in _SMALL
    ):
        last += 1
    text = range(index + 1, last)
    others = any(names_somebody(unit) for at, unit in enumerate(units) if at not in text)
    if not others and any(_is_capital(units[at]) for at in text):
        yield from text


def _names(unit: Unit) -> bool:
    """Whether the unit is a noun that states something, or somebody's name."""
    return unit.noun is not None or unit.title is not None or any(c.term.kind == "name" for c in unit.cues)


def _of_pattern(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``floral pattern, William Morris``: a tag that names an artist, among tags of an ornament."""
    if units[index].noun is not None or not (opens(units, index) and closes(units, index + 1)):
        return
    ornament = any(unit.word in grammar.ORNAMENTS for unit in units)
    if ornament and not any(
        names_somebody(unit) or unit.word in grammar.PERSON_PARTS
        for at, unit in enumerate(units)
        if at != index
    ):
        yield index


def _is_capital(unit: Unit) -> bool:
    return unit.capital and unit.kind in (Kind.WORD, Kind.MENTION)


def _title_after(units: Sequence[Unit], work: int) -> Iterator[int]:
    """``a copy of Little Women``, ``the movie Pretty Woman``: two words with capitals at least.

    What a film or an album is *of* may be people (``an album of Young Women``); a copy is of a work.
    """
    following = word_at(units, work + 1)
    introduced = following in _TITLED or (following in _OF and units[work].word in grammar.COPIES)
    told = units[work].word in grammar.TITLED_WORKS and word_at(units, work - 1) == "the"
    if not introduced and not told:
        return
    first = work + 2 if introduced else work + 1
    last = _end_of_capitals(units, first)
    if sum(map(_is_capital, units[first:last])) > 1:
        yield from range(first, last)


def _title_before(units: Sequence[Unit], copy: int) -> Iterator[int]:
    """``the Mean Girls soundtrack``, ``Little Women, first edition``: two words with capitals at least."""
    if units[copy].word not in grammar.COPIES_AFTER or not closes_phrase(units, copy + 1):
        return
    last = copy
    while last > max(0, copy - _SHORT_NAME) and not _is_capital(units[last - 1]):
        if units[last - 1].word != "," and (units[last - 1].kind is not Kind.WORD or units[last - 1].person):
            return
        last -= 1
    first = last
    while first > max(0, last - _REACH) and (
        _is_capital(units[first - 1]) or (units[first - 1].word in _SMALL and units[first - 1].word != ",")
    ):
        first -= 1
    while first < last and not _is_capital(units[first]):
        first += 1
    if sum(map(_is_capital, units[first:last])) > 1:
        yield from range(first, last)


def _name_of_thing(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``a street called Maiden Lane``, ``a game called old maid``, ``a cat named Duchess``.

    What pictures are called is what they show, and of beings whether they are she or he.
    """
    noun = index - 1
    known = is_thing_word(units, noun, verbs=True) or word_at(units, noun) in wordlists.animals()
    if word_at(units, noun - 1) in grammar.ARTICLES and not units[noun].capital:
        known = known or word_at(units, noun) in wordlists.first_names()  # a rose
    if not known or units[noun].word in grammar.BEINGS | grammar.OCCASIONS | grammar.PERSON_PARTS:
        return
    last = _end_of_capitals(units, index + 1)
    if last == index + 1:
        while last < index + 1 + _SHORT_NAME and not closes_phrase(units, last):
            last += 1
    yield from range(index + 1, last)


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
    """``Lord Howe Island``, ``King Edward Street``: a rank, words with capitals, and the kind of place.

    Not ``Young Woman Brooklyn Bridge``, nor ``Princess Golden Gate Bridge`` as a heap of tags.
    """
    mask, before = units[index].noun or units[index].title, word_at(units, index - 1)
    if mask is None or not _RANKS & set(mask.classes):
        return
    if before not in grammar.DETERMINERS | grammar.PREPOSITIONS:
        return
    last = index + 1
    while (
        last < min(len(units), index + _REACH) and _is_capital(units[last]) and units[last].kind is Kind.WORD
    ):
        last += 1
    if last > index + 2 and units[last - 1].word in grammar.NAMED_PLACES:
        yield from range(index, last)


def _owned_place(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``the Nun's Valley``: owner and place with capitals, in a prompt that is not written so throughout."""
    mask, place = units[index].noun, index + 3
    if mask is None or mask.kin or mask.plural or says_only_sex(units[index], mask):
        return
    if word_at(units, index + 1) != "'" or word_at(units, index + 2) != "s" or place >= len(units):
        return
    known = heads_thing(units, place, verbs=True) or (
        units[place].word in grammar.PUB_SIGNS and any(unit.word in grammar.PUBS for unit in units)
    )
    if not (known and _is_capital(units[index]) and _is_capital(units[place])):
        return
    if word_at(units, index - 1) in grammar.DETERMINERS | grammar.PREPOSITIONS and _some_are_small(units):
        yield from range(index, place + 1)


def _landmark(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``the Two Sisters peaks``, ``the Monk ridge``: capitals, and what they are made of after them."""
    mask = units[index].noun
    if mask is None or not (_is_capital(units[index]) and index) or says_only_sex(units[index], mask):
        return
    # ``the Two Sisters``; ``the Monk``
    several = mask.kin and mask.plural and _is_capital(units[index - 1])
    single = not mask.kin and not mask.plural and word_at(units, index - 1) == "the"
    if (several or single) and word_at(units, index + 1) in grammar.LANDFORMS and _some_are_small(units):
        yield index


def _some_are_small(units: Sequence[Unit]) -> bool:
    """Whether a word of some length has no capital: then capitals say something."""
    return any(len(unit.word) > _LONG and unit.word.isalpha() and not unit.capital for unit in units)


def _of_place(units: Sequence[Unit], index: int) -> Iterator[int]:
    """``the temple of Athena``, ``the Valley of the Kings``; not ``a garden of Young Women``."""
    of = index - 2 if word_at(units, index - 1) == "the" else index - 1
    known = word_at(units, of - 1) in grammar.NAMED_PLACES | grammar.DEDICATED
    if known and word_at(units, of) == "of" and _is_capital(units[index]):
        last = _end_of_capitals(units, index)
        if not any(unit.noun is not None and says_only_sex(unit, unit.noun) for unit in units[index:last]):
            yield from range(index, last)
