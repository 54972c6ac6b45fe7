"""The closure check: every member of the anonymity set must send the same bytes.

It knows nothing of how a set is made. Each member goes through the public entry as the text alone, as if a
person had typed it; so does each prompt that would be sent, which is the re-run attack. Any difference
means that something sent depends on the value, and then nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from obclip_privacy.candidates.candidate_set import OK, CandidateSet
from obclip_privacy.candidates.plan import Plan

#: More members than this are not checked one by one, and a set that is not checked is not sent.
MAX_MEMBERS = 4096
#: Up to this many strings are compared byte for byte.
MAX_COMPARED = 2048

#: A prompt to the set that would be sent of it.
Transform = Callable[[str], CandidateSet]
#: A prompt to the plan that would be made of it; ``None`` if it is refused.
Planner = Callable[[str], "Plan | None"]


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


def check_closure(found: CandidateSet, plan: Plan, transform: Transform, planner: Planner) -> ClosureResult:
    """Run every member of the anonymity set, and every candidate that would be sent, again.

    The bytes are compared. Where that would be more than :data:`MAX_COMPARED` strings (their number grows
    with the square of the set) the plans are, from which the bytes follow, and the bytes of the first and of
    the last member besides.
    """
    members = found.members
    if plan.n > MAX_MEMBERS:
        return ClosureResult(
            0, 0, f"the anonymity set has more than {MAX_MEMBERS} members; too many to check"
        )
    whole = len(members) * len(found.candidates) <= MAX_COMPARED
    outcome: dict[str, bool] = {}
    for index, prompt in enumerate((*members, *found.candidates)):
        if prompt in outcome:
            continue
        if not whole and index not in (0, len(members) - 1) and _sends_alike(planner(prompt), plan):
            outcome[prompt] = True
            continue
        again = transform(prompt)
        outcome[prompt] = again.status == OK and again.payload_bytes == found.payload_bytes
    survivors = sum(outcome[prompt] for prompt in members)
    if survivors < len(members):
        lost = len(members) - survivors
        reason = f"closure failed: {lost} of {len(members)} members would send something else"
        return ClosureResult(survivors, len(outcome), reason)
    if not all(outcome[prompt] for prompt in found.candidates):
        return ClosureResult(
            survivors, len(outcome), "closure failed: a candidate does not give the same set again"
        )
    return ClosureResult(survivors, len(outcome), "")


def _sends_alike(one: Plan | None, other: Plan) -> bool:
    """Whether two plans send the same, by what decides it."""
    return one is not None and (one.template, one.columns, one.negative_prompt) == (
        other.template,
        other.columns,
        other.negative_prompt,
    )
