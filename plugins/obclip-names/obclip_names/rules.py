"""Personal names by rule: known first names and surnames, titles, and what introduces a name.

All rules want a capital letter, and none looks at whose name it is: what is found does not depend on a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

from obclip_privacy.attributes.base import CueFinding

_NAME = r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?"
_CAPITALISED = re.compile(rf"(?<![\w'-])(?P<first>{_NAME})(?P<rest>(?: (?:de |van |von |bin |al )?{_NAME})*)")
_TITLED = re.compile(
    r"(?<![\w'-])(?P<title>Dr|Mr|Mrs|Ms|Mx|Prof|Doctor|Professor|President|Senator|Judge|Captain|Inspector|Sergeant|"
    rf"Colonel|Reverend|Coach|Chef|Detective|Lieutenant|Officer|Nurse)\.? (?P<name>{_NAME}(?: {_NAME})?)\b"
)
_INTRODUCED = re.compile(rf"\b(?:named|called) (?P<name>{_NAME}(?: {_NAME}){{0,2}})\b")
#: Before a name: an artist, or a place that is named after somebody.
_NOT_AFTER = re.compile(
    r"(?:\b(?:by|style of|manner of|mount|mt|st|saint|san|santa|lake|port|fort|new|king|queen|studio)\.? |"
    r"\b(?:style|manner|works?|paintings?|art) (?:of|by) (?:[\w]+ ){0,3})$",
    re.IGNORECASE,
)
_PLACES = frozenset(
    {"mount", "saint", "san", "santa", "lake", "port", "fort", "new", "king", "queen", "studio"}
)
#: After a name: a thing or a place that is named after somebody.
_NOT_BEFORE = frozenset(
    """
    street avenue road falls park lake mount mountain river bridge city beach island hill station hotel castle
    cathedral church university college museum day valley county square tower palace airport theatre theater
    hall house lamp lamps bay harbor harbour gallery school hospital stadium guitar violin motorcycle car
    spaniel shield pier arch sign rug landscape store box who america render lighting
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_NEXT = re.compile(r"\s*([A-Za-z]+)")


def find_names(text: str) -> Sequence[CueFinding]:
    """Names of people in a folded text."""
    spans = {*_titled(text), *_introduced(text), *_known(text)}
    return tuple(
        CueFinding(start, end, "gender", "name", "name of a person", "a person")
        for start, end in sorted(spans)
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e in spans)
    )


def _titled(text: str) -> Iterator[tuple[int, int]]:
    for match in _TITLED.finditer(text):
        if match["name"].split()[0].lower() not in _NOT_BEFORE:
            yield match.span("name")


def _introduced(text: str) -> Iterator[tuple[int, int]]:
    return (match.span("name") for match in _INTRODUCED.finditer(text))


def _known(text: str) -> Iterator[tuple[int, int]]:
    """A known first name, with a known surname or any capitalised word after it; two known surnames."""
    for match in _CAPITALISED.finditer(text):
        words = match[0].split()
        if _names_something(text, match.start(), match.end(), words):
            continue
        first = next((i for i, word in enumerate(words) if word.lower() in first_names()), None)
        pair = len(words) > 1 and all(word.lower() in surnames() for word in words)
        if first is None and not pair:
            continue
        before = words[:first] if first and not pair else []
        if not (before and before[-1].lower() in _PLACES):
            yield match.start() + sum(len(word) + 1 for word in before), match.end()


def _names_something(text: str, start: int, end: int, words: Sequence[str]) -> bool:
    following = _NEXT.match(text[end : end + 24])
    return bool(
        words[-1].lower() in _NOT_BEFORE
        or (following and following[1].lower() in _NOT_BEFORE)
        or _NOT_AFTER.search(text[max(0, start - 60) : start])
    )


@cache
def first_names() -> frozenset[str]:
    """First names that are no English words and no places, in lower case."""
    return _words("first_names.txt")


@cache
def surnames() -> frozenset[str]:
    """Surnames, likewise."""
    return _words("surnames.txt")


def _words(name: str) -> frozenset[str]:
    text = resources.files(__package__ or "").joinpath(name).read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
