"""What the vocabulary's terms mean where they stand: senses and cues that no context rules out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from obclip_privacy.attributes.base import LexemeClass, Pos
from obclip_privacy.language.grammar import AFTER_PERSONS
from obclip_privacy.language.lexer import Lexer, Tokens, ending
from obclip_privacy.language.spelling import Speller
from obclip_privacy.language.units import CueSense, Sense, Unit
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.language.wordlists import is_known


@dataclass(slots=True)
class Match:
    """A range of tokens that may be a mention or a cue.

    Attributes:
        first: the first token.
        last: the token after the last.
        senses: what it can mean, by part of speech; empty for a word that its context rules out.
        cues: the cues that it can be.
        found: whether a detector found it.
        blocked: whether it is a phrase that speaks of nobody.
        units: its units as the scanner orders them, shared by all
            matches of the term with these senses and cues; filled in when first needed. ``None`` where the
            senses are those of this place.
    """

    first: int
    last: int
    senses: dict[Pos, Sense]
    cues: tuple[CueSense, ...]
    found: bool
    blocked: bool = False
    units: list[Unit] | None = None


@dataclass(frozen=True, slots=True)
class _Context:
    """A sense with all that its word and its classes say of the words around it."""

    sense: Sense
    not_before: frozenset[str]
    not_after: frozenset[str]
    only_after: frozenset[str]
    only_before: tuple[frozenset[str], ...]
    capital: bool

    @property
    def is_free(self) -> bool:
        """Whether it holds anywhere."""
        return not (self.not_before or self.not_after or self.only_after or self.only_before or self.capital)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a term can mean.

    Attributes:
        senses: where no context speaks against any, by part of speech.
        contexts: each sense with its contexts.
        cues: the cues that it can be.
        anywhere: whether its senses and cues have no contexts at all.
        units: see :class:`Match`.
    """

    senses: dict[Pos, Sense]
    contexts: tuple[_Context, ...]
    cues: tuple[CueSense, ...]
    anywhere: bool
    units: list[Unit] = field(default_factory=list)


#: Of shorter ones a name may look like a misspelling (``Ladd``).
_SHORTEST_ANY_CASE = 5
#: Shorter words of this kind have too many neighbours.
_SHORTEST_SLANG = 7


class Terms:
    """Finds the terms of one vocabulary in texts. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._speller = Speller(
            key.replace(" - ", "-")
            for key, senses in vocabulary.senses.items()
            if any(sense.word is None or sense.mask.attributes == ("age",) for sense in senses)
        )
        # Further words for persons; names look like some of them (``Abbott``): only small words are misspelt.
        self._slang = Speller(
            key
            for key, senses in vocabulary.senses.items()
            if len(key) >= _SHORTEST_SLANG
            and all(sense.word is not None and "gender" in sense.mask.attributes for sense in senses)
            and all(_context(sense, vocabulary.classes).is_free for sense in senses)
        )
        known = (*vocabulary.senses, *vocabulary.cues)
        needing = {key: after for key, after in vocabulary.blocked.items() if () not in after}
        self.lexer = Lexer(
            (*known, *vocabulary.blocked), {key: needing[key] for key in needing.keys() - known}
        )
        self._meanings = {key: self._meaning(key) for key in (*vocabulary.senses, *vocabulary.cues)}

    def _meaning(self, key: str) -> _Meaning:
        senses = self._vocabulary.senses.get(key, ())
        cues = self._vocabulary.cues.get(key, ())
        contexts = tuple(_context(sense, self._vocabulary.classes) for sense in senses)
        anywhere = all(context.is_free for context in contexts) and not any(cue.term.before for cue in cues)
        return _Meaning({sense.mask.pos: sense for sense in senses}, contexts, cues, anywhere)

    def find(self, text: str, tokens: Tokens) -> list[Match]:
        """Matches of the terms among *tokens* of *text*, and of words that are misspelt ones."""
        found = []
        blocked, meanings = self._vocabulary.blocked, self._meanings
        for first, last in tokens.terms:
            key = tokens.lowers[first] if last == first + 1 else " ".join(tokens.lowers[first:last])
            end = ending(tokens.lowers, last, blocked[key]) if key in blocked else 0
            if end and (end == len(tokens.lowers) or tokens.lowers[end] not in AFTER_PERSONS):
                found.append(Match(first, end, {}, (), found=False, blocked=True))
                continue
            if end == last:
                # ``a Cuban cigar roller`` is somebody, and Cuban.
                continue
            meaning = meanings.get(key)
            if meaning is None:
                continue
            if meaning.anywhere:
                found.append(Match(first, last, meaning.senses, meaning.cues, False, False, meaning.units))
                continue
            near = _neighbours(tokens, first, last)
            small = text[tokens.starts[first]].islower()
            senses = {
                context.sense.mask.pos: context.sense
                for context in meaning.contexts
                if _holds(context, near) and not (small and context.capital)
            }
            cues = tuple([cue for cue in meaning.cues if not cue.term.before or near[1] in cue.term.before])
            # A word that its context rules out (``cowboy hat``) is still kept from being a person.
            if senses or cues or last == first + 1:
                same = senses == meaning.senses and cues == meaning.cues
                found.append(Match(first, last, senses, cues, False, False, meaning.units if same else None))
        return found + self._misspelt(text, tokens)

    def _two_words(self, tokens: Tokens, index: int) -> int | None:
        """First token of the two-word term of which the word at *index* is a misspelt half.

        ``middle agged``, ``middel aged``.
        """
        lowers = tokens.lowers
        if index > 0 and lowers[index - 1] == "middle":
            meant = self._speller.correct(f"middle-{lowers[index]}")
            return index - 1 if meant is not None and meant.startswith("middle-") else None
        if index + 1 < len(lowers) and lowers[index + 1] == "aged":
            meant = self._speller.correct(f"{lowers[index]}-aged")
            return index if meant is not None and meant.endswith("-aged") else None
        return None

    def _misspelt(self, text: str, tokens: Tokens) -> list[Match]:
        """Matches of words that no term covers and that are a misspelt term."""
        found: list[Match] = []
        suspects = self._speller.suspects(tokens.lowers)
        hyphens = [i for i, word in enumerate(tokens.lowers) if word == "-" and _hyphenated(tokens, i)]
        if not suspects and not hyphens:
            return found
        covered = {index for first, last in tokens.terms for index in range(first, last)}
        spans = [(index, index + 1) for index in suspects if index not in covered]
        spans += [(index - 1, index + 2) for index in hyphens]
        pairs = (self._two_words(tokens, index) for index in suspects)
        spans += [(first, first + 2) for first in pairs if first is not None]
        for first, last in sorted(spans):
            joint = "-" if last == first + 2 else ""
            typed = joint.join(tokens.lowers[first:last])
            meant = self._speller.correct(typed)
            if meant is None and last == first + 1 and text[tokens.starts[first]].islower():
                meant = self._slang.correct(typed)
            if meant is None or (
                len(meant) < _SHORTEST_ANY_CASE and not text[tokens.starts[first]].islower()
            ):
                continue
            near = _neighbours(tokens, first, last)
            senses = {
                context.sense.mask.pos: context.sense
                for context in self._meanings[meant.replace("-", " - ")].contexts
                if _holds(context, near)
            }
            if senses:
                found.append(Match(first, last, senses, (), found=False))
        return found


def _hyphenated(tokens: Tokens, index: int) -> bool:
    """Whether the hyphen at *index* stands between two words that are not both listed as they are."""
    if index == 0 or index + 1 >= len(tokens.lowers):
        return False
    close = tokens.ends[index - 1] == tokens.starts[index] and tokens.ends[index] == tokens.starts[index + 1]
    return close and not (is_known(tokens.lowers[index - 1]) and is_known(tokens.lowers[index + 1]))


#: The words directly before and after, across a hyphen, ``""`` at the ends; then ``-`` and the word before
#: and after where a hyphen stands between, else ``""``.
_Neighbours = tuple[str, str, str, str]


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
    return before, after, hyphened_before, hyphened_after


def _context(sense: Sense, classes: Mapping[str, LexemeClass]) -> _Context:
    word, own = sense.word, [classes[class_id] for class_id in sense.mask.classes]
    not_before = [cls.not_before for cls in own if cls.not_before]
    not_after = [cls.not_after for cls in own if cls.not_after]
    if word is not None:
        not_before.append(word.unless_before)
        not_after.append(word.unless_after)
    return _Context(
        sense,
        _union(not_before),
        _union(not_after),
        word.only_after if word else frozenset(),
        tuple(cls.only_before for cls in own if cls.only_before),
        capital=word is not None and word.capital,
    )


def _union(groups: Sequence[frozenset[str]]) -> frozenset[str]:
    """All words of *groups*; the group itself where only one has any, so that many senses share it."""
    told = [group for group in groups if group]
    return told[0] if len(told) == 1 else frozenset().union(*told)


def _holds(context: _Context, near: _Neighbours) -> bool:
    """Whether the words around it allow the sense; its capital is another matter."""
    before, after, hyphened_before, hyphened_after = near
    if context.not_before and (after in context.not_before or hyphened_after in context.not_before):
        return False
    if context.not_after and (before in context.not_after or hyphened_before in context.not_after):
        return False
    if context.only_after and before not in context.only_after:
        return False
    return not context.only_before or _all_have(context.only_before, after)


def _all_have(groups: Sequence[frozenset[str]], word: str) -> bool:
    return all(word in group for group in groups)
