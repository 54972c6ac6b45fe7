"""Agreement of the verb after singular *they* (``she walks``, ``they walk``), both ways."""

from __future__ import annotations

import re

_IRREGULAR = {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go"}
_BACK = {plural: singular for singular, plural in _IRREGULAR.items()}
#: Plural forms that are no base forms.
PLURALS = frozenset(_BACK)
#: Verbs in -ie whose third person ends like that of a verb in -y.
_IE = frozenset({"dies", "lies", "ties", "vies", "belies", "unties"})
_ES = re.compile(r"(?:ch|sh|ss|x|zz|o)es$")
#: End in -s and are no third person.
_NOT_THIRD = re.compile(
    r"(?:ss|us|is|'s)$|^(?:as|always|perhaps|sometimes|besides|afterwards|towards|this|his|its)$"
)


def is_third_person(word: str) -> bool:
    """Whether *word* (lower case) can be a verb in the third person singular."""
    return word in _IRREGULAR or (len(word) > 3 and word.endswith("s") and _NOT_THIRD.search(word) is None)


def plural_of(word: str) -> str:
    """The form after *they* of a verb in the third person singular.

    >>> [plural_of(w) for w in ("is", "watches", "carries", "ties", "uses", "walks")]
    ['are', 'watch', 'carry', 'tie', 'use', 'walk']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and word not in _IE:
        return word[:-3] + "y"
    return word[:-2] if _ES.search(word) else word[:-1]


def singular_of(word: str) -> str:
    """The form after *she* or *he* of a verb as it stands after *they*.

    >>> [singular_of(w) for w in ("are", "watch", "carry", "tie", "use", "walk")]
    ['is', 'watches', 'carries', 'ties', 'uses', 'walks']
    """
    if word in _BACK:
        return _BACK[word]
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:ch|sh|s|x|z|o)$", word) else "s")
