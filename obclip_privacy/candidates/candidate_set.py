"""The result of the engine: a candidate set, or a refusal with its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from obclip_privacy.candidates.figures import Figures
from obclip_privacy.policy.frozen import Json

#: Version of what the cloud gets.
PROTOCOL = 1

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

OK = "ok"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of the prompt that states a value.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        text: the span.
        attribute: id of the attribute.
        value: id of the policy's value, or the lexicon's name for one outside the domain.
        person: index of the person, in text order.
        detector: who found it.
    """

    start: int
    end: int
    text: str
    attribute: str
    value: str
    person: int
    detector: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A span that reveals a value and cannot be exchanged for another."""

    start: int
    end: int
    text: str
    attribute: str
    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the prompt."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Detection:
    """Mentions and cues, each in text order."""

    mentions: tuple[Mention, ...]
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What happened to one attribute of one person; ``values`` in canonical order."""

    person: int
    attribute: str
    strategy: str
    values: tuple[str, ...]


def payload_of(
    candidates: Iterable[str], assignments: Iterable[Sequence[int]], negative_prompt: str
) -> dict[str, Json]:
    """What the cloud gets of a prompt, as JSON data."""
    return {
        "protocol": PROTOCOL,
        "prompts": list(candidates),
        "assignments": [list(row) for row in assignments],
        "negative_prompt": negative_prompt,
    }


def canonical_bytes(payload: dict[str, Json]) -> bytes:
    """Canonical JSON: keys sorted, no white space, ASCII escapes."""
    return _ENCODER.encode(payload).encode("ascii")


@dataclass(frozen=True)
class CandidateSet:
    """What goes to the cloud of one prompt, and what must stay on the device.

    Attributes:
        status: ``ok`` or ``refused``.
        reason: why it was refused; ``""`` if it was not.
        prompt: the person's own words; for the device only.
        negative_prompt: likewise.
        candidates: the distinct prompts to send, in canonical order; empty if refused.
        real_index: position of the real prompt's candidate; never leaves the device. ``-1`` if refused.
        assignments: for each candidate the index of its value in every column that is sent.
        cloud_negative_prompt: the one negative prompt that the cloud gets.
        attributes: what happened to each attribute of each person.
        withheld: spans that the cloud does not get.
        figures: size and leakage.
        policy_sha256: of the policy that decided.
        members: every member of the anonymity set as a prompt, in canonical order; empty where closure was
            not checked.
    """

    status: str
    reason: str
    prompt: str = field(repr=False)
    negative_prompt: str = field(repr=False)
    candidates: tuple[str, ...] = field(repr=False)
    real_index: int = field(repr=False)
    assignments: tuple[tuple[int, ...], ...] = field(repr=False)
    cloud_negative_prompt: str = field(repr=False)
    attributes: tuple[ColumnReport, ...] = field(repr=False)
    withheld: tuple[Span, ...] = field(repr=False)
    figures: Figures
    policy_sha256: str
    members: tuple[str, ...] = field(default=(), repr=False)

    @property
    def n(self) -> int:
        """Size of the anonymity set."""
        return self.figures.n

    @property
    def n_sent(self) -> int:
        """Distinct prompts sent."""
        return self.figures.n_sent

    @property
    def k_eff(self) -> int:
        """Assignments that survive the re-run attack."""
        return self.figures.k_eff

    @property
    def posterior(self) -> float:
        """Bayes vulnerability of the joint assignment."""
        return float(self.figures.posterior)

    @property
    def posterior_worst_attribute(self) -> float:
        """Bayes vulnerability of the worst single attribute."""
        return float(self.figures.posterior_worst_attribute)

    @property
    def leakage_bits(self) -> float:
        """Min-entropy leakage in bits."""
        return self.figures.leakage_bits

    def payload(self) -> dict[str, Json]:
        """Exactly what the cloud would get of the prompt.

        The keys are ``prompts``, ``assignments``, ``negative_prompt`` and ``protocol``.
        """
        return payload_of(self.candidates, self.assignments, self.cloud_negative_prompt)

    @cached_property
    def payload_bytes(self) -> bytes:
        """Canonical JSON of :meth:`payload` (see :func:`canonical_bytes`)."""
        return canonical_bytes(self.payload())

    @cached_property
    def set_sha256(self) -> str:
        """SHA-256 of :attr:`payload_bytes`, in hexadecimal; ``""`` if the prompt was refused."""
        return hashlib.sha256(self.payload_bytes).hexdigest() if self.status == OK else ""
