"""The candidate sets that the benchmark draws, and what each of their pictures should show.

Every set comes from the policy engine under the shipped policy ``obclip-paper``, as in real use; all of its
members are drawn, so that every value occurs equally often and every comparison is paired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from obclip_privacy.candidates.candidate_set import OK
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.loader import load_policy

POLICY = "obclip-paper"

_JOBS = (
    "firefighter",
    "astronaut",
    "judge",
    "cook",
    "detective",
    "scientist",
    "farmer",
    "mechanic",
    "pilot",
    "singer",
    "student",
    "teacher",
    "vampire",
    "elf",
    "artist",
)
_TAILS = (
    "",
    ", smiling",
    " with glasses",
    ", angry",
    " with long black hair",
    " with freckles",
    " wearing a cap",
    " with short brown hair",
    " with curly hair, smiling",
    " with glasses, serious",
)
#: The prompt of a set by its size: with the attributes, and without them for the neutral cloud phase.
_FORMS: Mapping[int, tuple[str, str, tuple[str, ...]]] = {
    2: ("{style} of a woman {end}", "{style} of a {end}", _JOBS),
    6: ("a cartoon portrait of an old woman{end}", "a cartoon portrait of a person{end}", _TAILS),
    30: ("a cartoon portrait of an old African woman{end}", "a cartoon portrait of a person{end}", _TAILS),
}
_STYLES = ("an emoji", "a flat emoji")

#: How the artwork draws the values: the classifier's column and class. Crude, see the model card.
DRAWN: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "gender": {"male": ("gender", "male"), "female": ("gender", "female")},
    "age": {age: ("age", age) for age in ("young", "middle-aged", "old")},
    "ethnicity": {
        "caucasian": ("race", "white"),
        "african": ("race", "black"),
        "asian": ("race", "asian"),
        "indian": ("race", "brown"),
        "european": ("race", "white"),
    },
}
SIZES = tuple(_FORMS)


@dataclass(frozen=True, slots=True)
class Case:
    """One candidate set.

    Attributes:
        n: its size.
        number: of the set among those of its size.
        prompts: the candidates in canonical order.
        assignments: as in the request.
        values: of each candidate, by attribute.
        neutral: the prompt without the attributes.
    """

    n: int
    number: int
    prompts: tuple[str, ...]
    assignments: tuple[tuple[int, ...], ...]
    values: tuple[Mapping[str, str], ...]
    neutral: str


def cases(n: int, count: int) -> tuple[Case, ...]:
    """Make *count* candidate sets of *n* candidates.

    Raises:
        BadInputError: there are none of this size.
    """
    if n not in _FORMS:
        raise BadInputError(f"n: the benchmark has sets of {', '.join(map(str, SIZES))} candidates")
    engine = Engine(load_policy(POLICY))
    form, without, ends = _FORMS[n]
    made = []
    for number in range(count):
        words = {
            "end": ends[number % len(ends)],
            "style": _STYLES[number // len(ends) % len(_STYLES)],
        }
        found = engine.candidates(form.format(**words))
        if found.status != OK or len(found.candidates) != n:
            raise BadInputError(f"the policy {POLICY} no longer gives {n} candidates for the benchmark")
        names = [(report.attribute, report.values) for report in found.attributes]
        values = tuple(
            {name: domain[index] for (name, domain), index in zip(names, row, strict=True)}
            for row in found.assignments
        )
        neutral = without.format(**words)
        made.append(Case(n, number, found.candidates, found.assignments, values, neutral))
    return tuple(made)
