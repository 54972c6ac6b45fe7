"""One spaCy phrase matcher for all terms of several words.

Its vocabulary holds the words of the terms and nothing else. Every other word of a prompt is shown to it as
one and the same stranger, so the vocabulary never changes after it is built: prompts leave nothing behind in
it, memory does not grow, and threads need no lock.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.language.light_spacy import LOWER, Doc, PhraseMatcher, Vocab

_TERM = "T"
#: No token is like this: a punctuation character is a token of its own.
_STRANGER = "\0\0"


class Phrases:
    """Finds a fixed set of phrases among the tokens of texts. Safe to share between threads."""

    def __init__(self, phrases: Sequence[Sequence[str]]) -> None:
        """Compile *phrases*, each the tokens of a term in lower case."""
        self._words = frozenset(word for phrase in phrases for word in phrase)
        self._vocab = Vocab(lex_attr_getters={LOWER: str.lower})
        ids = {word: self._vocab[word].lower for word in sorted((*self._words, _STRANGER))}
        self._matcher = PhraseMatcher(self._vocab, attr="LOWER")
        # The matcher takes what it would compute of a Doc: a tenth of the time and of the memory.
        self._matcher.add(_TERM, [[ids[word] for word in phrase] for phrase in phrases])

    def find(self, lowers: Sequence[str]) -> list[tuple[int, int]]:
        """(first token, token after the last) of every phrase among the tokens, overlaps included."""
        words = self._words
        doc = Doc(self._vocab, words=[word if word in words else _STRANGER for word in lowers])
        return [(start, end) for _, start, end in self._matcher(doc)]
