"""One prompt, everything: what was found in it, what is sent, what that gives away."""

from __future__ import annotations

from obclip_privacy.audit.findings import Severity, finding_json
from obclip_privacy.audit.job import Auditor, Job
from obclip_privacy.audit.policy_lines import PolicyLines
from obclip_privacy.audit.rules import DEFAULT_RULES, broken, judged, parse_rules
from obclip_privacy.audit.secret import new_secret
from obclip_privacy.audit.sources.from_policy import Asked
from obclip_privacy.audit.summary import Summary
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy


def explanation(prompt: str, negative_prompt: str, policy_name: str) -> dict[str, Json]:
    """Everything about *prompt* under a policy. It quotes the prompt and names the real candidate."""
    policy = load_policy(policy_name)
    salt = new_secret()
    auditor = Auditor(Job(policy_name, policy.sha256, salt, show=True))
    record = auditor.audit((1, Asked(prompt, negative_prompt)))
    summary = Summary(least=1)
    summary.add(record)
    rules, metrics = parse_rules(DEFAULT_RULES), summary.metrics()
    findings = judged(record.findings, broken(rules, metrics, record.findings, summary.audited), metrics)
    shown, lines = dict(record.shown or {}), PolicyLines.of(policy_name)
    return {
        "verdict": "fail" if any(found.severity is Severity.FAIL for found in findings) else "pass",
        "figures": summary.figures(),
        "findings": [finding_json(found, salt, lines.place_of(found)) for found in findings],
        "prompt": prompt,
        "status": record.status,
        "spans": shown.get("spans", []),
        "candidates": shown.get("candidates", []),
        "real_index": shown.get("real_index"),
        "columns": [
            {
                "person_and_attribute": column.key,
                "strategy": column.strategy,
                "best_guess": str(column.posterior),
                "values": column.l_distinct,
            }
            for column in record.columns
        ],
        "attackers": summary.attackers(),
        "policy": {"name": policy.name, "sha256": policy.sha256},
    }
