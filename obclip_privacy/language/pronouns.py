"""Pronouns: which form a slot takes, and whom it stands for.

``her`` is two forms (``him``, ``his``), ``his`` is two others (``her``, ``hers``): the form of the slot is
read from its context alone, for all values alike, so a mistake makes the same mistake in all candidates.

Whom a pronoun stands for is never decided by gender. One singular person before it: that one. Several, and
none of them has a gender stated otherwise: it does not matter which, the pronouns move together. Else it is
not clear, and all candidates say ``they``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.persons import Cast
from obclip_privacy.language.phrases import REACH, Roles, is_modifier, word_at
from obclip_privacy.language.units import Case, Kind, Unit, mentions

#: A verb, its auxiliaries, adverbs and preposition: no more stands between a subject and its object.
_CLAUSE = 5
#: Nouns for relatives that are adjectives or verbs too.
_KIN = frozenset({"relative", "parent", "partner"})
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
        if _unclear(units, index):
            links[index] = PronounLink(-1, Case.DETERMINER)
            continue
        if not cast.heads and _of_creature(units, index, case):
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


def _of_creature(units: Sequence[Unit], index: int, case: Case) -> bool:
    """``a cat licks her paw``: nobody is named, and an animal or a ship has what animals and ships have.

    What an animal does to itself is its own (``a cat stretching herself``).

    All pronouns of the prompt are then such ones: ``a cat licks her paw as she reads`` tells of somebody.
    """
    others = (at for at, unit in enumerate(units) if at != index and unit.pronoun is not None)
    if case is Case.REFLEXIVE:
        clause = units[max(0, index - _CLAUSE) : index]
        itself = any(unit.word.rpartition(" ")[2] in wordlists.animals() for unit in clause) and all(
            unit.kind is Kind.WORD for unit in clause[1:]
        )
        return itself and next(others, None) is None
    if case is not Case.DETERMINER:
        return False
    return _has_creature(units, index) and all(_has_creature(units, at) for at in others)


def _has_creature(units: Sequence[Unit], index: int) -> bool:
    owned = index + 1
    while owned < len(units) and (is_modifier(units, owned) or units[owned].word in grammar.NUMBERS):
        owned += 1
    known, thing = wordlists.animals(), word_at(units, owned)
    near = units[max(0, index - REACH) : index]
    # A phrase that speaks of nobody (``mother hen``) is one unit.
    names = {unit.word.rpartition(" ")[2] for unit in near}
    if thing in grammar.CREATURE_HOMES and names & grammar.SEXED_ANIMALS:
        return True
    before = word_at(units, index - 2)
    its = word_at(units, index - 1) == "with" and (before in known or before in grammar.BEARERS)
    if its and thing in grammar.CREATURE_LIMBS:
        return True
    if thing not in grammar.CREATURE_PARTS and thing not in known:
        return False
    return bool(names & (grammar.BEARERS | grammar.SEXED_ANIMALS)) or not known.isdisjoint(names)


def case_of(units: Sequence[Unit], roles: Roles, index: int) -> Case:
    """The form of the pronoun at *index*, from what stands around it."""
    mask = units[index].pronoun
    form = Case(mask.form) if mask is not None else Case.SUBJECT
    if form is not Case.OBLIQUE:
        return form
    before, after = word_at(units, index - 1), word_at(units, index + 1)
    following = units[index + 1] if index + 1 < len(units) else None
    if following is None or following.kind in (Kind.PUNCTUATION, Kind.BREAK):
        if following is not None and after == "-" and not following.gap:
            return Case.DETERMINER
        return _final_case(units, index, before)
    counted = before == "of" and word_at(units, index - 2) in grammar.NUMBERS | grammar.QUANTITIES
    if counted and after.endswith("ing"):
        return Case.OBJECT
    if following.kind is Kind.MENTION:
        if following.pronoun is not None:
            return Case.OBJECT
        made = before in grammar.CAUSATIVE or before in grammar.COMPLEMENTED
        said = made and following.adjective is not None and _phrase_ends(units, index + 2)
        return Case.OBJECT if said else Case.DETERMINER
    if before in grammar.CAUSATIVE and after in grammar.BARE_VERBS and not _noun_follows(units, index + 1):
        return Case.OBJECT
    beyond = word_at(units, index + 2)
    if after in grammar.TIME_ADVERBS and _phrase_ends(units, index + 2):
        return Case.OBJECT
    # What a kinship noun is without its value (``helping her relative``, ``parent``) is somebody too.
    kin = following.person and after in _KIN
    described = is_modifier(units, index + 1) and beyond not in grammar.CONJUNCTIONS and not kin
    taking = before in grammar.CAUSATIVE or before in grammar.COMPLEMENTED
    if taking and described and _phrase_ends(units, index + 2):
        return Case.OBJECT
    if (
        before in grammar.HELPING
        and after in wordlists.verbs()
        and not kin
        and _phrase_ends(units, index + 2)
    ):
        return Case.OBJECT
    if before in grammar.CAUSATIVE and (after in grammar.INTENSIFIERS | {"less"} or after.endswith("ed")):
        return Case.OBJECT
    if before in grammar.GIVING and after in grammar.GIVEN_OWN:
        return Case.DETERMINER
    if before in grammar.GIVING and not {"to", "back", "away"} & {
        w.word for w in units[index + 1 : index + 5]
    }:
        return Case.OBJECT
    acting = after in grammar.BARE_VERBS or (after.endswith("ing") and after not in grammar.NOUNS_IN_ING)
    if before in grammar.PERCEPTION and acting:
        return Case.OBJECT if not _noun_follows(units, index + 1) else Case.DETERMINER
    if before in grammar.TRANSFER and (is_modifier(units, index + 1) or after in grammar.DETERMINERS):
        return Case.OBJECT
    if after in grammar.AUXILIARIES and (
        before == "" or before in grammar.CONJUNCTIONS | grammar.SENTENCE_ENDS
    ):
        return Case.POSSESSIVE
    if after in grammar.CONJUNCTIONS:
        return _final_case(units, index, before)
    if after in grammar.AFTER_OBJECT or (after == "next" and word_at(units, index + 2) == "to"):
        return Case.OBJECT
    if after in ("back", "home", "like", "so", "near", "inside", "outside") and (
        before not in grammar.PREPOSITIONS and not _noun_follows(units, index + 1)
    ):
        return Case.OBJECT
    if is_adverb(after):
        return Case.DETERMINER if is_modifier(units, index + 2) else Case.OBJECT
    if before == "of" and word_at(units, index - 2) == "front" and _is_inverted(units, index + 1):
        return Case.OBJECT
    if before in grammar.PLACES - {"of", "with", "at", "to"} and _is_inverted(units, index + 1):
        return Case.OBJECT
    if before in grammar.PLACES and after.endswith("s") and beyond in grammar.DETERMINERS | {"on", "at"}:
        return Case.OBJECT
    return Case.DETERMINER


def _is_inverted(units: Sequence[Unit], index: int) -> bool:
    """``behind her lie two dogs``: the verb comes first, then what it is said of."""
    return word_at(units, index) in grammar.INVERTED and (
        word_at(units, index + 1) in grammar.DETERMINERS | grammar.NUMBERS
    )


def _unclear(units: Sequence[Unit], index: int) -> bool:
    """Whether ``her`` may as well be *him* as *his* (``refused to pay her tips``); it is *their* then."""
    mask = units[index].pronoun
    if mask is None or Case(mask.form) is not Case.OBLIQUE or index + 1 >= len(units):
        return False
    after, before = units[index + 1], word_at(units, index - 1)
    if after.kind is not Kind.WORD:
        return False
    if after.word in grammar.GIVEN_OWN:
        return False
    if before == "giving" and is_modifier(units, index + 1) and not _phrase_ends(units, index + 2):
        return after.word not in grammar.INTENSIFIERS | grammar.NUMBERS
    if before not in grammar.EITHER_OBJECT:
        return False
    return after.word not in grammar.STOPS | grammar.CONJUNCTIONS | grammar.NUMBERS | grammar.TIME_ADVERBS


def _phrase_ends(units: Sequence[Unit], index: int) -> bool:
    """Whether no noun can follow at *index*: the end, punctuation, a determiner or another small word."""
    if index >= len(units) or units[index].kind in (Kind.PUNCTUATION, Kind.BREAK):
        return True
    return units[index].word in grammar.PHRASE_ENDS


def is_adverb(word: str) -> bool:
    """Whether *word* is an adjective with -ly (``tightly``, ``happily``; not ``belly``, ``friendly``)."""
    if len(word) < 5 or not word.endswith("ly"):
        return False
    stem = word[:-2]
    known = wordlists.modifiers()
    return stem in known or stem + "le" in known or (stem.endswith("i") and stem[:-1] + "y" in known)


def _final_case(units: Sequence[Unit], index: int, before: str) -> Case:
    """The form at the end of a phrase: ``is hers``, ``a friend of hers``, else the object."""
    if before in grammar.COPULA:
        return Case.POSSESSIVE
    if before == "of" and word_at(units, index - 2) in grammar.POSSESSED:
        return Case.POSSESSIVE
    return Case.OBJECT


def _noun_follows(units: Sequence[Unit], index: int) -> bool:
    """Whether the word at *index* is followed by one that it could describe (``her dancing shoes``)."""
    if index + 1 >= len(units):
        return False
    unit = units[index + 1]
    return (
        unit.kind is Kind.WORD
        and unit.gap
        and unit.word not in grammar.PHRASE_ENDS
        and not (unit.word.endswith("ly"))
    )


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
