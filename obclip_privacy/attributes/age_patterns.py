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
#: Before a word for years also ``hundred``, whose article is that of the noun, and ``fifty-odd``.
_COUNT = _NUMBER.replace("(?P<n>", "(?P<n>(?:one[- ])?hundred|") + "(?:[- ]odd)?"
#: Ordinal numbers, of which those in words stand for the last digit of a cardinal one.
ORDINALS = {
    **{f"{word[:-1]}ieth": word for word in TENS},
    **{f"{word}th": word for word in (*TEENS, *UNITS)},
    "first": "one",
    "second": "two",
    "third": "three",
    "fifth": "five",
    "eighth": "eight",
    "ninth": "nine",
    "twelfth": "twelve",
    "hundredth": "hundred",
}
_ROUND = "|".join(word for word in ORDINALS if word.endswith("ieth"))
_DIGITS = "|".join(word for word in ORDINALS if not word.endswith(("ieth", "hundredth")))
_ORDINAL = (
    rf"(?P<n>\d{{1,3}}(?:st|nd|rd|th)|(?:{_ROUND}"
    rf"|(?:(?:{_TENS})[- ])?(?:{_DIGITS}|hundredth)))"
)
_DECADES = "|".join(DECADES).replace("forties", "fou?rties")
#: The second number of a range; the age is then the middle of both.
_TO = _NUMBER.replace("?P<n>", "?P<to>")
_RANGE = rf"(?:\s?(?:-|to|and)\s?{_TO})?"
#: Of an age that is a bound; it is part of what is said.
_OR_MORE = r"(?:\+|\splus\b|-plus\b|\s(?:or|and)\s(?:over|older|above|up|under|younger)\b)?"
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
#: What several people do together: what is before it says who they are (``a 60-plus yoga class``).
_COMPANY = (
    r"(?:(?!apps\b|games\b)[a-z-]+\s){0,2}(?:class(?:es)?|groups?|clubs?|teams?|leagues?|choirs?|crowds?|meetups?|squads?"
    "|troupes?|dances?|discos?|sessions?|workshops?|community|retreat|cruise|marathon|ensemble)"
)
#: Words that end a phrase. How many others stand before the noun must not be asked (``South Asian`` is two).
_NOT_BETWEEN = "(?:and|or|with|of|the|an?|in|on|for|at|to|by|from|is|was|as|style|fashion)"
#: What makes a number after somebody an age (``a man over 60``, ``a woman close to 40``).
_BOUNDS = (
    "of|over|above|past|under|about|around|nearly|almost|barely|close to|not yet|not quite|shy of|going on"
    r"|between|on the (?:wrong|right|far|other|sunny) side of"
)
_HEDGE = "about|around|nearly|almost|perhaps|some|roughly|maybe"
#: What is looked for before any pattern, in a tenth of the time of a search: every age has one of these in
#: it, in lower case, and besides a digit or a word that begins like a number. They may say yes too often,
#: never too rarely (a test makes up texts from the patterns).
HINTS = (
    *(
        "born",
        "into h",
        "into t",
        "plus",
        "0+",
        "0s ",
        "ish",
        "something",
        "hundred",
        "birthday",
        "bday",
        "b-day",
    ),
    *(
        "close to",
        "going on",
        "around",
        "about",
        "almost",
        "barely",
        "between",
        "0th",
        "5th",
        "6th",
        "8th",
        "1st",
        "ieth",
    ),
    *("old", "year", "yr", "yo", "y.o", "y/o", "y-o", "age", "of", "over", "above", "past", "under"),
    *("near", "approach", "pushing", "early", "mid", "late", "in his", "in her", "in their"),
)
STEMS = (
    *(*UNITS, *TEENS, "twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet", "teen"),
    *("hundred", "first", "second", "third", "ninth", "twelf"),
)
LETTERS = re.compile("[a-z]+")
ANY_DIGIT = re.compile(r"\d")
#: Cheap test for any of the patterns.
TRIGGER = re.compile(
    r"\bold|-old|yrs?\b|y[./-]?o\b|hundred|birthday|b-?day\b|\d(?:th|st)\b|ieth\b|\bage"
    r"|\bin(?:to)? (?:his|her|their)\b|\b(?:early|mid|late)\b"
    r"|(?:0|ty)[- ]?(?:ish|something)|\d years\b|0s\s|[htd]\syear|\d\+|\dplus\b|(?:0|ty)[\s-]plus\b|\bborn\b"
    rf"|\b(?:{_BOUNDS})[\s-](?:(?:{_HEDGE})\s)?"
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
            rf"{_BEFORE}(?:(?:between\s(?=\d+\s(?:and|to)\s))?{_COUNT}{_RANGE}"
            rf"\s?(?:{_YEARS}\sof\sage|(?:years|yrs)\s(?:old|young))"
            r"|(?:1|one)\s(?:year|yr)\sold)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            rf"{_BEFORE}(?!(?:1|one)\s(?!hundred)){_COUNT}{_RANGE}"
            r"[- ]?(?:(?:year|yr|y)[- ]?|(?:years|yrs)-)old(?P<plural>s)?\b",
            re.IGNORECASE,
        ),
    ),
    (
        "years",
        re.compile(
            rf"(?<![\w.:/$#-])(?<!\d,)(?P<n>\d{{1,3}}){_RANGE}[- ]?(?:y[./-]o\b\.?|yo\b)", re.IGNORECASE
        ),
    ),
    (
        "years",
        re.compile(
            rf"(?<![\w.,:/$#-])(?P<n>[2-9]0|{'|'.join(TENS)})[- ]?somethings(?P<plural>)\b", re.IGNORECASE
        ),
    ),
    (
        "adjective",
        re.compile(rf"(?<![\w.,:/$#-])(?P<n>[2-9]0|{'|'.join(TENS)})[- ]?(?:ish|something)\b", re.IGNORECASE),
    ),
    (
        "ordinal",
        re.compile(rf"{_BEFORE}{_ORDINAL}(?=[\s-](?:birthday|bday|b-day)\b)", re.IGNORECASE),
    ),
    (
        "ordinal",
        re.compile(
            rf"\bin\s(?:his|her|their)\s{_ORDINAL}(?=\syear(?:\sof\slife)?\s?(?:[,.;)]|$))", re.IGNORECASE
        ),
    ),
    (
        "ordinal",
        re.compile(
            rf"\b(?:his|her|their)\s(?P<n>(?:16|18|[2-9]0|100|25|45|15)th|21st|{_ROUND})"
            r"(?=\s?(?:[,.;!)]|$)|\s(?:in|at|with|on)\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "ordinal",
        re.compile(
            rf"\b(?:his|her|their)\s(?P<n>[2-9]\d(?:st|nd|rd|th)|{_ROUND}|(?:{_TENS})[- ](?:{_DIGITS}))"
            r"(?=\syear\s(?:he|she|they|a|an|the)\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "plus",
        re.compile(
            rf"{_BEFORE}(?P<n>[2-9]0|{'|'.join(TENS)})(?:\+|[\s-]plus)(?=\s{_COMPANY}\b)", re.IGNORECASE
        ),
    ),
    (
        "plus",
        re.compile(rf"{_BEFORE}over-(?P<n>[2-9][05]|{'|'.join(TENS)})'?s(?=\s{_COMPANY}\b)", re.IGNORECASE),
    ),
    (
        "years",
        re.compile(
            rf"(?<![\w.,:/$#-])over-(?P<n>[3-9][05])(?P<plural>s)?\b(?!-|\s{_COMPANY}\b)",
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
            rf"(?<![\w.,:/$#-])(?P<n>[3-9]0|{'|'.join(TENS[1:])})(?:\+|[\s-]plus)(?=\s{_SOMEBODY}\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "number",
        re.compile(
            rf"(?<![\w-])(?:(?:at\s)?(?:aged?|ages)(?:\s(?:range|group|bracket))?(?:\s?[:=]\s?|\s-\s|\s(?:of\s)?)"
            rf"|(?:(?:at|by|of|over|under|above|below|past|around|between|until|from)\s)?the\sages?\sof\s)"
            rf"{_ABOUT}{_NUMBER}{_RANGE}{_OR_MORE}(?![\w%]|-\w)",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"(?:[,(/|;:\[]\s?|\bin\s)(?P<part>early|mid|late)[\s-]"
            rf"(?P<d>{_DECADES}|(?:[2-9]0)'?s)(?=\s?(?:[,.)/|;\]]|$)|\s(?:who|with|and|wearing|holding|sitting|standing)\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"\bin(?:to)?\s(?:his|her|their)\s(?:(?P<part>early|mid|late)[\s-])?"
            rf"(?P<d>{_DECADES}|(?:[2-9]0)'?s)\b"
            rf"(?P<tail>\s?(?:or|to|/|-)\s?(?:(?:early|mid|late)[\s-])?(?:{_DECADES}|[2-9]0'?s)\b)?",
            re.IGNORECASE,
        ),
    ),
    (
        "decade",
        re.compile(
            rf"(?<!\bthe\s)(?<!\bits\s)\b(?P<part>early|mid|late)[\s-](?P<d>{_DECADES}|(?:[2-9]0)'?s)"
            rf"(?=\s(?:(?!{_NOT_BETWEEN}\b)[a-z'-]+\s){{0,8}}{_SOMEBODY}\b)",
            re.IGNORECASE,
        ),
    ),
)
#: ``an early-thirties barista``, if the next word is a person.
DECADE_BEFORE = re.compile(
    rf"\b(?:early|mid|late)-(?P<d>{_DECADES}|(?:[2-9]0)'?s)\s(?P<who>[a-z]+)\b", re.IGNORECASE
)
#: ``a 40s man``, where no word says that a style is meant (``60s fashion, a woman``, ``'50s woman``).
DECADE_OF_PERSON = re.compile(
    rf"(?<![\w.,'$#-])(?P<d>[2-6]0)s\s(?={_SOMEBODY}\b)"
    r"(?!.*\b(?:styles?|styled|vintage|retro|fashion|era|aesthetic|inspired|decor|disco|noir)\b)",
    re.IGNORECASE,
)
#: ``woman 40+, studio``, ``man 35, beard``.
DIRECTLY_AFTER = re.compile(
    rf"\b{_SOMEBODY}\s(?P<n>1[89]|[2-9]\d)(?:\s?(?:years|yrs)\b)?(?:(?:\+|\splus\b|-plus\b)(?=\s|[,)\]|]|$)|(?=\s?[,)\]|]|\s*$))",
    re.IGNORECASE,
)
#: Two numbers that are one age; else the second one is, and the first is part of something else.
IS_RANGE = re.compile(r"between\s|\d+\s?(?:-|to)\s?\d", re.IGNORECASE)
#: An age directly after a person, without a word for age: ``a man over 60``, ``a woman of forty``.
AFTER_PERSON = re.compile(
    rf"\b(?P<who>[A-Za-z]+)\s(?P<all>(?:(?:well|just|far)\s)?(?P<bound>{_BOUNDS})"
    rf"\s(?:(?:{_HEDGE})\s)?{_NUMBER}{_RANGE}(?:\syears\b(?!\s(?:of|ago)\b))?)",
    re.IGNORECASE,
)
#: ``a man born in 1950``: the year tells the age.
BORN = re.compile(
    r"\b(?P<who>[A-Za-z]+)(?:,|\swho\swas)?\s(?P<all>born\s(?:(?:in|around|circa|c\.)\s)?(?P<year>19\d\d|200\d))\b",
    re.IGNORECASE,
)
#: A number that may be an age by itself, with what may follow it at once.
NUMBER = re.compile(
    rf"(?<![\w.:/$#-])(?<!\d,)(?:{_NUMBER}(?:(?:-|\sto\s)(?P<to>[1-9]\d))?(?P<more>\+|\splus\b|-plus\b|'?s\b)?(?P<unit>\s?(?:years|yrs)\b)?|(?P<decade>(?!teens){_DECADES}))(?![\w%+]|[-:/.]\w)",
    re.IGNORECASE,
)
_HEDGES = (
    rf"(?:(?:{'|'.join(sorted(grammar.ABOUT_AGES))}|not\s(?:yet|quite)|close\sto|shy\sof|going\son|a\sday\s(?:over|under)"
    r"|at\sleast|on\sthe\s(?:wrong|right|far|other|sunny)\sside\sof|not|no\s(?:older|younger)\sthan)\s)*"
)
#: Before a number that is a segment of its own (``a girl (8)``, ``woman, 40s, smiling``) ..
OPENS = re.compile(rf"(?:^|[,(|;\n\[\"])\s*{_HEDGES}$", re.IGNORECASE)
#: .. and the second of two (``grandfather and grandson, 78 and 7``) ..
PAIRED = re.compile(
    rf"(?:^|[,(])\s*(?:\d{{1,3}}|{'|'.join(TEENS + UNITS)}|{_TENS})\s(?:and|&)\s$", re.IGNORECASE
)
#: .. and before one that somebody is said to be (``she is six``, ``looks about fifty``, ``man nearing 70``).
SAYS = re.compile(rf"(?:'(?:s|m|re)|\b(?:{'|'.join(sorted(grammar.AGE_VERBS))}))\s{_HEDGES}$", re.IGNORECASE)
#: What may follow: the end of a segment, a word for when or another clause ..
ENDS = re.compile(
    r"\s?[,()\]|;/\n\"?!\u2600-\u27bf\U0001f300-\U0001faff]|\.?\s*$|\.\s|\s-\s"
    r"|\s(?:i|he|she|they|we|you|maybe|perhaps|today|now|already|tomorrow|yesterday|tonight|recently|next|this|last|and|or|but|so|though|yet|again|instead|soon"
    r"|when|while|if|because|since)\b",
    re.IGNORECASE,
)
#: After a number that is an hour (``at four in the morning``).
_TIME_OF_DAY = r"\s(?:in\sthe\s(?:morning|afternoon|evening)|at\snight|o'?clock|[ap]\.?m\b)"
#: .. and after what is said of somebody also what they do, or where they are.
GOES_ON = re.compile(rf"(?!{_TIME_OF_DAY})\s(?:{_AFTER_AGE}|[a-z]{{2,}}ing)\b", re.IGNORECASE)
#: A word that may be the verb of whom the age is said (``a woman of eighty blows out candles``).
VERB = re.compile(r"\s(?P<verb>[a-z]+s)\b", re.IGNORECASE)
#: The same in a tale, where something follows that no noun is (``a girl of twelve stood at the door``).
PAST = re.compile(
    r"\s(?:stood|sat|ran|came|lay|held|knelt|slept|swam|rode|wore|kept|made|had|left|went|sang|[a-z]{2,}ed)"
    r"(?=\s(?:an?|the|his|her|their|at|in|on|by|to|with|from|over|under|into|up|down|out|for)\b|\s?[,.;]|\s*$)",
    re.IGNORECASE,
)
