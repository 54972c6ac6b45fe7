"""A letter for the sex beside an age: ``24F, selfie``, ``I (31/M)``, ``F/24``."""

from __future__ import annotations

import re

#: At the beginning or in brackets. A small letter is an aperture (``f/22``), and so is a capital one before
#: most of the numbers that lenses have; not before those that a candidate may show.
LETTER_AND_AGE = re.compile(
    r"(?:^|[(\[])\s*(?:(?P<n>[1-9]\d)\s?/?\s?(?P<letter>[FMX])"
    r"|(?P<first>[FMX])\s?[/,]\s?(?P<m>(?!(?:16|18|20|22|29|32|64)\b)[1-9]\d))(?=\s?[,)\]]|\s*$)"
)
