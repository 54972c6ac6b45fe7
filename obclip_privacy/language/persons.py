"""Persons: which nouns name the same one.

Everything here is decided on masked units. Nouns that stand side by side are one person (``woman
firefighter``); so are a noun and what is said of it (``is a doctor``, ``as a pirate``, ``Maria, a nurse``).
A definite noun in a later sentence is an earlier person if one, and only one, was named by the same lexeme
class; with several of them it is not clear who is meant (looking at the value would tell, and would leak),
so it is worded without a value.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from obclip_privacy.attributes.base import Band, Pos
from obclip_privacy.language import grammar
from obclip_privacy.language.phrases import Roles, closes, is_modifier, is_person_word, opens, word_at
from obclip_privacy.language.units import Kind, Unit

_NAMING = (Pos.NOUN, Pos.TITLE)
_BEFORE_ARTICLE = grammar.INTENSIFIERS | {"also", "now", "not"}
_DETERMINED = grammar.DETERMINERS | grammar.NUMBERS
#: What the item after a comma begins with.
_NEXT_ITEM = grammar.DETERMINERS | grammar.LIST_JOINERS
_EQUATING = grammar.BE | {"as", "becoming", "became"}


@dataclass(slots=True)
class Cast:
    """The persons while they are being found.

    Attributes:
        of_unit: person by index of unit; nouns, their adjectives and what was linked to them.
        heads: per person, the indices of the nouns that name them.
        plural: per person, whether it is a group.
        gendered: per person, whether a noun or an adjective states the gender.
        ambiguous: mentions of somebody, it is not clear of whom.
        nounless: adjectives of somebody whose noun is left out.
    """

    of_unit: dict[int, int] = field(default_factory=dict)
    heads: list[tuple[int, ...]] = field(default_factory=list)
    plural: list[bool] = field(default_factory=list)
    gendered: list[bool] = field(default_factory=list)
    ambiguous: set[int] = field(default_factory=set)
    nounless: set[int] = field(default_factory=set)
    _at: list[int] = field(default_factory=list)
    _who: list[int] = field(default_factory=list)

    def add(self, plural: bool) -> int:
        """A new person."""
        self.heads.append(())
        self.plural.append(plural)
        self.gendered.append(False)
        return len(self.heads) - 1

    def name(self, person: int, index: int) -> None:
        """Note that the unit at *index* names *person*."""
        self.heads[person] += (index,)
        at = bisect_left(self._at, index)
        self._at.insert(at, index)
        self._who.insert(at, person)

    def join(self, person: int, other: int) -> int:
        """Let everything that names *other* name *person*, who was named before; gives *person*."""
        if person == other:
            return person
        for index, named in list(self.of_unit.items()):
            if named == other:
                self.of_unit[index] = person
        self.heads[person] += self.heads[other]
        self.heads[other] = ()
        self.gendered[person] |= self.gendered[other]
        self._who = [person if named == other else named for named in self._who]
        return person

    def before(self, index: int) -> list[int]:
        """Persons named before *index*, the nearest last."""
        earlier = self._who[: bisect_left(self._at, index)]
        earlier.reverse()
        nearest_first = list(dict.fromkeys(earlier))
        nearest_first.reverse()
        return nearest_first

    def last_head(self, person: int, index: int) -> int:
        """Index of the noun that names *person* nearest before *index*."""
        return max(head for head in self.heads[person] if head < index)


def find_persons(units: Sequence[Unit], roles: Roles, heads: Mapping[int, int]) -> Cast:
    """The persons that nouns name, with the adjectives before those nouns."""
    cast = Cast()
    nouns = [
        index
        for index, (unit, role) in enumerate(zip(units, roles, strict=True))
        if (unit.person or role is not None) and _names_person(units, roles, index)
    ]
    nouns = sorted({*nouns, *heads.values()})
    previous = -2
    for index in nouns:
        person: int | None
        if _side_by_side(units, previous, index):
            person = cast.of_unit[previous]
        else:
            person = _same_person(units, roles, heads, cast, index)
        if person is None:
            cast.ambiguous.add(index)
            person = -1
        elif person < 0:
            person = cast.add(_plural(units, index))
        if person >= 0:
            cast.name(person, index)
            cast.plural[person] = _plural(units, index) if previous == index - 1 else cast.plural[person]
            _note_gender(units, cast, person, index)
        cast.of_unit[index] = person
        previous = index
    for index, head in heads.items():
        person = cast.of_unit[head]
        if person < 0:
            cast.ambiguous.add(index)
            continue
        cast.of_unit[index] = person
        _note_gender(units, cast, person, index)
    return cast


def _note_gender(units: Sequence[Unit], cast: Cast, person: int, index: int) -> None:
    unit = units[index]
    for mask in (unit.noun, unit.adjective, unit.title):
        if mask is not None and "gender" in mask.attributes:
            cast.gendered[person] = True


def _names_person(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    if roles[index] in _NAMING:
        return True
    if not is_person_word(units, index):
        return False
    return not (units[index].word in grammar.GROUP_WORDS and word_at(units, index + 1) == "of")


def _plural(units: Sequence[Unit], index: int) -> bool:
    unit = units[index]
    if unit.kind is Kind.MENTION:
        return unit.noun is not None and unit.noun.plural
    word = unit.word
    if any(cue.term.kind == "name" for cue in unit.cues):
        return False
    return word in grammar.PLURAL_PERSONS or (word.endswith("s") and not word.endswith(("ss", "us")))


def _side_by_side(units: Sequence[Unit], previous: int, index: int) -> bool:
    """Whether two nouns follow each other directly, or across a hyphen or a full stop of a title."""
    if index == previous + 1:
        return True
    return index == previous + 2 and word_at(units, index - 1) in ("-", ".") and not units[index].gap


def start_of_phrase(units: Sequence[Unit], heads: Mapping[int, int], index: int) -> int:
    """Index of the first unit of the noun phrase that ends at *index*, determiner left out.

    Whatever stands between an adjective and its noun is in the phrase (``female ballet dancer``).
    """
    at = min((first for first, head in heads.items() if head == index), default=index)
    while at > 0:
        unit = units[at - 1]
        if (
            heads.get(at - 1) == index
            or (unit.kind is Kind.MENTION and unit.adjective is not None)
            or is_modifier(units, at - 1)
            or (word_at(units, at - 1) in (",", "and", "-") and heads.get(at - 2) == index)
        ):
            at -= 1
        else:
            return _before_comma(units, at)
    return at


def _before_comma(units: Sequence[Unit], index: int) -> int:
    """Start of ``a tall, old man``: modifiers before a comma are in the phrase if a determiner is."""
    at = index
    while at > 1 and (
        is_modifier(units, at - 1) or (word_at(units, at - 1) == "," and is_modifier(units, at - 2))
    ):
        at -= 1
    return at if word_at(units, at - 1) in _DETERMINED else index


def _same_person(
    units: Sequence[Unit], roles: Roles, heads: Mapping[int, int], cast: Cast, index: int
) -> int | None:
    """The person that the noun at *index* names again; ``-1`` for a new one, ``None`` if unclear."""
    if not cast.heads:
        return -1
    if word_at(units, index - 1) in ("named", "called") and cast.of_unit.get(index - 2, -1) >= 0:
        return cast.of_unit[index - 2]
    described = _in_brackets_after(units, cast, index)
    if described >= 0:
        return described
    tagged = _tag_of(units, cast, index)
    if tagged >= 0:
        return tagged
    start = start_of_phrase(units, heads, index)
    if _is_alone(units, cast, start, index):
        return 0
    determiner = word_at(units, start - 1)
    earlier = cast.before(start)
    if not earlier:
        return -1
    nearest = earlier[-1]
    if _is_worn(units, start, index):
        return nearest
    if determiner in ("a", "an"):
        link = start - 2
        while word_at(units, link) in _BEFORE_ARTICLE:
            link -= 1
        if word_at(units, link) in _EQUATING:
            return _subject(units, roles, cast, link, nearest)
        if word_at(units, link) == "," and _apposes(units, cast, nearest, link, index):
            return nearest
    if word_at(units, start) in ("other", "second", "third", "next"):
        return -1
    if determiner == "the":
        introduced = [p for p in earlier if _introduced_before(units, heads, cast, p, start)]
        return _named_alike(units, cast, introduced, index)
    return -1


def _is_worn(units: Sequence[Unit], start: int, index: int) -> bool:
    """``in a witch costume``: what somebody is dressed up as is that person's own gender."""
    if word_at(units, index + 1) not in grammar.COSTUMES or units[index].kind is not Kind.MENTION:
        return False
    before = start - 1
    if word_at(units, before) in grammar.DETERMINERS or (before >= 0 and units[before].pronoun is not None):
        before -= 1
    return word_at(units, before) in grammar.WEARING


def _introduced_before(
    units: Sequence[Unit], heads: Mapping[int, int], cast: Cast, person: int, start: int
) -> bool:
    """Whether *the* may point back to the person: from a later sentence, or if they came with no *the*."""
    last = cast.last_head(person, start)
    if _new_sentence(units, last, start):
        return True
    first = cast.heads[person][0]
    return word_at(units, start_of_phrase(units, heads, first) - 1) not in (
        "the",
        "this",
        "that",
        "his",
        "their",
    )


def _subject(units: Sequence[Unit], roles: Roles, cast: Cast, verb: int, nearest: int) -> int:
    """Who is described after a form of *be*, or after ``as``: the nearest person, unless a pronoun is."""
    before = verb - 1
    if word_at(units, before) in grammar.RELATIVES:
        before -= 1
    if before >= 0 and roles[before] is Pos.PRONOUN:
        return -1
    if word_at(units, verb) == "as" or cast.last_head(nearest, verb) == before:
        return nearest
    return -1


def _apposes(units: Sequence[Unit], cast: Cast, person: int, comma: int, index: int) -> bool:
    """Whether ``, a nurse`` says what the person before the comma is, and is no item of a list."""
    if cast.last_head(person, comma) != comma - 1:
        return False
    both = {_states_gender(units[comma - 1]), _states_gender(units[index])}
    following = word_at(units, index + 1)
    listed = following in grammar.LIST_JOINERS or (
        following == "," and word_at(units, index + 2) in _NEXT_ITEM
    )
    return both == {True, False} and not listed


def _in_brackets_after(units: Sequence[Unit], cast: Cast, index: int) -> int:
    """Of whom a letter in brackets tells the sex (``my wife (F/25)``, ``a runner (24F)``); or ``-1``."""
    noun = units[index].noun
    if noun is None or noun.classes != ("gender.letter",):
        return -1
    bracket = next((at for at in (index - 1, index - 2, index - 3) if word_at(units, at) in ("(", "[")), 0)
    return cast.of_unit.get(bracket - 1, -1)


def _tag_of(units: Sequence[Unit], cast: Cast, index: int) -> int:
    """Whom a tag describes (``woman, warrior``, ``vampire, red eyes, male``); or ``-1``.

    A tag that states a gender and a person of whom none is stated are one, and the reverse.
    """
    unit = units[index]
    if not (opens(units, index) and closes(units, index + 1)) or word_at(units, index - 1) != ",":
        return -1
    adult = unit.noun is not None and not unit.noun.kin and unit.noun.band is not Band.MINOR
    if adult and _states_gender(unit) and len(cast.heads) == 1 and not cast.gendered[0]:
        return 0 if cast.plural[0] == _plural(units, index) else -1
    adjacent = cast.of_unit.get(index - 2, -1)
    if adjacent < 0 or unit.kind is not Kind.WORD or unit.word in grammar.GROUP_WORDS:
        return -1
    return adjacent if cast.gendered[adjacent] and cast.plural[adjacent] == _plural(units, index) else -1


def _is_alone(units: Sequence[Unit], cast: Cast, start: int, index: int) -> bool:
    """Whether a tag of *start* to *index* names somebody who is said to be ``solo``: the one who is there."""
    noun = units[index].noun
    single = len(cast.heads) == 1 and not cast.plural[0] and not _plural(units, index)
    tag = opens(units, start) and closes(units, index + 1)
    return single and tag and not (noun is not None and noun.kin) and _is_solo(units)


def _is_solo(units: Sequence[Unit]) -> bool:
    """Whether a tag says that there is one person only."""
    return any(
        unit.word == "solo" and opens(units, index) and closes(units, index + 1)
        for index, unit in enumerate(units)
    )


def _states_gender(unit: Unit) -> bool:
    return unit.noun is not None and "gender" in unit.noun.attributes


def _new_sentence(units: Sequence[Unit], first: int, last: int) -> bool:
    return any(unit.word in grammar.SENTENCE_ENDS or unit.kind is Kind.BREAK for unit in units[first:last])


def _named_alike(units: Sequence[Unit], cast: Cast, earlier: Sequence[int], index: int) -> int | None:
    """The one earlier person named by the same class and number; ``-1`` for none, ``None`` for several."""
    unit = units[index]
    alike = []
    for person in earlier:
        for head in cast.heads[person]:
            other = units[head]
            same_class = unit.noun is not None and other.noun is not None and other.noun == unit.noun
            if head < index and (same_class or (unit.kind is Kind.WORD and other.word == unit.word)):
                alike.append(person)
                break
    if len(alike) == 1:
        return alike[0]
    return None if alike else -1
