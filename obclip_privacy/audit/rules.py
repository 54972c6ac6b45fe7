"""Rules of ``--fail-on``: ``closure>0,posterior>0.5,k_eff<6,cues>0``.

A rule names a figure of a prompt (worst case over all prompts that state an attribute) or a kind of finding
(how many there are, accepted ones left out).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from obclip_privacy.audit.findings import KINDS, Finding, Measured, Severity
from obclip_privacy.audit.record import Number
from obclip_privacy.audit.summary import GREATEST_IS_WORST, LEAST_IS_WORST
from obclip_privacy.errors import BadInputError, quoted
from obclip_privacy.policy.nearest import nearest

_RULE = re.compile(r"\s*([a-z_]+)\s*(>=|<=|==|!=|>|<|=)\s*([0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?)\s*")
_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
#: Without ``--fail-on``: every kind of finding that fails by itself.
DEFAULT_RULES = ",".join(f"{name}>0" for name, kind in KINDS.items() if kind.severity is Severity.FAIL)
#: What a rule may name.
METRICS = tuple(sorted({*GREATEST_IS_WORST, *LEAST_IS_WORST, *KINDS, "audited", "prompts"}))
_MAX_RULES = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the audit fails if it holds."""

    metric: str
    operator: str
    limit: Fraction

    @property
    def text(self) -> str:
        """As it is written."""
        limit = str(self.limit) if self.limit.denominator == 1 else f"{float(self.limit):g}"
        return f"{self.metric}{self.operator}{limit}"

    def holds(self, value: Number) -> bool:
        """Whether *value* is beyond the limit."""
        return _COMPARE[self.operator](Fraction(value), self.limit)


def parse_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a comma list.

    Raises:
        BadInputError: a rule is malformed or names an unknown figure.
    """
    parts = [part for part in text.split(",") if part.strip()]
    if not parts or len(parts) > _MAX_RULES:
        raise BadInputError("--fail-on: give rules such as closure>0,posterior>0.5,k_eff<6,cues>0")
    rules = []
    for part in parts:
        match = _RULE.fullmatch(part)
        if match is None:
            raise BadInputError(f"--fail-on: {quoted(part.strip())} is no rule; write one like closure>0")
        if match[1] not in METRICS:
            near = nearest(match[1], METRICS)
            hint = f"; did you mean '{near}'?" if near else f"; there are: {', '.join(METRICS)}"
            raise BadInputError(f"--fail-on: there is no figure '{match[1]}'{hint}")
        try:
            rules.append(Rule(match[1], match[2], Fraction(match[3])))
        except (ValueError, ZeroDivisionError):
            raise BadInputError(f"--fail-on: {quoted(part.strip())}: not a number") from None
    return tuple(rules)


def count_of(findings: Sequence[Finding], kind: str) -> int:
    """How much the findings of a kind weigh."""
    return sum(found.count for found in findings if found.kind == kind)


def broken(
    rules: Sequence[Rule], metrics: Mapping[str, Number], findings: Sequence[Finding], audited: int
) -> tuple[Rule, ...]:
    """The rules that make the audit fail.

    Args:
        rules: of ``--fail-on`` or the defaults.
        metrics: of all prompts, worst case.
        findings: that no baseline accepts.
        audited: prompts that state an attribute; without any there is nothing to guess.

    Raises:
        BadInputError: a rule names a figure that could not be measured.
    """
    found = []
    for rule in rules:
        if rule.metric in KINDS:
            value: Number | None = count_of(findings, rule.metric)
        else:
            value = metrics.get(rule.metric)
        if value is None:
            if not audited:
                continue
            raise BadInputError(
                f"--fail-on: '{rule.metric}' cannot be measured here; "
                "sets made elsewhere need 'values', or --rerun"
            )
        if rule.holds(value):
            found.append(rule)
    return tuple(found)


def judged(
    findings: Sequence[Finding], rules: Sequence[Rule], metrics: Mapping[str, Number]
) -> list[Finding]:
    """*findings* with the severity that the broken *rules* give them, and one for each broken limit."""
    failing = {rule.metric for rule in rules}
    found = [
        replace(
            each,
            severity=Severity.FAIL
            if each.kind in failing
            else (Severity.WARN if each.severity is Severity.FAIL else each.severity),
        )
        for each in findings
    ]
    return [*(limit_finding(rule, metrics) for rule in rules if rule.metric not in KINDS), *found]


def limit_finding(rule: Rule, metrics: Mapping[str, Number]) -> Finding:
    """The finding of a limit that is broken, with its value: a baseline accepts none that is worse."""
    value = metrics[rule.metric]
    content = hashlib.sha256(rule.text.encode()).digest()
    detail = f"{rule.metric} is {float(value):g}, the rule is {rule.text}"
    measured = Measured(Fraction(value), Fraction(value))
    return Finding("rule", Severity.FAIL, None, rule.metric, detail, content, measured=measured)
