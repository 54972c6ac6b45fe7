"""What the rules found in a masked prompt: its persons, and what each mention does.

:func:`analyse` is the only entry to the rules. Its argument has no values in it, so neither has its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from obclip_privacy.attributes.base import Band, Pos
from obclip_privacy.attributes.safety import band_of_wording
from obclip_privacy.language.looks import origins_of_clothes, said_of_things
from obclip_privacy.language.named_things import named_things
from obclip_privacy.language.persons import find_persons
from obclip_privacy.language.phrases import in_the_style_of, resolve_roles
from obclip_privacy.language.pronouns import link_pronouns
from obclip_privacy.language.syntax import syntax_groups
from obclip_privacy.language.tags import link_loose_mentions, link_predicates_of_pronouns, names_origin_again
from obclip_privacy.language.units import Case, Kind, Mask, Unit, mentions


class Person(NamedTuple):
    """One person, or one group, that a prompt mentions.

    Attributes:
        first: index of the unit that first mentions them.
        plural: whether it is a group.
        band: minors if anything says so, else adults if anything says so, else open.
    """

    first: int
    plural: bool
    band: Band


class Link(NamedTuple):
    """What a mention does.

    Attributes:
        pos: the part of speech that holds here.
        person: index of the person; ``-1`` where that is not clear, so that the wording that states no
            value is used for all candidates.
        case: form of a pronoun; ``None`` for everything else.
        merged: the mention is the second half of ``his or her``, or a further origin of a person (``of German
            and Turkish descent``), and is left out.
        nounless: an adjective whose noun is left out (``an Asian and a Black student``); it gets one, or what
            is left where no value is stated would not be read again.
    """

    pos: Pos
    person: int
    case: Case | None = None
    merged: bool = False
    nounless: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """What :func:`analyse` found.

    Attributes:
        persons: those of whom something is mentioned, in text order.
        links: link of each mention, by the index of its unit.
        heads: for adjectives before a noun, the index of the noun.
        outside: units that speak of nobody in the picture: artists after ``style of``, names of works, places
            and products, references to files.
        groups: ranges of units that are prompt syntax.
        clothed: adjectives of origin before clothes that somebody wears (``Scottish attire``).
        idle: words that would be a cue of a person, and are said of a thing (``blonde wood``).
        peopled: whether the prompt names any person at all; without one there is nobody to reveal.
        shows_minor: whether any of them is a minor, whether or not anything of that one is exchanged.
    """

    persons: tuple[Person, ...]
    links: dict[int, Link]
    heads: dict[int, int]
    outside: frozenset[int]
    groups: tuple[tuple[int, int], ...]
    clothed: frozenset[int]
    idle: frozenset[int]
    peopled: bool
    shows_minor: bool

    def is_cue(self, units: Sequence[Unit], index: int) -> bool:
        """Whether the unit is a cue here: none is linked to a person as a mention, or speaks of nobody."""
        if index in self.links or index in self.outside:
            return False
        return index in self.clothed or (bool(units[index].cues) and index not in self.idle)


_MINOR, _ADULT, _OPEN = Band.MINOR, Band.ADULT, Band.OPEN
#: A part of speech is named like the field with its mask.
_MASK: Mapping[Pos, Callable[[Unit], Mask | None]] = {pos: attrgetter(pos.value) for pos in Pos}


def analyse(units: Sequence[Unit], *, they: bool = False) -> Analysis:
    """Find the persons in *units* and link every mention to one of them.

    *they* says that ``they`` is one of the pronouns that state a value: after a group it is then not clear
    whether a pronoun, whichever it is, speaks of one of them or of all.
    """
    groups = syntax_groups(units)
    outside = in_the_style_of(units) | named_things(units)
    if groups:
        outside |= {i for first, last in groups if units[first].word == "<" for i in range(first, last)}
    if not any(unit.person or unit.cues for unit in units) and not mentions(units):
        nothing: frozenset[int] = frozenset()
        return Analysis(
            (), {}, {}, outside, tuple(groups), nothing, nothing, peopled=False, shows_minor=False
        )
    roles, heads = resolve_roles(units, outside)
    cast = find_persons(units, roles, heads)
    link_loose_mentions(units, roles, cast)
    pronouns = link_pronouns(units, roles, cast, they=they)
    link_predicates_of_pronouns(units, roles, cast)
    links: dict[int, Link] = {}
    for index, role in enumerate(roles):
        if role is None:
            continue
        if index in pronouns:
            found = pronouns[index]
            links[index] = Link(role, found.person, found.case, found.merged)
        elif index in cast.ambiguous:
            links[index] = Link(role, -1)
        elif index in cast.of_unit:
            again = role is Pos.ADJECTIVE and names_origin_again(units, cast, index)
            alone = index in cast.nounless
            links[index] = Link(role, cast.of_unit[index], merged=again, nounless=alone)
    minors = frozenset(
        person
        for person, heads in enumerate(cast.heads)
        if any(_band_of_head(units[index], roles[index]) is Band.MINOR for index in heads)
    )
    persons, kept = _numbered(units, cast.plural, links, minors)
    peopled = bool(cast.heads) or bool(kept) or _shown(units, outside)
    clothed = origins_of_clothes(units, roles) if peopled else frozenset()
    idle = said_of_things(units, roles) if peopled else frozenset()
    shows_minor = bool(minors) or any(person.band is Band.MINOR for person in persons)
    return Analysis(persons, kept, heads, outside, tuple(groups), clothed, idle, peopled, shows_minor)


def _shown(units: Sequence[Unit], outside: frozenset[int]) -> bool:
    """Whether a cue stands for somebody by itself: a name, an emoji, or what its detector says does."""
    return any(
        cue.term.alone or cue.term.kind in ("name", "emoji")
        for index, unit in enumerate(units)
        if unit.cues and index not in outside
        for cue in unit.cues
    )


def _band_of_head(unit: Unit, role: Pos | None) -> Band:
    """What a noun says; a plain word too (``girl``, where the policy does not name the gender)."""
    if unit.kind is Kind.WORD or role is None:
        return band_of_wording(unit.word)
    mask = mask_at(unit, role)
    return mask.band if mask else _OPEN


def _numbered(
    units: Sequence[Unit], plural: Sequence[bool], links: dict[int, Link], minors: frozenset[int]
) -> tuple[tuple[Person, ...], dict[int, Link]]:
    """Number the persons in text order, leaving out those of whom nothing is mentioned; *links* likewise."""
    masks = {index: mask_at(units[index], link.pos) for index, link in links.items()}
    order: dict[int, int] = {}
    firsts: list[int] = []
    bands: list[set[Band]] = []
    for index, link in links.items():
        if link.person < 0:
            continue
        if link.person not in order:
            order[link.person] = len(order)
            firsts.append(index)
            bands.append({_MINOR} if link.person in minors else set())
        mask = masks[index]
        bands[order[link.person]].add(mask.band if mask else _OPEN)
    persons = tuple(
        Person(first, plural[old], _MINOR if _MINOR in found else _ADULT if _ADULT in found else _OPEN)
        for old, first, found in zip(order, firsts, bands, strict=True)
    )
    kept = {}
    for index, link in links.items():
        mask = masks[index]
        person = order.get(link.person, -1)
        # Some mentions hold only of persons of one band (``little`` of a girl).
        wanted = mask.needs_band if mask else None
        if wanted is None or wanted is (persons[person].band if person >= 0 else _OPEN):
            kept[index] = link if person == link.person else link._replace(person=person)
    return persons, kept


def mask_at(unit: Unit, pos: Pos) -> Mask | None:
    """The mask of *unit* as *pos*."""
    return _MASK[pos](unit)
