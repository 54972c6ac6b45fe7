"""Tokens and vocabulary terms of a text: one regular expression, a table of words, spaCy's phrase matcher.

Every punctuation character and every change between digits and letters is a boundary (``(woman:1.2)``,
``1girl``, ``middle-aged``), and no word is split or merged by a list of exceptions, so the cut never depends
on the value at hand. It is the cut of spaCy's own tokenizer with these boundaries (a test compares the two,
on arbitrary text), ten times faster.

All terms of all lexicons are found in one pass. Tables tell those of one word, and of two with a hyphen. The
matcher is asked where words in a row begin a longer one, which is seldom: a spaCy document costs as much as
all the rest. It is imported and built when it is first asked; most single prompts get by without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from obclip_privacy.language.phrase_matcher import Phrases

#: A run of letters, a run of digits, any other character by itself; of white space what a single space
#: after a word leaves (``a  b`` has one token of white space, ``a b`` none).
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|(?:(?<!\S)|(?! ))\s+")
_CUT = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")


#: How many words of a term beyond its second are looked at before the matcher is asked.
_LOOKAHEAD = 4


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
        self._longer: list[list[str]] = []
        #: By its first word, the last words of terms of two words with a hyphen.
        self._hyphened: dict[str, set[str]] = {}
        #: By the first and the second word of longer terms, the words after them, :data:`_LOOKAHEAD` at most.
        self._begins: dict[str, dict[str, set[tuple[str, ...]]]] = {}
        for key in keys:
            words = key.split(" ")
            if len(words) == 3 and words[1] == "-":
                self._hyphened.setdefault(words[0], set()).add(words[2])
            elif len(words) > 1:
                self._longer.append(words)
                following = self._begins.setdefault(words[0], {})
                following.setdefault(words[1], set()).add(tuple(words[2 : 2 + _LOOKAHEAD]))

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
        single, hyphened, begins = self._single, self._hyphened, self._begins
        terms: list[tuple[int, int]] = []
        longer = False
        for index, word in enumerate(lowers):
            if word in single:
                terms.append((index, index + 1))
            if word in hyphened:
                after = lowers[index + 1 : index + 3]
                if len(after) > 1 and after[0] == "-" and after[1] in hyphened[word]:
                    terms.append((index, index + 3))
            if word in begins and not longer:
                longer = _goes_on(begins[word], lowers[index + 1 : index + 2 + _LOOKAHEAD])
        return tuple(sorted({*terms, *self._phrases.find(lowers)}) if longer else terms)


def _goes_on(following: dict[str, set[tuple[str, ...]]], words: tuple[str, ...]) -> bool:
    """Whether a longer term goes on with *words*, as far as they are looked at."""
    rest = following.get(words[0]) if words else None
    return rest is not None and any(words[1:end] in rest for end in range(1, len(words) + 1))


def term_key(text: str) -> str:
    """The tokens of a folded term in lower case, joined by single spaces: how vocabularies index terms."""
    return text.lower() if text.isalpha() else " ".join(_CUT.findall(text.lower()))
