"""``a`` or ``an``: by sound, for the word that follows.

Only articles whose next word may change are rewritten; they are then rewritten in every candidate by this
one rule, so the article tells nothing of the original.
"""

from __future__ import annotations

import re

#: The first word, after quotation marks and brackets at most.
_WORD = re.compile(r"[\s\"'“‘(\[{*_-]*([^\W_]+)")
#: Begin with a vowel letter and a consonant sound.
_CONSONANT_SOUND = re.compile(
    r"(?:eu|ew|uni(?!n|m)|unan|us[aeiu]|usu|ut[ei]|ub|ur[aeiuo]|uk|one(?:$|[^a-z]|s$|-)|once|ouija|u$)"
)
#: Begin with a silent h.
_SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir(?!l)|heirloom)")
#: Letters whose names begin with a vowel sound (an X-ray, an MRI).
_VOWEL_NAMES = frozenset("aefhilmnorsx")


def begins_with_vowel_sound(text: str) -> bool:
    """Whether the first word of *text* begins with a vowel sound; ``False`` if there is no word.

    Digits are read out (8, 11, 18 and 80 to 89 begin with a vowel); a capital standing alone is read as
    its name.
    """
    match = _WORD.match(text)
    if match is None:
        return False
    word = match[1]
    if word[0].isdigit():
        digits = re.match(r"\d+", word)
        number = digits[0] if digits else word
        return number.startswith("8") or (number[:2] in ("11", "18") and len(number) % 3 == 2)
    lower = word.lower()
    if len(word) == 1:
        return lower in _VOWEL_NAMES if word.isupper() else lower in "aeiou"
    if lower[0] in "aeiouàáâäæèéêëìíîïòóôöùúûü":
        return _CONSONANT_SOUND.match(lower) is None
    return _SILENT_H.match(lower) is not None


def article_for(following: str, *, capital: bool, upper: bool) -> str:
    """``a``, ``an``, ``A``, ``An`` or ``AN`` for what follows.

    Args:
        following: the text after the article.
        capital: whether the article begins with a capital.
        upper: whether what follows is written in capitals throughout.
    """
    if begins_with_vowel_sound(following):
        return ("AN" if upper else "An") if capital else "an"
    return "A" if capital else "a"
