"""Letter case of slots: three patterns, read from what was typed and applied to whatever fills the slot.

The pattern must not depend on the value. Forms of one class agree in the case of their first letter (the
lexicon reader checks it), so ``asian`` and ``Asian`` both give ``Asian``, and ``BLACK`` gives ``ASIAN``.
"""

from __future__ import annotations

from enum import IntEnum


class Casing(IntEnum):
    """How a slot is written."""

    PLAIN = 0
    """As the lexicon has it."""
    TITLE = 1
    """First letter capital."""
    UPPER = 2
    """All letters capital."""


def casing_of(text: str) -> Casing:
    """The pattern of *text*; one that has a single letter, or none, is never :attr:`Casing.UPPER`."""
    if text.islower():
        return Casing.PLAIN
    if text.isupper() and sum(map(str.isalpha, text)) > 1:
        return Casing.UPPER
    first = next((char for char in text if char.isalpha()), "")
    return Casing.TITLE if first.isupper() else Casing.PLAIN


def apply_casing(form: str, casing: Casing) -> str:
    """Write *form* in the pattern."""
    if casing is Casing.UPPER:
        return form.upper()
    if casing is Casing.TITLE:
        return form[:1].upper() + form[1:]
    return form
