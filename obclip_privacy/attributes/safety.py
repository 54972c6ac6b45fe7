"""The safety rule: adults and minors (under 18) are never substituted for one another.

Everything that decides whether a word speaks of an adult or of a minor, and which values may stand for
which, is here. It holds in every policy, for every plugin: the engine asks this module, and nothing else,
for the values that a slot may take.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.attributes.base import Band

#: Id of the attribute whose values have bands.
AGE = "age"
#: Values of age that are under 18.
MINOR_VALUES = frozenset({"baby", "infant", "toddler", "child", "teenager", "teen", "minor"})


def band_of(attribute: str, value: str) -> Band:
    """Whether *value* of *attribute* means adults or minors; other attributes than age leave it open."""
    if attribute != AGE:
        return Band.OPEN
    return Band.MINOR if value in MINOR_VALUES else Band.ADULT


def band_of_years(years: int) -> Band:
    """The band of an age in full years."""
    return Band.MINOR if years < 18 else Band.ADULT


def substitutable(attribute: str, values: Sequence[str], band: Band) -> tuple[int, ...]:
    """Indices of the *values* that may stand for one another where a person is of *band*.

    For age an open band gives the adult values: a person of whom nothing else is said and who is called
    young or old is an adult. For other attributes every value may stand for every other.
    """
    if attribute != AGE:
        return tuple(range(len(values)))
    wanted = Band.MINOR if band is Band.MINOR else Band.ADULT
    return tuple(i for i, value in enumerate(values) if band_of(attribute, value) is wanted)
