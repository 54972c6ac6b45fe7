"""Folds typographic variants, one character for one, so that offsets stay those of the prompt.

Lexicons are written in plain ASCII with ``'`` and ``-``; people type curly quotes, non-breaking hyphens,
full-width letters, accents and (in lists of tags) ``_`` for a space. Only the matching sees the folded text;
the output keeps the person's own characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

#: What every address has; most prompts have none.
_AT = re.compile(r"@|://")
_ADDRESS = re.compile(r"\S+(?:@|://)\S+")


@cache
def _table() -> dict[int, str]:
    table = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    table[ord("_")] = " "
    table.update(dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"))
    table.update(dict.fromkeys((0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x02BC, 0xFF07, 0x00B4, 0x0060), "'"))
    table.update(dict.fromkeys((0x201C, 0x201D, 0x201E, 0x201F, 0x2033), '"'))
    table.update(dict.fromkeys((0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "))
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in table})
    for code in (*range(0x00C0, 0x0250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table[code] = base
    return table


def fold(text: str) -> str:
    r"""*text* with typographic variants folded; same length, offset for offset.

    >>> fold("a café’s “girl”")
    'a cafe\\'s "girl"'

    An underscore of an address is its own.

    >>> fold("dark_skin, a_b@example.org")
    'dark skin, a_b@example.org'
    """
    if text.isascii() and "_" not in text:
        return text
    folded = text.translate(_table())
    if "_" in text and _AT.search(text):
        chars = list(folded)
        for match in _ADDRESS.finditer(text):
            for index in range(match.start(), match.end()):
                chars[index] = "_" if text[index] == "_" else chars[index]
        folded = "".join(chars)
    return folded
