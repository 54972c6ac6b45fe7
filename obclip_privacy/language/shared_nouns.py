"""What two persons share: one noun for both, or a word for each of several who were named before.

``an Asian and a Black student``, ``male and female connectors``, ``two men, one black and one white``.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.units import Kind, Roles, Unit
from obclip_privacy.language.words import closes_phrase, word_at

#: How far before ``one black and one white`` the two of them are named.
_SEVERAL_REACH = 16
#: Before each of two adjectives that are said of two persons.
_SEVERALLY = grammar.ARTICLES | {"one", "another"}


def shares_thing(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    """``male and female connectors``: the adjective after the conjunction describes a thing, so both do."""
    if index + 2 >= len(units):
        return False
    one, other = units[index].adjective, units[index + 2].adjective
    if one is not None and _is_name_of_thing(units, index + 2):
        return True
    same = one is not None and other is not None and one.attributes == other.attributes
    if index + 3 >= len(units):
        return False
    return same and roles[index + 2] is None and not closes_phrase(units, index + 3)


def _is_name_of_thing(units: Sequence[Unit], index: int) -> bool:
    """``male and female plug``: a name that speaks of nobody is one unit, of which the last word is asked."""
    name = units[index]
    last = name.word.rpartition(" ")[2]
    return name.kind is Kind.WORD and last != name.word and wordlists.is_known(last)


def shares_noun(units: Sequence[Unit], roles: Roles, index: int) -> bool:
    """``an Asian and a Black student``: the same is said of somebody else, who has the noun for both."""
    following = index + 3
    if word_at(units, index - 1) not in _SEVERALLY or word_at(units, index + 2) not in _SEVERALLY:
        return False
    if word_at(units, index + 1) not in grammar.LIST_JOINERS or following >= len(units):
        return False
    return units[following].adjective == units[index].adjective and roles[following] is Pos.ADJECTIVE


def shares_animal(units: Sequence[Unit], index: int) -> bool:
    """``a male and a female mallard``: the adjective after the conjunction describes an animal."""
    other = index + 3 if word_at(units, index + 2) in grammar.ARTICLES else index + 2
    if other + 1 >= len(units) or units[index].adjective is None or units[other].adjective is None:
        return False
    same = units[index].adjective == units[other].adjective
    return same and word_at(units, other + 1) in wordlists.animals()


def is_one_of_several(units: Sequence[Unit], index: int) -> bool:
    """``two men, one black and one white``: an adjective of somebody else, each time.

    Some of them could be nouns (``one Asian``), others not: none is read as one.
    """
    if word_at(units, index - 1) not in ("one", "other", "another") or not closes_phrase(units, index + 1):
        return False
    if units[index].adjective is None:
        return False
    first = max(0, index - _SEVERAL_REACH)
    return any(_names_several(unit) for unit in units[first : index - 1])


def _names_several(unit: Unit) -> bool:
    if unit.noun is not None and unit.adjective is None:
        return unit.noun.plural
    return unit.person and unit.word.endswith("s")
