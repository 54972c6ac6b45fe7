"""A letter for the sex beside an age: ``24F, selfie``, ``I (31/M)``, ``F/24``, ``M45, looking for``."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SEX_FIRST = r"(?P<first>[FMX])\s?[/,]?\s?(?P<m>[1-9]\d)(?=\s?[,)\]]|\s*$)"
#: At the beginning or in brackets. A small letter is an aperture (``f/22``), and so is a capital one before
#: most of the numbers that lenses have; not before those that a candidate may show.
_ALONE = re.compile(
    r"(?:^|[(\[])\s*(?:(?P<n>[1-9]\d)\s?/?\s?(?P<letter>[FMX])"
    r"|(?P<first>[FMX])\s?[/,]\s?(?P<m>(?!(?:16|18|20|22|29|32|64)\b)[1-9]\d))(?=\s?[,)\]]|\s*$)"
)
#: Where people write about themselves there are no apertures, jets or nebulae (``F/22``, ``F35``, ``M42``).
_ABOUT_ONESELF = re.compile(
    r"\b(?:selfies?|dating|tinder|bumble|hinge|profile|personal ad|looking for|seeking|meetup)\b",
    re.IGNORECASE,
)
_SOMEWHERE = re.compile(rf"(?:^|[,(\[]|\b(?:selfie|photo|pic|picture|profile))\s*{_SEX_FIRST}")
#: Nor in brackets after a word for oneself or what one has.
_OF_ONESELF = re.compile(rf"\b(?:I|[Mm]e|[Mm]yself|(?:[Mm]y|[Oo]ur)\s[a-z]+)\s[(\[]\s*{_SEX_FIRST}")


def letters_and_ages(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The spans of letter and age, in a folded text."""
    if not ("F" in text or "M" in text or "X" in text):
        return
    patterns = [_ALONE, _OF_ONESELF]
    if _ABOUT_ONESELF.search(text) is not None:
        patterns.append(_SOMEWHERE)
    found = set()
    for pattern in patterns:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            letter = "first" if groups["first"] else "letter"
            found.add((match.span(letter), match.span("m" if letter == "first" else "n")))
    yield from sorted(found)
