"""The types of the attribute contract: what a plugin registers.

An :class:`Attribute` is a sensitive property with a :class:`Lexicon`. The lexicon's heart is the
:class:`LexemeClass`: parallel surface forms, one per value, that fill the same slot of a sentence
(``woman``/``man``, ``women``/``men``). Every other word of the lexicon (:class:`Word`) is an alias that is
rewritten in terms of classes: ``ballerina`` reads ``<gender.adjective=female> ballet dancer``. So only the
classes' own forms ever reach a candidate, and a form that only one value has cannot give that value away.

Everything here is immutable data; nothing here looks at a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from obclip_privacy.policy.frozen import FrozenMap

#: Ids of attributes, detectors and generators.
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
#: Ids of values.
VALUE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Ids of lexeme classes: the attribute, a dot, a name.
CLASS_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class Pos(StrEnum):
    """The place in a sentence that the forms of a class take."""

    NOUN = "noun"
    """Names a person. Forms: singular, plural."""
    ADJECTIVE = "adjective"
    """Describes a person from before the noun, after a form of *be*, or in a list of tags. One form."""
    PHRASE = "phrase"
    """Describes a person from after the noun (``with dark skin``, ``aged 70``). One form."""
    PRONOUN = "pronoun"
    """Stands for a person. Forms: subject, object, determiner, possessive, reflexive."""
    TITLE = "title"
    """Stands before a name (``Ms.``). One form."""

    @property
    def form_count(self) -> int:
        """How many forms each value has."""
        return {"noun": 2, "pronoun": 5}.get(self.value, 1)


class Band(StrEnum):
    """Whether a word speaks of adults, of minors (under 18), or leaves it open."""

    ADULT = "adult"
    MINOR = "minor"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class LexemeClass:
    """Parallel surface forms, one tuple per value.

    The contexts (``not_before``, ``not_after``, ``only_before``) hold lower-case words and apply to every
    form alike: what makes ``black`` no mention makes ``Asian`` no mention in the same place, so the
    decision does not depend on the value. A word with a hyphen before it (``-made``) is meant only across
    a hyphen (``man-made``, not ``a man made of snow``).

    Attributes:
        id: ``attribute.name``.
        attribute: id of the attribute whose values the forms state.
        pos: where the forms stand.
        forms: by value, :attr:`Pos.form_count` strings each, in their canonical letter case.
        neutral: forms that state no value (``person``, ``people``); ``""`` where the word is left out.
        states: values of other attributes that every form states (``age``: ``child`` for ``girl`` and
            ``boy``). They never vary.
        band: whether the class speaks of adults or of minors.
        base: the class that stands in where a policy has a value without a form here, or ``""``.
        not_before: no mention if one of these words follows directly (``man`` + ``made``).
        not_after: no mention if one of these words precedes directly (``spider`` + ``man``).
        only_before: a mention only if one of these words follows directly; empty for no such limit.
        needs_band: a mention only of a person of this band (``little`` + ``girl``), or ``None``.
        kin: a noun of kinship: a possessive before it belongs to somebody else.
        detected: the forms are no words to look for; only the attribute's detectors find them (numbers).
        compound: two forms in a row are one mention, with the value of the first (``Asian American``).
    """

    id: str
    attribute: str
    pos: Pos
    forms: Mapping[str, tuple[str, ...]]
    neutral: tuple[str, ...]
    states: Mapping[str, str] = field(default_factory=FrozenMap)
    band: Band = Band.OPEN
    base: str = ""
    not_before: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()
    only_before: frozenset[str] = frozenset()
    needs_band: Band | None = None
    kin: bool = False
    detected: bool = False
    compound: bool = False


@dataclass(frozen=True, slots=True)
class SlotPart:
    """A place in a reading that states *value* in a form of class *class_id*."""

    class_id: str
    value: str


#: What a word says: literal text and slots, in order. Literal parts carry their own spaces.
Reading = tuple[str | SlotPart, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A surface form with what it says, in terms of lexeme classes.

    The contexts apply to this word only. That is safe because a word with contexts of its own is never
    what a candidate shows: candidates show the forms of the classes.

    Attributes:
        surfaces: singular and plural, or one form; ``""`` where there is none. Lower case; matching
            ignores letter case.
        readings: one reading per surface.
        pos: where the word stands; decided by the last part of its reading.
        noun_of: id of the adjective class that the same surface may also be (``senior``, ``Asian``); the
            noun reading then holds only where the adjective finds no noun of its own.
        unless_before: not this word if one of these follows directly.
        unless_after: not this word if one of these precedes directly.
        only_after: this word only if one of these precedes directly; empty for no such limit.
        capital: this word only if it is written with a capital (``a Pole``, ``a pole``).
    """

    surfaces: tuple[str, ...]
    readings: tuple[Reading, ...]
    pos: Pos
    noun_of: str = ""
    unless_before: frozenset[str] = frozenset()
    unless_after: frozenset[str] = frozenset()
    only_after: frozenset[str] = frozenset()
    capital: bool = False


class CuePos(StrEnum):
    """How a cue stands in a sentence, which decides how it is taken out."""

    NOUN = "noun"
    ADJECTIVE = "adjective"
    MODIFIER = "modifier"
    """An adjective that is a cue before certain nouns only (``grey`` + ``hair``)."""


@dataclass(frozen=True, slots=True)
class CueTerm:
    """A span that reveals a value and has no parallel for the others.

    Attributes:
        surfaces: singular and plural, or one form; lower case.
        pos: how it stands in a sentence.
        attribute: id of the attribute that it reveals.
        kind: the policy's cues are keyed by this.
        reason: why it is a cue, for reports.
        generic: what stands in its place whenever it is taken out, per surface; or empty.
        general: what stands in its place where the policy generalises such cues and would else leave it out,
            per surface; or empty. For nouns only.
        before: for modifiers, the nouns before which it is a cue.
        alone: it stands for somebody by itself (an e-mail address): a cue even where the prompt names nobody.
        thing: an adjective that is a thing too (``ginger``): a cue only where it is said of a person.
    """

    surfaces: tuple[str, ...]
    pos: CuePos
    attribute: str
    kind: str
    reason: str
    generic: tuple[str, ...] = ()
    before: frozenset[str] = frozenset()
    general: tuple[str, ...] = ()
    alone: bool = False
    thing: bool = False


@dataclass(frozen=True, slots=True)
class ValueInfo:
    """What a lexicon knows of a value beyond its forms.

    Attributes:
        id: the value.
        parents: broader or equivalent values, nearest first; a policy that lists one of them but not
            this value takes this value for that one.
        years: for ages, the first and the last year that it covers.
    """

    id: str
    parents: tuple[str, ...] = ()
    years: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything a data file says of an attribute's words. Order is the file's, and never matters.

    Attributes:
        classes: lexeme classes.
        words: words that are rewritten.
        cues: words that reveal a value.
        values: what is known of the values.
        blocked: phrases that speak of nobody (``mother of pearl``). What holds of a form of a class holds
            of all its forms.
        blocked_before: groups of phrases that do so before one of some words (``tom collins`` before
            ``glass``).
    """

    classes: tuple[LexemeClass, ...] = ()
    words: tuple[Word, ...] = ()
    cues: tuple[CueTerm, ...] = ()
    values: tuple[ValueInfo, ...] = ()
    blocked: tuple[str, ...] = ()
    blocked_before: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A span that a detector claims to be *value*, written in a form of a lexeme class.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        class_id: the lexeme class whose slot the span fills.
        value: the value that it states.
        form: index of the form in the class.
    """

    start: int
    end: int
    class_id: str
    value: str
    form: int = 0


@dataclass(frozen=True, slots=True)
class Detector:
    """Finds mentions that no list of words can hold, such as numbers.

    *find* gets the prompt with typographic variants folded (same length, same offsets) and must be a
    pure function: no state, no network. It must find every form of the classes that it writes, and a
    span that it finds must be found again, in the same class, when the value is exchanged.
    """

    name: str
    find: Callable[[str], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class SlotContext:
    """What a generator may look at: the value-masked surroundings of a slot.

    Attributes:
        lexeme_class: the class of the slot.
        form: index of the form.
        before: the nearest literal word before the slot, lower case, or ``""``.
        after: the nearest literal word after the slot, lower case, or ``""``.
    """

    lexeme_class: LexemeClass
    form: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Generator:
    """Realises values: gives the surface form of a value in a slot.

    *realise* must be a pure function of its arguments, and what it writes must be detected again as the
    same value; the closure check refuses whatever breaks this.
    """

    name: str
    realise: Callable[[SlotContext, str], str]


#: Name of the detector and of the generator that every attribute has: its lexicon. The attribute's own id
#: stands for all of its detectors, and for its lexicon as generator.
LEXICON = "lexicon"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A sensitive property.

    Attributes:
        id: ``gender``, ``age``, ...
        title: for people.
        lexicon: its words.
        detectors: detectors beyond the lexicon; their names are unique within the attribute.
        generators: generators beyond the lexicon; likewise.
    """

    id: str
    title: str
    lexicon: Lexicon
    detectors: tuple[Detector, ...] = ()
    generators: tuple[Generator, ...] = ()

    @property
    def detector_names(self) -> tuple[str, ...]:
        """Names that a policy may list under ``detectors``."""
        return (self.id, LEXICON, *(detector.name for detector in self.detectors))

    @property
    def generator_names(self) -> tuple[str, ...]:
        """Names that a policy may give as ``generator``."""
        return (self.id, LEXICON, *(generator.name for generator in self.generators))

    @property
    def value_ids(self) -> tuple[str, ...]:
        """Values that some class has forms for, sorted: what a policy may list and aliases may name."""
        found = {value for cls in self.lexicon.classes for value in cls.forms}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Extension:
    """Further words, detectors and generators for an attribute that another plugin registers.

    They are used wherever the attribute is: a policy need not say more than the attribute's id. Ids of
    lexeme classes, and names of detectors and generators, must differ from those that are there.

    Attributes:
        attribute: id of the attribute.
        lexicon: further words.
        detectors: further detectors.
        generators: further generators.
    """

    attribute: str
    lexicon: Lexicon = Lexicon()
    detectors: tuple[Detector, ...] = ()
    generators: tuple[Generator, ...] = ()

    def applied_to(self, base: Attribute) -> Attribute:
        """*base* with what the extension brings, behind what is there."""
        ours, theirs = self.lexicon, base.lexicon
        merged = Lexicon(
            theirs.classes + ours.classes,
            theirs.words + ours.words,
            theirs.cues + ours.cues,
            theirs.values + ours.values,
            theirs.blocked + ours.blocked,
            theirs.blocked_before + ours.blocked_before,
        )
        detectors, generators = base.detectors + self.detectors, base.generators + self.generators
        return Attribute(base.id, base.title, merged, detectors, generators)


@dataclass(frozen=True, slots=True)
class CueFinding:
    """A span that a cue detector found.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        attribute: id of the attribute that it reveals.
        kind: the policy's cues are keyed by this.
        reason: why it is a cue.
        generic: what may stand in its place, or ``""``.
        alone: it stands for somebody by itself (:attr:`CueTerm.alone`).
    """

    start: int
    end: int
    attribute: str
    kind: str
    reason: str
    generic: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class CueDetector:
    """Finds cues: by a list of terms, by a pure function of the folded prompt, or by both.

    Attributes:
        name: unique among all cue detectors.
        terms: the words.
        find: the function.
        kinds: the kinds that *find* may report, so that a policy that names one is checked; empty: any.
    """

    name: str
    terms: tuple[CueTerm, ...] = ()
    find: Callable[[str], Sequence[CueFinding]] | None = None
    kinds: tuple[str, ...] = ()
