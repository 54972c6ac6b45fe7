"""Cues: names of people.

A first name tells most readers a gender, often an origin. It is found by a list, with a capital letter, and
takes the capitalised words after it along (``Maria``, ``John Smith``, ``Ludwig van Beethoven``). Names that
are also words (``Rose``, ``Will``, ``Paris``) count only where the context says that they are names. Artists
(``in the style of``, ``by``) are not in the picture; streets, lakes and holidays that are named after people
are none. After a title (``Mr.``, ``Dr.``) any word with a capital is a surname.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from obclip_privacy.attributes.base import CueFinding
from obclip_privacy.attributes.lexicon_file import read_words
from obclip_privacy.language.grammar import FUNCTION_WORDS
from obclip_privacy.language.wordlists import is_known, modifiers, persons

_NAMES = read_words("first_names.txt")
_AMBIGUOUS = read_words("first_names_ambiguous.txt")
_ALL_NAMES = _NAMES | _AMBIGUOUS
_ANIMALS = read_words("animals.txt")
_CAPITALISED = re.compile(r"(?<![\w'-])(?:Mc|Mac|O'|D')?[A-Z][a-z]+(?:-[A-Za-z][a-z]+)?(?![\w-])")
_REST = re.compile(
    r"(?:\s+(?:(?:de|da|di|del|van|von|der|la|bin|ibn|al)\s+){0,2}[A-Z][A-Za-z'-]*[a-z]\b\.?)+"
)
_BEFORE = re.compile(r"([A-Za-z.]+)[\s,]*$")
#: Nobody who is in the picture: artists, and what is named after people.
_NOT_AFTER = frozenset(
    {"by", "style", "mount", "mt.", "st.", "saint", "san", "santa", "lake", "port", "fort", "new"}
)
_NOT_BEFORE = frozenset(
    """
    street avenue road falls park lake mount mountain river bridge city beach island islands hill hills
    station hotel castle cathedral church university college museum day valley county square tower
    palace airport theatre theater hall house lamp lamps bears bay harbor harbour gallery school
    hospital stadium opera garden gardens kingdom desert sea ocean monument memorial bowl cup prize
    award trophy terrier terriers spaniel spaniels retriever labrador setter hound cat cats dog dogs
    horse parrot whiskey whisky bourbon rum gin wine beer vodka sauce pizza burger coffee cola soda
    ice-cream cookies clock clocktower tower village town county district region peninsula canyon glacier
    reef volcano plaza plateau boulevard lane drive farm ranch inn pub cafe bar store shop museum
    library hall institute foundation company inc motors cars guitar guitars rifle revolver pistol bag
    handbag watch jeans shirt shoes sneakers perfume records book books bible bibles style styled
    inspired esque aesthetic aesthetics lighting palette splatter chair chairs effect law theorem
    syndrome disease virus comet crater nebula telescope rover aircraft jet tank plane pancake pancakes
    tart cake pie salad soup tree trees rose roses lily orchid pine oak maple berry grapes
    islander islanders skyline line station restaurant diner capitol arch stadium
    """.split()  # noqa: SIM905 - a list of words reads better so
)
#: Of these, dishes: called after one name (``Victoria cake``), while a full name may well be on one or in it.
_DISHES = frozenset("cake cakes pie tart salad soup cookies pizza burger pancake pancakes sauce".split())  # noqa: SIM905
_INTRODUCES = frozenset(
    {"named", "called", "mr.", "mrs.", "ms.", "meet", "with", "and", "relative", "noble", "elder"}
)
#: A surname follows, with or without a first name.
_TITLES = frozenset(
    """
    mr mrs ms mx miss mister dr doctor prof professor sir dame madame monsieur senor senora frau herr captain
    colonel general sergeant lieutenant reverend judge senator president pope sheriff
    """.split()  # noqa: SIM905
)
_LONGEST_NAME_IN_ING = 5
_TITLE_BEFORE = re.compile(r"([A-Za-z]+)\.?\s+$")
#: Words with a capital after a title that are no surname, besides words without a meaning of their own.
_NO_SURNAME = FUNCTION_WORDS | frozenset({"who", "office", "house", "motors", "pepper", "giving", "making"})
#: After the name of a town: the state or country that it lies in.
_REGION = re.compile(
    r",\s(?:(?:North|South|West|New)\s)?(?:Alabama|Alaska|Arizona|Arkansas|California|Carolina|Colorado|Connecticut"
    r"|Dakota|Delaware|England|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine"
    r"|Maryland|Massachusetts|Mexico|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|Hampshire"
    r"|Jersey|York|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|Virginia"
    r"|Washington|Wisconsin|Wyoming|Australia|Canada|Ontario|Quebec|Scotland|Ireland|Wales|Germany|France|Italy|Spain"
    r"|Portugal|Brazil|Zealand)\b"
)
#: States after the name of a town without a comma; those that are surnames too are left out.
_STATES = frozenset(
    {
        "texas",
        "wisconsin",
        "ohio",
        "oregon",
        "tennessee",
        "kentucky",
        "michigan",
        "minnesota",
        "california",
        "colorado",
        "florida",
        "illinois",
        "kansas",
        "maine",
        "nebraska",
        "nevada",
        "oklahoma",
        "utah",
        "wyoming",
    }
)
#: A shop that is called after somebody.
_SHOP = re.compile(
    r"'s\s(?:restaurant|diner|bakery|cafe|bar|pub|shop|store|deli|pizza|pizzeria|grill|market)\b"
)
#: What comes before the name of an artist.
_STYLE = re.compile(
    r"\b(?:(?:style|manner|works?|art) (?:of|by)|paintings? by)\s+(?:\w+\s+){0,3}$|\bby\s+(?:\w+\s+and\s+)?$"
)

_IN_STYLE = re.compile(r"(?:'s)?\s+(?:style|inspired|illustration)\b")


def find_names(text: str) -> Sequence[CueFinding]:
    """Names of people in a folded text."""
    return tuple(_find(text))


def _find(text: str) -> Iterator[CueFinding]:
    end_of_last = 0
    for match in _CAPITALISED.finditer(text):
        start, word = match.start(), match[0].lower()
        if start < end_of_last:
            continue
        named = word in _ALL_NAMES
        if not named and not _titled(text, start, word):
            continue
        rest = _REST.match(text, match.end())
        end = rest.end() if rest else match.end()
        end -= text[end - 1] == "."
        end -= 2 * text[start:end].endswith("'s")
        if named and not _is_person(text, start, end, word, bool(rest)):
            continue
        if not named and (text[start:end].split()[-1].lower() in _NOT_BEFORE or _IN_STYLE.match(text, end)):
            continue
        end_of_last = end
        yield CueFinding(start, end, "gender", "name", "name of a person", "a person")


def _titled(text: str, start: int, word: str) -> bool:
    """Whether a title stands before the word at *start*."""
    before = _TITLE_BEFORE.search(text, max(0, start - 14), start)
    if before is None or before[1].lower() not in _TITLES or word in _NO_SURNAME:
        return False
    # In a prompt Written Like This a verb follows as often as a name.
    return not (len(word) > _LONGEST_NAME_IN_ING and word.endswith("ing") and is_known(word))


def _is_person(text: str, start: int, end: int, word: str, full: bool) -> bool:
    before = _BEFORE.search(text, max(0, start - 24), start)
    previous = before[1].lower() if before else ""
    if previous in _NOT_AFTER or _STYLE.search(text[max(0, start - 60) : start]):
        return False
    following = re.match(r"\s*([A-Za-z]+)", text[end : end + 24])
    if _REGION.match(text, end) or _SHOP.match(text, end):
        return False
    last = text[start:end].split()[-1].lower()
    if full and last in _STATES:
        return False
    thing = following[1].lower() if following else ""
    if last in _NOT_BEFORE or (thing in _NOT_BEFORE and not (full and thing in _DISHES)):
        return False
    if following and following[1].lower() in _ANIMALS:
        return False
    if word not in _AMBIGUOUS:
        return True
    possessive = text[end : end + 2] == "'s"
    # Any noun for a person, so that a name stays one whatever word for its bearer is sent ("aunt May").
    noun = previous in persons() and previous not in modifiers() and not previous.endswith("s")
    introduced = previous in _INTRODUCES or (noun and "," not in text[max(0, start - 2) : start])
    return full or possessive or (introduced and start > 0)
