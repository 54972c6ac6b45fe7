"""The verdict: findings against rules and a baseline, and everything that a report says, as JSON data."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import obclip_privacy
from obclip_privacy import __version__
from obclip_privacy.audit.baseline import Baseline
from obclip_privacy.audit.findings import Finding, Measured, Severity, finding, finding_json, fix_of
from obclip_privacy.audit.policy_lines import PolicyLines
from obclip_privacy.audit.record import Record
from obclip_privacy.audit.rules import Rule, broken, judged
from obclip_privacy.audit.secret import name_of
from obclip_privacy.audit.summary import Summary, alpha_of
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.model import Policy

#: Version of the report's format.
FORMAT = 1
#: Findings listed at most; all are counted, and all are in a baseline.
MAX_LISTED = 10_000
_ORDER = {Severity.FAIL: 0, Severity.WARN: 1, Severity.INFO: 2}
#: Attackers whose success is a finding of its own already.
_OTHERWISE_FOUND = frozenset({"rerun", "position", "intersection", "edits"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome.

    Attributes:
        passed: whether no rule is broken.
        findings: all of them, worst first, with the severity that the rules give them.
        new: those that no baseline accepts.
        broken: the rules that make the audit fail.
    """

    passed: bool
    findings: tuple[Finding, ...]
    new: tuple[Finding, ...]
    broken: tuple[Rule, ...]


def judge(summary: Summary, rules: Sequence[Rule], baseline: Baseline | None, registry: Registry) -> Verdict:
    """Apply *rules* to what was found, leaving out what the *baseline* accepts."""
    found = [*summary.linkage.findings(), *_attackers(summary, registry), *summary.findings]
    accepted = baseline.accepts if baseline else lambda _: False
    new = [each for each in found if not accepted(each)]
    metrics = summary.metrics()
    failing = broken(rules, metrics, new, summary.audited)
    everything = judged(found, failing, metrics)
    fresh = [each for each in everything if not accepted(each)]
    passed = not any(each.severity is Severity.FAIL for each in fresh)
    return Verdict(passed, tuple(_sorted(everything)), tuple(fresh), failing)


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (_ORDER[f.severity], f.kind, f.row or 0, f.attribute, f.detail))


def _attackers(summary: Summary, registry: Registry) -> list[Finding]:
    found = []
    for name, target, tally, adjusted in summary.tested():
        attacker = registry.attackers.get(name.partition(".")[0])
        # a finding about a few guesses would say that those were right
        if name in _OTHERWISE_FOUND or adjusted >= alpha_of(name, _noisy(registry)):
            continue
        kind = "attackers" if attacker is None or attacker.hideable else "prior_attackers"
        right, chance = tally.hits / tally.trials, float(tally.chance) / tally.trials
        detail = f"{name} on {target}: {float(right):.1%} right, chance {chance:.1%}, {tally.trials} guesses"
        attribute = "" if target == "joint" else target
        content = hashlib.sha256(f"{name} {target}".encode()).digest()
        measured = Measured(right, Fraction(tally.interval[1]))
        found.append(finding(kind, attribute=attribute, detail=detail, content=content, measured=measured))
    return found


def _noisy(registry: Registry) -> frozenset[str]:
    return frozenset(name for name, attacker in registry.attackers.items() if attacker.noisy)


def report_data(
    summary: Summary,
    verdict: Verdict,
    *,
    source: str,
    policy: Policy | None,
    registry: Registry,
    rules: Sequence[Rule],
    baseline: Baseline | None,
    salt: bytes,
    notes: Sequence[str],
    lines: PolicyLines,
    prior_file: bool = False,
) -> dict[str, Json]:
    """Everything that a report says; begins with verdict, figures and findings."""
    accepted = len(verdict.findings) - len(verdict.new)
    return {
        "verdict": "pass" if verdict.passed else "fail",
        "figures": summary.figures(),
        "findings": [
            finding_json(found, salt, lines.place_of(found)) for found in verdict.findings[:MAX_LISTED]
        ],
        "findings_total": len(verdict.findings),
        "findings_accepted": accepted,
        "attackers": summary.attackers(_noisy(registry)),
        "rules": [rule.text for rule in rules],
        "rules_broken": [rule.text for rule in verdict.broken],
        "prior": "file" if prior_file else _prior_name(policy),
        "notes": list(notes),
        "untested": sorted(summary.untested()),
        "examples": [_example(record, lines) for _, record in summary.examples],
        "source": source,
        "policy": None if policy is None else {"name": policy.name, "sha256": policy.sha256},
        "attributes": [] if policy is None else _attributes(policy),
        "versions": versions(registry),
        "created": dt.datetime.now(dt.UTC).date().isoformat(),
        "salt_name": name_of(salt),
        "format": FORMAT,
    }


def _prior_name(policy: Policy | None) -> str:
    if policy is not None and any(v.prior is not None for a in policy.attributes for v in a.values):
        return "policy"
    return "uniform"


def _attributes(policy: Policy) -> list[Json]:
    return [
        {"id": attribute.id, "strategy": str(attribute.strategy), "values": len(attribute.values)}
        for attribute in policy.attributes
    ]


def _example(record: Record, lines: PolicyLines) -> dict[str, Json]:
    """One of the worst prompts; without text unless the record has it."""
    shown = dict(record.shown or {})
    findings: list[Json] = [
        {
            "kind": f.kind,
            "severity": f.severity.value,
            "attribute": f.attribute,
            "detail": f.detail,
            "fix": fix_of(f, lines.place_of(f)),
        }
        for f in record.findings
    ]
    figures: dict[str, Json] = {
        name: float(value)
        for name, value in record.figures.items()
        if name in ("n", "n_sent", "k_eff", "posterior")
    }
    return {"row": record.row, "figures": figures, "findings": findings, **shown}


def versions(registry: Registry) -> dict[str, Json]:
    """What decided: the tool, the plugins and the lexicons."""
    return {
        "obclip": __version__,
        "plugins": {
            record.name: f"{record.distribution} {record.version}"
            for record in registry.plugins
            if record.status is PluginStatus.LOADED
        },
        "lexicons": lexicons_sha256(),
    }


def lexicons_sha256() -> str:
    """One hash over the data files of the core's lexicons."""
    folder = Path(obclip_privacy.__file__).parent / "data"
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and re.search(r"\.(jsonl|txt)$", path.name):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\x00")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def same_versions(one: Mapping[str, Json], other: Mapping[str, Json]) -> tuple[str, ...]:
    """The names of what differs between two ``versions``."""
    return tuple(sorted(name for name in {*one, *other} if one.get(name) != other.get(name)))
