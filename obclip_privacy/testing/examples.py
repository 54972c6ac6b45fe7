"""The author's own examples: ``examples.jsonl`` beside the plugin.

One object a line: ``prompt``; ``mentions`` and ``cues`` (lists of ``{"text", "attribute", "value"}``; only
what the plugin itself brings is compared; left out: not compared); ``candidates`` and ``n`` (under the
``policy.json`` that lies beside the examples, or, without one, under a policy of all values of the plugin's
first attribute and gender); ``status`` (``ok`` unless stated).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obclip_privacy.attributes.base import CueFinding
from obclip_privacy.candidates.candidate_set import OK
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import ObclipError, PluginError
from obclip_privacy.language.fold import fold
from obclip_privacy.plugins.vocabulary import vocabulary_of
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.testing.report import CheckResult
from obclip_privacy.testing.subject import Subject

_KEYS = {"prompt", "mentions", "cues", "candidates", "n", "status"}
_SPAN_KEYS = {"text", "attribute", "value", "start"}


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and what is expected of it; ``None`` where nothing is.

    Attributes:
        where: file and line, for messages.
        prompt: the prompt.
        mentions: (text, attribute, value) of the plugin's mentions, in text order.
        cues: (text, attribute) of the plugin's cues.
        candidates: what is sent.
        n: size of the anonymity set.
        status: ``ok`` or ``refused``.
    """

    where: str
    prompt: str
    mentions: tuple[tuple[str, str, str], ...] | None
    cues: tuple[tuple[str, str], ...] | None
    candidates: tuple[str, ...] | None
    n: int | None
    status: str


def read_examples(path: Path) -> tuple[Example, ...]:
    """The examples in *path*.

    Raises:
        PluginError: a line is malformed.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            found.append(_example(line, f"{path.name}:{number}"))
    return tuple(found)


def _example(line: str, where: str) -> Example:
    try:
        entry: Any = json.loads(line)
    except ValueError as error:
        raise PluginError(f"{where}: not JSON: {error}") from None
    if not isinstance(entry, Mapping) or not isinstance(entry.get("prompt"), str):
        raise PluginError(f"{where}: an example is an object with 'prompt'")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise PluginError(f"{where}: unknown key '{unknown[0]}'; there are {', '.join(sorted(_KEYS))}")
    for span in (*(entry.get("mentions") or ()), *(entry.get("cues") or ())):
        if not isinstance(span, Mapping) or set(span) - _SPAN_KEYS or "text" not in span:
            raise PluginError(f"{where}: a mention or cue is an object with 'text', 'attribute' and 'value'")
    mentions, cues, candidates = entry.get("mentions"), entry.get("cues"), entry.get("candidates")
    return Example(
        where,
        entry["prompt"],
        None
        if mentions is None
        else tuple((m["text"], m.get("attribute", ""), m.get("value", "")) for m in mentions),
        None if cues is None else tuple((c["text"], c.get("attribute", "")) for c in cues),
        None if candidates is None else tuple(candidates),
        entry.get("n"),
        entry.get("status", OK),
    )


def example_engine(subject: Subject) -> Engine:
    """The engine for the examples: ``policy.json`` beside the plugin, or a policy of all of its values."""
    policy = subject.folder / "policy.json" if subject.folder else None
    if policy is None or not policy.is_file():
        return subject.engine(next(iter(subject.attributes), None))
    return Engine(load_policy(policy, vocabulary_of(subject.registry)), subject.registry)


def check_examples(subject: Subject, examples: Sequence[Example]) -> CheckResult:
    """The author's examples hold, and each of them closes."""
    promise = "the author's examples hold"
    if not examples:
        return CheckResult("examples", promise, skipped="no examples.jsonl beside the plugin")
    try:
        engine = example_engine(subject)
    except ObclipError as error:
        return CheckResult("examples", promise, 0, (f"policy.json cannot be used: {error}",))
    problems = [
        f"{example.where}: {problem}"
        for example in examples
        for problem in _failures(engine, subject, example)
    ]
    return CheckResult("examples", promise, len(examples), tuple(problems))


def _failures(engine: Engine, subject: Subject, example: Example) -> list[str]:
    own = {attribute.id for attribute in subject.attributes}
    problems = []
    detection = engine.detect(example.prompt)
    if example.mentions is not None:
        mentions = [(m.text, m.attribute, m.value) for m in detection.mentions if m.attribute in own]
        wanted = [(t, a or next(iter(sorted(own)), ""), v) for t, a, v in example.mentions]
        if mentions != wanted:
            problems.append(f"mentions are {_shown(mentions)}, not {_shown(wanted)}")
    if example.cues is not None:
        kinds = _own_kinds(subject)
        spans = _own_spans(subject, example.prompt)
        cues = [
            cue.text
            for cue in detection.cues
            if cue.attribute in own or cue.kind in kinds or (cue.start, cue.end) in spans
        ]
        if cues != [text for text, _ in example.cues]:
            problems.append(f"cues are {cues}, not {[text for text, _ in example.cues]}")
    found = engine.candidates(example.prompt)
    if found.status != example.status:
        problems.append(f"it is {found.status} ({found.reason}), not {example.status}")
    elif found.status == OK and found.k_eff != found.n:
        problems.append(f"{found.n - found.k_eff} of {found.n} members give other bytes")
    elif found.status == OK and example.n is not None and found.n != example.n:
        problems.append(f"n is {found.n}, not {example.n}")
    if example.candidates is not None and found.candidates != example.candidates:
        problems.append(f"candidates are {list(found.candidates)}, not {list(example.candidates)}")
    return problems


def _own_spans(subject: Subject, prompt: str) -> set[tuple[int, int]]:
    """Where the plugin's own functions find cues."""
    folded = fold(prompt)
    found = (finding for _, find in subject.finders for finding in find(folded))
    return {(finding.start, finding.end) for finding in found if isinstance(finding, CueFinding)}


def _own_kinds(subject: Subject) -> set[str]:
    """Kinds of cue that only this plugin brings."""
    own: set[str] = set()
    others: set[str] = {"name", "emoji"}
    for name, detector in subject.registry.cue_detectors.items():
        mine = subject.registry.owners["cue detector", name] == subject.name
        (own if mine else others).update(term.kind for term in detector.terms)
    return own - others


def _shown(mentions: Sequence[tuple[str, str, str]]) -> str:
    return ", ".join(f"{text}={attribute}.{value}" for text, attribute, value in mentions) or "none"
