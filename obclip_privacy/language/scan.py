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
from functools import partial
from typing import NamedTuple

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language.grammar import COLOURS
from obclip_privacy.language.lexer import Lexer, Tokens
from obclip_privacy.language.spelling import Speller, is_english
from obclip_privacy.language.units import CueSense, Kind, Part, Sense, Surface, Unit
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.language.wordlists import names_person

# Members looked up once: up to Python 3.11 each look-up costs as much as a function call.
_WORD, _PUNCTUATION, _BREAK, _MENTION = Kind.WORD, Kind.PUNCTUATION, Kind.BREAK, Kind.MENTION
_NOUN, _ADJECTIVE, _PHRASE, _PRONOUN, _TITLE = Pos.NOUN, Pos.ADJECTIVE, Pos.PHRASE, Pos.PRONOUN, Pos.TITLE
#: Fields in order, at half the cost of the class's own constructor.
_make_surface = partial(tuple.__new__, Surface)
#: Of what is no mention; nobody changes it.
_NO_SENSES: dict[Pos, Sense] = {}


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


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a term can mean where no context speaks against it.

    Attributes:
        senses: by part of speech; the last of a part of speech holds.
        listed: the same as listed, of which a context may leave some out.
        cues: the cues that it can be.
        anywhere: whether its senses and cues have no contexts at all.
    """

    senses: dict[Pos, Sense]
    listed: tuple[Sense, ...]
    cues: tuple[CueSense, ...]
    anywhere: bool


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
            key
            for key, senses in vocabulary.senses.items()
            if any(sense.word is None or sense.mask.attributes == ("age",) for sense in senses)
        )
        self._lexer = Lexer((*vocabulary.senses, *vocabulary.cues, *vocabulary.blocked))
        self._meanings = {key: self._meaning(key) for key in (*vocabulary.senses, *vocabulary.cues)}

    def _meaning(self, key: str) -> _Meaning:
        senses = self._vocabulary.senses.get(key, ())
        cues = self._vocabulary.cues.get(key, ())
        anywhere = not any(map(self._is_bound, senses)) and not any(cue.term.before for cue in cues)
        return _Meaning({sense.mask.pos: sense for sense in senses}, senses, cues, anywhere)

    def _is_bound(self, sense: Sense) -> bool:
        """Whether the sense has contexts."""
        word = sense.word
        if word is not None and (word.capital or word.unless_before or word.unless_after or word.only_after):
            return True
        return any(
            cls.not_before or cls.not_after or cls.only_before
            for cls in map(self._vocabulary.classes.__getitem__, sense.mask.classes)
        )

    def __call__(
        self, text: str, folded: str, spans: Sequence[DetectedSpan] = (), cues: Sequence[DetectedCue] = ()
    ) -> Scan:
        """Scan *text*, of which *folded* is the folded form; *spans* and *cues* are what detectors found."""
        tokens = self._lexer(folded)
        matches = self._resolve([*_detected(tokens, spans, cues), *self._terms(text, tokens)])
        return _units(text, tokens, self._compounds(tokens, matches))

    def _terms(self, text: str, tokens: Tokens) -> list[_Match]:
        found = []
        blocked, meanings = self._vocabulary.blocked, self._meanings
        for first, last in tokens.terms:
            key = tokens.lowers[first] if last == first + 1 else " ".join(tokens.lowers[first:last])
            if key in blocked:
                found.append(_Match(first, last, {}, (), found=False, blocked=True))
                continue
            meaning = meanings[key]
            senses, cues = meaning.senses, meaning.cues
            if not meaning.anywhere:
                near = _neighbours(tokens, first, last)
                small = text[tokens.starts[first]].islower()
                senses = {
                    sense.mask.pos: sense
                    for sense in meaning.listed
                    if self._allowed(sense, near) and not (small and sense.word and sense.word.capital)
                }
                cues = tuple([cue for cue in cues if not cue.term.before or near.after in cue.term.before])
            # A word that its context rules out (``cowboy hat``) is still kept from being a person.
            if senses or cues or last == first + 1:
                found.append(_Match(first, last, senses, cues, found=False))
        return found + self._misspelt(tokens)

    def _misspelt(self, tokens: Tokens) -> list[_Match]:
        """Matches of words that no term covers and that are a misspelt term."""
        found: list[_Match] = []
        suspects = self._speller.suspects(tokens.lowers)
        if not suspects:
            return found
        covered = {index for first, last in tokens.terms for index in range(first, last)}
        for index in suspects:
            meant = None if index in covered else self._speller.correct(tokens.lowers[index])
            if meant is None:
                continue
            near = _neighbours(tokens, index, index + 1)
            senses = {
                sense.mask.pos: sense
                for sense in self._vocabulary.senses[meant]
                if self._allowed(sense, near)
            }
            if senses:
                found.append(_Match(index, index + 1, senses, (), found=False))
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
        adjective = left.senses.get(_ADJECTIVE)
        if adjective is None or len(adjective.mask.classes) != 1:
            return None
        class_id = adjective.mask.classes[0]
        if not self._vocabulary.classes[class_id].compound:
            return None
        between = tokens.lowers[left.last : right.first]
        if between and between != ("-",):
            return None
        senses: dict[Pos, Sense] = {}
        if any(sense.mask.classes == (class_id,) for p, sense in right.senses.items() if p is _ADJECTIVE):
            senses[_ADJECTIVE] = adjective
        noun = right.senses.get(_NOUN)
        if noun is not None and noun.mask.classes[:1] == (class_id,):
            senses[_NOUN] = _with_value(noun, class_id, adjective)
        return _Match(left.first, right.last, senses, (), False) if senses else None


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


class _PlainUnits(dict[str, tuple[Unit, ...]]):
    """Units of words that are no terms: without and with a gap, then the same with a capital.

    English words (the lists' and their inflected forms) and single characters are kept; others are made anew
    each time, so nothing else of a prompt stays and the size is bounded. White space has no units.
    """

    def __missing__(self, word: str) -> tuple[Unit, ...]:
        made: tuple[Unit, ...] = ()
        if not word.isspace():
            # A token is all letters, all digits, all white space, or one character: its first tells.
            kind = _WORD if word[0].isalnum() else _PUNCTUATION
            person = kind is _WORD and names_person(word)
            made = tuple(
                Unit(kind, word, gap, capital, person) for capital in (False, True) for gap in (False, True)
            )
        if is_english(word) or (len(word) == 1 and word.isascii()):
            self[word] = made
        return made


_plain_units = _PlainUnits()


def _units(text: str, tokens: Tokens, matches: Sequence[_Match]) -> Scan:
    units: list[Unit] = []
    surfaces: list[Surface] = []
    starting = {match.first: match for match in matches}
    resume, gap, written = 0, False, 0
    for index, (word, start, end) in enumerate(zip(tokens.lowers, tokens.starts, tokens.ends, strict=True)):
        if index < resume:
            continue
        if index in starting:
            match = starting[index]
            resume = match.last
            end = tokens.ends[resume - 1]
            word = " ".join(tokens.lowers[index:resume])
            units.append(_unit(word, gap or start > written, text[start].isupper(), match))
            surfaces.append(Surface(start, end, match.senses))
        elif plain := _plain_units[word]:
            units.append(plain[(gap or start > written) + 2 * text[start].isupper()])
            surfaces.append(_make_surface((start, end, _NO_SENSES)))
        else:
            gap = True
            if "\n" in word:
                units.append(Unit(_BREAK, "\n", gap=True))
                surfaces.append(Surface(start, end, _NO_SENSES))
                written = end
            continue
        gap, written = False, end
    return Scan(tuple(units), tuple(surfaces))


def _is_person(cue: CueSense) -> bool:
    """Whether the cue is a noun for a person (``a blonde``)."""
    return cue.generic.endswith(("person", "people"))


def _unit(word: str, gap: bool, capital: bool, match: _Match) -> Unit:
    """The unit of a term that means something here, or that is kept from meaning anything."""
    if not match.senses:
        kind = _WORD if word[0].isalnum() else _PUNCTUATION
        return Unit(
            kind, word, gap, capital=capital, person=any(map(_is_person, match.cues)), cues=match.cues
        )

    masks = {pos: sense.mask for pos, sense in match.senses.items()}
    colour = word in COLOURS
    return Unit(
        _MENTION,
        "",
        gap,
        weak=not capital and colour,
        colour=colour,
        cues=match.cues,
        noun=masks.get(_NOUN),
        adjective=masks.get(_ADJECTIVE),
        phrase=masks.get(_PHRASE),
        pronoun=masks.get(_PRONOUN),
        title=masks.get(_TITLE),
    )
