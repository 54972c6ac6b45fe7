"""The built-in attribute ``age``: words for ages, and ages in numbers.

Adult values are ``young`` (18 to 35), ``middle-aged`` (36 to 59) and ``old`` (from 60). Minors have values of
their own (``baby``, ``toddler``, ``child``, ``teenager``), which are never exchanged for adult ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from obclip_privacy.attributes.base import Attribute, Band, Detector, Finding, Lexicon
from obclip_privacy.attributes.lexicon_file import read_lexicon, read_words
from obclip_privacy.attributes.safety import band_of_years
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.language import wordlists

_LEXICON: Lexicon = read_lexicon("age.jsonl")
_NAMES = read_words("first_names.txt")
#: Adjectives that stand for a person in a list of tags; all values of a class alike.
_SEXES = frozenset({"female", "male", "nonbinary"})
_DIGIT = re.compile(r"[(,]\s?\d")
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_DECADES = [
    "teens",
    "twenties",
    "thirties",
    "forties",
    "fifties",
    "sixties",
    "seventies",
    "eighties",
    "nineties",
]
#: Ages above this are no human being's.
_OLDEST = 120

_NUMBER = (
    rf"(?P<n>\d{{1,3}}|(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS)}))?|{'|'.join(_TEENS + _UNITS)})"
)
_BEFORE = r"(?<![\w.,:/$#-])"
_YEARS = r"(?:years?|yrs?|yr)"
#: What is looked for before any pattern, in a tenth of the time of a search: every age has one of these in
#: it, in lower case, and besides a digit or a word that begins like a number. They may say yes too often,
#: never too rarely (a test makes up texts from the patterns).
_HINTS = (
    *("old", "year", "yr", "yo", "y.o", "y/o", "age", "over", "under", "past", "early", "mid", "late"),
    *("in his", "in her", "in their"),
)
_STEMS = (*_UNITS, *_TEENS, "twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet", "teen")
_LETTERS = re.compile("[a-z]+")
_ANY_DIGIT = re.compile(r"\d")
#: Cheap test for any of the patterns.
_TRIGGER = re.compile(
    r"\bold|\byrs?\b|y[./]?o\b|\bage|\bin (?:his|her|their)\b|\b(?:early|mid|late)\b", re.IGNORECASE
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("baby", re.compile(rf"{_BEFORE}{_NUMBER}[- ](?:months?|weeks?|days?)[- ]olds?\b", re.IGNORECASE)),
    (
        "years_after",
        re.compile(
            rf"{_BEFORE}(?:{_NUMBER}(?:\s?(?:-|to)\s?\d{{1,3}})?\s(?:{_YEARS}\sof\sage|(?:years|yrs)\sold)"
            r"|(?:1|one)\s(?:year|yr)\sold)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            rf"{_BEFORE}(?!(?:1|one)\s){_NUMBER}[- ]?(?:(?:year|yr)[- ]?|(?:years|yrs)-)old(?P<plural>s)?\b",
            re.IGNORECASE,
        ),
    ),
    ("years", re.compile(r"(?<![\w.,:/$#-])(?P<n>\d{1,3})[- ]?(?:y[./]o\b\.?|yo\b)", re.IGNORECASE)),
    (
        "number",
        re.compile(
            rf"(?<![\w-])(?:aged?|ages)(?:\s?:\s?|\s(?:of\s|about\s|around\s)?){_NUMBER}(?![\w%]|-\w)",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"(?:[,(]\s?|\bin\s)(?P<part>early|mid|late)[\s-]"
            rf"(?P<d>{'|'.join(_DECADES)}|(?:[2-9]0)'?s)(?=\s?(?:[,.)]|$))",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"\bin\s(?:his|her|their)\s(?:(?P<part>early|mid|late)[\s-])?"
            rf"(?P<d>{'|'.join(_DECADES)}|(?:[2-9]0)'?s)\b",
            re.IGNORECASE,
        ),
    ),
)
#: A number by itself is an age after a person: ``a girl (8)``, ``Diane, 45, smiles``.
_BARE = re.compile(
    r"\b(?P<who>[A-Za-z]+)(?:\s\(|,\s)(?P<n>[1-9]\d)(?=\s?[),;]|\.?\s*$|\.\s)|\b(?P<child>[A-Za-z]+)\s\((?P<m>[1-9])\)"
)
#: How far into its decade an age is.
_PART_OF_DECADE = {"early": 2, "mid": 5, "late": 8}


def find_ages(text: str) -> Sequence[Finding]:
    """Ages in figures or number words, and decades of life, in a folded text."""
    triggered = _is_triggered(text)
    if not triggered and _DIGIT.search(text) is None:
        return ()
    bare = tuple(_find_bare(text))
    if not triggered:
        return bare
    return (*(finding for kind, pattern in _PATTERNS for finding in _find(text, kind, pattern)), *bare)


def _is_triggered(text: str) -> bool:
    """Whether any of the patterns may match."""
    if text.isascii():
        lower = text.lower()
        if not any(map(lower.__contains__, _HINTS)):
            return False
        if _ANY_DIGIT.search(text) is None and not any(
            word.startswith(_STEMS) for word in _LETTERS.findall(lower)
        ):
            return False
    return _TRIGGER.search(text) is not None


def _find_bare(text: str) -> Iterator[Finding]:
    for match in _BARE.finditer(text):
        group = "n" if match["n"] else "m"
        who = (match["who"] or match["child"]).lower()
        if who in wordlists.persons() or who in _NAMES or who in _SEXES:
            start, end = match.span(group)
            years = int(match[group])
            prefix = "age.minor_" if band_of_years(years) is Band.MINOR else "age."
            yield Finding(start, end, prefix + "number", _value(years))


def _find(text: str, kind: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        start, end = match.span("n") if kind == "number" else match.span()
        if kind == "decade":
            start, end = match.span("d")
            years = _decade(match["d"].lower()) + _PART_OF_DECADE.get((match["part"] or "").lower(), 5)
        else:
            years = 0 if kind == "baby" else _number((match["n"] or "1").lower())
        if years > _OLDEST:
            continue
        name = "years" if kind == "baby" else kind
        prefix = "age.minor_" if band_of_years(years) is Band.MINOR else "age."
        plural = kind == "years" and match["plural"] is not None if "plural" in pattern.groupindex else False
        yield Finding(start, end, prefix + name, _value(years), form=int(plural))


def _value(years: int) -> str:
    for info in _LEXICON.values:
        if info.years is not None and info.years[0] <= years <= info.years[1]:
            return info.id
    return "old"


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    first, _, second = text.replace("-", " ").partition(" ")
    if first in _TENS:
        return 20 + 10 * _TENS.index(first) + (1 + _UNITS.index(second) if second else 0)
    return 10 + _TEENS.index(first) if first in _TEENS else 1 + _UNITS.index(first)


def _decade(text: str) -> int:
    return int(text[:2]) if text[0].isdigit() else 10 * (1 + _DECADES.index(text))


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute."""
    register(Attribute("age", "Age", _LEXICON, detectors=(Detector("numbers", find_ages),)))
