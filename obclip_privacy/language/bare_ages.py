"""Numbers that are somebody's age without a word for age beside them.

``woman, 52, laughing``, ``45, male``, ``she is six``, ``he looks about fifty``, ``Grandma at 85``. The
detector offers every number that stands so; here it is decided whether it is said of a person, on masked
units, so that the answer is the same for every value.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import Band, Pos
from obclip_privacy.language import grammar
from obclip_privacy.language.persons import Cast
from obclip_privacy.language.phrases import Roles
from obclip_privacy.language.units import Case, Kind, Unit
from obclip_privacy.language.words import closes, opens, word_at

_BARE = frozenset({("age.bare",), ("age.minor_bare",)})
#: How far before an age that is a tag its person may be, in units.
_REACH = 40
#: How far after ``At 80,`` the subject may be, in units.
_SUBJECT_REACH = 6
#: The shortest part of a contraction (``she's``, ``I'm``).
_CONTRACTED = frozenset({"s", "m", "re"})
#: Between somebody and what they are said to be.
_BETWEEN = (
    grammar.AUXILIARIES | grammar.RELATIVES | grammar.ABOUT_AGES | {"to", "also", "not", "can", "couldn"}
)
#: Words of longer hedges (``not a day over 30``, ``on the wrong side of forty``), before a number only.
_HEDGES = (
    (grammar.ABOUT_AGES - grammar.AGE_VERBS)
    | frozenset(
        [
            "a",
            "close",
            "day",
            "far",
            "going",
            "least",
            "no",
            "not",
            "of",
            "older",
            "on",
            "other",
            "quite",
            "right",
        ]
    )
    | frozenset(["shy", "side", "sunny", "than", "the", "to", "wrong", "yet", "younger"])
)
#: Who speaks, or is spoken to: one who is in the picture, if one is.
_SPEAKERS = frozenset({"i", "you", "me", "myself"})


def is_bare_age(unit: Unit) -> bool:
    """Whether the unit is a number that may be an age."""
    return unit.phrase is not None and unit.phrase.classes in _BARE


def person_of_age(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> int | None:
    """Whose age the number at *index* is, or ``None``: nobody's, or that of whom a pronoun stands for."""
    beside = next((at for at in range(index - 3, index + 4) if _is_letter(units, at)), None)
    if beside is not None:
        return cast.of_unit.get(beside)
    pair = _pair(units, index)
    if pair is not None:
        return _of_pair(units, roles, cast, index, pair)
    at = _before_hedges(units, index)
    if at < 0 or units[at].word in grammar.OPENERS or units[at].kind is Kind.BREAK:
        return _tagged(units, roles, cast, index, at)
    if _opens_sentence(units, at):
        return _next_in_sentence(units, roles, cast, index)
    subject = _subject(units, at)
    if subject is None:
        return None
    if word_at(units, subject) == ",":
        return _tagged(units, roles, cast, index, subject)  # a ranger, appears 30
    named = cast.of_unit.get(subject, -1)
    if named >= 0 and subject in cast.heads[named]:
        return named if _fits(units, roles, cast, named, index) else None
    if word_at(units, subject) in _SPEAKERS:
        return _speaker(units, roles, cast, index)
    return None


def subject_of_age(units: Sequence[Unit], roles: Roles, index: int) -> int | None:
    """Index of the pronoun of which the number at *index* is said, or ``None``."""
    at = _before_hedges(units, index)
    if at < 0 or units[at].word in grammar.OPENERS or _opens_sentence(units, at):
        # ``At 45, he still skates``; ``not a day over 30, she smiles``
        following = index + 2 if closes(units, index + 1) else index + 1
        is_subject = following < len(units) and _is_subject(units[following])
        return following if is_subject and roles[following] is Pos.PRONOUN else None
    subject = _subject(units, at)
    return subject if subject is not None and roles[subject] is Pos.PRONOUN else None


def _pair(units: Sequence[Unit], index: int) -> tuple[int, int] | None:
    """The two ages in figures that *and* joins, of which *index* is one (``78 and 7``)."""
    for first in (index - 2, index):
        second = first + 2
        joined = first > 0 and second < len(units) and word_at(units, first + 1) in ("and", "&")
        if joined and is_bare_age(units[first]) and is_bare_age(units[second]) and opens(units, first):
            return first, second
    return None


def _of_pair(
    units: Sequence[Unit], roles: Roles, cast: Cast, index: int, pair: tuple[int, int]
) -> int | None:
    """Of ``grandfather and grandson, 78 and 7`` each has one age, and of ``sisters, 30 and 50``."""
    before, comma = cast.before(pair[0]), pair[0] - 1
    if not before or cast.of_unit.get(comma - 1, -1) != before[-1]:
        return None
    person = before[-1]
    if len(before) > 1 and not cast.plural[person]:
        heads = cast.last_head(before[-2], comma), cast.last_head(person, comma)
        if not any(unit.word in grammar.LIST_JOINERS for unit in units[heads[0] + 1 : heads[1]]):
            return None
        person = before[-2] if index == pair[0] else person
    elif cast.plural[person] and index == pair[1]:
        person = of_somebody(cast, index)  # ``sisters, 30 and 50``
    return person if _fits(units, roles, cast, person, index) else None


def _opens_sentence(units: Sequence[Unit], index: int) -> bool:
    """Whether ``at`` begins a sentence (``At 80, Ruth skis``)."""
    if word_at(units, index) != "at":
        return False
    return index == 0 or units[index - 1].kind is Kind.BREAK or units[index - 1].word in grammar.SENTENCE_ENDS


def _is_subject(unit: Unit) -> bool:
    return unit.pronoun is not None and unit.pronoun.form == Case.SUBJECT


def may_be(units: Sequence[Unit], roles: Roles, cast: Cast, person: int, index: int) -> bool:
    """Whether the age at *index* can be that of *person*: no adult is six, no child forty."""
    return person >= 0 and _fits(units, roles, cast, person, index)


def _is_letter(units: Sequence[Unit], index: int) -> bool:
    """Whether a letter for the sex stands at *index* (``24F``)."""
    noun = units[index].noun if 0 <= index < len(units) else None
    return noun is not None and noun.classes == ("gender.letter",)


def _before_hedges(units: Sequence[Unit], index: int) -> int:
    at = index - 1
    while word_at(units, at) in _HEDGES:
        at -= 1
    return at


def _subject(units: Sequence[Unit], verb: int) -> int | None:
    """Index of the unit of which something is said with the verb at *verb*."""
    at = verb - 1
    if word_at(units, verb) in _CONTRACTED and word_at(units, verb - 1) == "'":
        at = verb - 2
    elif word_at(units, verb) not in grammar.AGE_VERBS:
        return None
    while True:
        if word_at(units, at) in _BETWEEN or (
            word_at(units, at) in grammar.SEEMING and word_at(units, at + 1) == "to"
        ):
            at -= 1
        elif word_at(units, at) in _CONTRACTED | {"t"} and word_at(units, at - 1) == "'":
            at -= 2  # he's just turned 40; she can't be 40
        else:
            break
    return at if at >= 0 else None


def _tagged(units: Sequence[Unit], roles: Roles, cast: Cast, index: int, opener: int) -> int | None:
    """Whose tag it is: the person's before the comma, else the last in the sentence, else the next."""
    adjacent = cast.of_unit.get(opener - 1, -1)
    if adjacent >= 0 and _fits(units, roles, cast, adjacent, index):
        return adjacent
    phrase = units[index].phrase
    minor = phrase is not None and phrase.band is Band.MINOR
    before = cast.before(index)
    child = before and any(_is_minor(units[head], roles[head]) for head in cast.heads[before[-1]])
    if before and (child or not minor):
        last = cast.last_head(before[-1], index)
        near = index - last <= _REACH and not _ends_between(units, last, opener)
        near = near and not _is_technical(units, last, opener)
        if near and not cast.plural[before[-1]] and _fits(units, roles, cast, before[-1], index):
            return before[-1]
    if before or minor or not closes(units, index + 1):
        return None
    return _next(units, roles, cast, index)


def _next(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> int | None:
    """The person whose segment follows (``45, male, chef``)."""
    at = index + 2
    while at < len(units) and not closes(units, at):
        person = cast.of_unit.get(at, -1)
        if person >= 0:
            return person if _fits(units, roles, cast, person, index) else None
        at += 1
    return None


def _next_in_sentence(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> int | None:
    """The person named first after ``At 80,``, as its subject."""
    for at in range(index + 2, min(len(units), index + 2 + _SUBJECT_REACH)):
        person = cast.of_unit.get(at, -1)
        if person >= 0 and at in cast.heads[person]:
            return person if _fits(units, roles, cast, person, index) else None
    return None


def _is_technical(units: Sequence[Unit], first: int, last: int) -> bool:
    """``woman, 85mm, 8k, 35``: other numbers stand between, so this is one more of them."""
    return any(
        unit.word.isdigit() and not is_bare_age(unit) and unit.phrase is None
        for unit in units[first + 1 : last]
    )


def _ends_between(units: Sequence[Unit], first: int, last: int) -> bool:
    return any(
        unit.word in grammar.SENTENCE_ENDS or unit.kind is Kind.BREAK for unit in units[first + 1 : last + 1]
    )


def _speaker(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> int | None:
    """Who says ``I am 73``: the one person there is, or somebody whom nothing else names."""
    named = [person for person, heads in enumerate(cast.heads) if heads]
    if len(named) == 1 and not cast.plural[named[0]] and _fits(units, roles, cast, named[0], index):
        return named[0]
    return of_somebody(cast, index)


def of_somebody(cast: Cast, index: int) -> int:
    """A person of whom nothing but the age at *index* is known."""
    person = cast.add(plural=True)
    cast.name(person, index)
    return person


def _fits(units: Sequence[Unit], roles: Roles, cast: Cast, person: int, index: int) -> bool:
    """Whether the age may be that of *person*: that of a minor is none of somebody who is called an adult.

    The reverse (``girl, 24``) may be: the word wins, and nothing is exchanged.
    """
    phrase = units[index].phrase
    if phrase is None or phrase.band is not Band.MINOR:
        return phrase is not None
    return not any(_is_adult(units[head], roles[head]) for head in cast.heads[person])


def _is_minor(unit: Unit, role: Pos | None) -> bool:
    return role is Pos.NOUN and unit.noun is not None and unit.noun.band is Band.MINOR


def _is_adult(unit: Unit, role: Pos | None) -> bool:
    mask = unit.noun if role is Pos.NOUN else unit.title if role is Pos.TITLE else None
    return mask is not None and mask.band is Band.ADULT
