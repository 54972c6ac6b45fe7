"""The built-in attribute ``age``: words for ages, and ages in numbers.

Adult values are ``young`` (18 to 35), ``middle-aged`` (36 to 59) and ``old`` (from 60). Minors have values of
their own (``baby``, ``toddler``, ``child``, ``teenager``), which are never exchanged for adult ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from obclip_privacy.attributes import age_patterns as patterns
from obclip_privacy.attributes.base import Attribute, Band, Detector, Finding, Lexicon
from obclip_privacy.attributes.letters import letters_and_ages
from obclip_privacy.attributes.lexicon_file import read_lexicon, read_words
from obclip_privacy.attributes.safety import band_of_years
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.language import grammar, wordlists

_LEXICON: Lexicon = read_lexicon("age.jsonl")
_NAMES = read_words("first_names.txt")
#: Adjectives that stand for a person in a list of tags; all values of a class alike.
_SEXES = frozenset({"female", "male", "nonbinary"})
#: Words for several people of which no age is said; but ``women over 60``.
_HOW_MANY = (grammar.GROUP_WORDS | grammar.PLURAL_PERSONS) - {"people", "children", "men", "women", "persons"}
#: Ages above this are no human being's.
_OLDEST = 120

#: The year from which the ages of people born in another are counted: it must not depend on the day.
_NOW = 2026
#: Who is about to be so old, or was born then, is no minor.
_ADULT_FOR_SURE = 20
#: How far into its decade an age is.
_PART_OF_DECADE = {"early": 2, "mid": 5, "late": 8}
_MIDDLE = 5
#: Decades in figures that are ages rather than styles where they are a tag (``woman, 40s``).
_DECADES_OF_LIFE = frozenset({20, 30, 40, 50, 60})
#: Who may see what; no ages (``18+``).
_RATINGS = frozenset({7, 12, 13, 16, 18, 21})
#: What is looked at before a number, in characters.
_BEFORE = 48
#: Verbs with which an age is coming: after it the person's own verb may follow.
_COMING = ("near", "approach", "push", "turn", "hit", "reach", "look")
#: What is measured, turned, hit or pushed, although the word may be a verb.
_NO_VERBS = frozenset(
    """
    minute mile pound point foot mark number inch time hour degree step page cartwheel somersault flip spin
    lap round trick shot ball target key button cart pin note head corner goal homer run car crate
    """.split()  # noqa: SIM905 - a list of words reads better so
)
#: Before a small number they say no age of an adult (``a mother of four``, ``a man around 8 at night``).
_COUNTING = frozenset({"of", "about", "around", "nearly", "almost", "barely"})
#: Of whom *of* says the age, and not how many children they have.
_CHILDREN = frozenset(
    {"boy", "girl", "child", "kid", "lad", "lass", "laddie", "lassie", "son", "daughter", "youngster"}
)


def find_ages(text: str) -> Sequence[Finding]:
    """Ages in figures or number words, and decades of life, in a folded text."""
    if not _has_number(text):
        return ()
    bare = (*_find_bare(text), *_find_beside_person(text))
    if not _is_triggered(text):
        return bare
    found = (finding for kind, pattern in patterns.PATTERNS for finding in _find(text, kind, pattern))
    return (*found, *_find_after_person(text), *_find_before_person(text), *_find_born(text), *bare)


def _has_number(text: str) -> bool:
    """Whether there is a digit, or a word that begins like a number; ``day-old`` has none."""
    if patterns.ANY_DIGIT.search(text) is not None:
        return True
    lower = text.lower()
    return "-old" in lower or any(word.startswith(patterns.STEMS) for word in patterns.LETTERS.findall(lower))


def _is_triggered(text: str) -> bool:
    """Whether any of the patterns may match."""
    if text.isascii():
        lower = text.lower()
        if not any(map(lower.__contains__, patterns.HINTS)):
            return False
    return patterns.TRIGGER.search(text) is not None


def _find_bare(text: str) -> Iterator[Finding]:
    """Numbers that are ages if they are said of a person; whether they are is decided on masked units."""
    for _, (start, end) in letters_and_ages(text):
        beside = int(text[start:end])
        yield Finding(start, end, f"age.{_band_prefix(beside)}bare", _value(beside))
    for match in patterns.NUMBER.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _BEFORE) : start]
        years = _years(match)
        if years is None:
            continue
        opens = patterns.OPENS.search(before) is not None or patterns.PAIRED.search(before) is not None
        says = None if opens else patterns.SAYS.search(before)
        if not opens and says is None:
            continue
        ends = patterns.ENDS.match(text, end) is not None
        goes_on = says is not None and not match["more"] and _goes_on(text, end, says[0])
        if ends or goes_on:
            yield Finding(start, end, f"age.{_band_prefix(years)}bare", _value(years))


def _years(match: re.Match[str]) -> int | None:
    """The age that a number by itself would be; ``None`` if it is none."""
    if match["decade"]:
        return _decade(match["decade"].lower()) + _MIDDLE
    years, more = _number(match["n"].lower()), (match["more"] or "").strip()
    if more.endswith("s") and more != "plus" and more != "-plus":
        # "woman, 80s" is a style as a rule.
        return years + _MIDDLE if years in _DECADES_OF_LIFE else None
    if more and years in _RATINGS:
        return None
    if match["to"]:
        last = _number(match["to"].lower())
        if last <= years or band_of_years(last) is not band_of_years(years):
            return None
        years = (years + last) // 2
    return years if 0 < years <= _OLDEST else None


def _goes_on(text: str, end: int, says: str) -> bool:
    if patterns.GOES_ON.match(text, end) is not None:
        return True
    return says.lower().startswith(_COMING) and _verb_follows(text, end)


def _verb_follows(text: str, end: int) -> bool:
    """Whether a verb of a third person stands at *end* (``a woman of eighty blows``, ``stood by``)."""
    if patterns.PAST.match(text, end) is not None:
        return True
    match = patterns.VERB.match(text, end)
    if match is None:
        return False
    verb, known = match["verb"].lower(), wordlists.verbs()
    stems = (verb[:-1], verb[:-2], verb[:-3] + "y")
    return (
        any(stem in known and stem not in _NO_VERBS for stem in stems)
        and verb[:-1] not in wordlists.persons()
    )


def _find_after_person(text: str) -> Iterator[Finding]:
    for match in patterns.AFTER_PERSON.finditer(text):
        years, bound = _number(match["n"].lower()), match["bound"].lower()
        who, end = match["who"].lower(), match.end()
        if match["to"]:
            if band_of_years(_number(match["to"].lower())) is not band_of_years(years):
                continue
            years = (years + _number(match["to"].lower())) // 2
        if (bound == "between") is not bool(match["to"]):
            continue
        # "over 16" and "under 21" may be adults or minors: such an age is exchanged for no other.
        open_band = (bound in ("over", "above", "past") and years < 18) or (
            bound == "under" and 18 < years < 25
        )
        # "a mother of four" has four children.
        counted = bound in _COUNTING and years < 18 and who not in _CHILDREN
        follows = (
            patterns.ENDS.match(text, end) or patterns.GOES_ON.match(text, end) or _verb_follows(text, end)
        )
        if (
            _is_person(who)
            and who not in _HOW_MANY
            and not open_band
            and not counted
            and years <= _OLDEST
            and follows
        ):
            years -= bound == "under"
            yield Finding(*match.span("all"), f"age.{_band_prefix(years)}number", _value(years))


def _find_beside_person(text: str) -> Iterator[Finding]:
    if patterns.ANY_DIGIT.search(text) is None:
        return
    for match in patterns.DIRECTLY_AFTER.finditer(text):
        yield Finding(match.start("n"), match.end(), "age.number", _value(int(match["n"])))


def _find_before_person(text: str) -> Iterator[Finding]:
    for match in patterns.DECADE_BEFORE.finditer(text):
        if _is_person(match["who"].lower()):
            years = _decade(match["d"].lower()) + _MIDDLE
            yield Finding(*match.span("d"), f"age.{_band_prefix(years)}decade", _value(years))
    for match in patterns.DECADE_OF_PERSON.finditer(text):
        years = int(match["d"]) + _MIDDLE
        yield Finding(match.start("d"), match.end("d") + 1, "age.years", _value(years))


def _find_born(text: str) -> Iterator[Finding]:
    for match in patterns.BORN.finditer(text):
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
            start, end = match.start("d"), match.end("tail" if groups.get("tail") else "d")
            years = _decade(match["d"].lower()) + _PART_OF_DECADE.get((match["part"] or "").lower(), 5)
        else:
            years = 0 if kind == "baby" else _number((match["n"] or "1").lower())
        if kind == "ordinal":
            start, end = match.span("n")
        if groups.get("to"):
            last = _number(match["to"].lower())
            if kind.startswith("years") and not patterns.IS_RANGE.match(match[0]):
                start, years = match.start("to"), last  # "5 foot 10 and 40 years old"
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
    if text[0].isdigit():
        return int(text.rstrip("stndrh"))  # 40th
    first, _, second = text.replace("-", " ").replace("fourty", "forty").partition(" ")
    first, second = patterns.ORDINALS.get(first, first), patterns.ORDINALS.get(second, second)
    if "hundred" in (first, second):
        return 100
    if first in patterns.TENS:
        return 20 + 10 * patterns.TENS.index(first) + (1 + patterns.UNITS.index(second) if second else 0)
    return 10 + patterns.TEENS.index(first) if first in patterns.TEENS else 1 + patterns.UNITS.index(first)


def _decade(text: str) -> int:
    return (
        int(text[:2]) if text[0].isdigit() else 10 * (1 + patterns.DECADES.index(text.replace("fou", "fo")))
    )


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute."""
    register(Attribute("age", "Age", _LEXICON, detectors=(Detector("numbers", find_ages),)))
