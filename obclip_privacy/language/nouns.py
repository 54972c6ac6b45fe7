"""Which mentions that can be nouns are nouns of somebody, and which words before a name are titles.

A noun that describes a thing, or is the name of one, is no mention; one that can be an adjective as well is a
noun only where nothing follows that it could describe.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import Band
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.genitives import describes_thing, says_only_sex
from obclip_privacy.language.shared_nouns import is_one_of_several, shares_animal, shares_noun, shares_thing
from obclip_privacy.language.things import (
    begins_foreign_word,
    compares,
    describes_animal,
    heads_thing,
    is_animal,
    is_attribute,
    is_for_readers,
    is_for_several,
    is_game_piece,
    is_kin_of_animal,
    is_made_for,
    is_measure,
    is_of_both,
    is_of_thing,
    is_plant,
    is_product,
    is_thing_word,
)
from obclip_privacy.language.units import Case, Kind, Mask, Roles, Unit
from obclip_privacy.language.words import REACH, closes, closes_phrase, is_modifier, opens, word_at

_DETERMINED = grammar.DETERMINERS | grammar.NUMBERS
#: Forms of pronouns that may stand before a noun (``her infant``).
_OWNING = frozenset({int(Case.DETERMINER), int(Case.OBLIQUE)})

#: Things that are called after what is done in them, or with them.
_USED = frozenset(
    [
        "room",
        "rooms",
        "table",
        "tables",
        "hall",
        "halls",
        "area",
        "space",
        "boat",
        "boats",
        "pool",
        "pools",
        "machine",
        "machines",
    ]
)
#: Things that end like what somebody does.
_FITTINGS = frozenset({"coupling", "fitting", "housing", "bushing", "plumbing"})


def is_title(units: Sequence[Unit], index: int) -> bool:
    """Whether the mention, which can be a title, stands before a name."""
    after = index + 1
    if word_at(units, after) == ".":
        after += 1
    if word_at(units, after) in grammar.LIST_JOINERS and after + 1 < len(units):
        return units[after + 1].title is not None
    if after >= len(units):
        return False
    # Some surnames are words of the vocabulary (Ms. Black): whether they are capital must not be asked.
    return units[after].adjective is not None or (units[after].kind is Kind.WORD and units[after].capital)


def is_noun(units: Sequence[Unit], roles: Roles, index: int, mask: Mask, ambiguous: bool) -> bool:
    """Whether a mention that can be a noun is one here; *ambiguous* if it can be an adjective as well."""
    following = word_at(units, index + 1)
    if is_animal(units, index, mask):
        return False
    if mask.classes == ("age.plus",):
        return True
    if _names_nobody(units, index, mask):
        return False
    if not ambiguous or (mask.plural and (mask.attributes != ("age",) or mask.classes[0] in grammar.YEARS)):
        return True
    if following in grammar.CONJUNCTIONS and (
        shares_thing(units, roles, index) or shares_animal(units, index)
    ):
        return False
    if is_one_of_several(units, index) or word_at(units, index - 1) in grammar.INTENSIFIERS:
        return False
    if shares_noun(units, roles, index):
        return False
    # An adjective that found no noun of its own: a noun only where nothing follows that it could describe,
    # and after a determiner or at the start (``an Asian``, ``two male dancers`` has a noun, ``male, solo``).
    at = index - 1
    while at >= max(0, index - REACH) and (units[at].adjective is not None or is_modifier(units, at)):
        hyphened = word_at(units, at - 1) == "-" and not units[at].gap and at > 1
        at -= 3 if hyphened else 1  # ``curly-haired female``
    pronoun = units[at].pronoun if at >= 0 else None
    owned = pronoun is not None and pronoun.form in _OWNING
    determined = owned or word_at(units, at) in _DETERMINED or word_at(units, at).isdigit()
    gendered = mask.attributes == ("gender",)
    described = at < index - 1 and opens(units, at + 1)
    alone = gendered and opens(units, index)
    if not determined and not described and not alone and not mask.plural:
        return False
    ends = (
        closes(units, index + 1)
        or following in grammar.PHRASE_ENDS | grammar.PREDICATES | grammar.TIME_ADVERBS
        or following == "'"
        or (index + 1 < len(units) and units[index + 1].phrase is not None)
    )
    if following.endswith("ing") and word_at(units, index + 2) in _USED:
        return False  # a Scandinavian living room
    if ends or following.endswith("ing"):
        return True
    if mask.classes[0] in grammar.YEARS and _are_doing(units, index + 1):
        return True
    part = heads_thing(units, index + 2) or word_at(units, index + 2) in _FITTINGS
    if gendered and following.endswith("ed") and part and closes(units, index + 3):
        return False  # female threaded coupling
    return mask.attributes in (("gender",), ("age",)) and following.endswith(("ed", "s"))


def _names_nobody(units: Sequence[Unit], index: int, mask: Mask) -> bool:
    """Whether the noun only says what a thing is like, or whose kind of thing it is."""
    # ``in a witch costume`` tells who wears it.
    worn = word_at(units, index + 1) in grammar.COSTUMES
    if mask.plural:
        article = word_at(units, index - 1) in grammar.ARTICLES
        if article and heads_thing(units, index + 1, verbs=True):
            return True
        for_several = is_for_several(units, index) or is_for_readers(units, index)
    else:
        for_several = mask.band is Band.MINOR and is_for_readers(units, index)
        if not worn and is_product(units, index):
            return True
        if not worn and not says_only_sex(units[index], mask) and is_attribute(units, index):
            return True
        if is_measure(units, index) or is_plant(units, index) or is_made_for(units, index, mask):
            return True
        if mask.classes == ("age.minor",) and (
            is_thing_word(units, index + 1) or describes_animal(units, index)
        ):
            return True
    return (
        for_several
        or is_kin_of_animal(units, index, mask)
        or describes_thing(units, index, mask)
        or compares(units, index)
        or is_game_piece(units, index)
        or is_of_thing(units, index)
        or is_of_both(units, index)
        or begins_foreign_word(units, index)
    )


def _are_doing(units: Sequence[Unit], index: int) -> bool:
    """``a six-year-old and a sixty-year-old share a cake``: the verb of several, and its object."""
    joined = any(unit.word in grammar.LIST_JOINERS for unit in units[max(0, index - REACH) : index])
    return joined and word_at(units, index) in wordlists.verbs() and not closes_phrase(units, index + 1)
