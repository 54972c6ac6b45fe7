"""The closure check: every member of the anonymity set must send the same bytes.

It knows nothing of how a set is made. Each member goes through the public entry as the text alone, as if a
person had typed it; so does each prompt that would be sent, which is the re-run attack. Any difference
means that something sent depends on the value, and then nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from obclip_privacy.candidates.candidate_set import OK, CandidateSet

#: More members than this are not checked one by one, and a set that is not checked is not sent.
MAX_MEMBERS = 4096

#: (prompt, negative prompt) to the set that would be sent.
Transform = Callable[[str, str], CandidateSet]


@dataclass(frozen=True, slots=True)
class ClosureResult:
    """Outcome of the check.

    Attributes:
        survivors: members that give the same bytes: the assignments that the re-run attack cannot
            tell apart.
        checked: how many were run.
        reason: what broke, or ``""``. It says nothing of the prompt.
    """

    survivors: int
    checked: int
    reason: str


def check_closure(found: CandidateSet, members: Sequence[str], transform: Transform) -> ClosureResult:
    """Run *members* (one per assignment, equal strings repeated) and the candidates of *found* again."""
    if len(members) > MAX_MEMBERS:
        return ClosureResult(0, 0, f"the anonymity set has more than {MAX_MEMBERS} members; too many to check")
    outcome: dict[str, bool] = {}
    for prompt in (*members, *found.candidates):
        if prompt not in outcome:
            again = transform(prompt, found.negative_prompt)
            outcome[prompt] = again.status == OK and again.payload_bytes == found.payload_bytes
    survivors = sum(outcome[prompt] for prompt in members)
    if survivors < len(members):
        return ClosureResult(
            survivors,
            len(outcome),
            f"closure failed: {len(members) - survivors} of {len(members)} members would send something else",
        )
    if not all(outcome[prompt] for prompt in found.candidates):
        return ClosureResult(survivors, len(outcome), "closure failed: a candidate does not give the same set again")
    return ClosureResult(survivors, len(outcome), "")
