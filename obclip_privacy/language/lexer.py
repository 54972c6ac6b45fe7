"""Tokens and vocabulary terms of a text, by spaCy's tokenizer and phrase matcher.

One shared tokenizer with rules of our own: every punctuation character and every change between digits and
letters is a boundary (``(woman:1.2)``, ``1girl``, ``middle-aged``), and no word is split or merged by a list
of exceptions, so the cut never depends on the value at hand. All terms of all lexicons are matched in one
pass by one phrase matcher.

spaCy's vocabulary grows with every new word and is not safe to change from several threads, so the pass
runs under a lock and in a memory zone that forgets the words of the prompt afterwards. The vocabulary
computes the one lexical attribute that matching needs, the lower-case form.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from obclip_privacy.language.light_spacy import LOWER, PhraseMatcher, Tokenizer, Vocab

_PUNCTUATION = r"[^\w\s]|_"
_BOUNDARY = r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)"
_CUT = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_LOCK = threading.Lock()
_TERM = "T"


class Tokens(NamedTuple):
    """A tokenised text as parallel tuples; offsets are those of the text.

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


@cache
def _tokenizer() -> Any:
    return Tokenizer(
        Vocab(lex_attr_getters={LOWER: str.lower}),
        rules={},
        prefix_search=re.compile(f"^(?:{_PUNCTUATION})").search,
        suffix_search=re.compile(f"(?:{_PUNCTUATION})$").search,
        infix_finditer=re.compile(f"{_PUNCTUATION}|{_BOUNDARY}").finditer,
    )


class Lexer:
    """Cuts texts into tokens and finds a fixed set of terms in them. Safe to share between threads."""

    def __init__(self, terms: Iterable[str]) -> None:
        """Compile *terms*: folded surface forms, matched without regard to letter case."""
        self._tokenizer = _tokenizer()
        with _LOCK:
            self._matcher = PhraseMatcher(self._tokenizer.vocab, attr="LOWER")
            self._matcher.add(_TERM, [self._tokenizer(term) for term in sorted(set(terms))])

    def __call__(self, text: str) -> Tokens:
        """Tokenise *text*, which must be folded (:func:`~obclip_privacy.language.fold.fold`)."""
        with _LOCK, self._tokenizer.vocab.memory_zone():
            doc = self._tokenizer(text)
            found = [(token.idx, len(token), token.lower_) for token in doc]
            terms = tuple(sorted({(start, end) for _, start, end in self._matcher(doc)}))
        return Tokens(
            tuple([start for start, _, _ in found]),
            tuple([start + length for start, length, _ in found]),
            tuple([lower for _, _, lower in found]),
            terms,
        )


def term_key(text: str) -> str:
    """The tokens of a folded term in lower case, joined by single spaces: how vocabularies index terms.

    The pattern cuts as the tokenizer does (a test compares them), many times faster.
    """
    return text.lower() if text.isalpha() else " ".join(_CUT.findall(text.lower()))
