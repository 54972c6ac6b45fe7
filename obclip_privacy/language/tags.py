"""Adjectives and phrases that do not stand before their noun.

After a form of *be* (``the woman is old``), in a list of tags (``woman, asian, solo``), after the noun
(``aged 70``, ``in her thirties``, ``with dark skin``), and in ``of Asian descent``. The nearest person before
is meant, else the nearest one after.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.bare_ages import is_bare_age, may_be, of_somebody, person_of_age, subject_of_age
from obclip_privacy.language.persons import Cast
from obclip_privacy.language.phrases import Roles, closes, follows_of, is_modifier, opens, word_at
from obclip_privacy.language.shared_nouns import is_one_of_several, shares_noun
from obclip_privacy.language.units import Unit, mentions

#: How far before a phrase its person may be, in units.
REACH = 40
#: Classes of the number of a birthday.
_BIRTHDAYS = frozenset({"age.ordinal", "age.minor_ordinal"})
#: How far after it *for* may stand, and after that whom it is for.
_GIVEN_REACH = 5
#: What may stand between somebody and the form of *be*.
_BEFORE_BE = grammar.AUXILIARIES | grammar.RELATIVES | {"also"}


def link_loose_mentions(units: Sequence[Unit], roles: Roles, cast: Cast) -> None:
    """Give roles and persons to the mentions that have none yet, where they describe a person."""
    for index in mentions(units):
        if roles[index] is not None:
            continue
        unit = units[index]
        if is_bare_age(unit):
            _link(roles, cast, index, Pos.PHRASE, person_of_age(units, roles, cast, index))
        elif unit.phrase is not None:
            celebrated = unit.phrase.classes[0] in _BIRTHDAYS
            person = (_celebrated if celebrated else _person_near)(units, cast, index)
            if celebrated and person is not None and not may_be(units, roles, cast, person, index):
                continue
            if person is None and _is_skin_of_somebody(units, index):
                person = cast.add(plural=True)
                cast.name(person, index)
            _link(roles, cast, index, Pos.PHRASE, person)
        elif unit.adjective is not None:
            person = _predicate_of(units, roles, cast, index)
            if person is None and _tells_origin(units, index):
                person = _person_near(units, cast, index)
            if person is None and is_one_of_several(units, index):
                # No pronoun stands for one of them: where the next is left out, it would be another's.
                person = cast.add(plural=True)
                cast.name(person, index)
            if person is None and unit.adjective.classes[0] in grammar.YEARS:
                # ``a barber 40yo``
                person = cast.of_unit.get(index - 1)
            if person is None and shares_noun(units, roles, index):
                # Likewise: ``an Asian and a Black student`` are two, of whom the first has no noun.
                person = cast.add(plural=True)
                cast.name(person, index)
                cast.nounless.add(index)
            if person is None and unit.weak and _colours_person(units, cast, index):
                person = cast.of_unit[index - 2]
            if person is None and not unit.weak and _is_tag(units, roles, index):
                person = _tagged(units, cast, index)
                if person is None and unit.noun is not None and not _is_of_animal(units, index):
                    _add_noun(units, roles, cast, index)
                    continue
            _link(roles, cast, index, Pos.ADJECTIVE, person)


def _is_skin_of_somebody(units: Sequence[Unit], index: int) -> bool:
    """``pale skin, short hair``: tags that describe somebody whom no tag names."""
    phrase = units[index].phrase
    if phrase is None or phrase.attributes != ("skin_tone",):
        return False
    if not opens(units, index) or not closes(units, index + 2):
        return False
    words = {unit.word for unit in units}
    return not words.isdisjoint(grammar.HUMAN_TAGS) and words.isdisjoint(wordlists.animals())


def link_predicates_of_pronouns(units: Sequence[Unit], roles: Roles, cast: Cast) -> None:
    """``she is young``: what is said of somebody of whom only pronouns speak."""
    if Pos.PRONOUN not in roles:
        return
    for index, unit in enumerate(units):
        if roles[index] is not None:
            continue
        if unit.phrase is not None:
            _link_phrase_to_pronoun(units, roles, cast, index)
        if unit.adjective is None:
            continue
        subject = _said_of(units, roles, index)
        if subject is None or roles[subject] is not Pos.PRONOUN:
            continue
        verb = word_at(units, subject + 1)
        if not unit.weak or verb == "'" or verb in grammar.COPULA:
            _link(roles, cast, index, Pos.ADJECTIVE, cast.of_unit.get(subject))


def _link_phrase_to_pronoun(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> None:
    """``she is six``; ``he is in his forties``, where the nearest pronoun before is meant."""
    if is_bare_age(units[index]):
        subject = subject_of_age(units, roles, index)
    else:
        subject = next((at for at in reversed(range(index)) if roles[at] is Pos.PRONOUN), None)
        if subject is None and index == 0 and len(units) > 1 and roles[1] is Pos.PRONOUN:
            subject = 1  # ``By the age of forty she owned a ship``
    if subject is None:
        return
    person = cast.of_unit.get(subject, -1)
    if not may_be(units, roles, cast, person, index):
        person = of_somebody(cast, index)
    _link(roles, cast, index, Pos.PHRASE, person)


def _tells_origin(units: Sequence[Unit], index: int) -> bool:
    """``of Indian descent``, ``Asian features``; ``background`` and ``blood`` only after *of*.

    Of several joined by *and* (``of German and Turkish descent``) the last stands before the noun.
    """
    at = index
    while word_at(units, at + 1) in grammar.ORIGIN_JOINERS and at + 2 < min(len(units), index + REACH):
        if units[at + 2].adjective is None:
            return False
        at += 2
    after = word_at(units, at + 1)
    if after in grammar.ORIGIN_NOUNS_AFTER_OF:
        return follows_of(units, index)
    return after in grammar.ORIGIN_NOUNS


def names_origin_again(units: Sequence[Unit], cast: Cast, index: int) -> bool:
    """Whether the adjective is the second of ``German and Turkish``: of one person one origin is written."""
    if index <= 1 or word_at(units, index - 1) not in grammar.ORIGIN_JOINERS - {","}:
        return False
    one, other = units[index - 2].adjective, units[index].adjective
    same = one is not None and one == other and one.attributes == ("ethnicity",)
    return same and cast.of_unit.get(index - 2, -1) == cast.of_unit[index] >= 0


def _is_of_animal(units: Sequence[Unit], index: int) -> bool:
    """``a puppy, 8 weeks old``: an age in figures after an animal."""
    mask = units[index].adjective
    in_figures = mask is not None and mask.classes[0] in grammar.YEARS
    return in_figures and any(unit.word in wordlists.animals() for unit in units[:index])


def _link(roles: Roles, cast: Cast, index: int, role: Pos, person: int | None) -> None:
    if person is not None:
        roles[index] = role
        cast.of_unit[index] = person


def _add_noun(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> None:
    """A tag that is the only word for its person (``male, solo``)."""
    roles[index] = Pos.NOUN
    person = cast.add(plural=False)
    cast.name(person, index)
    cast.of_unit[index] = person
    noun = units[index].noun
    cast.gendered[person] = noun is not None and "gender" in noun.attributes


def _person_near(units: Sequence[Unit], cast: Cast, index: int) -> int | None:
    """The nearest person before, within reach and in the same line; else the first one after."""
    before = cast.before(index)
    if before and index - cast.last_head(before[-1], index) <= REACH:
        return before[-1]
    after = [
        (head, person)
        for person, heads in enumerate(cast.heads)
        for head in heads
        if index < head <= index + REACH
    ]
    return min(after)[1] if after else None


def _celebrated(units: Sequence[Unit], cast: Cast, index: int) -> int | None:
    """Whose birthday it is: that of the nearest person before, or of whom it is *for*."""
    before = cast.before(index)
    if before and index - cast.last_head(before[-1], index) <= REACH:
        return before[-1]
    given = next((at for at in range(index + 1, index + _GIVEN_REACH) if word_at(units, at) == "for"), None)
    if given is None:
        return None
    near = range(given + 1, given + _GIVEN_REACH)
    return next((cast.of_unit[at] for at in near if cast.of_unit.get(at, -1) >= 0), None)


def _predicate_of(units: Sequence[Unit], roles: Roles, cast: Cast, index: int) -> int | None:
    """The person of whom the adjective is said with a form of *be*; pronouns have their own persons later."""
    at = _said_of(units, roles, index)
    if at is None:
        return None
    while word_at(units, at) in _BEFORE_BE:
        at -= 1
    if at in cast.of_unit and cast.of_unit[at] >= 0:
        return cast.of_unit[at]
    if at >= 0 and roles[at] is Pos.PRONOUN:
        before = cast.before(at)
        return before[0] if len(before) == 1 else None
    return None


def _said_of(units: Sequence[Unit], roles: Roles, index: int) -> int | None:
    """Index of what stands before the verb with which the adjective at *index* is said of it, or ``None``.

    Further adjectives may stand between (``she looks tired and old``), and the verb may be contracted.
    """
    at = index - 1
    while at >= 0:
        if word_at(units, at) in grammar.INTENSIFIERS or word_at(units, at) in grammar.DEGREES:
            at -= 1
        elif (
            word_at(units, at) in grammar.JOINERS_OF_ADJECTIVES
            and at > 0
            and _is_adjective(units, roles, at - 1)
        ):
            at -= 2
        else:
            break
    if word_at(units, at) in grammar.CONTRACTED_BE and word_at(units, at - 1) == "'":
        # "the woman's old dog" is another thing
        at -= 1
        return at - 1 if at > 0 and units[at - 1].pronoun is not None else None
    if at > 0 and closes(units, index + 1) and roles[at] in (Pos.PRONOUN, Pos.NOUN):
        # ``make her old``, ``make the lady old``
        before = at - 2 if word_at(units, at - 1) in grammar.DETERMINERS else at - 1
        return at if word_at(units, before) in grammar.CAUSATIVE else None
    return at - 1 if at > 0 and word_at(units, at) in grammar.SAYS_OF else None


def _is_adjective(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    said = roles[index] in (Pos.ADJECTIVE, Pos.PHRASE) or units[index].adjective is not None
    return said or is_modifier(units, index)


def _is_tag(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    """Whether the adjective makes a whole segment, alone or with other adjectives (``old and smiling``)."""
    first, last = index, index + 1
    while first > 0 and not opens(units, first):
        if word_at(units, first - 1) == "not":
            first -= 1
            continue
        step = 2 if word_at(units, first - 1) in grammar.LIST_JOINERS else 1
        if first < step or not (units[first - step].adjective or is_modifier(units, first - step)):
            return False
        first -= step
    while not closes(units, last):
        step = 2 if units[last].word in grammar.LIST_JOINERS else 1
        if last + step > len(units) or not (
            units[last + step - 1].adjective or (step > 1 and is_modifier(units, last + 1))
        ):
            return False
        last += step
    return True


def _colours_person(units: Sequence[Unit], cast: Cast, index: int) -> bool:
    """``woman, black, solo``: a plain colour that makes a tag right after a person, and no row of colours."""
    if word_at(units, index - 1) != "," or not closes(units, index + 1):
        return False
    person = cast.of_unit.get(index - 2, -1)
    # ``middle-aged, white, male``: between two tags of one person
    between = (
        index + 2 in cast.heads[person] and units[index + 2].adjective is not None if person >= 0 else False
    )
    if person < 0 or not (between or index - 2 in cast.heads[person]):
        return False
    return index + 2 >= len(units) or not units[index + 2].weak


def _tagged(units: Sequence[Unit], cast: Cast, index: int) -> int | None:
    """The person that a tag describes: the nearest before, else the nearest after."""
    before = cast.before(index)
    if before:
        return before[-1]
    after = [(head, person) for person, heads in enumerate(cast.heads) for head in heads if head > index]
    return min(after)[1] if after else None
