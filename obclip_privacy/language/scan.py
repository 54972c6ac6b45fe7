"""From text to masked units: finds the vocabulary's terms and resolves overlaps.

The resolver, in full:

1. a match counts only in a context that its lexeme classes and its word allow (``not_before``, ...); a
   phrase that speaks of nobody (``mother of pearl``) is a match that states nothing;
2. of overlapping matches the one with more tokens wins, then the one that starts first, then a phrase that
   speaks of nobody, then a detector's finding before a term of the lexicon;
3. two adjectives of a compounding class in a row are one mention with the value of the first
   (``Asian American``).

A surface form may have one sense in each part of speech (``female`` is an adjective and a noun); which of
them holds is decided later, on the units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language.grammar import COLOURS
from obclip_privacy.language.lexer import Lexer, Tokens
from obclip_privacy.language.spelling import Speller
from obclip_privacy.language.units import CueSense, Kind, Mask, Part, Sense, Surface, Unit
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.language.wordlists import is_known, names_person


@dataclass(frozen=True, slots=True)
class Scan:
    """A prompt as masked units, and what stands behind each."""

    units: tuple[Unit, ...]
    surfaces: tuple[Surface, ...]


@dataclass(frozen=True, slots=True)
class DetectedSpan:
    """What a detector beyond the lexicon found: a span and its senses."""

    start: int
    end: int
    senses: dict[Pos, Sense]


@dataclass(frozen=True, slots=True)
class DetectedCue:
    """What a cue detector found."""

    start: int
    end: int
    cue: CueSense


@dataclass(slots=True)
class _Match:
    first: int
    last: int
    senses: dict[Pos, Sense]
    cues: tuple[CueSense, ...]
    found: bool
    blocked: bool = False


class _Neighbours(NamedTuple):
    """The words directly before and after, across a hyphen; ``""`` at the ends.

    The hyphened ones are ``-`` and the word where a hyphen stands between, else ``""``.
    """

    before: str
    after: str
    hyphened_before: str
    hyphened_after: str

    def precedes(self, words: frozenset[str]) -> bool:
        """Whether one of *words* stands before."""
        return bool(words) and (self.before in words or self.hyphened_before in words)

    def follows(self, words: frozenset[str]) -> bool:
        """Whether one of *words* stands after."""
        return bool(words) and (self.after in words or self.hyphened_after in words)


class Scanner:
    """Scans texts with one vocabulary. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._speller = Speller(
            key.replace(" - ", "-")
            for key, senses in vocabulary.senses.items()
            if any(sense.word is None or sense.mask.attributes == ("age",) for sense in senses)
        )
        self._lexer = Lexer((*vocabulary.senses, *vocabulary.cues, *vocabulary.blocked))

    def __call__(
        self, text: str, folded: str, spans: Sequence[DetectedSpan] = (), cues: Sequence[DetectedCue] = ()
    ) -> Scan:
        """Scan *text*, of which *folded* is the folded form; *spans* and *cues* are what detectors found."""
        tokens = self._lexer(folded)
        matches = self._resolve([*_detected(tokens, spans, cues), *self._terms(text, tokens)])
        return _units(text, tokens, self._compounds(tokens, matches))

    def _terms(self, text: str, tokens: Tokens) -> list[_Match]:
        found = []
        for first, last in tokens.terms:
            key = " ".join(tokens.lowers[first:last])
            if key in self._vocabulary.blocked:
                found.append(_Match(first, last, {}, (), found=False, blocked=True))
                continue
            near = _neighbours(tokens, first, last)
            senses = {
                sense.mask.pos: sense
                for sense in self._vocabulary.senses.get(key, ())
                if self._allowed(sense, near)
                and not (sense.word and sense.word.capital and text[tokens.starts[first]].islower())
            }
            cues = tuple(
                cue
                for cue in self._vocabulary.cues.get(key, ())
                if not cue.term.before or near.after in cue.term.before
            )
            # A word that its context rules out (``cowboy hat``) is still kept from being a person.
            if senses or cues or last == first + 1:
                found.append(_Match(first, last, senses, cues, found=False))
        return found + self._misspelt(tokens)

    def _misspelt(self, tokens: Tokens) -> list[_Match]:
        """Matches of words that no term covers and that are a misspelt term."""
        covered = {index for first, last in tokens.terms for index in range(first, last)}
        found = []
        for index, word in enumerate(tokens.lowers):
            last = index + 1
            if word == "-" and _hyphenated(tokens, index):
                index, last = index - 1, index + 2
                word = f"{tokens.lowers[index]}-{tokens.lowers[last - 1]}"
            elif index in covered:
                continue
            meant = self._speller.correct(word)
            if meant is None:
                continue
            near = _neighbours(tokens, index, last)
            senses = {
                sense.mask.pos: sense
                for sense in self._vocabulary.senses[meant.replace("-", " - ")]
                if self._allowed(sense, near)
            }
            if senses:
                found.append(_Match(index, last, senses, (), found=False))
        return found

    def _allowed(self, sense: Sense, near: _Neighbours) -> bool:
        word = sense.word
        if word is not None and (
            near.follows(word.unless_before)
            or near.precedes(word.unless_after)
            or (word.only_after and near.before not in word.only_after)
        ):
            return False
        for class_id in sense.mask.classes:
            cls = self._vocabulary.classes[class_id]
            if near.follows(cls.not_before) or near.precedes(cls.not_after):
                return False
            if cls.only_before and near.after not in cls.only_before:
                return False
        return True

    def _resolve(self, matches: list[_Match]) -> list[_Match]:
        taken: set[int] = set()
        kept = []
        for match in sorted(matches, key=_precedence):
            span = range(match.first, match.last)
            if taken.isdisjoint(span):
                taken.update(span)
                kept.append(match)
        return sorted(kept, key=lambda m: m.first)

    def _compounds(self, tokens: Tokens, matches: list[_Match]) -> list[_Match]:
        joined: list[_Match] = []
        for match in matches:
            merged = self._join(tokens, joined[-1], match) if joined else None
            if merged is None:
                joined.append(match)
            else:
                joined[-1] = merged
        return joined

    def _join(self, tokens: Tokens, left: _Match, right: _Match) -> _Match | None:
        adjective = left.senses.get(Pos.ADJECTIVE)
        if adjective is None or len(adjective.mask.classes) != 1:
            return None
        class_id = adjective.mask.classes[0]
        if not self._vocabulary.classes[class_id].compound:
            return None
        between = tokens.lowers[left.last : right.first]
        if between and between != ("-",):
            return None
        senses: dict[Pos, Sense] = {}
        if any(sense.mask.classes == (class_id,) for p, sense in right.senses.items() if p is Pos.ADJECTIVE):
            senses[Pos.ADJECTIVE] = adjective
        noun = right.senses.get(Pos.NOUN)
        if noun is not None and noun.mask.classes[:1] == (class_id,):
            senses[Pos.NOUN] = _with_value(noun, class_id, adjective)
        return _Match(left.first, right.last, senses, (), False) if senses else None


def _hyphenated(tokens: Tokens, index: int) -> bool:
    """Whether the hyphen at *index* stands between two words that are not both listed as they are."""
    if index == 0 or index + 1 >= len(tokens.lowers):
        return False
    close = tokens.ends[index - 1] == tokens.starts[index] and tokens.ends[index] == tokens.starts[index + 1]
    return close and not (is_known(tokens.lowers[index - 1]) and is_known(tokens.lowers[index + 1]))


def _precedence(match: _Match) -> tuple[bool, int, int, bool, bool]:
    empty = not (match.senses or match.cues or match.blocked)
    return empty, match.first - match.last, match.first, not match.blocked, not match.found


def _detected(tokens: Tokens, spans: Sequence[DetectedSpan], cues: Sequence[DetectedCue]) -> list[_Match]:
    """Matches of the spans that begin and end with a token; others cannot be exchanged cleanly."""
    if not spans and not cues:
        return []
    starts = {start: index for index, start in enumerate(tokens.starts)}
    ends = {end: index + 1 for index, end in enumerate(tokens.ends)}
    found = []
    for start, end, senses, cue in (
        *((span.start, span.end, span.senses, ()) for span in spans),
        *((span.start, span.end, {}, (span.cue,)) for span in cues),
    ):
        first, last = starts.get(start), ends.get(end)
        if first is not None and last is not None and first < last:
            found.append(_Match(first, last, senses, cue, found=True))
    return found


def _with_value(noun: Sense, class_id: str, adjective: Sense) -> Sense:
    value = next(part.value for part in adjective.parts if isinstance(part, Part))
    parts = tuple(
        replace(part, value=value) if isinstance(part, Part) and part.class_id == class_id else part
        for part in noun.parts
    )
    return replace(noun, parts=parts)


def _neighbours(tokens: Tokens, first: int, last: int) -> _Neighbours:
    lowers = tokens.lowers
    before = lowers[first - 1] if first else ""
    after = lowers[last] if last < len(lowers) else ""
    hyphened_before = hyphened_after = ""
    if before == "-" and first > 1:
        before = lowers[first - 2]
        hyphened_before = f"-{before}"
    if after == "-" and last + 1 < len(lowers):
        after = lowers[last + 1]
        hyphened_after = f"-{after}"
    return _Neighbours(before, after, hyphened_before, hyphened_after)


def _units(text: str, tokens: Tokens, matches: Sequence[_Match]) -> Scan:
    units: list[Unit] = []
    surfaces: list[Surface] = []
    starting = {match.first: match for match in matches}
    index, gap = 0, False
    while index < len(tokens.lowers):
        match = starting.get(index)
        last = match.last if match else index + 1
        start, end = tokens.starts[index], tokens.ends[last - 1]
        word = tokens.lowers[index] if match is None else " ".join(tokens.lowers[index:last])
        if match is None and word.isspace():
            gap = True
            if "\n" in word:
                units.append(Unit(Kind.BREAK, "\n", gap=True))
                surfaces.append(Surface(start, end, {}))
            index = last
            continue
        gap = gap or (bool(surfaces) and start > surfaces[-1].end)
        units.append(_unit(word, gap, text[start : start + 1].isupper(), match))
        surfaces.append(Surface(start, end, match.senses if match else {}))
        index, gap = last, False
    return Scan(tuple(units), tuple(surfaces))


def _is_person(cue: CueSense) -> bool:
    """Whether the cue is a noun for a person (``a blonde``)."""
    return bool(cue.generic) and names_person(cue.generic.split()[-1])


def _unit(word: str, gap: bool, capital: bool, match: _Match | None) -> Unit:
    if match is None or not match.senses:
        # A token is all letters, all digits, or one character: its first tells.
        kind = Kind.WORD if word[0].isalnum() else Kind.PUNCTUATION
        cues = match.cues if match else ()
        person = names_person(word) if match is None and kind is Kind.WORD else any(map(_is_person, cues))
        return Unit(kind, word, gap, capital=capital, person=person, cues=cues)

    def mask(pos: Pos) -> Mask | None:
        sense = match.senses.get(pos)
        return sense.mask if sense else None

    return Unit(
        Kind.MENTION,
        "",
        gap,
        weak=not capital and word in COLOURS,
        colour=word in COLOURS,
        cues=match.cues,
        noun=mask(Pos.NOUN),
        adjective=mask(Pos.ADJECTIVE),
        phrase=mask(Pos.PHRASE),
        pronoun=mask(Pos.PRONOUN),
        title=mask(Pos.TITLE),
    )
