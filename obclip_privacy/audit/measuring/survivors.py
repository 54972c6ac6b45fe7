"""Which members may still be real: after the re-run attack, and after a look at their form."""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.audit.figures.intersection import survivors as intersection
from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.form import Trait, scores_of
from obclip_privacy.audit.observation import Observation
from obclip_privacy.audit.sources.subject import Subject


def is_closed(seen: Observation) -> bool:
    """Whether every member was fed back and sends the same."""
    return seen.outputs is not None and all(output == seen.output for output in seen.outputs)


def rerun_survivors(subject: Subject, seen: Observation) -> list[int]:
    """The members that the re-run attack leaves, at least one; all of them where nothing can be run."""
    if seen.outputs is None:
        return list(range(seen.n))
    alive = [index for index, output in enumerate(seen.outputs) if output == seen.output]
    if _asked_differently(subject, seen):
        both = intersection([set(seen.candidates), set(subject.asked_again or ())])
        again = [index for index, member in enumerate(seen.members) if member in both]
        alive = [index for index in alive if index in again] or again
    return alive or ([subject.truth.member] if subject.truth.member is not None else [0])


def plausible(traits: Sequence[Trait], n: int, alive: Sequence[int], real: int | None) -> list[int]:
    """Those of *alive* that form leaves; the real one is never ruled out."""
    scores = scores_of(traits, n)
    best = max(scores)
    if real is None or scores[real] < best:
        return list(alive)
    return [index for index in alive if scores[index] == best]


def closure_findings(subject: Subject, seen: Observation, content: bytes) -> list[Finding]:
    """Members that send something else, and a real one that sends something else the second time."""
    found = []
    if seen.outputs is not None:
        lost = sum(output != seen.output for output in seen.outputs)
        if lost:
            detail = f"{lost} of {seen.n} members"
            found.append(finding("closure", row=subject.row, detail=detail, content=content))
    if _asked_differently(subject, seen):
        left = len(intersection([set(seen.candidates), set(subject.asked_again or ())]))
        detail = f"asked again, {left} of {seen.n} candidates are in both sets"
        found.append(finding("intersection", row=subject.row, detail=detail, content=content))
    return found


def _asked_differently(subject: Subject, seen: Observation) -> bool:
    return subject.asked_again is not None and set(subject.asked_again) != set(seen.candidates)
