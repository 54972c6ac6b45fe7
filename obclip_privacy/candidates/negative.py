"""The negative prompt: mentions and cues are taken out, in the same way whatever they state.

The cloud gets one negative prompt for all candidates. A segment between commas that says nothing but a
mention or a cue goes as a whole, so that not even its presence shows; elsewhere the wording that states no
value takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from obclip_privacy.language import grammar
from obclip_privacy.language.phrases import is_modifier
from obclip_privacy.language.units import Unit

_SEPARATORS = frozenset({",", ";", "|", "\n"})


def bare_segments(units: Sequence[Unit], states: Callable[[int], bool]) -> list[tuple[int, int]]:
    """Ranges of units to leave out: segments with nothing but mentions, each with one separator.

    Args:
        units: the masked units of the negative prompt.
        states: whether the unit at an index is a mention or a cue that is taken out.
    """
    found = []
    first = 0
    for last in range(len(units) + 1):
        if last < len(units) and units[last].word not in _SEPARATORS:
            continue
        inside = range(first, last)
        if any(states(index) for index in inside) and all(states(i) or _is_filler(units, i) for i in inside):
            if first:
                found.append((first - 1, last))
            else:
                found.append((first, min(last + 1, len(units))))
        first = last + 1
    return found


def _is_filler(units: Sequence[Unit], index: int) -> bool:
    word = units[index].word
    return word in grammar.DETERMINERS or word in "()[]{}-" or is_modifier(units, index)
