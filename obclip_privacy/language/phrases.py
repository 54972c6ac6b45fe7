"""Noun phrases: which noun an adjective describes, and whether that noun is a person.

An adjective looks to its right over other modifiers until it meets a noun; it is a mention if that noun is
a person (``a young, smiling Asian tennis player``; not ``a black dress``). Measured on captions, this does as
well as a parser; what matters is that the list of persons holds words whose *dominant* sense is a person.

All functions here take masked units. An index is a position in the list of units.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import CuePos, CueTerm, Pos
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.nouns import is_noun, is_title
from obclip_privacy.language.things import heads_thing, is_attribute, is_for_readers
from obclip_privacy.language.units import CueSense, Kind, Mask, Roles, Unit, mentions
from obclip_privacy.language.words import REACH, closes, closes_phrase, is_modifier, opens, word_at

__all__ = [
    "CLOTHED",
    "REACH",
    "Roles",
    "choose_cue",
    "closes",
    "closes_phrase",
    "follows_of",
    "in_the_style_of",
    "is_modifier",
    "is_person_word",
    "opens",
    "resolve_roles",
    "word_at",
]

#: Units of a compound, its person included.
_COMPOUND = 4

_DETERMINED = grammar.DETERMINERS | grammar.NUMBERS
_BEFORE_VERBS = (grammar.AUXILIARIES - grammar.BE) | {"to"}

#: What an adjective of origin is before clothes that somebody wears.
CLOTHED = CueSense(CueTerm(("",), CuePos.ADJECTIVE, "ethnicity", "dress", "clothing tied to an ethnicity"), 0)
_CUE_ORDER = {CuePos.MODIFIER: 0, CuePos.ADJECTIVE: 1, CuePos.NOUN: 2}


def is_person_word(units: Sequence[Unit], index: int) -> bool:
    """Whether the word at *index* is a noun for a person, in its place.

    A word that can be a verb is taken for one after a subject pronoun, after ``to`` and auxiliaries, and
    between a person and a determiner (``a man guards the door``). A thing that follows is what the two are
    (``a fighter jet``).
    """
    unit = units[index]
    if not unit.person or (unit.cues and choose_cue(units, index).term.pos is not CuePos.NOUN):
        return False
    single = not unit.word.endswith("s") and unit.word not in grammar.PLURAL_PERSONS
    if single and (is_attribute(units, index) or _before_animal(units, index)):
        return False
    if unit.word in ("adult", "adults") and is_for_readers(units, index):
        return False
    before = units[index - 1] if index else None
    if before is None:
        return True
    if before.word in _BEFORE_VERBS:
        return False
    if before.pronoun is not None and before.pronoun.form == 0:
        return False
    after = word_at(units, index + 1)
    subject = (
        before.is_noun
        or before.person
        or before.word in grammar.BEARERS
        or before.word in wordlists.animals()
    )
    object_follows = after in grammar.DETERMINERS or (
        index + 1 < len(units) and units[index + 1].pronoun is not None
    )
    return not (subject and unit.word.endswith("s") and object_follows)


def _before_animal(units: Sequence[Unit], index: int) -> bool:
    """``a giant hornet``, ``a soldier beetle``; a plural may be a verb (``a nurse pets a dog``)."""
    following = word_at(units, index + 1)
    return following in wordlists.animals() and not following.endswith("s")


def choose_cue(units: Sequence[Unit], index: int) -> CueSense:
    """The cue that the unit is here, of those that its surface can be (``blonde``: adjective or noun).

    A mention that is none of a person is a cue as part of somebody's clothes (``Scottish attire``).
    """
    unit = units[index]
    if not unit.cues:
        return CLOTHED
    found = sorted(unit.cues, key=lambda cue: (_CUE_ORDER[cue.term.pos], cue.term.attribute))
    nouns = [cue for cue in found if cue.term.pos is CuePos.NOUN]
    if nouns and len(found) > len(nouns) and found[0].term.pos is CuePos.ADJECTIVE:
        alone = closes_phrase(units, index + 1) and word_at(units, index + 1) not in ("one", "ones")
        determined = word_at(units, index - 1) in _DETERMINED or (
            index > 0 and (units[index - 1].adjective is not None or is_modifier(units, index - 1))
        )
        if alone and determined:
            return nouns[0]
    return found[0]


def cues_alike(units: Sequence[Unit], index: int) -> tuple[CueSense, ...]:
    """What the unit reveals as the cue that it is here: of several attributes, if lexicons differ."""
    chosen = choose_cue(units, index)
    alike = {
        (cue.term.attribute, cue.term.kind): cue
        for cue in reversed(units[index].cues)
        if cue.term.pos is chosen.term.pos
    }
    return tuple(alike[key] for key in sorted(alike)) or (chosen,)


def follows_of(units: Sequence[Unit], index: int) -> bool:
    """Whether ``of``, or ``from a``, stands before *index* and the modifiers before it."""
    at = index - 1
    while at > 0 and (is_modifier(units, at) or units[at].adjective is not None):
        at -= 1
    before = word_at(units, at)
    return before == "of" or (before in ("a", "an") and word_at(units, at - 1) == "from")


def resolve_roles(units: Sequence[Unit], outside: frozenset[int]) -> tuple[Roles, dict[int, int]]:
    """Roles of all mentions but those in *outside*, and for adjectives before a noun the index of that noun.

    A mention without a role is either none (``black`` of a dress) or is settled later: adjectives after a
    verb and in lists of tags need to know the persons.
    """
    roles: Roles = [None] * len(units)
    heads: dict[int, int] = {}
    for index in reversed(mentions(units)):
        unit = units[index]
        if index in outside:
            continue
        if unit.pronoun is not None:
            roles[index] = Pos.PRONOUN
            continue
        if unit.title is not None and is_title(units, index):
            roles[index] = Pos.TITLE
            continue
        describing = unit.adjective or (unit.phrase if _may_precede(units, index) else None)
        if describing is not None:
            head = _head(units, roles, heads, index, describing)
            if head is not None:
                roles[index] = describing.pos
                heads[index] = head
                continue
        if unit.noun is not None and is_noun(units, roles, index, unit.noun, unit.adjective is not None):
            roles[index] = Pos.NOUN
    return roles, heads


def in_the_style_of(units: Sequence[Unit]) -> frozenset[int]:
    """Units that name an artist or a school after ``style of``: nobody who is in the picture."""
    found: set[int] = set()
    for index in [index for index, unit in enumerate(units) if unit.word == "of"]:
        if word_at(units, index - 1) in ("style", "manner"):
            at = index + 1
            while not closes(units, at) and at < index - 1 + REACH:
                found.add(at)
                at += 1
    return frozenset(found)


def _may_precede(units: Sequence[Unit], index: int) -> bool:
    """Whether a phrase may also stand before its noun: ``70 years old man``, not ``aged 70 and old men``."""
    mask = units[index].phrase
    owned = index > 0 and units[index - 1].pronoun is not None
    joined = word_at(units, index + 1) in grammar.LIST_JOINERS
    return mask is not None and mask.attributes == ("age",) and not owned and not joined


def _head(units: Sequence[Unit], roles: Roles, heads: dict[int, int], index: int, mask: Mask) -> int | None:
    """The person noun that the adjective at *index* describes, or ``None``."""
    attribute = mask.attributes[0]
    at = index + 1
    if units[index].weak and at < len(units) and units[at].word in grammar.COLOURED:
        return None
    joined = False
    if word_at(units, at) == "-" and at + 1 < len(units) and not units[at].gap:
        # ``brown-haired`` is hair; ``Asian-looking man`` and ``old-man`` are persons.
        if word_at(units, at + 1) in grammar.DESCRIPTIVE_SUFFIXES:
            at += 2
        elif units[at + 1].kind is Kind.MENTION:
            at += 1
        else:
            return None
    while at < min(len(units), index + REACH):
        unit = units[at]
        if unit.kind is Kind.MENTION:
            if roles[at] in (Pos.NOUN, Pos.TITLE):
                return _clothed(units, at, attribute)
            if at in heads:
                return heads[at]
            if unit.adjective is None:
                return None
            at += 1
        elif unit.kind is Kind.BREAK:
            return None
        elif unit.word in (",", "and", "or", "&", "/", "-"):
            if unit.word != "-" and not _describes(units, roles, at + 1, joined):
                return None
            if unit.word == "-" and (unit.gap or not _goes_on(units, roles, at + 1, units[index].weak)):
                return None
            joined = True
            at += 1
        elif (is_person_word(units, at) and unit.word not in grammar.STOPS) or _ends_compound(units, at):
            return _clothed(units, at, attribute)
        elif unit.word in (grammar.PERSON_PARTS if attribute == "gender" else grammar.AGEING_PARTS):
            return at if attribute in ("gender", "age") else None
        elif _goes_on(units, roles, at, units[index].weak):
            at += 1
        else:
            return None
    return None


def _describes(units: Sequence[Unit], roles: Roles, index: int, joined: bool) -> bool:
    """Whether an adjective follows a comma or a conjunction: ``young, tall man``, not ``old, a man``."""
    if index >= len(units):
        return False
    unit = units[index]
    if unit.kind is Kind.MENTION:
        return unit.adjective is not None and roles[index] is not Pos.NOUN
    if is_person_word(units, index):
        return False
    return is_modifier(units, index)


def _goes_on(units: Sequence[Unit], roles: Roles, index: int, weak: bool) -> bool:
    """Whether an adjective may look past the word at *index*; a colour past less than others."""
    return is_modifier(units, index) or _makes_compound(units, roles, index, weak)


def _makes_compound(units: Sequence[Unit], roles: Roles, index: int, weak: bool) -> bool:
    """Whether the word is the first of a compound that ends in a person: ``hip hop dancer``.

    A compound is what its last noun is, whatever the others are (``tea picker``, ``street food vendor``),
    unless a noun for a thing follows in turn (``football player card``). A plain colour is said of a person
    only before activities: ``a black motorcycle rider`` may well speak of the motorcycle.
    """
    for at in range(index, min(index + _COMPOUND, len(units))):
        unit = units[at]
        if at > index and _ends_compound(units, at):
            return True
        if at > index and (roles[at] is Pos.NOUN or is_person_word(units, at)):
            return unit.kind is Kind.MENTION or not heads_thing(units, at + 1)
        if unit.kind is not Kind.WORD or not unit.word.isalpha() or unit.word in grammar.STOPS:
            return False
        if unit.word in wordlists.activities():
            continue
        plural = unit.word.endswith("s") and not unit.word.endswith(("ss", "us", "is"))
        if weak or plural or unit.word in grammar.CONJUNCTIONS or (at > index and not unit.gap):
            return False
    return False


def _ends_compound(units: Sequence[Unit], index: int) -> bool:
    """Whether the word names a person because of the activity before it (``rugby fan``)."""
    named = word_at(units, index) in grammar.COMPOUND_PERSONS
    return named and word_at(units, index - 1) in wordlists.activities() and closes_phrase(units, index + 1)


def _clothed(units: Sequence[Unit], index: int, attribute: str) -> int | None:
    """*index*, unless the adjective belongs to what the person wears: ``a white chef's jacket``."""
    if attribute == "ethnicity" and word_at(units, index + 1) == "'":
        owned = index + 3 if word_at(units, index + 2) == "s" else index + 2
        if word_at(units, owned) in grammar.CLOTHES:
            return None
    return index
