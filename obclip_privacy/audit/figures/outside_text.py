"""Text outside the spans: how much of what nobody asked to change was changed.

``outside_changed = |w| - m`` with ``w`` the words and marks of the typed prompt outside its mentions and
outside what is withheld, without a, an (which go with the next word), and ``m`` how many of them, in order,
the real candidate still has (longest matching blocks). Letter case counts, white space does not. Range
[0, |w|]; lower is better (utility); 0 means that the scene is drawn as it was described. Source: Ratcliff
and Metzener, Dr. Dobb's Journal 1988, for the matching.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_PIECE = re.compile(r"\w+|[^\w\s]")
_ARTICLES = frozenset({"a", "an", "A", "An", "AN"})


def outside_changed(prompt: str, spans: Iterable[tuple[int, int]], sent: str) -> int:
    """Words and marks of *prompt* outside *spans* that *sent* has lost."""
    outside, at = [], 0
    for start, end in sorted(spans):
        outside.append(prompt[at : max(start, at)])
        at = max(end, at)
    words = _pieces(" ".join([*outside, prompt[at:]]))
    matcher = SequenceMatcher(None, words, _pieces(sent), autojunk=False)
    return len(words) - sum(block.size for block in matcher.get_matching_blocks())


def _pieces(text: str) -> list[str]:
    return [piece for piece in _PIECE.findall(text) if piece not in _ARTICLES]
