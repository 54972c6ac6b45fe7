"""The words of ``words.txt``, as tables to look up and as lexeme classes.

Determiners, adjectives and nouns of one noun phrase all state one gender, so each is a slot of the same
person. Words before the noun are nouns for the engine, since nouns side by side are one person; adjectives
after it are phrases, which belong to the nearest person before. One row of ``words.txt`` is one class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from obclip_privacy.attributes.base import Band, LexemeClass, Lexicon, Pos
from obclip_privacy.errors import PluginError
from obclip_privacy.language.fold import fold
from obclip_privacy.policy.frozen import FrozenMap

ATTRIBUTE = "genero"
#: Forms of a row: feminine and masculine, singular and plural.
Row = tuple[str, str, str, str]
_SECTIONS = (
    "nouns",
    "epicene",
    "adjectives",
    "determiners",
    "before",
    "intensifiers",
    "copulas",
    "pronoun_verbs",
    "not_before",
    "cue_nouns",
    "cue_adjectives",
)
_PRONOUN: Row = ("ella", "él", "ellas", "ellos")


@dataclass(frozen=True, slots=True)
class Form:
    """What a form of a table is.

    Attributes:
        name: last part of the id of its class.
        value: ``female`` or ``male``.
        plural: whether it is a plural.
    """

    name: str
    value: str
    plural: bool


@dataclass(frozen=True)
class Words:
    """Tables by folded form in lower case, and the classes.

    Attributes:
        nouns: nouns for persons.
        adjectives: adjectives that agree.
        determiners: what stands before a noun, of one or two words, and with an adjective of one form.
        pronouns: third person.
        lists: the other sections, folded.
        classes: every lexeme class.
    """

    nouns: Mapping[str, Form]
    adjectives: Mapping[str, Form]
    determiners: Mapping[str, Form]
    pronouns: Mapping[str, Form]
    lists: Mapping[str, frozenset[str]]
    classes: tuple[LexemeClass, ...] = field(repr=False)


@cache
def words() -> Words:
    """The words, read once.

    Raises:
        PluginError: ``words.txt`` is malformed.
    """
    sections = _sections(resources.files("obclip_es").joinpath("words.txt").read_text("utf-8"))
    nouns = [_row(line) for line in sections["nouns"]]
    adjectives = [_row(line)[0] for line in sections["adjectives"]]
    determiners = list(_determiners(sections))
    classes = [
        *_noun_classes(nouns),
        *(cls for row in adjectives for cls in _adjective_classes(row)),
        *(_class(f"det_{_name(row)}", Pos.NOUN, row) for row in determiners),
        *_pronoun_classes(),
    ]
    return Words(
        nouns=_table(row for row, _ in nouns),
        adjectives=_table(adjectives),
        determiners=_table(determiners),
        pronouns=_table([_PRONOUN]),
        lists=FrozenMap(
            {name: frozenset(fold(word) for word in sections[name]) for name in _SECTIONS if name in sections}
        ),
        classes=tuple(classes),
    )


def lexicon() -> Lexicon:
    """The lexicon; its forms are found by the reader alone."""
    return Lexicon(words().classes)


def _sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    missing = sorted(set(_SECTIONS) - set(found))
    if missing:
        raise PluginError(f"words.txt has no section [{missing[0]}]")
    return found


def _row(line: str) -> tuple[Row, Band]:
    """The forms of a line (``_`` is a space, ``-`` no singular), and the band that it names."""
    parts = [part.replace("_", " ") for part in line.split()]
    band = Band(parts.pop()) if parts[-1] in ("adult", "minor") else Band.OPEN
    if len(parts) != 4:
        raise PluginError(f"words.txt: '{line}' has {len(parts)} forms, not four")
    if parts[0] == "-":
        parts[:2] = parts[2:]
    return (parts[0], parts[1], parts[2], parts[3]), band


def _determiners(sections: Mapping[str, list[str]]) -> Iterator[Row]:
    """Determiners, alone and with an adjective of one form behind them (``una joven``, ``un joven``)."""
    for line in sections["determiners"]:
        row, _ = _row(line)
        yield row
        for singular, plural in (pair.split() for pair in sections["before"]):
            yield f"{row[0]} {singular}", f"{row[1]} {singular}", f"{row[2]} {plural}", f"{row[3]} {plural}"


def _noun_classes(nouns: list[tuple[Row, Band]]) -> Iterator[LexemeClass]:
    for row, band in nouns:
        neutral = ("criatura", "criaturas") if band is Band.MINOR else ("persona", "personas")
        yield _class(f"noun_{_name(row)}", Pos.NOUN, row, neutral, band)
        yield _class(
            f"a_noun_{_name(row)}", Pos.NOUN, _with_a(row), (f"a {neutral[0]}", f"a {neutral[1]}"), band
        )


def _adjective_classes(row: Row) -> Iterator[LexemeClass]:
    yield _class(f"adjn_{_name(row)}", Pos.NOUN, row)
    yield _class(f"a_adjn_{_name(row)}", Pos.NOUN, _with_a(row))
    yield from _phrases(_name(row), row)


def _pronoun_classes() -> Iterator[LexemeClass]:
    for name, row in (("pronoun", _PRONOUN), ("a_pronoun", _with_a(_PRONOUN))):
        yield _class(name, Pos.NOUN, row)
        yield from _phrases(name, row)


def _phrases(name: str, row: Row) -> Iterator[LexemeClass]:
    """A class for the singular and one for the plural, for what comes after its noun."""
    for number, forms in (("one", row[:2]), ("many", row[2:])):
        values = FrozenMap({"female": forms[:1], "male": forms[1:]})
        yield LexemeClass(
            f"{ATTRIBUTE}.{number}_{name}", ATTRIBUTE, Pos.PHRASE, values, (forms[0],), detected=True
        )


def _class(
    name: str, pos: Pos, row: Row, neutral: tuple[str, str] | None = None, band: Band = Band.OPEN
) -> LexemeClass:
    """The neutral word is *persona*, which is feminine: so are the words that agree with it."""
    forms = FrozenMap({"female": (row[0], row[2]), "male": (row[1], row[3])})
    return LexemeClass(
        f"{ATTRIBUTE}.{name}", ATTRIBUTE, pos, forms, neutral or (row[0], row[2]), band=band, detected=True
    )


def _with_a(row: Row) -> Row:
    """With the preposition before it, which the engine must not take for an English article."""
    return f"a {row[0]}", f"a {row[1]}", f"a {row[2]}", f"a {row[3]}"


def _name(row: Row) -> str:
    return fold(row[2]).replace(" ", "_")


def _table(rows: Iterator[Row] | list[Row]) -> Mapping[str, Form]:
    found: dict[str, Form] = {}
    for row in rows:
        for form, value, plural in zip(row, ("female", "male") * 2, (False, False, True, True), strict=True):
            found.setdefault(fold(form), Form(_name(row), value, plural))
    return FrozenMap(found)
