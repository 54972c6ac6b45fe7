"""Pronouns: whom they stand for (:mod:`obclip_privacy.language.pronoun_forms`: in which form).

Whom a pronoun stands for is never decided by gender. One singular person before it: that one. Several, and
none of them has a gender stated otherwise: it does not matter which, the pronouns move together. Else it is
not clear, and all candidates say ``they``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language import grammar
from obclip_privacy.language.creatures import is_of_creature
from obclip_privacy.language.persons import Cast
from obclip_privacy.language.phrases import REACH, Roles, is_modifier, word_at
from obclip_privacy.language.pronoun_forms import case_of, is_unclear
from obclip_privacy.language.units import Case, Kind, Unit, mentions

#: A verb, its auxiliaries, adverbs and preposition: no more stands between a subject and its object.
_CLAUSE = 5
#: Between a pronoun and what somebody is.
_SAID_TO_BE = frozenset({"is", "was", "are", "were", "been", "has", "have", "'", "s", "re", "ve"})
#: What does not stand between them.
_NEW_CLAUSE = grammar.DETERMINERS | grammar.CONJUNCTIONS | grammar.RELATIVES


class PronounLink(NamedTuple):
    """Form and person of a pronoun; ``-1`` where the person is not clear."""

    person: int
    case: Case
    merged: bool = False


def link_pronouns(
    units: Sequence[Unit], roles: Roles, cast: Cast, *, they: bool = False
) -> dict[int, PronounLink]:
    """The links of all pronouns; may add persons that only pronouns speak of.

    *they*: see :func:`~obclip_privacy.language.analysis.analyse`.
    """
    links: dict[int, PronounLink] = {}
    shared: int | None = None
    for index in mentions(units):
        if roles[index] is not Pos.PRONOUN:
            continue
        either = _either(units, roles, index)
        case = case_of(units, roles, index + 2 if either > 0 else index)
        if either:
            links[index] = PronounLink(-1, case, merged=either < 0)
            continue
        if is_unclear(units, index):
            links[index] = PronounLink(-1, Case.DETERMINER)
            continue
        if is_of_creature(units, index, case, cast.heads):
            roles[index] = None
            continue
        person = _antecedent(units, roles, cast, links, index, case, shared)
        described = _described_after(units, roles, cast, index, case)
        if described is not None and person is not None:
            person = cast.join(person, described) if person >= 0 else described
        if they and person == -1 and _only_groups(cast, index):
            person = None
        if person is not None and person < 0:
            person = cast.add(plural=False)
            cast.name(person, index)
            cast.gendered[person] = True
        if person is None:
            links[index] = PronounLink(-1, case)
            continue
        if not cast.gendered[person] and len(cast.before(index)) > 1:
            shared = person if shared is None else shared
        cast.of_unit[index] = person
        links[index] = PronounLink(person, case)
    return links


def _either(units: Sequence[Unit], roles: Roles, index: int) -> int:
    """1 for the first and -1 for the second half of ``his or her``, 0 otherwise."""
    for step in (1, -1):
        other = index + 2 * step
        if (
            0 <= other < len(units)
            and roles[other] is Pos.PRONOUN
            and word_at(units, index + step) in grammar.EITHER
        ):
            return step
    return 0


def _antecedent(
    units: Sequence[Unit],
    roles: Roles,
    cast: Cast,
    links: dict[int, PronounLink],
    index: int,
    case: Case,
    shared: int | None,
) -> int | None:
    """The person; ``-1`` for somebody who is mentioned by pronouns only, ``None`` if it is not clear."""
    singular = [person for person in cast.before(index) if not cast.plural[person]]
    if case is Case.DETERMINER and index + 1 < len(units):
        # ``her husband``: whoever she is, she is not her husband; nouns after the pronoun are not before it.
        singular = [person for person in singular if min(cast.heads[person]) < index]
    if case is Case.OBJECT and len(singular) == 1 and _acts_on(units, cast, singular[0], index):
        return -1
    if not singular:
        return _cataphor(units, cast, index, case)
    if len(singular) == 1:
        return singular[0]
    attached = _attached(units, roles, cast, singular, index, case)
    if attached is not None:
        return attached
    if any(cast.gendered[person] for person in singular):
        return None
    return shared if shared is not None else singular[-1]


def _described_after(units: Sequence[Unit], roles: Roles, cast: Cast, index: int, case: Case) -> int | None:
    """The person that the pronoun is said to be, and whom no noun named before: ``she is an actress``."""
    if case is not Case.SUBJECT:
        return None
    at = index + 1
    while word_at(units, at) in _SAID_TO_BE:
        at += 1
    if at == index + 1 or word_at(units, at) not in grammar.ARTICLES:
        return None
    for head in range(at + 1, min(len(units), at + 1 + REACH)):
        person = cast.of_unit.get(head, -1)
        if person >= 0 and cast.heads[person] == (head,):
            return None if cast.plural[person] else person
        if units[head].kind in (Kind.PUNCTUATION, Kind.BREAK) or units[head].word in grammar.PHRASE_ENDS:
            return None
    return None


def _only_groups(cast: Cast, index: int) -> bool:
    before = cast.before(index)
    return bool(before) and all(cast.plural[person] for person in before)


def _acts_on(units: Sequence[Unit], cast: Cast, person: int, index: int) -> bool:
    """Whether the person is the subject of the verb whose object the pronoun is: then it is somebody else.

    ``a man hugs her``, ``she looks at him``; but not ``a man with a dog that licks him``, nor ``a woman looks
    behind her``.
    """
    verb = index - 1
    if word_at(units, verb) in grammar.OBJECT_PREPOSITIONS:
        verb -= 1
    word = word_at(units, verb)
    if not word or word in grammar.PHRASE_ENDS or units[verb].kind is not Kind.WORD:
        return False
    between = units[cast.last_head(person, index) + 1 : index]
    return len(between) <= _CLAUSE and not any(
        unit.kind is not Kind.WORD or unit.word in _NEW_CLAUSE for unit in between
    )


def _cataphor(units: Sequence[Unit], cast: Cast, index: int, case: Case) -> int:
    """``In her hand, the woman ...``: a possessive in an opening phrase is that of the person after it."""
    if case is not Case.DETERMINER:
        return -1
    opening = index
    while opening > 0 and word_at(units, opening - 1) in grammar.PREPOSITIONS:
        opening -= 1
    if opening > 0 and word_at(units, opening - 1) not in grammar.SENTENCE_ENDS | {"\n", ","}:
        return _carried_in(units, cast, index, opening)
    return _after_comma(units, cast, index)


def _carried_in(units: Sequence[Unit], cast: Cast, index: int, opening: int) -> int:
    """``With a sword in her hand, the knight ...``: a noun stands between the preposition and the phrase."""
    at = opening - 1
    while at > 0 and opening - at < _CLAUSE and word_at(units, at) not in grammar.PREPOSITIONS:
        if units[at].kind is not Kind.WORD or units[at].person:
            return -1
        at -= 1
    starts = at == 0 or word_at(units, at - 1) in grammar.SENTENCE_ENDS
    if not starts or word_at(units, at) not in grammar.PREPOSITIONS:
        return -1
    return _after_comma(units, cast, index)


def _after_comma(units: Sequence[Unit], cast: Cast, index: int) -> int:
    """The first person named after the comma that ends the phrase, if none is named before it."""
    after = sorted(
        (head, person) for person, heads in enumerate(cast.heads) for head in heads if head > index
    )
    if not after:
        return -1
    head, person = after[0]
    for at in range(index + 1, min(index + 12, head)):
        if word_at(units, at) == "," and word_at(units, at + 1) in ("a", "an", "the") and head <= at + 5:
            return person
    return -1


def _attached(
    units: Sequence[Unit], roles: Roles, cast: Cast, singular: Sequence[int], index: int, case: Case
) -> int | None:
    """The person directly before ``with her ...``, if no other could own it as well."""
    if case not in (Case.DETERMINER, Case.REFLEXIVE):
        return None
    nearest = singular[-1]
    head = cast.last_head(nearest, index)
    between = units[head + 1 : index]
    if not 1 <= len(between) <= 3 or any(unit.kind is not Kind.WORD for unit in between):
        return None
    first = between[0].word
    attaching = first in ("with", "holding", "wearing", "raising", "carrying", "and", "on", "showing")
    if not attaching or first == "and":
        return None
    at = head - 1
    while at >= 0 and (
        (units[at].kind is Kind.MENTION and units[at].adjective is not None) or is_modifier(units, at)
    ):
        at -= 1
    coordinated = word_at(units, at) in ("and", "&", ",") or word_at(units, at - 1) in ("and", "&", ",")
    return None if coordinated else nearest
