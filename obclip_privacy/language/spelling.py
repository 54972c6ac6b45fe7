"""Misspelt words of the vocabulary, one edit away: one letter too many, too few, wrong, or two swapped.

A hyphen may stand in them (``middle-agd``).

Only words that are no English words are looked at (and no inflected form of one), and only long words of
the vocabulary are guessed, so that little else is taken for them. What a candidate shows is always spelt
right, so a guess can never differ between candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from obclip_privacy.language import grammar, wordlists

#: Shorter words have too many neighbours.
_SHORTEST_TYPED = 4
_SHORTEST_MEANT = 5
#: Of shorter ones only a letter typed twice is looked for (``oldd``), and two swapped (``gril``).
_SHORTEST_DOUBLED = 3
_SHORTEST_SWAPPED = 4
_SUFFIXES = ("s", "es", "ed", "ing", "er", "ers", "ly")


class Speller:
    """Finds the one word of a fixed set that is an edit away."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take *words*; they are indexed when a word is asked about that is no English one."""
        spelt = [word for word in words if _spelt(word)]
        self._words = frozenset(word for word in spelt if len(word) >= _SHORTEST_MEANT)
        self._short = frozenset(word for word in spelt if _SHORTEST_DOUBLED <= len(word) < _SHORTEST_MEANT)

    @cached_property
    def _deleted(self) -> dict[str, list[str]]:
        """The words by what is left of them when one letter is deleted."""
        deleted: dict[str, list[str]] = {}
        for word in self._words:
            for rest in _deletions(word):
                deleted.setdefault(rest, []).append(word)
        return deleted

    def suspects(self, words: Sequence[str]) -> list[int]:
        """Indices of those of *words* (lower case) that :meth:`correct` need be asked about.

        The lists alone are looked at: most words of most prompts are in one.
        """
        english, persons = wordlists.words(), wordlists.persons()
        return [
            index
            for index, word in enumerate(words)
            if len(word) >= _SHORTEST_TYPED
            and word not in english
            and word not in persons
            and word not in grammar.FUNCTION_WORDS
        ]

    def correct(self, word: str) -> str | None:
        """The word that *word* (lower case) is a misspelling of, or ``None``.

        Of several, one with a letter more is taken first (letters are left out most often), then one with two
        letters swapped, then one with a letter less, then the first in alphabetical order.
        """
        if len(word) < _SHORTEST_TYPED or not word.isascii() or not _spelt(word) or is_english(word):
            return None
        found = set(self._deleted.get(word, ()))
        for rest in _deletions(word):
            if rest in self._words:
                found.add(rest)
            found.update(other for other in self._deleted.get(rest, ()) if _one_edit(word, other))
        if not found:
            found.update(_without_double(word) & self._short)
            if len(word) == _SHORTEST_SWAPPED:
                found.update(_swapped(word) & self._short)
        return min(found, key=lambda meant: (_rank(word, meant), meant)) if found else None


def is_english(word: str) -> bool:
    """Whether *word* is in the word list, or is an inflected form of one that is."""
    if wordlists.is_known(word) or word in wordlists.persons() or word in grammar.FUNCTION_WORDS:
        return True
    for suffix in _SUFFIXES:
        if word.endswith(suffix):
            stem = word.removesuffix(suffix)
            if _is_stem(stem):
                return True
    return word.endswith("ies") and word[:-3] + "y" in wordlists.words()


def _is_stem(stem: str) -> bool:
    known = wordlists.words()
    if len(stem) < 2:
        return False
    return stem in known or stem + "e" in known or (stem[-1] == stem[-2:-1] and stem[:-1] in known)


def _spelt(word: str) -> bool:
    """Whether *word* is letters, with a hyphen between them at most (``middle-aged``)."""
    first, hyphen, second = word.partition("-")
    return first.isalpha() and (second.isalpha() if hyphen else True)


def _rank(typed: str, meant: str) -> int:
    if len(typed) != len(meant):
        return 0 if len(typed) < len(meant) else 2
    return 1 if sorted(typed) == sorted(meant) else 3


def _deletions(word: str) -> set[str]:
    return {word[:index] + word[index + 1 :] for index in range(len(word))}


def _without_double(word: str) -> set[str]:
    """*word* with one letter where the same one stands twice."""
    return {word[:at] + word[at + 1 :] for at in range(1, len(word)) if word[at] == word[at - 1]}


def _swapped(word: str) -> set[str]:
    """*word* with two neighbours swapped."""
    return {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}


def _one_edit(one: str, other: str) -> bool:
    """Whether two words of one length differ in one letter, or in the order of two neighbours."""
    if len(one) != len(other):
        return False
    differing = [index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differing) == 1:
        return True
    if len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    first, second = differing
    return one[first] == other[second] and one[second] == other[first]
