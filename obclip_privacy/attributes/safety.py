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


#: Words that tell a minor, and words that tell an adult, inside a form of any attribute.
_MINOR_WORDS = frozenset(
    """
    baby babies infant infants newborn newborns toddler toddlers child children kid kids girl girls boy boys
    teen teens teenage teenaged teenager teenagers schoolgirl schoolgirls schoolboy schoolboys schoolchild
    schoolchildren minor minors underage preteen preteens tween tweens juvenile juveniles adolescent
    adolescents kindergartner kindergartners
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_ADULT_WORDS = frozenset(
    """
    adult adults man men woman women lady ladies gentleman gentlemen elderly elder elders senior seniors
    middle-aged aged grown-up grown-ups pensioner pensioners retiree retirees
    """.split()  # noqa: SIM905
)


def band_of_wording(text: str) -> Band:
    """Whether a surface form speaks of minors, of adults, or leaves it open; a minor's word decides.

    Lexicons of plugins are held to it: no class may have both, whatever its attribute is called.
    """
    words = set(text.lower().replace("-", " ").split()) | set(text.lower().split())
    if words & _MINOR_WORDS:
        return Band.MINOR
    return Band.ADULT if words & _ADULT_WORDS else Band.OPEN
