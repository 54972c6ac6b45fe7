"""The form of a pronoun's slot, from what stands around it.

``her`` is two forms (``him``, ``his``), ``his`` is two others (``her``, ``hers``): the form of the slot is
read from its context alone, for all values alike, so a mistake makes the same mistake in all candidates.
Where words do not tell (``refused to pay her tips``) it is *their*.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.phrases import Roles, is_modifier, word_at
from obclip_privacy.language.units import Case, Kind, Unit

#: Nouns for relatives that are adjectives or verbs too.
_KIN = frozenset({"relative", "parent", "partner"})


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
    does = after.endswith("s") and after[:-1] in wordlists.verbs() and beyond in grammar.DETERMINERS
    if _is_of_several(units, index) and (does or after in grammar.AFTER_OBJECT):
        return Case.POSSESSIVE  # a friend of hers plays the cello
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
        before not in grammar.PREPOSITIONS | grammar.CONJUNCTIONS | {","}
        and not _noun_follows(units, index + 1)
    ):
        return Case.OBJECT
    if is_adverb(after):
        return Case.DETERMINER if is_modifier(units, index + 2) else Case.OBJECT
    if before == "of" and word_at(units, index - 2) == "front" and _is_inverted(units, index + 1):
        return Case.OBJECT
    if before in grammar.PLACES - {"of", "with", "at", "to"} and _is_inverted(units, index + 1):
        return Case.OBJECT
    said = after in grammar.SAID_AFTER_PLACE and beyond in grammar.DETERMINERS | {"on", "at"}
    ends = after in grammar.SAID_AFTER_PLACE and _phrase_ends(units, index + 2)
    if (before in grammar.PLACES and said) or (before in ("behind", "beside", "around", "above") and ends):
        return Case.OBJECT
    return Case.DETERMINER


def _is_inverted(units: Sequence[Unit], index: int) -> bool:
    """``behind her lie two dogs``: the verb comes first, then what it is said of."""
    return word_at(units, index) in grammar.INVERTED and (
        word_at(units, index + 1) in grammar.DETERMINERS | grammar.NUMBERS
    )


def is_unclear(units: Sequence[Unit], index: int) -> bool:
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
    return Case.POSSESSIVE if _is_of_several(units, index) else Case.OBJECT


def _is_of_several(units: Sequence[Unit], index: int) -> bool:
    """``a friend of hers``: one of those whom somebody has."""
    return word_at(units, index - 1) == "of" and word_at(units, index - 2) in grammar.POSSESSED


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
