"""The built-in attribute ``gender``: words, and letters beside an age."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from obclip_privacy.attributes.base import Attribute, Detector, Finding
from obclip_privacy.attributes.letters import letters_and_ages
from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.hookspecs import hookimpl

_LETTERS = {"F": "female", "M": "male", "X": "nonbinary"}


def find_letters(text: str) -> Sequence[Finding]:
    """Letters for the sex beside an age, in a folded text."""
    return tuple(
        Finding(start, end, "gender.letter", _LETTERS[text[start:end]])
        for (start, end), _ in letters_and_ages(text)
    )


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute."""
    letters = Detector("letters", find_letters)
    register(Attribute("gender", "Gender", read_lexicon("gender.jsonl"), detectors=(letters,)))
