"""The closure check: every member of the anonymity set must send the same bytes.

It knows nothing of how a set is made. Each member goes through the public entry as the text alone, as if a
person had typed it; so does each prompt that would be sent, which is the re-run attack. Any difference
means that something sent depends on the value, and then nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from obclip_privacy.candidates.plan import Plan

#: Up to this many strings are compared byte for byte.
MAX_COMPARED = 2048


@dataclass(frozen=True, slots=True)
class Reentry:
    """What the public entry made of a prompt.

    Attributes:
        plan: what would be sent.
        stated: position of the value that the prompt states in each column of the anonymity set.
        consistent: whether every mention of a column states that value.
        write: the bytes that would be sent.
    """

    plan: Plan
    stated: tuple[int | None, ...]
    consistent: bool
    write: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class ClosureResult:
    """Outcome of the check.

    Attributes:
        survivors: members that give the same bytes: the assignments that the re-run attack cannot
            tell apart.
        checked: how many prompts were run.
        reason: what broke, or ``""``. It says nothing of the prompt.
    """

    survivors: int
    checked: int
    reason: str


def check_closure(
    found: Reentry,
    candidates: Sequence[str],
    enter: Callable[[str], Reentry | None],
    others: Sequence[str] = (),
) -> ClosureResult:
    """Run every member of the anonymity set, and every candidate that would be sent, again.

    Args:
        found: what the real prompt gave.
        candidates: what would be sent of it.
        enter: the public entry, given a prompt's text and nothing else; ``None`` for a refusal.
        others: prompts that are no members and must send the same bytes.

    A member must send the same bytes, and must be read as the assignment that it was written for. The bytes
    are compared; where that would be more than :data:`MAX_COMPARED` strings (their number grows with the
    square of the set) what decides the bytes is compared, and the bytes of the first and of the last member
    besides.
    """
    plan = found.plan
    expected = found.write()
    whole = plan.n * len(candidates) <= MAX_COMPARED
    survivors = 0
    seen: set[str] = set()
    for index, (assignment, prompt) in enumerate(plan.members()):
        seen.add(prompt)
        again = enter(prompt)
        if again is None or not again.consistent or again.stated != assignment:
            continue
        exact = whole or index in (0, plan.n - 1) or not _decide_alike(again.plan, plan)
        survivors += not exact or again.write() == expected
    if survivors < plan.n:
        lost = plan.n - survivors
        reason = f"closure failed: {lost} of {plan.n} members would send something else"
        return ClosureResult(survivors, plan.n, reason)
    checked = plan.n + len(candidates) + len(others)
    for prompt in (*candidates, *others):
        if prompt in seen:
            continue
        again = enter(prompt)
        if again is None or not (_decide_alike(again.plan, plan) or again.write() == expected):
            reason = "closure failed: a candidate does not give the same set again"
            return ClosureResult(survivors, checked, reason)
    return ClosureResult(survivors, checked, "")


def _decide_alike(one: Plan, other: Plan) -> bool:
    """Whether everything that decides what is sent is the same in two plans."""
    return (one.template, one.columns, one.negative_prompt) == (
        other.template,
        other.columns,
        other.negative_prompt,
    )
