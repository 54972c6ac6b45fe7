"""The nearest right spelling of a word, for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The member of *known* that is most like *word*, or ``None`` if none is near.

    Likeness is from 0 to 1 (difflib's ratio) and must reach *cutoff*. Letter case, hyphens, underscores
    and spaces count for little. The answer does not depend on the order of *known*.

    >>> nearest("Middle Aged", ["middle-aged", "old"])
    'middle-aged'
    """
    folded = {_fold(name): name for name in sorted(known, reverse=True)}
    matches = difflib.get_close_matches(_fold(word[:100]), sorted(folded), n=1, cutoff=cutoff)
    return folded[matches[0]] if matches else None


def _fold(word: str) -> str:
    return word.lower().replace("_", "-").replace(" ", "-")
