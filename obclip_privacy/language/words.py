"""What stands at a place in a list of masked units, and where phrases end."""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language import grammar
from obclip_privacy.language.units import Unit


def word_at(units: Sequence[Unit], index: int) -> str:
    """The word at *index*; ``""`` for mentions and beyond the ends."""
    return units[index].word if 0 <= index < len(units) else ""


def opens(units: Sequence[Unit], index: int) -> bool:
    """Whether a segment starts at *index*: nothing, or a separator, precedes."""
    return index <= 0 or word_at(units, index - 1) in grammar.OPENERS


def closes(units: Sequence[Unit], index: int) -> bool:
    """Whether a segment ends before *index*: nothing, or a separator, stands there."""
    return index >= len(units) or units[index].word in grammar.CLOSERS


def closes_phrase(units: Sequence[Unit], index: int) -> bool:
    """Whether nothing that an adjective could describe follows."""
    return closes(units, index) or word_at(units, index) in grammar.PHRASE_ENDS
