"""Tokens and vocabulary terms of a text: one regular expression, a table of words, spaCy's phrase matcher.

Every punctuation character and every change between digits and letters is a boundary (``(woman:1.2)``,
``1girl``, ``middle-aged``), and no word is split or merged by a list of exceptions, so the cut never depends
on the value at hand. It is the cut of spaCy's own tokenizer with these boundaries (a test compares the two,
on arbitrary text), ten times faster.

All terms of all lexicons are found in one pass. A table tells those of one word. The matcher is asked where
two words in a row begin a longer one, which is seldom: a spaCy document costs as much as all the rest. It is
imported and built when it is first asked; most single prompts get by without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from obclip_privacy.language.phrase_matcher import Phrases

#: A run of letters, a run of digits, any other character by itself; of white space what a single space
#: after a word leaves (``a  b`` has one token of white space, ``a b`` none).
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|(?:(?<!\S)|(?! ))\s+")
_CUT = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")


class Tokens(NamedTuple):
    """A tokenised text as parallel sequences; offsets are those of the text.

    Attributes:
        starts: offset of each token's first character.
        ends: offset after each token's last character.
        lowers: each token in lower case.
        terms: (first token, token after the last) of every vocabulary term found, overlaps included.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    lowers: tuple[str, ...]
    terms: tuple[tuple[int, int], ...]


class Lexer:
    """Cuts texts into tokens and finds a fixed set of terms in them. Safe to share between threads."""

    def __init__(self, terms: Iterable[str]) -> None:
        """Compile *terms*: folded surface forms, matched without regard to letter case."""
        keys = sorted({term_key(term) for term in terms})
        self._single = frozenset(key for key in keys if " " not in key)
        self._longer = [key.split(" ") for key in keys if " " in key]
        self._second: dict[str, set[str]] = {}
        for first, second, *_ in self._longer:
            self._second.setdefault(first, set()).add(second)

    @cached_property
    def _phrases(self) -> Phrases:
        from obclip_privacy.language.phrase_matcher import Phrases

        return Phrases(self._longer)

    def __call__(self, text: str) -> Tokens:
        """Tokenise *text*, which must be folded (:func:`~obclip_privacy.language.fold.fold`)."""
        if text.isascii():
            found = list(_TOKEN.finditer(text.lower()))
            lowers = tuple([match[0] for match in found])
        else:
            # Lower case may be longer, and depend on the neighbours: token by token.
            found = list(_TOKEN.finditer(text))
            lowers = tuple([match[0].lower() for match in found])
        return Tokens(
            tuple([match.start() for match in found]),
            tuple([match.end() for match in found]),
            lowers,
            self._terms(lowers),
        )

    def _terms(self, lowers: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
        single, second = self._single, self._second
        terms = [(index, index + 1) for index, word in enumerate(lowers) if word in single]
        if any(word in second and after in second[word] for word, after in pairwise(lowers)):
            terms = sorted({*terms, *self._phrases.find(lowers)})
        return tuple(terms)


def term_key(text: str) -> str:
    """The tokens of a folded term in lower case, joined by single spaces: how vocabularies index terms."""
    return text.lower() if text.isalpha() else " ".join(_CUT.findall(text.lower()))
