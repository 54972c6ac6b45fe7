"""Cues: emoji of people: gender signs, gendered people, skin tone modifiers.

Each has a plain counterpart (the same emoji without a gender and with the default tone), which stands in for
it: :data:`_PLAIN` follows the Unicode list of RGI emoji sequences, where ``U+1F9D1`` is the adult without a
gender, ``U+1F9D2`` the child and ``U+1F9D3`` the older adult.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from obclip_privacy.attributes.base import CueFinding

_TONES = "\U0001f3fb-\U0001f3ff"
_JOINER = "\u200d"
_VARIATION = "\ufe0f"
_PLAIN = {
    "\U0001f468": "\U0001f9d1",  # man
    "\U0001f469": "\U0001f9d1",  # woman
    "\U0001f466": "\U0001f9d2",  # boy
    "\U0001f467": "\U0001f9d2",  # girl
    "\U0001f474": "\U0001f9d3",  # old man
    "\U0001f475": "\U0001f9d3",  # old woman
    "\U0001f478": "\U0001fac5",  # princess
    "\U0001f934": "\U0001fac5",  # prince
    "\U0001f385": "\U0001f9d1\u200d\U0001f384",  # Santa Claus
    "\U0001f936": "\U0001f9d1\u200d\U0001f384",  # Mrs. Claus
    "\U0001f57a": "\U0001f9d1",  # man dancing
    "\U0001f483": "\U0001f9d1",  # woman dancing
    "\U0001f930": "\U0001fac4",  # pregnant woman
    "\U0001fac3": "\U0001fac4",  # pregnant man
    "\U0001f46b": "\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1",  # woman and man holding hands
    "\U0001f46c": "\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1",  # men holding hands
    "\U0001f46d": "\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1",  # women holding hands
}
_SIGNS = "\u2640\u2642"
_PICTURE = "[\U0001f300-\U0001faff\u2600-\u27bf]"
#: A sequence of pictures joined by zero-width joiners, each with a tone or a variation selector.
_SEQUENCE = re.compile(f"{_PICTURE}[{_TONES}{_VARIATION}]*(?:{_JOINER}{_PICTURE}[{_TONES}{_VARIATION}]*)*")
_TONE = re.compile(f"[{_TONES}]")
_SIGN = re.compile(f"{_JOINER}[{_SIGNS}]{_VARIATION}?")


def find_emoji(text: str) -> Sequence[CueFinding]:
    """Emoji that tell a gender or a skin tone, in a text."""
    if text.isascii():
        return ()
    found = []
    for match in _SEQUENCE.finditer(text):
        plain = plain_emoji(match[0])
        if plain != match[0]:
            attribute = "skin_tone" if _TONE.sub("", match[0]) == plain else "gender"
            found.append(
                CueFinding(match.start(), match.end(), attribute, "emoji", "emoji of a person", plain)
            )
    return tuple(found)


def plain_emoji(sequence: str) -> str:
    """The emoji *sequence* without a gender and a skin tone."""
    bare = _SIGN.sub("", _TONE.sub("", sequence))
    return "".join(_PLAIN.get(char, char) for char in bare)
