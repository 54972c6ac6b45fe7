"""Finds the noun phrases of persons in a Spanish text, and every word that agrees with them.

All decisions are on the kind of a word (noun, adjective, determiner) and never on its gender, so a phrase is
read alike whatever gender it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from obclip_es.words import ATTRIBUTE, Form, words
from obclip_privacy.attributes.base import CueFinding, Finding

_WORD = re.compile(r"[^\W\d_]+")
#: An adjective stands no further before its noun than this.
_MOST_BEFORE = 2
_QUALITIES = (
    "largas?|largos?|cortas?|cortos?|espesas?|espesos?|blancas?|blancos?|negras?|negros?|grises|gris|rojas?|"
    "rojos?|rizadas?|canosas?|altos|pobladas?|poblados?|profundo"
)


class _Token(NamedTuple):
    start: int
    end: int
    word: str
    #: What stands between the word before and this one.
    gap: str


def find_gender(text: str) -> Sequence[Finding]:
    """What states a gender in a folded text, in text order."""
    if not _hint().search(text):
        return ()
    return tuple(_Reader(text).read())


def find_cues(text: str) -> Sequence[CueFinding]:
    """Beards, skirts, pregnancy: what tells a gender and has no parallel."""
    nouns, adjectives = _cue_patterns()
    found = [
        CueFinding(m.start(), m.end(), ATTRIBUTE, "rasgo", "tells a gender", "un rasgo")
        for m in nouns.finditer(text)
    ]
    found += [
        CueFinding(m.start(), m.end(), ATTRIBUTE, "rasgo", "tells a gender", "así")
        for m in adjectives.finditer(text)
    ]
    return tuple(sorted(found, key=lambda one: one.start))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._words = words()
        self._tokens: list[_Token] = []
        end = 0
        for match in _WORD.finditer(text):
            self._tokens.append(
                _Token(match.start(), match.end(), match[0].lower(), text[end : match.start()])
            )
            end = match.end()
        self._named = False

    def read(self) -> Iterator[Finding]:
        at = 0
        while at < len(self._tokens):
            found, after = self._noun_phrase(at) or self._pronoun(at) or self._apposed(at) or ([], at + 1)
            yield from found
            self._named = self._named or bool(found)
            at = after

    # --- noun phrases

    def _noun_phrase(self, at: int) -> tuple[list[Finding], int] | None:
        """A phrase that begins at *at*: its findings, and where it ends."""
        found: list[Finding] = []
        determiner, head = self._determiner(at)
        preposition = determiner is None and self._word(at) == "a"
        head += preposition
        first = at
        if determiner is not None:
            found.append(self._finding(at, head, f"det_{determiner.name}", determiner))
            first = head
        adjectives = 0
        while adjectives < _MOST_BEFORE and self._leads_to_noun(head, adjectives):
            adjectives += 1
        for index in range(head, head + adjectives):
            form = self._words.adjectives[self._word(index)]
            begin, name = (at, "a_adjn_") if preposition and index == head else (index, "adjn_")
            found.append(self._finding(begin, index + 1, name + form.name, form))
            first = index + 1
        head += adjectives
        noun = self._words.nouns.get(self._word(head)) if self._joined(at, head) else None
        if noun is not None:
            begin, name = (at, "a_noun_") if preposition and not adjectives else (max(first, head), "noun_")
            found.append(self._finding(begin, head + 1, name + noun.name, noun))
        elif not self._is_epicene(head) or not self._joined(at, head):
            return None
        if self._names_thing(head + 1):
            return [], head + 1
        return self._agreeing(found, head + 1)

    def _determiner(self, at: int) -> tuple[Form | None, int]:
        """The longest determiner at *at* that a noun may follow, and where it ends."""
        for length in (3, 2, 1):
            if not self._joined(at, at + length - 1):
                continue
            text = " ".join(token.word for token in self._tokens[at : at + length])
            form = self._words.determiners.get(text)
            if form is not None and self._joined(at, at + length):
                head = at + length
                noun = self._word(head) in self._words.nouns or self._is_epicene(head)
                if noun or self._leads_to_noun(head, 0):
                    return form, head
        return None, at

    def _leads_to_noun(self, head: int, count: int) -> bool:
        """Whether the word after *count* adjectives is another one, and a noun follows it."""
        at = head + count
        if self._word(at) not in self._words.adjectives or not self._joined(head, at + 1):
            return False
        after = self._word(at + 1)
        further = after in self._words.adjectives and self._word(at + 2) in self._words.nouns
        return after in self._words.nouns or self._is_epicene(at + 1) or (further and not count)

    def _is_epicene(self, at: int) -> bool:
        return self._word(at) in self._words.lists["epicene"]

    def _names_thing(self, at: int) -> bool:
        """Whether what follows makes a thing of the noun: ``hombre de nieve``."""
        following = " ".join(token.word for token in self._tokens[at : at + 2])
        return self._gap(at).isspace() and any(
            following == text or following.startswith(f"{text} ") for text in self._words.lists["not_before"]
        )

    # --- what agrees with a phrase

    def _agreeing(self, found: list[Finding], at: int) -> tuple[list[Finding], int]:
        """The adjectives after a noun: ``alta y delgada``, ``está cansada``, ``, sentada``."""
        while True:
            index = at
            if self._gap(index).strip() == "," or self._word(index) in ("y", "e", "o"):
                index += self._word(index) in ("y", "e", "o")
            elif self._word(index) == "que" or self._word(index) in self._words.lists["copulas"]:
                index += self._word(index) == "que"
                if self._word(index) not in self._words.lists["copulas"]:
                    return found, at
                index += 1
            elif self._word(index) in self._invariable() and self._gap(index).isspace():
                at += 1
                continue
            while self._word(index) in self._words.lists["intensifiers"]:
                index += 1
            form = self._words.adjectives.get(self._word(index))
            if form is None or not self._spaced(at, index) or self._leads_to_noun(index, 0):
                return found, at
            found.append(self._adjective(index, form, named=self._named or bool(found)))
            at = index + 1

    def _apposed(self, at: int) -> tuple[list[Finding], int] | None:
        """``..., sentada en una silla``: said of somebody who was named before."""
        form = self._words.adjectives.get(self._word(at))
        if form is None or not self._named or self._gap(at).strip() != ",":
            return None
        return self._agreeing([self._adjective(at, form, named=True)], at + 1)

    def _adjective(self, at: int, form: Form, *, named: bool) -> Finding:
        """An adjective after a noun; where nothing else tells the gender it stands for the person."""
        name = f"{'many' if form.plural else 'one'}_{form.name}" if named else f"adjn_{form.name}"
        return self._finding(at, at + 1, name, form)

    def _pronoun(self, at: int) -> tuple[list[Finding], int] | None:
        preposition = self._word(at) == "a" and self._gap(at + 1).isspace()
        index = at + preposition
        form = self._words.pronouns.get(self._word(index))
        # without its accent the pronoun is an article; what follows tells
        if form is None or (self._word(index) == "el" and not self._ends_pronoun(index + 1)):
            return None
        name = f"{'a_' if preposition else ''}pronoun"
        if self._named:
            name = f"{'many' if form.plural else 'one'}_{name}"
        return self._agreeing([self._finding(at, index + 1, name, form)], index + 1)

    def _ends_pronoun(self, at: int) -> bool:
        return not self._gap(at).isspace() or self._word(at) in self._words.lists["pronoun_verbs"]

    def _invariable(self) -> frozenset[str]:
        return _invariable()

    # --- tokens

    def _word(self, at: int) -> str:
        return self._tokens[at].word if 0 <= at < len(self._tokens) else ""

    def _gap(self, at: int) -> str:
        """What stands before the word at *at*; at the end, what is left of the text."""
        if at < len(self._tokens):
            return self._tokens[at].gap
        return self._text[self._tokens[-1].end :] if self._tokens else ""

    def _joined(self, first: int, last: int) -> bool:
        """Whether nothing but white space stands between the words *first* to *last*."""
        return last < len(self._tokens) and all(t.gap.isspace() for t in self._tokens[first + 1 : last + 1])

    def _spaced(self, first: int, last: int) -> bool:
        """The same, but a comma may stand before *first*."""
        return self._joined(first, last) and self._gap(first).strip() in ("", ",")

    def _finding(self, first: int, last: int, name: str, form: Form) -> Finding:
        start, end = self._tokens[first].start, self._tokens[last - 1].end
        return Finding(start, end, f"{ATTRIBUTE}.{name}", form.value, int(form.plural))


@cache
def _hint() -> re.Pattern[str]:
    """Matches every text in which somebody could be found."""
    known = words()
    found = {*known.nouns, *known.lists["epicene"], *known.pronouns}
    return re.compile(rf"\b(?:{'|'.join(sorted(found))})\b", re.IGNORECASE)


@cache
def _invariable() -> frozenset[str]:
    """Adjectives of one form, which may stand between a noun and an adjective that agrees."""
    return frozenset(word for pair in words().lists["before"] for word in pair.split()) | {"mayor", "mayores"}


@cache
def _cue_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    nouns, adjectives = ("|".join(sorted(words().lists[name])) for name in ("cue_nouns", "cue_adjectives"))
    return (
        re.compile(
            rf"\b(?:(?:una?|unas|unos|las?|el|los|sus?)\s+)?(?:(?:{_QUALITIES})\s+)?(?:{nouns})"
            rf"(?:\s+(?:{_QUALITIES}))?\b",
            re.IGNORECASE,
        ),
        re.compile(rf"\b(?:{adjectives})\b", re.IGNORECASE),
    )
