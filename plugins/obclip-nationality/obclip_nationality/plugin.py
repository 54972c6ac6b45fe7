"""The plugin: registers the nationalities, and a detector of ``from Kenya`` said of a person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import resources

from obclip_privacy.attributes.base import Attribute, Detector, Finding, LexemeClass, Pos
from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.language.fold import fold
from obclip_privacy.language.wordlists import names_person
from obclip_privacy.plugins.lexicon_json import read_attribute
from obclip_privacy.policy.frozen import FrozenMap

OBCLIP_HOOK_API = 1

_CLASS = "nationality.origin"
_ORIGINS: Mapping[str, Mapping[str, str]] = json.loads(
    resources.files(__package__ or "").joinpath("origins.json").read_text("utf-8")
)
_VALUE_OF = {fold(name): value for name, value in _ORIGINS["names"].items()}
#: Every word for a person that states a gender, whatever the gender: the context must not depend on it.
_GENDERED = frozenset(
    form.lower()
    for cls in read_lexicon("gender.jsonl").classes
    for row in cls.forms.values()
    for form in row
    if cls.pos in (Pos.NOUN, Pos.PRONOUN)
)
_VERBS = frozenset({"is", "are", "was", "were", "comes", "come", "came"})
_FROM = re.compile(
    r"(?P<before>[A-Za-z]+),? (?P<span>from (?:the )?(?P<name>"
    + "|".join(sorted(map(re.escape, _VALUE_OF), key=len, reverse=True))
    + r"))\b(?!-|'s\b)",
    re.IGNORECASE,
)


def find_origins(text: str) -> Sequence[Finding]:
    """``from`` and a country after a word for a person, or after *is* and *comes*, in a folded text."""
    return tuple(
        Finding(*match.span("span"), _CLASS, _VALUE_OF[match["name"].lower()])
        for match in _FROM.finditer(text)
        if _speaks_of_a_person(match["before"].lower())
    )


def _speaks_of_a_person(word: str) -> bool:
    return word in _VERBS or word in _GENDERED or names_person(word)


def attribute() -> Attribute:
    """The attribute with its lexicon and its detector."""
    found = read_attribute(__package__ or "")
    origin = LexemeClass(
        _CLASS,
        "nationality",
        Pos.PHRASE,
        FrozenMap({value: (form,) for value, form in _ORIGINS["forms"].items()}),
        ("",),
        detected=True,
    )
    lexicon = replace(found.lexicon, classes=(*found.lexicon.classes, origin))
    return replace(found, lexicon=lexicon, detectors=(Detector("origin", find_origins),))


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute."""
    register(attribute())
