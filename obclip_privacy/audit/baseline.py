"""Baselines: findings that were looked at and accepted, by the hash of what was sent, not by line.

A baseline is a file of its own (``--write-baseline``), which carries the key of its hashes and works
anywhere, or a JSON report, which does not carry it and works for the user who made it. A finding that is not
in it is new.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from obclip_privacy.audit.findings import Finding, measured_json
from obclip_privacy.audit.json_input import read_json_file
from obclip_privacy.audit.secret import BYTES, name_of
from obclip_privacy.audit.summary import LEAST_IS_WORST
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import FrozenMap, Json

FORMAT = 1
_NO_BASELINE = "no baseline; write one with --write-baseline"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Accepted findings.

    Attributes:
        salt: with which they were hashed.
        identities: of the accepted findings.
        policy_sha256: of the policy that was audited, or ``""``.
        versions: of the tool, the plugins and the lexicons.
        limits: the worst figures that are accepted, by identity of the findings that rest on them.
    """

    salt: bytes
    identities: frozenset[str]
    policy_sha256: str
    versions: Mapping[str, Json]
    limits: Mapping[str, Fraction] = field(default_factory=FrozenMap)

    def accepts(self, found: Finding) -> bool:
        """Whether *found* is an old one; one that rests on a figure is, if that is no worse than it was."""
        name = found.identity(self.salt)
        if found.measured is None:
            return name in self.identities
        value, limit = found.measured.value, self.limits.get(name)
        if limit is None:
            return False
        least_is_worst = found.kind == "rule" and found.attribute in LEAST_IS_WORST
        return value >= limit if least_is_worst else value <= limit


def read_baseline(path: Path, own: bytes) -> Baseline:
    """The baseline in a file: one that was written as such, or a JSON report that was made with *own*.

    Raises:
        BadInputError: the file is neither. A baseline that is missing is an error: nothing would be new.
    """
    data = read_json_file(path)
    if not isinstance(data, Mapping):
        raise BadInputError(f"{path}: {_NO_BASELINE}")
    rows = data.get("accepted", data.get("findings"))
    salt = own if "obclip_baseline" not in data and "salt_name" in data else _salt(path, data)
    if not isinstance(rows, list):
        raise BadInputError(f"{path}: {_NO_BASELINE}")
    if salt is own and data["salt_name"] != name_of(own):
        raise BadInputError(
            f"{path}: this report was made elsewhere or with a baseline, and does not carry the key to "
            "recognise its findings by; use a file that --write-baseline made"
        )
    identities = [row.get("id") if isinstance(row, Mapping) else None for row in rows]
    if not all(isinstance(name, str) for name in identities):
        raise BadInputError(f"{path}: {_NO_BASELINE}")
    limits = {
        str(row["id"]): _limit(row["accepts"], path)
        for row in rows
        if isinstance(row, Mapping) and "accepts" in row
    }
    policy, made_with = data.get("policy"), data.get("versions")
    return Baseline(
        salt,
        frozenset(str(name) for name in identities),
        str(policy.get("sha256", "")) if isinstance(policy, Mapping) else "",
        made_with if isinstance(made_with, Mapping) else {},
        FrozenMap(limits),
    )


def _limit(given: Json, path: Path) -> Fraction:
    try:
        return Fraction(str(given)[:200])
    except (ValueError, ZeroDivisionError):
        raise BadInputError(f"{path}: what is accepted of a finding is not a number") from None


def _salt(path: Path, data: Mapping[str, Json]) -> bytes:
    """The salt that a baseline carries."""
    salt = data.get("salt")
    if not isinstance(salt, str):
        raise BadInputError(f"{path}: {_NO_BASELINE}")
    try:
        raw = bytes.fromhex(salt)
    except ValueError:
        raise BadInputError(f"{path}: its salt is not hexadecimal") from None
    if len(raw) != BYTES:
        raise BadInputError(f"{path}: {_NO_BASELINE}")
    return raw


def baseline_text(
    findings: Sequence[Finding], salt: bytes, policy: Mapping[str, Json] | None, versions: Mapping[str, Json]
) -> str:
    """The file that accepts *findings*."""
    rows = {
        found.identity(salt): (found.kind, found.attribute, measured_json(found.measured))
        for found in findings
    }
    data: dict[str, Json] = {
        "obclip_baseline": FORMAT,
        "salt": salt.hex(),
        "policy": policy,
        "versions": versions,
        "accepted": [
            {"id": name, "kind": kind, "attribute": attribute, **measured}
            for name, (kind, attribute, measured) in sorted(
                rows.items(), key=lambda row: (row[1][:2], row[0])
            )
        ],
    }
    return json.dumps(data, indent=2) + "\n"
