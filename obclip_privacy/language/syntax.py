"""Prompt syntax: parts of a prompt that are instructions to a program and no English.

``<lora:name:0.8>`` names a file; ``[old:young:0.5]`` and ``[cat|dog]`` switch words while the picture is
made. Weights such as ``(woman:1.2)`` and flags such as ``--ar 16:9`` are ordinary words and punctuation here.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language.units import Unit

#: Longer groups are text in brackets, not syntax.
_LONGEST = 40
_CLOSING = {"<": ">", "[": "]"}


def syntax_groups(units: Sequence[Unit]) -> list[tuple[int, int]]:
    """Ranges of units of file references and of alternating words, brackets included."""
    groups: list[tuple[int, int]] = []
    if _CLOSING.keys().isdisjoint([unit.word for unit in units]):
        return groups
    opened: int | None = None
    separated = False
    for index, unit in enumerate(units):
        if unit.word in _CLOSING:
            opened, separated = index, False
        elif opened is not None and unit.word in (":", "|"):
            separated = True
        elif opened is not None and unit.word == _CLOSING[units[opened].word]:
            if separated and index - opened < _LONGEST:
                groups.append((opened, index + 1))
            opened = None
    return groups
