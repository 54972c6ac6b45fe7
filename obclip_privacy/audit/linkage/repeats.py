"""Repeated requests: the same prompt asked again, and what all its sets have in common.

The attacker knows that two requests are of one prompt (and of one user, where the log names users) and
intersects their sets. Asking twice must send the same bytes; then there is nothing to intersect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.record import Links
from obclip_privacy.audit.tally import AttackTally
from obclip_privacy.policy.frozen import Json


def content_of_all(contents: Iterable[str]) -> bytes:
    """One digest of what several requests sent, whatever their order in the log."""
    return hashlib.sha256("\n".join(sorted(set(contents))).encode()).digest()


@dataclass(slots=True)
class _Prompt:
    """All requests for one real prompt."""

    row: int
    requests: int = 0
    members: frozenset[str] = frozenset()
    first_size: int = 0
    sequences: set[str] = field(default_factory=set)
    contents: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Repeats:
    """Requests by real prompt."""

    prompts: dict[str, _Prompt] = field(default_factory=dict)

    def add(self, row: int, links: Links) -> None:
        """Note one set."""
        prompt = self.prompts.setdefault(links.prompt, _Prompt(row))
        members = frozenset(links.members)
        prompt.members = members if not prompt.requests else prompt.members & members
        prompt.first_size = max(prompt.first_size, len(members))
        prompt.requests += 1
        prompt.sequences.add(links.sequence)
        prompt.contents.add(links.content)

    def findings(self) -> list[Finding]:
        """One for each prompt whose sets have fewer members in common than each of them has."""
        found = []
        for prompt in self._repeated():
            left = len(prompt.members)
            if left < prompt.first_size:
                detail = f"{left} of {prompt.first_size} candidates are in all {prompt.requests} requests"
                content = content_of_all(prompt.contents)
                found.append(finding("intersection", row=prompt.row, detail=detail, content=content))
        return found

    def tally(self) -> AttackTally:
        """The guess at one of the members that are left; the real one always is."""
        tally = AttackTally()
        for prompt in self._repeated():
            left, size = max(len(prompt.members), 1), prompt.first_size
            tally.add(Fraction(1, left), Fraction(1, size), Fraction(left, size))
        return tally

    def as_json(self) -> dict[str, Json]:
        """Counts for the report."""
        repeated = self._repeated()
        return {
            "distinct_prompts": len(self.prompts),
            "repeated_prompts": len(repeated),
            "repeated_alike": sum(len(prompt.sequences) == 1 for prompt in repeated),
            "least_survivors": min((len(prompt.members) for prompt in repeated), default=None),
        }

    def _repeated(self) -> list[_Prompt]:
        return [prompt for prompt in self.prompts.values() if prompt.requests > 1]
