"""Checks of what a plugin's words do: the parallel lexicon, closure, contexts, adults and minors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from obclip_privacy.attributes.base import Attribute, Band, Pos
from obclip_privacy.attributes.safety import band_of_wording
from obclip_privacy.candidates.candidate_set import OK
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.model import Strategy
from obclip_privacy.testing.examples import Example
from obclip_privacy.testing.report import CheckResult
from obclip_privacy.testing.subject import (
    BLOCK_SIZE,
    FRAMES,
    MAX_ENUMERATED,
    PLURAL_FRAMES,
    Subject,
    sentences,
)

#: Prompts about nobody: nothing of a plugin may be found in them.
NOBODY = (
    "a red bicycle leaning on a brick wall, 8k",
    "a bowl of ramen on a wooden table, steam",
    "macro photo of dew on a spider web",
    "isometric render of a small kitchen, soft light",
    "snowy mountains at dawn, oil painting",
    "an abandoned factory, broken windows, fog",
)
#: Of a large lexicon, checks that run a whole set for each case take so many.
MAX_SAMPLE = 24
T = TypeVar("T")
_ADULTS = ("a photo of a woman", "an old man with a dog", "two women at a table")
_MINORS = ("a photo of a girl", "a boy with a kite", "two children at a table")


def check_parallel(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """Every form of every class is found where it stands, as its own value."""
    problems: list[str] = []
    tried = 0
    for attribute in subject.attributes:
        engine = subject.engine(attribute)
        for sentence in sentences(attribute, plain=True):
            tried += 1
            found = [m for m in engine.detect(sentence.text).mentions if m.attribute == attribute.id]
            there = [m for m in found if m.start == sentence.start]
            if not there:
                problems.append(
                    f"'{sentence.form}' of {sentence.cls.id} is not found in a plain sentence; is it a form "
                    "of another class, or ruled out by a context?"
                )
            elif there[0].value != sentence.value:
                problems.append(
                    f"'{sentence.form}' of {sentence.cls.id} is read as '{there[0].value}', not as "
                    f"'{sentence.value}'; no form may have two values"
                )
    return CheckResult("parallel", "each form reads back as its own value", tried, tuple(problems))


def check_closure(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """Every sentence sends the same bytes whatever the value, and hides it among the whole domain."""
    problems: list[str] = []
    tried = 0
    for attribute in subject.attributes:
        engine = subject.engine(attribute)
        smallest = _smallest_set(attribute)
        for cls, value, index, frame, text in _cases(attribute):
            tried += 1
            found = engine.candidates(text)
            where = f"{cls}, '{value}', form {index}, in '{frame}'"
            if found.status != OK:
                problems.append(f"{where}: {found.reason}")
            elif found.k_eff != found.n:
                problems.append(f"{where}: {found.n - found.k_eff} of {found.n} members give other bytes")
            elif found.n < smallest:
                problems.append(
                    f"{where}: hidden among {found.n} only; doing nothing closes trivially. Is the form read?"
                )
    return CheckResult("closure", "the same bytes for every value", tried, tuple(problems))


def _smallest_set(attribute: Attribute) -> int:
    domain = len(attribute.value_ids)
    return domain if domain <= MAX_ENUMERATED else BLOCK_SIZE


def _cases(attribute: Attribute) -> list[tuple[str, str, int, str, str]]:
    """Every class in every frame: all values of a small domain, one of each block of a large one."""
    step = 1 if len(attribute.value_ids) <= MAX_ENUMERATED else BLOCK_SIZE
    wanted = set(attribute.value_ids[::step]) | {attribute.value_ids[-1]} if attribute.value_ids else set()
    first = {pos: frames[0] for pos, frames in FRAMES.items()}
    cases = []
    for sentence in sentences(attribute):
        plain = sentence.frame.startswith((first[sentence.cls.pos], PLURAL_FRAMES[0]))
        values = sorted(sentence.cls.forms)
        if sentence.value in wanted and (plain or sentence.value in (values[0], values[-1])):
            cases.append((sentence.cls.id, sentence.value, sentence.index, sentence.frame, sentence.text))
    return cases


def check_neutral(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """Where the policy sends no value, no form of a value is sent."""
    problems: list[str] = []
    tried = 0
    for attribute in subject.attributes:
        engine = subject.engine(attribute, Strategy.NEUTRALISE)
        for sentence in spread(list(sentences(attribute, plain=True))):
            tried += 1
            found = engine.candidates(sentence.text)
            if found.status != OK:
                problems.append(f"'{sentence.form}' of {sentence.cls.id}: {found.reason}")
            elif any(sentence.form.lower() in text.lower() for text in found.candidates):
                problems.append(f"'{sentence.form}' of {sentence.cls.id} is sent although it is neutralised")
    return CheckResult("neutral", "no value is sent where none may be", tried, tuple(problems))


def check_negative(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """Prompts about nobody have nothing, and a context that rules out one value rules out all."""
    problems: list[str] = []
    tried = 0
    engines = [(attribute, subject.engine(attribute)) for attribute in subject.attributes]
    for text in NOBODY:
        for name, find in subject.finders:
            tried += 1
            if find(text):
                problems.append(f"'{name}' finds something in '{text}'; look for persons only")
    for example in examples:
        if example.mentions != ():
            continue
        for attribute, engine in engines:
            for text in _variants(example.prompt, attribute):
                tried += 1
                if any(m.attribute == attribute.id for m in engine.detect(text).mentions):
                    problems.append(
                        f"'{text}' has a mention, and its like has none; put the context into the class, so "
                        "that it holds for every value"
                    )
    negatives = sum(example.mentions == () for example in examples)
    if subject.attributes and examples and negatives < 3:
        problems.append(
            f"examples.jsonl has {negatives} negative examples; give at least three prompts with a word of "
            'the lexicon that is no mention there ("mentions": [])'
        )
    return CheckResult("negative", "a negative context holds for every value", tried, tuple(problems))


def _variants(prompt: str, attribute: Attribute) -> list[str]:
    """The prompt, and the prompt with the form of a class in it exchanged for each other one."""
    lowered = f" {prompt.lower()} "
    found = [prompt]
    for cls in attribute.lexicon.classes:
        for row in cls.forms.values():
            for index, form in enumerate(row):
                at = lowered.find(f" {form.lower()} ")
                if at >= 0:
                    found += [
                        prompt[:at] + other[index] + prompt[at + len(form) :] for other in cls.forms.values()
                    ]
    return found


def check_ages(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """No candidate of a prompt about adults speaks of a minor, nor the reverse."""
    problems: list[str] = []
    tried = 0
    for attribute in subject.attributes or (None,):
        engine = subject.engine(attribute)
        texts = [*_ADULTS, *_MINORS, *(example.prompt for example in examples)]
        if attribute is not None and attribute.id != "age":
            texts += [s.text for s in spread(list(sentences(attribute, plain=True)))]
            forms = [cls.forms for cls in attribute.lexicon.classes if cls.pos is Pos.ADJECTIVE]
            rows = spread([row[0] for cls in forms for row in cls.values()])
            texts += [f"a {form} {who}" for form in rows for who in ("girl", "man")]
        for text in texts:
            tried += 1
            problems += _age_problems(engine, text)
    return CheckResult("ages", "adults and minors are never exchanged", tried, tuple(problems))


def spread(cases: list[T]) -> list[T]:
    """At most :data:`MAX_SAMPLE` of *cases*, evenly spread, the same ones each time."""
    return cases[:: -(-len(cases) // MAX_SAMPLE)] if cases else []


def _age_problems(engine: Engine, text: str) -> list[str]:
    minor = band_of_wording(_words(text)) is Band.MINOR
    for candidate in engine.candidates(text).candidates:
        if (band_of_wording(_words(candidate)) is Band.MINOR) is not minor:
            was, became = ("a minor", "an adult") if minor else ("an adult", "a minor")
            return [f"a prompt about {was} gives a candidate about {became}: '{candidate}'"]
    return []


def _words(text: str) -> str:
    return "".join(char if char.isalnum() or char == "-" else " " for char in text)


#: A check: the plugin and its examples in, the outcome out.
Check = Callable[[Subject, Sequence[Example]], CheckResult]
