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
from obclip_privacy.language import grammar, wordlists

_LEXICON: Lexicon = read_lexicon("age.jsonl")
_NAMES = read_words("first_names.txt")
#: Adjectives that stand for a person in a list of tags; all values of a class alike.
_SEXES = frozenset({"female", "male", "nonbinary"})
_DIGIT = re.compile(
    r"[(,]\s?(?:[a-z]+\s)?(?:\d|twent|thirt|fort|fift|sixt|sevent|eight|ninet)", re.IGNORECASE
)
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
#: Words for several people of which no age is said; but ``women over 60``.
_HOW_MANY = (grammar.GROUP_WORDS | grammar.PLURAL_PERSONS) - {"people", "children", "men", "women", "persons"}
#: Ages above this are no human being's.
_OLDEST = 120

_NUMBER = (
    rf"(?P<n>\d{{1,3}}|(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS)}))?|{'|'.join(_TEENS + _UNITS)})"
)
#: The second number of a range; the age is then the middle of both.
_RANGE = r"(?:\s?(?:-|to|and)\s?(?P<to>\d{1,3}))?"
_BEFORE = r"(?<![\w.,:/$#-])"
_YEARS = r"(?:years?|yrs?|yr)"
_PERHAPS = r"(?:(?:maybe|perhaps|probably|about|around|almost|nearly|barely|just)\s)?"
_ABOUT = r"(?:(?:about|around|roughly|approximately|between|over|under|from)\s)?"
#: Words after an age that is said of somebody; a noun would be what is counted (``a crew of 45 sailors``).
_AFTER_AGE = (
    "a|an|the|in|on|at|with|and|who|by|from|to|near|beside|under|against|dressed|is|are|was|were|holding|wearing"
    "|sitting|standing|smiling|walking|looking|playing|reading|running|dancing|working|wearing|posing"
)
#: Nouns that say little more than that there is somebody: what is before them is said of that person, and no
#: date (``an early twenties woman``, ``early twenties jazz``).
_SOMEBODY = (
    "(?:wom[ae]n|m[ae]n|females?|males?|persons?|people|couples?|lad(?:y|ies)|gentlem[ae]n|guys?|gals?|adults?"
    "|individuals?|models?|mothers?|fathers?|moms?|dads?)"
)
#: Words that end a phrase. How many others stand before the noun must not be asked (``South Asian`` is two).
_NOT_BETWEEN = "(?:and|or|with|of|the|an?|in|on|for|at|to|by|from|is|was|as|style|fashion)"
#: What is looked for before any pattern, in a tenth of the time of a search: every age has one of these in
#: it, in lower case, and besides a digit or a word that begins like a number. They may say yes too often,
#: never too rarely (a test makes up texts from the patterns).
_HINTS = (
    *("born", "into h", "into t", "plus", "0+", "turn", "near", "approach", "pushing", "who is"),
    *("old", "year", "yr", "yo", "y.o", "y/o", "age", "ish", "of", "over", "above", "past", "under"),
    *("early", "mid", "late", "in his", "in her", "in their"),
)
_STEMS = (*_UNITS, *_TEENS, "twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet", "teen")
_LETTERS = re.compile("[a-z]+")
_ANY_DIGIT = re.compile(r"\d")
#: Cheap test for any of the patterns.
_TRIGGER = re.compile(
    r"\bold|\byrs?\b|y[./]?o\b|\bage|\bin(?:to)? (?:his|her|their)\b|\b(?:early|mid|late)\b|\dish\b"
    r"|\d years\b|\d\+|\dplus\b|\d-plus\b"
    r"|\bborn\b|\b(?:turn(?:s|ed|ing)|nearing|approaching|pushing|who\sis)\b"
    r"|\b(?:of|over|above|past|under)[\s-](?:(?:about|around|nearly|almost|perhaps)\s)?"
    rf"(?:\d|{'|'.join(_TENS + _TEENS + _UNITS)})",
    re.IGNORECASE,
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("baby", re.compile(rf"{_BEFORE}{_NUMBER}[- ](?:months?|weeks?|days?)[- ]olds?\b", re.IGNORECASE)),
    (
        "years_after",
        re.compile(
            rf"{_BEFORE}(?:(?:between\s(?=\d+\s(?:and|to)\s))?{_NUMBER}{_RANGE}\s(?:{_YEARS}\sof\sage|(?:years|yrs)\s(?:old|young))"
            r"|(?:1|one)\s(?:year|yr)\sold)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            rf"{_BEFORE}(?!(?:1|one)\s){_NUMBER}{_RANGE}"
            r"[- ]?(?:(?:year|yr)[- ]?|(?:years|yrs)-)old(?P<plural>s)?\b",
            re.IGNORECASE,
        ),
    ),
    ("years", re.compile(r"(?<![\w.,:/$#-])(?P<n>\d{1,3})[- ]?(?:y[./]o\b\.?|yo\b)", re.IGNORECASE)),
    ("years", re.compile(r"(?<![\w.,:/$#-])(?P<n>[1-9]0)[- ]?(?:ish|something)\b", re.IGNORECASE)),
    ("years", re.compile(r"(?<![\w.,:/$#-])over-(?P<n>[3-9]0)(?P<plural>s)?\b(?!-)", re.IGNORECASE)),
    ("years", re.compile(rf"(?<![\w.,:/$#-])(?P<n>[3-9]0)(?:\+|-plus)(?=\s{_SOMEBODY}\b)", re.IGNORECASE)),
    (
        "number",
        re.compile(
            rf"(?<![\w-])(?:(?:at\s)?(?:aged?|ages)(?:\s?:\s?|\s(?:of\s)?)"
            rf"|(?:(?:at|of|over|under|above|below|past|around|between)\s)?the\sages?\sof\s)"
            rf"{_ABOUT}{_NUMBER}{_RANGE}(?![\w%]|-\w)",
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
            rf"\bin(?:to)?\s(?:his|her|their)\s(?:(?P<part>early|mid|late)[\s-])?"
            rf"(?P<d>{'|'.join(_DECADES)}|(?:[2-9]0)'?s)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"(?<!\bthe\s)(?<!\bits\s)\b(?P<part>early|mid|late)[\s-](?P<d>{'|'.join(_DECADES)}|(?:[2-9]0)s)"
            rf"(?=\s(?:(?!{_NOT_BETWEEN}\b)[a-z'-]+\s){{0,8}}{_SOMEBODY}\b)",
            re.IGNORECASE,
        ),
    ),
)
#: An age directly after a person, without a word for age: ``a man over 60``, ``a woman of forty``.
_AFTER_PERSON = re.compile(
    rf"\b(?P<who>[A-Za-z]+)\s(?P<all>(?P<bound>of|over|above|past|under)\s(?:(?:about|around|nearly|almost|perhaps)\s)?{_NUMBER}(?:\syears\b(?!\s(?:of|ago)\b))?"
    rf"(?=\s?[,;)]|\.?\s*$|\.\s|\s(?:{_AFTER_AGE}|[a-z]{{2,}}ing)\b))",
    re.IGNORECASE,
)
#: ``a man turning 50``, ``a woman who is forty``: an age that is coming, or has come.
_TURNING = re.compile(
    rf"\b(?P<who>[A-Za-z]+)\s(?:who\s(?:is|turns|turned|has\s(?:just\s)?turned)\s(?:now\s|about\s|nearly\s)?"
    rf"|(?:just\sturned|turning|nearing|approaching|pushing)\s){_NUMBER}"
    rf"(?=\s?[,;)]|\.?\s*$|\.\s|\s(?:{_AFTER_AGE})\b)",
    re.IGNORECASE,
)
#: ``a man born in 1950``: the year tells the age.
_BORN = re.compile(
    r"\b(?P<who>[A-Za-z]+)(?:,|\swho\swas)?\s(?P<all>born\s(?:in|around|circa|c\.)\s(?P<year>19\d\d|200\d))\b",
    re.IGNORECASE,
)
#: The year from which the ages of people born in another are counted: it must not depend on the day.
_NOW = 2026
#: A number by itself is an age after a person: ``a girl (8)``, ``Diane, 45, smiles``.
_BARE = re.compile(
    rf"\b(?P<who>[A-Za-z]+)(?:\s\(|,\s){_PERHAPS}"
    rf"(?P<n>[1-9]\d|(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS)}))?)"
    r"(?=\s?[),;]|\.?\s*$|\.\s)|\b(?P<child>[A-Za-z]+)\s\((?P<m>[1-9])\)"
)
#: Who is about to be so old, or was born then, is no minor.
_ADULT_FOR_SURE = 20
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
    found = (finding for kind, pattern in _PATTERNS for finding in _find(text, kind, pattern))
    return (*found, *_find_after_person(text), *_find_turning(text), *_find_born(text), *bare)


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
        if _is_person((match["who"] or match["child"]).lower()):
            start, end = match.span(group)
            years = _number(match[group].lower())
            yield Finding(start, end, f"age.{_band_prefix(years)}bare", _value(years))


def _find_after_person(text: str) -> Iterator[Finding]:
    for match in _AFTER_PERSON.finditer(text):
        years, bound = _number(match["n"].lower()), match["bound"].lower()
        who = match["who"].lower()
        # "over 16" and "under 21" may be adults or minors: such an age is exchanged for no other.
        open_band = (bound in ("over", "above", "past") and years < 18) or (
            bound == "under" and 18 < years < 25
        )
        if _is_person(who) and who not in _HOW_MANY and not open_band and years <= _OLDEST:
            years -= bound == "under"
            yield Finding(*match.span("all"), f"age.{_band_prefix(years)}number", _value(years))


def _find_turning(text: str) -> Iterator[Finding]:
    for match in _TURNING.finditer(text):
        years = _number(match["n"].lower())
        if _is_person(match["who"].lower()) and _ADULT_FOR_SURE <= years <= _OLDEST:
            yield Finding(*match.span("n"), "age.bare", _value(years))


def _find_born(text: str) -> Iterator[Finding]:
    for match in _BORN.finditer(text):
        years = _NOW - int(match["year"])
        if _is_person(match["who"].lower()) and _ADULT_FOR_SURE <= years <= _OLDEST:
            yield Finding(*match.span("all"), "age.born", _value(years))


def _is_person(word: str) -> bool:
    return word in wordlists.persons() or word in _NAMES or word in _SEXES


def _band_prefix(years: int) -> str:
    return "minor_" if band_of_years(years) is Band.MINOR else ""


def _find(text: str, kind: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        start, end = match.span()
        groups = match.groupdict()
        if kind == "decade":
            start, end = match.span("d")
            years = _decade(match["d"].lower()) + _PART_OF_DECADE.get((match["part"] or "").lower(), 5)
        else:
            years = 0 if kind == "baby" else _number((match["n"] or "1").lower())
        if groups.get("to"):
            last = int(match["to"])
            if kind == "number" and last < years:  # no range: "aged 70 and 2 dogs"
                end, last = match.end("n"), years
            if band_of_years(last) is not band_of_years(years):
                continue  # it spans adults and minors, and is exchanged for neither
            years = (years + last) // 2
        if years > _OLDEST:
            continue
        name = "years" if kind == "baby" else kind
        plural = kind == "years" and groups.get("plural") is not None
        yield Finding(start, end, f"age.{_band_prefix(years)}{name}", _value(years), form=int(plural))


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
