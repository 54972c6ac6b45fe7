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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from operator import attrgetter

from obclip_privacy.attributes.base import Pos
from obclip_privacy.language import wordlists
from obclip_privacy.language.grammar import COLOURS
from obclip_privacy.language.lexer import Tokens
from obclip_privacy.language.spelling import is_english
from obclip_privacy.language.terms import Match, Terms
from obclip_privacy.language.units import CueSense, Kind, Mask, Part, Sense, Surface, Unit
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.language.wordlists import names_person

# Members looked up once: up to Python 3.11 each look-up costs as much as a function call.
_WORD, _PUNCTUATION, _BREAK, _MENTION = Kind.WORD, Kind.PUNCTUATION, Kind.BREAK, Kind.MENTION
_NOUN, _ADJECTIVE, _PHRASE, _PRONOUN, _TITLE = Pos.NOUN, Pos.ADJECTIVE, Pos.PHRASE, Pos.PRONOUN, Pos.TITLE
#: Fields in order, at half the cost of the class's own constructor.
_make_surface = partial(tuple.__new__, Surface)
_first = attrgetter("first")
#: Shorter words for persons have too many neighbours.
_SHORTEST_PERSON = 6
#: Attributes whose values are no proper nouns.
_CASED = frozenset({"gender", "age"})
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


class Scanner:
    """Scans texts with one vocabulary. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._terms = Terms(vocabulary)

    def __call__(
        self, text: str, folded: str, spans: Sequence[DetectedSpan] = (), cues: Sequence[DetectedCue] = ()
    ) -> Scan:
        """Scan *text*, of which *folded* is the folded form; *spans* and *cues* are what detectors found."""
        tokens = self._terms.lexer(folded)
        matches = _resolve([*_detected(tokens, spans, cues), *self._terms.find(text, tokens)])
        return _units(text, tokens, self._compounds(tokens, matches))

    def _compounds(self, tokens: Tokens, matches: list[Match]) -> list[Match]:
        joined: list[Match] = []
        for match in matches:
            merged = self._join(tokens, joined[-1], match) if joined else None
            if merged is None:
                joined.append(match)
            else:
                joined[-1] = merged
        return joined

    def _join(self, tokens: Tokens, left: Match, right: Match) -> Match | None:
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
        return Match(left.first, right.last, senses, (), False) if senses else None


def _resolve(matches: list[Match]) -> list[Match]:
    """Of overlapping matches those that win, in text order."""
    matches.sort(key=_first)
    if all(one.last <= other.first for one, other in pairwise(matches)):
        return matches
    taken: set[int] = set()
    kept = []
    for match in sorted(matches, key=_precedence):
        span = range(match.first, match.last)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(match)
    return sorted(kept, key=_first)


def _precedence(match: Match) -> tuple[bool, int, int, bool, bool]:
    empty = not (match.senses or match.cues or match.blocked)
    return empty, match.first - match.last, match.first, not match.blocked, not match.found


def _detected(tokens: Tokens, spans: Sequence[DetectedSpan], cues: Sequence[DetectedCue]) -> list[Match]:
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
            found.append(Match(first, last, senses, cue, found=True))
    return found


def _with_value(noun: Sense, class_id: str, adjective: Sense) -> Sense:
    value = next(part.value for part in adjective.parts if isinstance(part, Part))
    parts = tuple(
        replace(part, value=value) if isinstance(part, Part) and part.class_id == class_id else part
        for part in noun.parts
    )
    return replace(noun, parts=parts)


@cache
def _persons_but_a_letter() -> frozenset[str]:
    """Words for persons without one of their letters."""
    return frozenset(
        word[:at] + word[at + 1 :]
        for word in wordlists.persons()
        if len(word) >= _SHORTEST_PERSON and word.isalpha()
        for at in range(len(word))
    )


def _misspells_person(word: str) -> bool:
    """Whether *word* is no word, but would be a person with a letter more, or two swapped (``doctr``).

    One with another letter (``hoodie`` for *foodie*) is too often a thing.
    """
    if len(word) < _SHORTEST_PERSON - 1 or not word.isascii() or is_english(word):
        return False
    if word in _persons_but_a_letter():
        return True
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    return len(word) >= _SHORTEST_PERSON and not wordlists.persons().isdisjoint(swapped)


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
            # A name may look like a misspelt trade; it has a capital.
            small = person or (kind is _WORD and _misspells_person(word))
            made = tuple(
                Unit(kind, word, gap, capital, person if capital else small)
                for capital in (False, True)
                for gap in (False, True)
            )
        if is_english(word) or (len(word) == 1 and word.isascii()):
            self[word] = made
        return made


_plain_units = _PlainUnits()


def _units(text: str, tokens: Tokens, matches: Sequence[Match]) -> Scan:
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
            word = word if resume == index + 1 else " ".join(tokens.lowers[index:resume])
            same = _same_units(word, match)
            units.append(same[(gap or start > written) + 2 * text[start].isupper()])
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


def _same_units(word: str, match: Match) -> Sequence[Unit]:
    """The units of a match, in the order of :class:`_PlainUnits`; made once where many share them."""
    if match.units:
        return match.units
    made = [_unit(word, gap, capital, match) for capital in (False, True) for gap in (False, True)]
    if match.units is not None:
        match.units[:] = made
    return made


def _is_person(cue: CueSense) -> bool:
    """Whether the cue is a noun for a person (``a blonde``)."""
    return bool(cue.generic) and names_person(cue.generic.split()[-1])


def _shows_case(masks: Iterable[Mask]) -> bool:
    """Whether every value is written in the letter case of what was typed: all but those of an origin."""
    return all(attribute in _CASED for mask in masks for attribute in mask.attributes)


def _unit(word: str, gap: bool, capital: bool, match: Match) -> Unit:
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
        capital=capital and _shows_case(masks.values()),
        weak=not capital and colour,
        colour=colour,
        cues=match.cues,
        noun=masks.get(_NOUN),
        adjective=masks.get(_ADJECTIVE),
        phrase=masks.get(_PHRASE),
        pronoun=masks.get(_PRONOUN),
        title=masks.get(_TITLE),
    )
