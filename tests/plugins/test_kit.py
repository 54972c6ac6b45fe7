"""The conformance kit: a sound plugin passes, and each seeded fault fails the check that is for it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from obclip_privacy.attributes.base import (
    Attribute,
    CueDetector,
    CueFinding,
    Detector,
    Finding,
    Generator,
    LexemeClass,
    Lexicon,
    Pos,
    SlotContext,
)
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.testing import CHECKS, check_plugin, run_checks

FORMS = {"blue": ("blue-eyed",), "brown": ("brown-eyed",), "green": ("green-eyed",)}
EYES = re.compile(r"\b(blue|brown|green)-eyed\b", re.IGNORECASE)


def adjective(forms: dict[str, tuple[str, ...]] = FORMS, **more: object) -> LexemeClass:
    return LexemeClass("eyes.adjective", "eyes", Pos.ADJECTIVE, FrozenMap(forms), ("",), **more)  # type: ignore[arg-type]


def plugin(
    *classes: LexemeClass,
    find: Callable[[str], Sequence[Finding]] | None = None,
    realise: Callable[[SlotContext, str], str] | None = None,
    cues: Callable[[str], Sequence[CueFinding]] | None = None,
) -> object:
    class Plugin:
        @hookimpl
        def register_attributes(self, register: Callable[[object], None]) -> None:
            register(
                Attribute(
                    "eyes",
                    "Eyes",
                    Lexicon(classes or (adjective(),)),
                    (Detector("found", find),) if find else (),
                    (Generator("written", realise),) if realise else (),
                )
            )

        @hookimpl
        def register_cue_detectors(self, register: Callable[[object], None]) -> None:
            if cues:
                register(CueDetector("terms", find=cues))

    return Plugin()


def failed(report: object) -> set[str]:
    return {check.name for check in report.checks if check.problems}  # type: ignore[attr-defined]


def found(text: str) -> list[Finding]:
    return [Finding(m.start(), m.end(), "eyes.adjective", m[1].lower()) for m in EYES.finditer(text)]


def test_a_sound_plugin_passes_every_check() -> None:
    report = check_plugin(plugin(adjective(detected=True), find=found))
    assert {check.name for check in report.checks} == {"contract", *CHECKS}
    assert [check.status for check in report.checks if check.name == "performance"] == ["passed"]


TERMS = [f"term{number}" for number in range(300)]
_count = itertools.count()


def scans_per_term(text: str) -> list[CueFinding]:
    spans = [(text.index(term), len(term)) for term in TERMS if term in text]
    return [CueFinding(start, start + length, "eyes", "eyes", "x") for start, length in spans]


def byte_offsets(text: str) -> list[Finding]:
    return [
        Finding(len(text[: f.start].encode()), len(text[: f.end].encode()), f.class_id, f.value)
        for f in found(text)
        if len(text[: f.end].encode()) <= len(text)
    ]


def keeps_state(text: str) -> list[Finding]:
    return found(text) if next(_count) % 3 else []


def drops_one_value(text: str) -> list[Finding]:
    """A context that rules out blue only."""
    return [f for f in found(text) if not (f.value == "blue" and text[f.end :].startswith(" sailor"))]


def an_adult_becomes_a_child(context: SlotContext, value: str) -> str:
    return FORMS[value][0] + (" boyish kid" if value == "green" else "")


SEEDED: dict[str, tuple[object, set[str]]] = {
    "closure: a generator writes what is not read back": (
        plugin(adjective(), realise=lambda context, value: f"{value}ish"),
        {"closure"},
    ),
    "parallel: a class has no form for a value": (
        plugin(
            adjective(),
            LexemeClass("eyes.phrase", "eyes", Pos.PHRASE, FrozenMap({"blue": ("with blue eyes",)}), ("",)),
        ),
        {"contract"},
    ),
    "offsets: bytes, not characters": (plugin(adjective(detected=True), find=byte_offsets), {"offsets"}),
    "determinism: a detector keeps state": (
        plugin(adjective(detected=True), find=keeps_state),
        {"determinism"},
    ),
    "negative: a context rules out one value only": (
        plugin(adjective(detected=True), find=drops_one_value),
        {"negative"},
    ),
    "ages: a class mixes adults and minors": (
        plugin(adjective({"a": ("grown-up",), "b": ("teenage",), "c": ("ageless",)})),
        {"contract"},
    ),
    "ages: a generator writes a child": (plugin(adjective(), realise=an_adult_becomes_a_child), {"closure"}),
    "performance: a scan per term": (plugin(cues=scans_per_term), {"performance"}),
    "examples: the expectation does not hold": (plugin(), {"examples"}),
    "contract: a detector raises": (
        plugin(adjective(detected=True), find=lambda text: [text[1000]]),  # type: ignore[list-item]
        {"offsets"},
    ),
    "contract: a detector returns another type": (
        plugin(adjective(detected=True), find=lambda text: "nothing"),  # type: ignore[arg-type,return-value]
        {"offsets"},
    ),
}
EXAMPLES = [
    {"prompt": "a blue-eyed nurse", "mentions": [{"text": "blue-eyed", "value": "blue"}]},
    {"prompt": "a brown-eyed sailor", "mentions": [{"text": "brown-eyed", "value": "brown"}]},
    {"prompt": "a green-eyed monster", "mentions": []},
    {"prompt": "a blue-eyed cat", "mentions": []},
    {"prompt": "a brown-eyed doll", "mentions": []},
]
NEGATIVE_SAILOR = {"prompt": "a blue-eyed sailor", "mentions": []}
WRONG = {"prompt": "a blue-eyed nurse", "mentions": [{"text": "blue-eyed", "value": "green"}]}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_fails_its_check(fault: str, tmp_path: Path) -> None:
    it, expected = SEEDED[fault]
    more = {"negative": NEGATIVE_SAILOR, "examples": WRONG}.get(fault.partition(":")[0])
    path = tmp_path / "examples.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in [*EXAMPLES, *([more] if more else [])]))
    report = run_checks(it, examples=path)
    assert expected <= failed(report), str(report)
    with pytest.raises(AssertionError, match="does not conform"):
        check_plugin(it, examples=path)


def test_too_few_negative_examples(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(json.dumps(EXAMPLES[0]))
    report = run_checks(plugin(), examples=path)
    assert failed(report) == {"negative"}
    assert "0 negative examples" in str(report)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "examples.jsonl:1: not JSON"),
        ("[]", "an example is an object with 'prompt'"),
        ('{"prompt": "x", "mention": []}', "unknown key 'mention'"),
        ('{"prompt": "x", "mentions": ["y"]}', "a mention or cue is an object"),
    ],
)
def test_malformed_examples_are_reported(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(line)
    report = run_checks(plugin(), examples=path)
    assert not report.passed
    assert message in str(report)


def test_what_is_no_plugin_is_reported() -> None:
    report = run_checks("no-such-plugin")
    assert not report.passed
    assert "'no-such-plugin' is no installed plugin, no module and no file" in str(report)
