"""Checks of what a plugin's functions do: offsets, determinism, performance."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from obclip_privacy.attributes.base import CueFinding, Finding
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.language.fold import fold
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.testing.examples import Example
from obclip_privacy.testing.language import NOBODY
from obclip_privacy.testing.report import CheckResult
from obclip_privacy.testing.subject import Subject, policy_for, sentences

#: Text that says nothing, with characters that are longer or shorter in another case or encoding.
PREFIX = "photo İ ß 👍🏽 é , "
#: Lines of Python that a function may run for a prompt of a few words in which it finds nothing.
MAX_STEPS = 150
#: Seconds that a function may take for a prompt of about a thousand characters.
MAX_SECONDS = 0.02
_LONG = " ".join(NOBODY) * 4


def check_offsets(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """What a function finds moves with the text, character by character."""
    problems: list[str] = []
    tried = 0
    for name, find in subject.finders:
        for text in _texts(subject, examples):
            tried += 1
            alone = _spans(find(fold(text)))
            prefix = fold(PREFIX)
            moved = _spans(find(prefix + fold(text)))
            if [(s + len(prefix), e + len(prefix), *rest) for s, e, *rest in alone] != moved:
                problems.append(
                    f"'{name}' does not find the same in '{text}' with other text before it; are its offsets "
                    "those of the text that it was given, in characters?"
                )
    for attribute in subject.attributes:
        engine = subject.engine(attribute)
        for text in _texts(subject, examples)[:100]:
            tried += 1
            shifted = engine.detect(f"{PREFIX}{text}").mentions
            problems += [
                f"'{mention.text}' is not what stands at {mention.start}..{mention.end}"
                for mention in shifted
                if f"{PREFIX}{text}"[mention.start : mention.end] != mention.text
                or mention.text != mention.text.strip()
            ]
    return CheckResult("offsets", "spans are those of the text, in characters", tried, _few(problems))


def check_determinism(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """The order of registration, and what was asked before, change nothing."""
    texts = _texts(subject, examples)[:60]
    ask = _answering(subject.registry, subject)
    forward = [ask(text) for text in texts]
    again = [ask(text) for text in reversed(texts)][::-1]
    problems = [
        f"'{text}' gives another set when it is asked again; the plugin must keep no state"
        for text, one, two in zip(texts, forward, again, strict=True)
        if one != two
    ]
    ask = _answering(_reversed_registry(subject.candidate), subject)
    problems += [
        f"'{text}' gives another set when the plugin registers in another order"
        for text, one in zip(texts, forward, strict=True)
        if one != ask(text)
    ]
    return CheckResult("determinism", "no state, no order", 3 * len(texts), _few(problems))


def check_performance(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """A function does not look for its terms one by one, and its work grows with the text only linearly."""
    problems: list[str] = []
    tried = 0
    for name, find in subject.finders:
        tried += 2
        steps = max(_steps(find, text, subject.folder) for text in NOBODY)
        if steps > MAX_STEPS:
            problems.append(
                f"'{name}' runs {steps} lines of Python for a short prompt (at most {MAX_STEPS}): it scans "
                "once for each term. Put terms into a lexicon, or use one regular expression"
            )
        one, four = (_steps(find, text, subject.folder) for text in (_LONG, _LONG * 4))
        seconds = min(_seconds(find, _LONG) for _ in range(5))
        if four > 6 * one + MAX_STEPS:
            problems.append(f"'{name}' does more than linear work in the length of the prompt")
        elif seconds > MAX_SECONDS:
            problems.append(
                f"'{name}' takes {1000 * seconds:.0f} ms for a prompt of {len(_LONG)} characters (at most "
                f"{1000 * MAX_SECONDS:.0f} ms): it scans once for each term"
            )
    skipped = "" if tried else "no functions: lexicons are matched in one pass"
    return CheckResult("performance", "no scan per term", tried, tuple(problems), skipped)


def _texts(subject: Subject, examples: Sequence[Example]) -> list[str]:
    """The author's prompts, then a spread of plain sentences of each attribute."""
    texts = [example.prompt for example in examples]
    for attribute in subject.attributes:
        plain = [sentence.text for sentence in sentences(attribute, plain=True)]
        texts += plain[:: max(1, len(plain) // 20)]
    return list(dict.fromkeys([*texts, *NOBODY]))


def _spans(findings: Sequence[Any]) -> list[tuple[Any, ...]]:
    return sorted(
        (f.start, f.end, f.class_id, f.value, f.form)
        if isinstance(f, Finding)
        else (f.start, f.end, f.attribute, f.kind)
        for f in findings
        if isinstance(f, (Finding, CueFinding))
    )


def _answering(registry: Registry, subject: Subject) -> Callable[[str], tuple[str, ...]]:
    """What is sent of a text under a policy for each attribute of the plugin, as hashes."""
    engines = [Engine(policy_for(attribute), registry) for attribute in subject.attributes or (None,)]

    def answers(text: str) -> tuple[str, ...]:
        found = [engine.transform(text) for engine in engines]
        return tuple(one.set_sha256 or one.reason for one in found)

    return answers


def _reversed_registry(candidate: Candidate) -> Registry:
    """The registry when the plugin is found first and registers its things in the opposite order."""
    plugin = candidate.load()

    def backwards(hook: str) -> Callable[[Callable[[object], None]], None]:
        def call(register: Callable[[object], None]) -> None:
            things: list[object] = []
            function = getattr(plugin, hook, None)
            if function is not None:
                function(register=things.append)
            for thing in reversed(things):
                register(thing)

        return call

    class Backwards:
        @hookimpl
        def register_extensions(self, register: Callable[[object], None]) -> None:
            backwards("register_extensions")(register)

        @hookimpl
        def register_cue_detectors(self, register: Callable[[object], None]) -> None:
            backwards("register_cue_detectors")(register)

        @hookimpl
        def register_attributes(self, register: Callable[[object], None]) -> None:
            backwards("register_attributes")(register)

    swapped = replace(candidate, plugin=Backwards(), loader=None)
    return collect((swapped, *reversed(builtin_candidates())))


def _steps(find: Callable[[str], Sequence[object]], text: str, folder: Path | None) -> int:
    """Lines of Python that *find* runs for *text*: the same on every machine, however busy it is.

    Where the plugin's *folder* is known only lines in it count: what a library does is not the plugin's.
    """
    steps = 0
    home = str(folder) if folder else ""

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal steps
        if event == "line":
            steps += 1
        return trace if frame.f_code.co_filename.startswith(home) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        find(text)
    finally:
        sys.settrace(before)
    return steps


def _seconds(find: Callable[[str], Sequence[object]], text: str) -> float:
    start = time.process_time()
    find(text)
    return time.process_time() - start


def _few(problems: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(problems))
