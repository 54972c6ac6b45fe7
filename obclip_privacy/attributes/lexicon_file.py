r"""Reads lexicons from data files.

The format is JSON Lines, UTF-8, one entry a line; the first key says what the entry is. Blank lines and
lines that start with ``#`` are skipped.

``{"class": "gender.queen", "pos": "noun", "forms": {"female": ["queen", "queens"], ...}, ...}``
    A lexeme class (:class:`~obclip_privacy.attributes.base.LexemeClass`). Further keys: ``neutral``
    (forms without a value), ``also`` (by value, a list of other surface forms, each with as many entries
    as a value has forms), ``states``, ``band``, ``base``, ``not_before``, ``not_after``, ``only_before``,
    ``needs_band``, ``kin``, ``compound``, ``detected``.
``{"value": "korean", "of": "ethnicity.adjective", "form": "Korean", "noun": ["Korean", "Koreans"], ...}``
    A value of an adjective class. Further keys: ``also`` (other adjectives), ``parents`` (broader values,
    nearest first), ``years`` (first and last year of an age). ``noun`` lists nouns for a person of that
    value, which read ``<class=value> person``.
``{"word": ["ballerina", "ballerinas"], "reads": "<gender.adjective=female> ballet dancer", ...}``
    A word that is rewritten. ``reads`` may be a list, one per surface. Further keys: ``noun_of``,
    ``unless_before``, ``unless_after``, ``only_after``, ``capital``.
``{"cue": ["beard", "beards"], "pos": "noun", "attribute": "gender", "kind": "hair", "reason": ..., ...}``
    A cue (:class:`~obclip_privacy.attributes.base.CueTerm`). Further keys: ``generic``, ``general``,
    ``before``, ``thing``.
``{"nobody": ["mother of pearl", "lady bug"]}``
    Phrases with a word of the lexicon in them that speak of nobody. Further key: ``before``, words of which
    one must follow (``{"nobody": ["tom collins"], "before": ["glass", "cocktail"]}``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from obclip_privacy.attributes.base import (
    Band,
    CuePos,
    CueTerm,
    LexemeClass,
    Lexicon,
    Pos,
    Reading,
    SlotPart,
    ValueInfo,
    Word,
)
from obclip_privacy.errors import PluginError
from obclip_privacy.policy.frozen import FrozenMap

_PART = re.compile(r"<([^<>=]+)=([^<>=]+)>")
_KEYS: Mapping[str, frozenset[str]] = {
    "class": frozenset(
        [
            "class",
            "pos",
            "forms",
            "neutral",
            "also",
            "states",
            "band",
            "base",
            "not_before",
            "not_after",
            "only_before",
            "needs_band",
            "kin",
            "compound",
            "detected",
        ]
    ),
    "value": frozenset(["value", "of", "form", "noun", "also", "parents", "years", "kind"]),
    "word": frozenset(["word", "reads", "noun_of", "unless_before", "unless_after", "only_after", "capital"]),
    "nobody": frozenset(["nobody", "before"]),
    "cue": frozenset(["cue", "pos", "attribute", "kind", "reason", "generic", "general", "before", "thing"]),
}


@cache
def read_lexicon(name: str, package: str = "obclip_privacy.data.en") -> Lexicon:
    """The lexicon in the data file *name* of *package*.

    Raises:
        PluginError: an entry is malformed; the message names the file and the line.
    """
    text = resources.files(package).joinpath(name).read_text("utf-8")
    return parse_lexicon(text.splitlines(), name)


@cache
def read_words(name: str, package: str = "obclip_privacy.data.en") -> frozenset[str]:
    """The words of a list, one a line; lines that start with ``#`` are skipped."""
    text = resources.files(package).joinpath(name).read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def parse_lexicon(lines: Iterable[str], source: str) -> Lexicon:
    """The lexicon that *lines* describe; *source* is named in errors.

    Raises:
        PluginError: an entry is malformed.
    """
    entries: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            entry = json.loads(line)
            kind = next(iter(entry))
            unknown = sorted(set(entry) - _KEYS[kind])
        except (ValueError, StopIteration, KeyError, TypeError) as error:
            raise PluginError(f"{source}:{number}: not a lexicon entry: {error}") from None
        if unknown:
            raise PluginError(f"{source}:{number}: unknown key '{unknown[0]}' in a {kind} entry")
        entries.append((number, entry))
    try:
        return _build(entries)
    except _EntryError as error:
        raise PluginError(f"{source}:{error.number}: {error}") from None


class _EntryError(Exception):
    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


def _build(entries: list[tuple[int, dict[str, Any]]]) -> Lexicon:
    classes: dict[str, dict[str, Any]] = {}
    words: list[Word] = []
    cues: list[CueTerm] = []
    values: list[ValueInfo] = []
    blocked: list[str] = []
    blocked_before: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for _, entry in entries:
        if "class" in entry:
            classes[entry["class"]] = dict(entry, forms=dict(entry["forms"]))
    for number, entry in entries:
        try:
            if "class" in entry:
                words.extend(_aliases(entry))
            elif "value" in entry:
                values.append(_value(entry))
                if "form" in entry:
                    classes[entry["of"]]["forms"][entry["value"]] = [entry["form"]]
                words.extend(_value_words(entry))
            elif "word" in entry:
                words.append(_word(entry))
            elif "nobody" in entry:
                phrases = tuple(_lower(entry["nobody"]))
                if "before" in entry:
                    blocked_before.append((phrases, tuple(_lower(entry["before"]))))
                else:
                    blocked.extend(phrases)
            else:
                cues.append(_cue(entry))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise _EntryError(number, f"malformed entry: {error!r}") from None
    built = []
    for number, entry in entries:
        if "class" in entry:
            try:
                built.append(_class(classes[entry["class"]]))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise _EntryError(number, f"malformed class: {error}") from None
    return Lexicon(
        tuple(built), tuple(words), tuple(cues), tuple(values), tuple(blocked), tuple(blocked_before)
    )


def _class(entry: Mapping[str, Any]) -> LexemeClass:
    pos = Pos(entry["pos"])
    forms = {value: tuple(found) for value, found in entry["forms"].items()}
    neutral = tuple(entry["neutral"])
    for owner, found in (*forms.items(), ("neutral", neutral)):
        if len(found) != pos.form_count:
            raise ValueError(f"'{owner}' has {len(found)} forms; a {pos.value} has {pos.form_count}")
    if len({found[0][:1].isupper() for found in forms.values()}) > 1:
        raise ValueError("some forms begin with a capital and some do not: the letter case would tell")
    return LexemeClass(
        id=entry["class"],
        attribute=entry["class"].partition(".")[0],
        pos=pos,
        forms=FrozenMap(forms),
        neutral=neutral,
        states=FrozenMap(entry.get("states", {})),
        band=Band(entry.get("band", "open")),
        base=entry.get("base", ""),
        not_before=frozenset(entry.get("not_before", ())),
        not_after=frozenset(entry.get("not_after", ())),
        only_before=frozenset(entry.get("only_before", ())),
        needs_band=Band(entry["needs_band"]) if "needs_band" in entry else None,
        kin=bool(entry.get("kin", False)),
        detected=bool(entry.get("detected", False)),
        compound=bool(entry.get("compound", False)),
    )


def _aliases(entry: Mapping[str, Any]) -> Iterable[Word]:
    pos = Pos(entry["pos"])
    for value, alternatives in entry.get("also", {}).items():
        reading: Reading = (SlotPart(entry["class"], value),)
        for surfaces in alternatives:
            yield Word(tuple(_lower(surfaces)), (reading,) * len(surfaces), pos)


def _value(entry: Mapping[str, Any]) -> ValueInfo:
    years = entry.get("years")
    return ValueInfo(
        entry["value"], tuple(entry.get("parents", ())), (int(years[0]), int(years[1])) if years else None
    )


def _value_words(entry: Mapping[str, Any]) -> Iterable[Word]:
    """Other adjectives for a value, and the nouns for a person of it."""
    if "form" not in entry:
        return
    slot = SlotPart(entry["of"], entry["value"])
    for surface in _lower(entry.get("also", ())):
        yield Word((surface,), ((slot,),), Pos.ADJECTIVE)
    if "noun" in entry:
        surfaces = tuple(_lower(entry["noun"]))
        yield Word(surfaces, ((slot, " person"), (slot, " people")), Pos.NOUN, noun_of=entry["of"])


def _word(entry: Mapping[str, Any]) -> Word:
    surfaces = [entry["word"]] if isinstance(entry["word"], str) else list(entry["word"])
    reads = entry["reads"]
    readings = [reads] * len(surfaces) if isinstance(reads, str) else list(reads)
    if len(readings) != len(surfaces):
        raise ValueError("'reads' must be one text, or one per surface")
    parsed = tuple(_reading(text) for text in readings)
    last = parsed[-1][-1]
    # A reading that ends in a literal ends in a noun (``ballet dancer``); one slot takes its class's place.
    adjective = isinstance(last, SlotPart) and last.class_id.endswith("adjective")
    return Word(
        tuple(_lower(surfaces)),
        parsed,
        Pos.ADJECTIVE if adjective else Pos.NOUN,
        noun_of=entry.get("noun_of", ""),
        unless_before=frozenset(entry.get("unless_before", ())),
        unless_after=frozenset(entry.get("unless_after", ())),
        only_after=frozenset(entry.get("only_after", ())),
        capital=bool(entry.get("capital", False)),
    )


def _reading(text: str) -> Reading:
    parts: list[str | SlotPart] = []
    at = 0
    for match in _PART.finditer(text):
        if match.start() > at:
            parts.append(text[at : match.start()])
        parts.append(SlotPart(match[1], match[2]))
        at = match.end()
    if at < len(text):
        parts.append(text[at:])
    return tuple(parts)


def _cue(entry: Mapping[str, Any]) -> CueTerm:
    generic, general = tuple(entry.get("generic", ())), tuple(entry.get("general", ()))
    for key, forms in (("generic", generic), ("general", general)):
        if forms and len(forms) < len(entry["cue"]):
            raise ValueError(f"'{key}' must have one entry per surface")
    return CueTerm(
        surfaces=tuple(_lower(entry["cue"])),
        pos=CuePos(entry["pos"]),
        attribute=entry["attribute"],
        kind=entry["kind"],
        reason=entry["reason"],
        generic=generic,
        general=general,
        before=frozenset(entry.get("before", ())),
        thing=bool(entry.get("thing", False)),
    )


def _lower(surfaces: Iterable[str]) -> list[str]:
    return [surface.lower() for surface in surfaces]
