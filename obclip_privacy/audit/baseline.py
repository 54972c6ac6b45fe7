"""Baselines: findings that were looked at and accepted, by the hash of what was sent, not by line.

A baseline is a file of its own (``--write-baseline``) or any JSON report. Its salt is used again, so that a
finding has the same identity in both. A finding that is not in it is new.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy.audit.findings import Finding
from obclip_privacy.audit.json_input import read_json_file
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

FORMAT = 1
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Baseline:
    """Accepted findings.

    Attributes:
        salt: with which they were hashed.
        identities: of the accepted findings.
        policy_sha256: of the policy that was audited, or ``""``.
        versions: of the tool, the plugins and the lexicons.
    """

    salt: bytes
    identities: frozenset[str]
    policy_sha256: str
    versions: Mapping[str, Json]

    def accepts(self, found: Finding) -> bool:
        """Whether *found* is an old one."""
        return found.identity(self.salt) in self.identities


def new_salt() -> bytes:
    """A salt for the identities of one report."""
    return secrets.token_bytes(_SALT_BYTES)


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file: one that was written as such, or a JSON report.

    Raises:
        BadInputError: the file is neither. A baseline that is missing is an error: nothing would be new.
    """
    data = read_json_file(path)
    rows = data.get("accepted", data.get("findings")) if isinstance(data, Mapping) else None
    salt = data.get("salt") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(rows, list) or not isinstance(salt, str):
        raise BadInputError(f"{path}: no baseline; write one with --write-baseline")
    identities = [row.get("id") if isinstance(row, Mapping) else None for row in rows]
    policy = data.get("policy")
    versions = data.get("versions")
    try:
        raw = bytes.fromhex(salt)
    except ValueError:
        raise BadInputError(f"{path}: its salt is not hexadecimal") from None
    if len(raw) != _SALT_BYTES or not all(isinstance(name, str) for name in identities):
        raise BadInputError(f"{path}: no baseline; write one with --write-baseline")
    return Baseline(
        raw,
        frozenset(str(name) for name in identities),
        str(policy.get("sha256", "")) if isinstance(policy, Mapping) else "",
        versions if isinstance(versions, Mapping) else {},
    )


def baseline_text(
    findings: Sequence[Finding], salt: bytes, policy: Mapping[str, Json] | None, versions: Mapping[str, Json]
) -> str:
    """The file that accepts *findings*."""
    rows = {found.identity(salt): (found.kind, found.attribute) for found in findings}
    data: dict[str, Json] = {
        "obclip_baseline": FORMAT,
        "salt": salt.hex(),
        "policy": policy,
        "versions": versions,
        "accepted": [
            {"id": name, "kind": kind, "attribute": attribute}
            for name, (kind, attribute) in sorted(rows.items(), key=lambda row: (row[1], row[0]))
        ],
    }
    return json.dumps(data, indent=2) + "\n"
