"""What stands at a place in a list of masked units, and where phrases end."""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar, wordlists
from obclip_privacy.language.units import Kind, Unit

#: How many units an adjective looks over, at most: keeps the work linear in the length of the prompt.
REACH = 10


def word_at(units: Sequence[Unit], index: int) -> str:
    """The word at *index*; ``""`` for mentions and beyond the ends."""
    return units[index].word if 0 <= index < len(units) else ""


def opens(units: Sequence[Unit], index: int) -> bool:
    """Whether a segment starts at *index*: nothing, or a separator, precedes."""
    return index <= 0 or word_at(units, index - 1) in grammar.OPENERS or _is_dash(units, index - 1)


def closes(units: Sequence[Unit], index: int) -> bool:
    """Whether a segment ends before *index*: nothing, or a separator, stands there."""
    return index >= len(units) or units[index].word in grammar.CLOSERS or _is_dash(units, index)


def _is_dash(units: Sequence[Unit], index: int) -> bool:
    """``subject - female``: a dash between spaces, which is no hyphen."""
    if word_at(units, index) != "-" or not units[index].gap:
        return False
    return index + 1 >= len(units) or units[index + 1].gap


def hyphened(units: Sequence[Unit], index: int) -> str:
    """The plain word that a hyphen joins to the one at *index*, or ``""``."""
    if word_at(units, index + 1) != "-" or index + 2 >= len(units) or units[index + 2].cues:
        return ""
    return "" if units[index + 1].gap or units[index + 2].gap else units[index + 2].word


def closes_phrase(units: Sequence[Unit], index: int) -> bool:
    """Whether nothing that an adjective could describe follows."""
    return closes(units, index) or word_at(units, index) in grammar.PHRASE_ENDS


def is_modifier(units: Sequence[Unit], index: int) -> bool:
    """Whether the word at *index* may stand between an adjective and its noun."""
    unit = units[index] if index < len(units) else None
    if unit is None or unit.kind is not Kind.WORD or unit.word in grammar.STOPS:
        return False
    if unit.word in wordlists.modifiers() or unit.word in grammar.INTENSIFIERS:
        return True
    if any(cue.term.pos == "adjective" for cue in unit.cues):
        return True
    if word_at(units, index + 1) == "-" and index + 2 < len(units) and not units[index + 1].gap:
        return True
    return len(unit.word) > 4 and unit.word.endswith(grammar.MODIFIER_ENDINGS)
