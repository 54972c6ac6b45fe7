"""Scores of candidate sets: closure, refusals, sizes, and what is withheld without need."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from obclip_privacy.candidates.candidate_set import OK, CandidateSet
from obclip_privacy.evaluation.labelled import Labelled

_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class ClosureScores:
    """Scores over a file.

    Attributes:
        prompts: how many prompts there were.
        refused: of them, those that were refused; violations included.
        violations: of them, those whose members would not all send the same bytes.
        unequal: sets with ``k_eff`` other than ``n``.
        sized: prompts with a labelled ``n`` under the policy.
        sized_right: of them, those with that ``n``.
        words: words of the labelled prompts.
        withheld: of them, those withheld though no label covers them.
        seconds: CPU time of all candidate sets.
        errors: (where, what); may quote the prompt.
    """

    prompts: int = 0
    refused: int = 0
    violations: int = 0
    unequal: int = 0
    sized: int = 0
    sized_right: int = 0
    words: int = 0
    withheld: int = 0
    seconds: float = 0.0
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Prompts per second of CPU time."""
        return self.prompts / self.seconds if self.seconds else 0.0

    @property
    def withheld_rate(self) -> float:
        """Share of the words that are withheld though no label covers them."""
        return self.withheld / self.words if self.words else 0.0

    @property
    def refusal_rate(self) -> float:
        """Share of the prompts that are refused."""
        return self.refused / self.prompts if self.prompts else 0.0


def score_closure(
    prompts: Iterable[Labelled], candidates: Callable[[str], CandidateSet], policy: str
) -> ClosureScores:
    """Make the candidate set of every prompt, and check it.

    Args:
        prompts: labelled prompts; those without labels count for closure and refusals.
        candidates: the engine's candidate sets, closure check included.
        policy: the name under which labels give ``n``.
    """
    scores = ClosureScores()
    for labelled in prompts:
        start = time.process_time()
        found = candidates(labelled.prompt)
        scores.seconds += time.process_time() - start
        scores.prompts += 1
        if found.status != OK:
            scores.refused += 1
            scores.violations += found.reason.startswith("closure failed")
            scores.errors.append((labelled.where, f"refused: {found.reason}"))
        elif found.k_eff != found.n:
            scores.unequal += 1
            scores.errors.append((labelled.where, f"k_eff is {found.k_eff}, n is {found.n}"))
        if policy in labelled.n:
            right = found.status == OK and found.n == labelled.n[policy]
            scores.sized += 1
            scores.sized_right += right
            if not right:
                scores.errors.append((labelled.where, f"n is {found.n}, not {labelled.n[policy]}"))
        if labelled.has_labels and found.status == OK:
            _score_withheld(scores, labelled, found)
    return scores


def _score_withheld(scores: ClosureScores, labelled: Labelled, found: CandidateSet) -> None:
    """Count the words that are withheld and that overlap no label.

    The words that carry a labelled cue (``with a`` before a beard) belong to it: what is withheld in one
    piece with a label counts as labelled.
    """
    scores.words += len(_WORD.findall(labelled.prompt))
    labels = (*labelled.cues, *labelled.mentions, *labelled.either)
    for span in found.withheld:
        if any(label.start < span.end and span.start < label.end for label in labels):
            continue
        scores.withheld += len(_WORD.findall(span.text))
        scores.errors.append((labelled.where, f"withheld: {span.text}"))
