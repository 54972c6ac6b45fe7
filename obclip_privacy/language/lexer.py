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
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from obclip_privacy.language.phrase_matcher import Phrases

#: A run of letters, a run of digits, any other character by itself; of white space what a single space
#: after a word leaves (``a  b`` has one token of white space, ``a b`` none).
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|(?:(?<!\S)|(?! ))\s+")
_CUT = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")


#: How many words of a term beyond its second are looked at before the matcher is asked.
_LOOKAHEAD = 4
#: More tokens need not follow a term.
_LONGEST_ENDING = 4
#: Of a term that nothing must follow.
NOTHING: frozenset[tuple[str, ...]] = frozenset({()})


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

    def __init__(
        self, terms: Iterable[str], needing: Mapping[str, frozenset[tuple[str, ...]]] = MappingProxyType({})
    ) -> None:
        """Compile *terms*: folded surface forms, matched without regard to letter case.

        *needing* tells of those among them that are of no use unless some tokens follow (:func:`ending`).
        They are found all the same where the matcher is asked for the sake of another.
        """
        keys = sorted({term_key(term) for term in terms})
        self._single = frozenset(key for key in keys if " " not in key)
        self._longer: list[list[str]] = []
        #: By its first word, the last words of terms of two words with a hyphen.
        self._hyphened: dict[str, set[str]] = {}
        #: By the first and the second word of longer terms, the words after them, :data:`_LOOKAHEAD` at most,
        #: and what must follow these.
        self._begins: dict[str, dict[str, dict[tuple[str, ...], frozenset[tuple[str, ...]]]]] = {}
        for key in keys:
            words = key.split(" ")
            if len(words) == 3 and words[1] == "-":
                self._hyphened.setdefault(words[0], set()).add(words[2])
            elif len(words) > 1:
                self._longer.append(words)
                rest = self._begins.setdefault(words[0], {}).setdefault(words[1], {})
                begin = tuple(words[2 : 2 + _LOOKAHEAD])
                after = needing.get(key, NOTHING) if len(words) <= 2 + _LOOKAHEAD else NOTHING
                rest[begin] = rest[begin] | after if begin in rest else after

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
                longer = _goes_on(begins[word], lowers, index + 1)
        return tuple(sorted({*terms, *self._phrases.find(lowers)}) if longer else terms)


def _goes_on(
    following: dict[str, dict[tuple[str, ...], frozenset[tuple[str, ...]]]],
    lowers: tuple[str, ...],
    second: int,
) -> bool:
    """Whether a longer term goes on with the tokens from *second* on, as far as they are looked at."""
    rest = following.get(lowers[second]) if second < len(lowers) else None
    if rest is None:
        return False
    for end in range(second + 1, min(len(lowers), second + 1 + _LOOKAHEAD) + 1):
        after = rest.get(lowers[second + 1 : end])
        if after is not None and ending(lowers, end, after):
            return True
    return False


def ending(lowers: tuple[str, ...], last: int, after: frozenset[tuple[str, ...]]) -> int:
    """Where a term that ends at *last* ends with the tokens of *after* that follow it, the longest ones
    first; 0 if none does.
    """
    if after is NOTHING:
        return last
    for end in range(min(len(lowers), last + _LONGEST_ENDING), last - 1, -1):
        if lowers[last:end] in after:
            return end
    return 0


def term_key(text: str) -> str:
    """The tokens of a folded term in lower case, joined by single spaces: how vocabularies index terms."""
    return text.lower() if text.isalpha() else " ".join(_CUT.findall(text.lower()))
