"""Masked units: a prompt with every value taken out.

A :class:`Unit` is a word, a punctuation mark, a line break, or a place that states a value. Of the last
kind it tells the lexeme classes and the form (its :class:`Mask`), never the value and never the length of
the text. The rules of the language get units only.

What a unit stands for is in a parallel list of :class:`Surface`, which only the template builder and the
detection report read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from obclip_privacy.attributes.base import Band, CueTerm, Pos, Word


class Case(IntEnum):
    """Case of a pronoun, as the index of its form; masked pronouns tell only what all values share."""

    SUBJECT = 0
    OBJECT = 1
    DETERMINER = 2
    POSSESSIVE = 3
    REFLEXIVE = 4
    OBLIQUE = 5
    """Object, determiner or possessive: ``her`` is two of them, ``his`` two others; the context decides."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What may be known of a mention without knowing its value.

    Attributes:
        pos: where it stands.
        classes: ids of the lexeme classes that it fills, in text order.
        attributes: ids of their attributes, in text order, without repetition.
        form: index of the form; for pronouns a :class:`Case`.
        band: adults, minors, or open.
        kin: whether it is a noun of kinship.
        needs_band: a mention only of persons of this band.
    """

    pos: Pos
    classes: tuple[str, ...]
    attributes: tuple[str, ...]
    form: int
    band: Band
    kin: bool = False
    needs_band: Band | None = None

    @property
    def plural(self) -> bool:
        """Whether it is a plural noun."""
        return self.pos is Pos.NOUN and self.form == 1


#: What each unit is in its place; ``None`` for none.
Roles = list[Pos | None]


@dataclass(frozen=True, slots=True)
class Part:
    """A slot in a sense: a form of a lexeme class, and the value that is stated."""

    class_id: str
    attribute: str
    value: str
    form: int


@dataclass(frozen=True, slots=True)
class Sense:
    """One thing that a surface form can mean.

    Attributes:
        mask: what of it may be looked at.
        parts: literal text and slots that it is rewritten to.
        states: values of further attributes that it states and that never vary, as (attribute, value).
        detector: who found it.
        word: the lexicon's word with its own contexts, or ``None`` for a class's own form.
    """

    mask: Mask
    parts: tuple[str | Part, ...]
    states: tuple[tuple[str, str], ...]
    detector: str
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class CueSense:
    """A cue with the index of its surface (which says what its plain stand-in is)."""

    term: CueTerm
    index: int

    @property
    def generic(self) -> str:
        """What stands in its place whenever it is taken out, or ``""``."""
        return self.term.generic[self.index] if self.term.generic else ""

    @property
    def general(self) -> str:
        """What stands in its place where cues are generalised, or ``""``."""
        return self.generic or (self.term.general[self.index] if self.term.general else "")


class Kind(IntEnum):
    """What a unit is."""

    WORD = 0
    PUNCTUATION = 1
    BREAK = 2
    MENTION = 3


class Unit(NamedTuple):
    """One masked unit.

    Attributes:
        kind: what it is.
        word: the folded text in lower case; ``""`` for mentions.
        gap: whether white space precedes it.
        capital: whether it begins with a capital; ``False`` for mentions of an origin, some of which always
            do.
        person: whether the word is a noun for a person, wherever it stands; ``False`` for mentions.
        weak: a mention typed as a plain colour word (``black``, never ``Black``): not taken for a mention
            where it stands alone. What candidates show is never weak, so this loses no closure.
        colour: a mention typed as a colour word (``black``, ``White``): no origin of clothes.
        noun: as a noun, if it can be one.
        adjective: as an adjective.
        phrase: as part of a phrase after the noun.
        pronoun: as a pronoun.
        title: as a title.
        cues: the cues that it may be.
    """

    kind: Kind
    word: str
    gap: bool
    capital: bool = False
    person: bool = False
    weak: bool = False
    colour: bool = False
    noun: Mask | None = None
    adjective: Mask | None = None
    phrase: Mask | None = None
    pronoun: Mask | None = None
    title: Mask | None = None
    cues: tuple[CueSense, ...] = ()

    @property
    def is_noun(self) -> bool:
        """Whether it can only be a noun.

        Some forms of a class are nouns besides (``an Asian``, but no ``a Black``), so what can also be an
        adjective must not be asked whether it can be a noun.
        """
        return self.noun is not None and self.adjective is None


def mentions(units: Sequence[Unit]) -> list[int]:
    """Indices of the units that state a value; most prompts have few, and most rules are about these."""
    mention = Kind.MENTION
    return [index for index, unit in enumerate(units) if unit.kind is mention]


class Surface(NamedTuple):
    """What a unit stands for in the prompt.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        senses: the senses behind the unit's masks, by part of speech.
    """

    start: int
    end: int
    senses: dict[Pos, Sense]
