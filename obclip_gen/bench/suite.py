"""The candidate sets that the benchmark draws, and what each of their pictures should show.

Every set comes from the policy engine under the shipped policy ``obclip-paper``, as in real use; all of its
members are drawn, so that every value occurs equally often and every comparison is paired.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from obclip_privacy.candidates.candidate_set import OK
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.loader import load_policy

POLICY = "obclip-paper"

#: What a person of the emoji is or does, by the artwork's name of it: the end of a prompt with a gender, and
#: the end without one.
_JOBS = {
    role: (words, words)
    for role, words in (
        ("artist", "artist"),
        ("astronaut", "astronaut"),
        ("construction-worker", "construction worker"),
        ("cook", "cook"),
        ("detective", "detective"),
        ("elf", "elf"),
        ("factory-worker", "factory worker"),
        ("fairy", "fairy"),
        ("farmer", "farmer"),
        ("firefighter", "firefighter"),
        ("guard", "guard"),
        ("health-worker", "health worker"),
        ("judge", "judge"),
        ("mage", "mage"),
        ("mechanic", "mechanic"),
        ("office-worker", "office worker"),
        ("pilot", "pilot"),
        ("police-officer", "police officer"),
        ("scientist", "scientist"),
        ("singer", "singer"),
        ("student", "student"),
        ("superhero", "superhero"),
        ("supervillain", "supervillain"),
        ("teacher", "teacher"),
        ("technologist", "technologist"),
        ("vampire", "vampire"),
    )
}
_DOINGS = {
    role: (words, f"person {words}")
    for role, words in (
        ("biking", "riding a bike"),
        ("bouncing-ball", "bouncing a ball"),
        ("bowing", "bowing"),
        ("cartwheeling", "doing a cartwheel"),
        ("climbing", "climbing"),
        ("facepalming", "facepalming"),
        ("frowning", "frowning"),
        ("gesturing-no", "with crossed arms"),
        ("gesturing-ok", "with arms above the head"),
        ("getting-haircut", "getting a haircut"),
        ("getting-massage", "getting a massage"),
        ("golfing", "playing golf"),
        ("in-lotus-position", "in the lotus position"),
        ("in-steamy-room", "in a steamy room"),
        ("juggling", "juggling"),
        ("kneeling", "kneeling"),
        ("kneeling-facing-right", "kneeling, facing right"),
        ("lifting-weights", "lifting weights"),
        ("mountain-biking", "mountain biking"),
        ("playing-handball", "playing handball"),
        ("playing-water-polo", "playing water polo"),
        ("pouting", "pouting"),
        ("raising-hand", "raising a hand"),
        ("rowing-boat", "rowing a boat"),
        ("running", "running"),
        ("running-facing-right", "running to the right"),
        ("shrugging", "shrugging"),
        ("standing", "standing"),
        ("surfing", "surfing"),
        ("swimming", "swimming"),
        ("tipping-hand", "tipping a hand"),
        ("walking", "walking"),
        ("walking-facing-right", "walking to the right"),
        ("curly-hair", "with curly hair"),
    )
}
#: What a portrait shows beside its attributes: the end of the prompt, and the classifier's column and class.
_LOOKS = tuple(
    (f"{having}{mood}", content)
    for having, content in (
        (" with glasses", ("trait:glasses", "glasses")),
        (" with short hair", ("trait:hair", "short")),
        (" with long hair", ("trait:hair", "long")),
        (" with curly hair", ("trait:hair", "curly")),
        (" with freckles", ("trait:freckles", "freckles")),
        (" wearing a cap", ("trait:hat", "hat")),
        (" wearing a headband", ("trait:hat", "headband")),
        (" wearing a red shirt", ("trait:clothes", "red")),
        (" wearing a blue shirt", ("trait:clothes", "blue")),
        (" wearing a white shirt", ("trait:clothes", "white")),
    )
    for mood in ("", ", smiling", ", angry", ", serious")
)


@dataclass(frozen=True, slots=True)
class _Form:
    """A prompt to begin with: with the attributes, and without them for the neutral cloud phase."""

    style: str
    prompt: str
    neutral: str
    content: tuple[str, str]


def _emoji() -> Iterator[_Form]:
    for (role, (words, without)), (style, name) in itertools.product(
        (_JOBS | _DOINGS).items(), (("modern", "an emoji of"), ("flat", "a flat emoji of"))
    ):
        article = "an" if without[0] in "aeio" else "a"
        yield _Form(style, f"{name} a woman {words}", f"{name} {article} {without}", ("role", role))


def _portraits(person: str) -> Iterator[_Form]:
    for look, content in _LOOKS:
        yield _Form(
            "portrait",
            f"a cartoon portrait of {person}{look}",
            f"a cartoon portrait of a person{look}",
            content,
        )


#: Where the sets of each size come from. Those of 30 take every fifth look, so that few sets differ much.
_FORMS: Mapping[int, tuple[_Form, ...]] = {
    2: tuple(_emoji()),
    6: tuple(_portraits("an old woman")),
    30: tuple(_portraits("an old African woman"))[::5],
}

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
        style: of the drawing: ``modern``, ``flat`` or ``portrait``.
        content: what else the pictures show, as the classifier's column and class.
    """

    n: int
    number: int
    prompts: tuple[str, ...]
    assignments: tuple[tuple[int, ...], ...]
    values: tuple[Mapping[str, str], ...]
    neutral: str
    style: str
    content: tuple[str, str]


def cases(n: int, count: int) -> tuple[Case, ...]:
    """Make *count* different candidate sets of *n* candidates.

    Raises:
        BadInputError: there are none of this size, or not so many.
    """
    if n not in _FORMS:
        raise BadInputError(f"n: the benchmark has sets of {', '.join(map(str, SIZES))} candidates")
    forms = _FORMS[n]
    if count > len(forms):
        raise BadInputError(f"sets: the benchmark has {len(forms)} different sets of {n} candidates")
    engine = Engine(load_policy(POLICY))
    return tuple(_case(engine, n, number, form) for number, form in enumerate(_spread(forms, count)))


def _spread(forms: Sequence[_Form], count: int) -> Iterator[_Form]:
    """Take *count* of the forms, evenly, so that few of them still show many kinds."""
    return (forms[at * len(forms) // count] for at in range(count))


def _case(engine: Engine, n: int, number: int, form: _Form) -> Case:
    found = engine.candidates(form.prompt)
    if found.status != OK or len(found.candidates) != n:
        raise BadInputError(f"the policy {POLICY} no longer gives {n} candidates for the benchmark")
    names = [(report.attribute, report.values) for report in found.attributes]
    values = tuple(
        {name: domain[index] for (name, domain), index in zip(names, row, strict=True)}
        for row in found.assignments
    )
    return Case(
        n, number, found.candidates, found.assignments, values, form.neutral, form.style, form.content
    )
