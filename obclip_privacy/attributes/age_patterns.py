"""How ages are written in numbers: the regular expressions of :mod:`obclip_privacy.attributes.age`.

They look at letters only. Whether a number that stands by itself is somebody's age is decided later, on
masked units (:mod:`obclip_privacy.language.bare_ages`).
"""

from __future__ import annotations

import re

from obclip_privacy.language import grammar

UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = [
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
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
DECADES = [
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
_TENS = "|".join(TENS).replace("forty", "fou?rty")
_NUMBER = rf"(?P<n>\d{{1,3}}|(?:{_TENS})(?:[- ](?:{'|'.join(UNITS)}))?|{'|'.join(TEENS + UNITS)})"
_DECADES = "|".join(DECADES).replace("forties", "fou?rties")
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
HINTS = (
    *("born", "into h", "into t", "plus", "0+", "ish", "something"),
    *("old", "year", "yr", "yo", "y.o", "y/o", "age", "of", "over", "above", "past", "under"),
    *("near", "approach", "pushing", "early", "mid", "late", "in his", "in her", "in their"),
)
STEMS = (*UNITS, *TEENS, "twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet", "teen")
LETTERS = re.compile("[a-z]+")
ANY_DIGIT = re.compile(r"\d")
#: Cheap test for any of the patterns.
TRIGGER = re.compile(
    r"\bold|-old|\byrs?\b|y[./]?o\b|\bage|\bin(?:to)? (?:his|her|their)\b|\b(?:early|mid|late)\b"
    r"|(?:0|ty)[- ]?(?:ish|something)|\d years\b|\d\+|\dplus\b|(?:0|ty)-plus\b|\bborn\b"
    r"|\b(?:of|over|above|past|under|nearing|approaching|pushing)[\s-](?:(?:about|around|nearly|almost|perhaps)\s)?"
    rf"(?:\d|{'|'.join(TENS + TEENS + UNITS)})",
    re.IGNORECASE,
)
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "baby",
        re.compile(
            rf"(?:{_BEFORE}{_NUMBER}[- ](?:months?|weeks?|days?)[- ]olds?"
            r"|(?<![\w-])(?:month|week|day|hour)s?-olds?)\b",
            re.IGNORECASE,
        ),
    ),
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
    (
        "years",
        re.compile(
            rf"(?<![\w.:/$#-])(?<!\d,)(?P<n>\d{{1,3}}){_RANGE}[- ]?(?:y[./]o\b\.?|yo\b)", re.IGNORECASE
        ),
    ),
    (
        "years",
        re.compile(
            rf"(?<![\w.,:/$#-])(?P<n>[1-9]0|{'|'.join(TENS)})[- ]?(?:ish|something(?P<plural>s)?)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            r"(?<![\w.,:/$#-])over-(?P<n>[3-9]0)(?P<plural>s)?\b(?!-)",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            rf"(?<![\w.,:/$#-])under-(?P<n>\d|1[0-7]|{'|'.join(UNITS)}|ten|twelve)(?P<plural>e?s)\b(?!-)",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            rf"(?<![\w.,:/$#-])(?P<n>[3-9]0|{'|'.join(TENS[1:])})(?:\+|-plus)(?=\s{_SOMEBODY}\b)",
            re.IGNORECASE,
        ),
    ),
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
            rf"(?P<d>{_DECADES}|(?:[2-9]0)'?s)(?=\s?(?:[,.)]|$))",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"\bin(?:to)?\s(?:his|her|their)\s(?:(?P<part>early|mid|late)[\s-])?"
            rf"(?P<d>{_DECADES}|(?:[2-9]0)'?s)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"(?<!\bthe\s)(?<!\bits\s)\b(?P<part>early|mid|late)[\s-](?P<d>{_DECADES}|(?:[2-9]0)s)"
            rf"(?=\s(?:(?!{_NOT_BETWEEN}\b)[a-z'-]+\s){{0,8}}{_SOMEBODY}\b)",
            re.IGNORECASE,
        ),
    ),
)
#: An age directly after a person, without a word for age: ``a man over 60``, ``a woman of forty``.
AFTER_PERSON = re.compile(
    rf"\b(?P<who>[A-Za-z]+)\s(?P<all>(?:(?:well|just|far)\s)?(?P<bound>of|over|above|past|under)"
    rf"\s(?:(?:about|around|nearly|almost|perhaps)\s)?{_NUMBER}(?:\syears\b(?!\s(?:of|ago)\b))?)",
    re.IGNORECASE,
)
#: ``a man born in 1950``: the year tells the age.
BORN = re.compile(
    r"\b(?P<who>[A-Za-z]+)(?:,|\swho\swas)?\s(?P<all>born\s(?:in|around|circa|c\.)\s(?P<year>19\d\d|200\d))\b",
    re.IGNORECASE,
)
#: A number that may be an age by itself, with what may follow it at once.
NUMBER = re.compile(
    rf"(?<![\w.:/$#-])(?<!\d,)(?:{_NUMBER}(?P<more>\+|\splus\b|-plus\b|'?s\b)?|(?P<decade>(?!teens){_DECADES}))(?![\w%+]|[-:/.]\w)",
    re.IGNORECASE,
)
_HEDGES = rf"(?:(?:{'|'.join(sorted(grammar.ABOUT_AGES))}|not\syet)\s)*"
#: Before a number that is a segment of its own (``a girl (8)``, ``woman, 40s, smiling``) ..
OPENS = re.compile(rf"(?:^|[,(|;\n\[\"])\s*{_HEDGES}$", re.IGNORECASE)
#: .. and before one that somebody is said to be (``she is six``, ``looks about fifty``, ``man nearing 70``).
SAYS = re.compile(rf"(?:'(?:s|m|re)|\b(?:{'|'.join(sorted(grammar.AGE_VERBS))}))\s{_HEDGES}$", re.IGNORECASE)
#: What may follow: the end of a segment, a word for when or another clause ..
ENDS = re.compile(
    r"\s?[,()\]|;\n\"?!]|\.?\s*$|\.\s|\s-\s"
    r"|\s(?:today|now|already|tomorrow|next|this|last|and|or|but|so|though|yet|again|instead|soon)\b",
    re.IGNORECASE,
)
#: .. and after what is said of somebody also what they do, or where they are.
GOES_ON = re.compile(rf"\s(?:{_AFTER_AGE}|[a-z]{{2,}}ing)\b", re.IGNORECASE)
#: A word that may be the verb of whom the age is said (``a woman of eighty blows out candles``).
VERB = re.compile(r"\s(?P<verb>[a-z]+s)\b", re.IGNORECASE)
