"""Tokens and vocabulary terms of a text: one regular expression, then spaCy's phrase matcher.

Every punctuation character and every change between digits and letters is a boundary (``(woman:1.2)``,
``1girl``, ``middle-aged``), and no word is split or merged by a list of exceptions, so the cut never depends
on the value at hand. It is the cut of spaCy's own tokenizer with these boundaries (a test compares the two,
on arbitrary text), ten times faster. All terms of all lexicons are matched in one pass by one matcher.

The matcher's vocabulary holds the words of the terms and nothing else. Every other word of a prompt is shown
to it as one and the same stranger, so the vocabulary never changes after it is built: prompts leave nothing
behind in it, memory does not grow, and threads need no lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from obclip_privacy.language.light_spacy import LOWER, Doc, PhraseMatcher, Vocab

#: A run of letters, a run of digits, any other character by itself; of white space what a single space
#: after a word leaves (``a  b`` has one token of white space, ``a b`` none).
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|(?:(?<!\S)|(?! ))\s+")
_CUT = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_TERM = "T"
#: No token is like this: a punctuation character is a token of its own.
_STRANGER = "\0\0"


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
        phrases = [key.split(" ") for key in keys]
        self._vocab = Vocab(lex_attr_getters={LOWER: str.lower})
        self._words = frozenset(word for phrase in phrases for word in phrase)
        self._single = frozenset(phrase[0] for phrase in phrases if len(phrase) == 1)
        self._second: dict[str, set[str]] = {}
        for phrase in phrases:
            if len(phrase) > 1:
                self._second.setdefault(phrase[0], set()).add(phrase[1])
        ids = {word: self._vocab[word].lower for word in sorted((*self._words, _STRANGER))}
        self._matcher = PhraseMatcher(self._vocab, attr="LOWER")
        # The matcher takes what it would compute of a Doc: a tenth of the time and of the memory.
        self._matcher.add(_TERM, [[ids[word] for word in phrase] for phrase in phrases])

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
        single, second, words = self._single, self._second, self._words
        # A table tells the terms of one word. The matcher is asked where two words in a row begin a term: a
        # document for it costs as much as all the rest, and most prompts need none.
        if not any(word in second and after in second[word] for word, after in pairwise(lowers)):
            return tuple([(index, index + 1) for index, word in enumerate(lowers) if word in single])
        doc = Doc(self._vocab, words=[word if word in words else _STRANGER for word in lowers])
        return tuple(sorted({(start, end) for _, start, end in self._matcher(doc)}))


def term_key(text: str) -> str:
    """The tokens of a folded term in lower case, joined by single spaces: how vocabularies index terms."""
    return text.lower() if text.isalpha() else " ".join(_CUT.findall(text.lower()))
