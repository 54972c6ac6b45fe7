"""Negative controls: generators that leak on purpose, and an honest one beside them.

An audit that passes everything proves nothing. Each generator here makes the same sets from the same small
grammar (gender and three ages) and breaks one rule; the audit must catch every one and pass
:func:`honest`. They are for tests of audits only.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from obclip_privacy.language.articles import article_for
from obclip_privacy.policy.frozen import FrozenMap, Json

AGES = ("young", "middle-aged", "old")
#: (noun, parallel noun, pronouns) by gender.
GENDERS: tuple[Mapping[str, str], ...] = (
    {"woman": "woman", "lady": "lady", "she": "she", "her": "her", "herself": "herself"},
    {"woman": "man", "lady": "gentleman", "she": "he", "her": "his", "herself": "himself"},
)
_SLOT = {form: slot for gender in GENDERS for slot, form in gender.items()}
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*", re.IGNORECASE)
_ARTICLE = re.compile(r"\b([Aa])n?(?= )")
#: How long the generator with the timing leak sleeps.
PAUSE_SECONDS = 0.003


@dataclass(frozen=True, slots=True)
class _Read:
    """A prompt as the grammar reads it: a template, and the real values."""

    template: str
    age: int | None
    gender: int | None

    @classmethod
    def of(cls, prompt: str) -> _Read:
        age: int | None = None
        gender: int | None = None

        def mask(match: re.Match[str]) -> str:
            nonlocal age, gender
            word = match[0].lower()
            if word in AGES:
                age = AGES.index(word)
                return "{age}"
            if word in _SLOT:
                gender = next(i for i, forms in enumerate(GENDERS) if word in forms.values())
                return "{" + _SLOT[word] + "}"
            return match[0]

        return cls(_WORD.sub(mask, prompt), age, gender)

    def assignments(self) -> list[tuple[int | None, int | None]]:
        ages: Sequence[int | None] = range(len(AGES)) if self.age is not None else (None,)
        genders: Sequence[int | None] = range(len(GENDERS)) if self.gender is not None else (None,)
        return list(itertools.product(ages, genders))

    def write(self, age: int | None, gender: int | None, *, linked: bool = True) -> str:
        forms = dict(GENDERS[gender or 0])
        if not linked:  # pronouns stay those of the real person
            forms.update(
                {slot: form for slot, form in GENDERS[self.gender or 0].items() if slot in _PRONOUNS}
            )
        text = self.template.format_map({"age": AGES[age or 0], **forms})
        return _ARTICLE.sub(
            lambda m: article_for(text[m.end() :].lstrip(), capital=m[1] == "A", upper=False), text
        )


#: The generator whose sets are closed, each for itself.
BLOCKS = "blocks drawn anew for each template"
_PRONOUNS = frozenset({"she", "her", "herself"})


def honest(prompt: str) -> list[str]:
    """Every combination of values in canonical order, linked words and articles included."""
    read = _Read.of(prompt)
    return [read.write(*assignment) for assignment in read.assignments()]


def real_first(prompt: str) -> list[str]:
    """The real one first, then the decoys."""
    read = _Read.of(prompt)
    real = read.write(read.age, read.gender)
    return [real, *(text for text in honest(prompt) if text != real)]


def real_in_another_case(prompt: str) -> list[str]:
    """Decoys in canonical case; the real one's values in capitals, as somebody might type them."""
    read = _Read.of(prompt)
    real = read.write(read.age, read.gender)
    loud = _WORD.sub(lambda m: m[0].upper() if m[0].lower() in _SLOT else m[0], real)
    return [loud if text == real else text for text in honest(prompt)]


def fresh_decoys(prompt: str) -> list[str]:
    """The real one among decoys that are drawn anew each time."""
    read = _Read.of(prompt)
    real = read.write(read.age, read.gender)
    decoys = [text for text in honest(prompt) if text != real]
    while len(decoys) > 2:
        decoys.remove(secrets.choice(decoys))
    return sorted([real, *decoys])


def value_missing(prompt: str) -> list[str]:
    """``old`` is listed only where it is the real value."""
    read = _Read.of(prompt)
    return [
        read.write(age, gender)
        for age, gender in read.assignments()
        if age is None or AGES[age] != "old" or read.age == age
    ]


def pronoun_left_behind(prompt: str) -> list[str]:
    """Nouns are exchanged; ``her`` and ``his`` stay as they were typed."""
    read = _Read.of(prompt)
    return [read.write(*assignment, linked=False) for assignment in read.assignments()]


def parallel_word_missing(prompt: str) -> list[str]:
    """Decoys say ``woman`` and ``man`` where the real one says ``lady``."""
    read = _Read.of(prompt)
    real = (read.age, read.gender)
    plain = _Read(read.template.replace("{lady}", "{woman}"), read.age, read.gender)
    return [(read if each == real else plain).write(*each) for each in read.assignments()]


def order_by_hash(prompt: str) -> list[str]:
    """Sorted by a hash in which the real prompt takes part."""
    return sorted(honest(prompt), key=lambda text: hashlib.sha256(f"{prompt}\n{text}".encode()).digest())


def timing(prompt: str) -> list[str]:
    """The honest sets, but slower where the real one is old."""
    if _Read.of(prompt).age == AGES.index("old"):
        time.sleep(PAUSE_SECONDS)
    return honest(prompt)


def blocks_by_template(prompt: str) -> list[str]:
    """Half of the set: the half that holds the real one, of a partition drawn by the words that stay.

    Every member of the half sends the same half, so each set is closed. But an edit of the words draws
    another partition, and the two halves have few members in common.
    """
    read = _Read.of(prompt)
    stays = _ARTICLE.sub("a", read.template)  # the article goes with the age
    drawn = sorted(read.assignments(), key=lambda each: hashlib.sha256(f"{stays}{each}".encode()).digest())
    half = drawn[: len(drawn) // 2]
    chosen = half if (read.age, read.gender) in half else drawn[len(drawn) // 2 :]
    return [read.write(*each) for each in read.assignments() if each in chosen]


#: Every generator that leaks, by name.
LEAKY: Mapping[str, Callable[[str], list[str]]] = FrozenMap(
    {
        "real one first": real_first,
        "real one in another case": real_in_another_case,
        "fresh random decoys each time": fresh_decoys,
        "a value missing": value_missing,
        "a pronoun left behind": pronoun_left_behind,
        "a parallel word missing": parallel_word_missing,
        "order by hash of the real one": order_by_hash,
        "timing that depends on the real one": timing,
        BLOCKS: blocks_by_template,
    }
)
_TEMPLATES = (
    "portrait of a {age} {woman} in a red coat",
    "a {age} {lady} walking {her} dog in the rain",
    "the {age} {woman} looks at {herself} in a mirror",
    "a {age} {lady} in a straw hat on a wooden bench",
    "photo of a {age} {woman} with {her} bicycle, soft light",
    "a {age} {woman} reading while {she} waits for a train",
)


def control_prompts() -> Iterator[str]:
    """Prompts of the control's grammar: every template with every combination of values."""
    for template in _TEMPLATES:
        read = _Read(template, 0, 0)
        for age, gender in itertools.product(range(len(AGES)), range(len(GENDERS))):
            yield read.write(age, gender)


#: What is added to a prompt to edit it.
EDITS = ("", ", smiling", ", smiling, film grain", ", smiling, film grain, at dusk")


def control_rows(
    generator: Callable[[str], list[str]], times: int = 1, edits: Sequence[str] = ("",)
) -> Iterator[dict[str, Json]]:
    """What ``--sets`` reads: the generator's sets of the control prompts.

    Args:
        generator: a prompt in, its candidates out.
        times: how often each prompt is asked for.
        edits: endings that are added to each prompt in turn, by one user.
    """
    for number, prompt in enumerate(control_prompts()):
        for edit in edits:
            for _ in range(times):
                yield _row(generator, prompt + edit, f"user {number}")


def _row(generator: Callable[[str], list[str]], prompt: str, user: str) -> dict[str, Json]:
    candidates = generator(prompt)
    read = _Read.of(prompt)
    real = read.write(read.age, read.gender).lower()
    index = next(index for index, text in enumerate(candidates) if text.lower() == real)
    return {"candidates": list(candidates), "real_index": index, "user": user}
