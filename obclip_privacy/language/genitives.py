"""Possessives that say what a thing is for, and name nobody: ``men's shoes``, ``a children's book``.

In the plural, and without a determiner of its own, such a noun describes the thing (*a* belongs to the thing:
``a men's shirt``). ``the men's hands``, ``women's faces`` and ``the boy's bicycle`` still speak of somebody.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.units import Kind, Unit

#: How many words of the thing's name are looked at.
_REACH = 3


def describes_thing(units: Sequence[Unit], index: int) -> bool:
    """Whether the plural noun at *index* is such a possessive."""
    if index + 2 >= len(units) or units[index + 1].word != "'":
        return False
    before = units[index - 1] if index else None
    determined = grammar.DETERMINERS | grammar.NUMBERS
    if before is not None and (before.kind is Kind.MENTION or before.word in determined - grammar.ARTICLES):
        return False
    at = index + 3 if units[index + 2].word == "s" else index + 2
    return at < len(units) and _is_thing(units[at : at + _REACH])


def _is_thing(owned: Sequence[Unit]) -> bool:
    """Whether the words begin with a thing that is no part of a person, and that no person follows."""
    for position, unit in enumerate(owned):
        small = unit.kind is not Kind.WORD or unit.word in grammar.STOPS | grammar.CONJUNCTIONS
        if small or not unit.gap:
            return position > 0
        if unit.person or unit.word in grammar.APPEARANCE | grammar.PERSON_PARTS:
            return False
        if position == 0 and not (wordlists.is_known(unit.word) or wordlists.is_known(unit.word[:-1])):
            return False
    return True
