"""Runs the checks of the conformance kit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from obclip_privacy.errors import ObclipError, PluginError
from obclip_privacy.testing.behaviour import check_determinism, check_offsets, check_performance
from obclip_privacy.testing.examples import check_examples, read_examples
from obclip_privacy.testing.language import (
    Check,
    check_ages,
    check_closure,
    check_negative,
    check_neutral,
    check_parallel,
)
from obclip_privacy.testing.report import CheckResult, Report
from obclip_privacy.testing.subject import Subject, find_subject

#: The checks by name, in the order in which they run.
CHECKS: Mapping[str, Check] = {
    "parallel": check_parallel,
    "closure": check_closure,
    "neutral": check_neutral,
    "offsets": check_offsets,
    "determinism": check_determinism,
    "negative": check_negative,
    "ages": check_ages,
    "performance": check_performance,
    "examples": check_examples,
}
_CONTRACT = "it loads, and what it registers keeps the contract"


def run_checks(plugin: object, *, examples: str | Path | None = None) -> Report:
    """Every check against *plugin* (see :func:`obclip_privacy.testing.check_plugin`)."""
    try:
        subject = find_subject(plugin)
    except PluginError as error:
        name = plugin if isinstance(plugin, str) else getattr(plugin, "__name__", type(plugin).__name__)
        return Report(str(name), (CheckResult("contract", _CONTRACT, 1, (str(error),)),))
    registered = sum(owner == subject.name for owner in subject.registry.owners.values())
    contract = CheckResult("contract", _CONTRACT, registered)
    try:
        path = _examples_path(subject, examples)
        own = read_examples(path) if path else ()
    except (PluginError, OSError) as error:
        return Report(subject.name, (contract, CheckResult("examples", "", 0, (str(error),))))
    results = [contract]
    for name, check in CHECKS.items():
        try:
            result = check(subject, own)
            idle = not (result.tried or result.problems or result.skipped)
            results.append(replace(result, skipped="the plugin has nothing of this kind") if idle else result)
        except ObclipError as error:
            results.append(CheckResult(name, "runs without an error", 1, (str(error),)))
    return Report(subject.name, tuple(results))


def _examples_path(subject: Subject, given: str | Path | None) -> Path | None:
    if given is not None:
        return Path(given)
    beside = subject.folder / "examples.jsonl" if subject.folder else None
    return beside if beside and beside.is_file() else None
