"""Scores of detection: what was found of what a reader labelled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from obclip_privacy.candidates.candidate_set import Cue, Detection, Mention
from obclip_privacy.evaluation.labelled import Label, Labelled


class _Span(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


#: Attributes that are scored as one: where a word stands between them is a matter of taste.
GROUPS: Mapping[str, str] = {"nationality": "ethnicity", "skin_tone": "ethnicity"}


@dataclass(slots=True)
class Counts:
    """Hits and misses, with the measures that are made of them.

    Attributes:
        found: labelled and found.
        missed: labelled and not found.
        extra: found and not labelled.
        prompts: prompts that have such labels.
        complete: of them, those in which every one was found.
        exact: found with the very offsets of the label.
        valued: found with a label that gives a value.
        value_hits: of them, those with that value.
    """

    found: int = 0
    missed: int = 0
    extra: int = 0
    prompts: int = 0
    complete: int = 0
    exact: int = 0
    valued: int = 0
    value_hits: int = 0

    @property
    def recall(self) -> float:
        """Share of the labels that were found; 1 if there are none."""
        return _share(self.found, self.found + self.missed)

    @property
    def precision(self) -> float:
        """Share of the findings that are labelled; 1 if there are none."""
        return _share(self.found, self.found + self.extra)

    @property
    def prompt_recall(self) -> float:
        """Share of the prompts in which every label was found: one missed pronoun gives the value away."""
        return _share(self.complete, self.prompts)

    def f_beta(self, beta: float) -> float:
        """F measure; *beta* says how many times as important recall is."""
        both = beta * beta * self.precision + self.recall
        return (1 + beta * beta) * self.precision * self.recall / both if both else 0.0

    def record(self) -> dict[str, float | int]:
        """All of it, for programs."""
        return {
            "labels": self.found + self.missed,
            "recall": self.recall,
            "precision": self.precision,
            "f1": self.f_beta(1),
            "f2": self.f_beta(2),
            "prompts": self.prompts,
            "prompt_recall": self.prompt_recall,
            "exact_spans": _share(self.exact, self.found),
            "values": _share(self.value_hits, self.valued),
            "missed": self.missed,
            "extra": self.extra,
        }


@dataclass(slots=True)
class DetectionScores:
    """Scores over a file.

    Attributes:
        attributes: counts by attribute.
        cues: counts of cues; what is labelled a cue and found as a mention is found.
        prompts: how many prompts there were.
        empty: prompts without people.
        false_alarms: of them, those in which something was found.
        grouped: prompts whose persons are labelled.
        grouped_alike: of them, those whose mentions go together as labelled.
        seconds: CPU time of all detections.
        errors: (where, what) of each miss and each false finding; quotes the prompt.
    """

    attributes: dict[str, Counts] = field(default_factory=dict)
    cues: Counts = field(default_factory=Counts)
    prompts: int = 0
    empty: int = 0
    false_alarms: int = 0
    grouped: int = 0
    grouped_alike: int = 0
    seconds: float = 0.0
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def false_positive_rate(self) -> float:
        """Share of the prompts without people in which something was found."""
        return _share(self.false_alarms, self.empty, none=0.0)

    @property
    def rate(self) -> float:
        """Prompts per second of CPU time."""
        return self.prompts / self.seconds if self.seconds else 0.0


def _share(part: int, whole: int, none: float = 1.0) -> float:
    return part / whole if whole else none


def score_detection(
    prompts: Iterable[Labelled], detect: Callable[[str], Detection], attributes: Sequence[str]
) -> DetectionScores:
    """Compare what *detect* finds with the labels.

    Args:
        prompts: labelled prompts; those without labels are passed over.
        detect: the engine's detection.
        attributes: those that the policy names; labels of others count as cues.

    A label is found if a finding of its attribute (:data:`GROUPS`) overlaps it; of several that overlap one
    label none is extra. Prompts without people count in the false positive rate only.
    """
    scores = DetectionScores()
    known = {group_of(attribute) for attribute in attributes}
    for labelled in prompts:
        if not labelled.has_labels:
            continue
        start = time.process_time()
        found = detect(labelled.prompt)
        scores.seconds += time.process_time() - start
        scores.prompts += 1
        _score_prompt(scores, labelled, found, known)
    return scores


def group_of(attribute: str) -> str:
    """The attribute that *attribute* is scored as."""
    return GROUPS.get(attribute, attribute)


def _score_prompt(scores: DetectionScores, labelled: Labelled, found: Detection, known: set[str]) -> None:
    either = labelled.either
    if not labelled.people:
        scores.empty += 1
        spans: tuple[Mention | Cue, ...] = (*found.mentions, *found.cues)
        spurious = [s for s in spans if not any(_overlap(s, label) for label in either)]
        scores.false_alarms += bool(spurious)
        scores.errors += [(labelled.where, f"nobody: {span.text}") for span in spurious]
        return
    mentions = [label for label in labelled.mentions if group_of(label.attribute) in known]
    cues = [*labelled.cues, *(x for x in labelled.mentions if group_of(x.attribute) not in known)]
    findings = [Label(m.start, m.end, group_of(m.attribute), m.value, m.person) for m in found.mentions]
    for attribute in sorted(known):
        counts = scores.attributes.setdefault(attribute, Counts())
        wanted = [label for label in mentions if group_of(label.attribute) == attribute]
        given = [label for label in findings if label.attribute == attribute]
        free = [*either, *cues]
        _count(counts, scores, labelled, attribute, wanted, given, free)
    given_cues = [Label(c.start, c.end, c.attribute) for c in found.cues]
    missed = [c for c in cues if not any(_overlap(c, f) for f in (*given_cues, *findings))]
    extra = [f for f in given_cues if not any(_overlap(f, x) for x in (*cues, *either, *labelled.mentions))]
    scores.cues.found += len(cues) - len(missed)
    scores.cues.missed += len(missed)
    scores.cues.extra += len(extra)
    scores.cues.prompts += bool(cues)
    scores.cues.complete += bool(cues) and not missed
    scores.errors += [(labelled.where, f"missed cue: {_text(labelled, c)}") for c in missed]
    scores.errors += [(labelled.where, f"extra cue: {_text(labelled, f)}") for f in extra]
    _score_persons(scores, labelled, mentions, findings)


def _count(
    counts: Counts,
    scores: DetectionScores,
    labelled: Labelled,
    attribute: str,
    wanted: Sequence[Label],
    given: Sequence[Label],
    free: Sequence[Label],
) -> None:
    missed = 0
    for label in wanted:
        hits = [finding for finding in given if _overlap(finding, label)]
        if not hits:
            missed += 1
            scores.errors.append((labelled.where, f"missed {attribute}: {_text(labelled, label)}"))
            continue
        counts.found += 1
        counts.exact += any((hit.start, hit.end) == (label.start, label.end) for hit in hits)
        if label.value:
            counts.valued += 1
            right = any(hit.value == label.value for hit in hits)
            counts.value_hits += right
            if not right:
                told = f"{_text(labelled, label)} is {label.value}, not {hits[0].value}"
                scores.errors.append((labelled.where, f"{attribute}: {told}"))
    extra = [f for f in given if not any(_overlap(f, label) for label in (*wanted, *free))]
    scores.errors += [(labelled.where, f"extra {attribute}: {_text(labelled, f)}") for f in extra]
    counts.missed += missed
    counts.extra += len(extra)
    counts.prompts += bool(wanted)
    counts.complete += bool(wanted) and not missed


def _score_persons(
    scores: DetectionScores, labelled: Labelled, mentions: Sequence[Label], findings: Sequence[Label]
) -> None:
    """Whether the mentions that were found go together in persons as labelled."""
    pairs = set()
    for label in mentions:
        hit = next((f for f in findings if _overlap(f, label)), None)
        if label.person is not None and hit is not None:
            pairs.add((label.person, hit.person))
    if not pairs:
        return
    scores.grouped += 1
    one_to_one = len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    scores.grouped_alike += one_to_one
    if not one_to_one:
        scores.errors.append((labelled.where, "persons"))


def _text(labelled: Labelled, label: Label) -> str:
    return labelled.prompt[label.start : label.end]


def _overlap(one: _Span, other: _Span) -> bool:
    return one.start < other.end and other.start < one.end
