"""Findings: what is wrong, where, and what to do about it. Data first; nothing here quotes a prompt."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from obclip_privacy.policy.frozen import FrozenMap, Json


class Severity(StrEnum):
    """What a finding does to the verdict."""

    FAIL = "fail"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    Attributes:
        severity: without ``--fail-on``.
        title: in plain words.
        fix: what to do.
    """

    severity: Severity
    title: str
    fix: str


#: All kinds of findings that the audit itself makes, by name. The names are metrics for ``--fail-on``.
KINDS: Mapping[str, Kind] = FrozenMap(
    {
        "closure": Kind(
            Severity.FAIL,
            "another member of the set would send something else, so asking again rules members out",
            "make everything that is sent a function of the value-masked prompt; try: obclip audit explain",
        ),
        "odd_one_out": Kind(
            Severity.FAIL,
            "the real prompt stands out in its set",
            "write all candidates, the real one too, from one template in canonical surface forms",
        ),
        "contradiction": Kind(
            Severity.FAIL,
            "some candidates contradict themselves, which rules them out as decoys",
            "move linked words (pronouns, possessives, role nouns) together with the value",
        ),
        "uneven": Kind(
            Severity.WARN,
            "candidates differ in form, though not in favour of the real one",
            "write all candidates from one template in canonical surface forms",
        ),
        "unhidden": Kind(
            Severity.FAIL,
            "a value is sent and nothing else stands beside it",
            "name the attribute in the policy with a strategy other than keep",
        ),
        "visible": Kind(
            Severity.WARN,
            "a value stays in every candidate: outside the policy's domain, or in a word that says more",
            'add the value to the "values" of the attribute, or set its "out_of_domain" to "refuse"',
        ),
        "cues": Kind(
            Severity.FAIL,
            "a cue that gives a value away is sent in every candidate",
            'set the cue\'s kind to "withhold" under "cues" in the policy',
        ),
        "detectors": Kind(
            Severity.WARN,
            "another detector finds a mention that the policy's detectors missed; it is sent as it is",
            "add the detector to the attribute's detectors in the policy, or the word to its lexicon",
        ),
        "order": Kind(
            Severity.FAIL,
            "one and the same set was sent in different orders, each with another real prompt",
            "sort by person, attribute and value, never by anything about the real prompt",
        ),
        "shuffled": Kind(
            Severity.WARN,
            "one and the same set was sent in different orders",
            "a canonical order needs no randomness and leaves nothing to compare",
        ),
        "position": Kind(
            Severity.FAIL,
            "the place of the real prompt in its set is far from uniform",
            "sort by person, attribute and value, never by anything about the real prompt",
        ),
        "position_prior": Kind(
            Severity.WARN,
            "the place of the real prompt is not uniform in a canonical order: this is the values' prior",
            "nothing in the sets: state the prior in the policy, and read the posterior under it",
        ),
        "value_missing": Kind(
            Severity.FAIL,
            "a value is in a set only when it is the real one",
            "list the whole domain in every set",
        ),
        "intersection": Kind(
            Severity.FAIL,
            "the same prompt was sent with different sets; their intersection has fewer members",
            "draw no decoys at random: asking twice must send the same bytes",
        ),
        "edits": Kind(
            Severity.FAIL,
            "a sequence of edited prompts has fewer members in common than each of its sets",
            "let no decoy, block or order depend on the words that stay",
        ),
        "attackers": Kind(
            Severity.FAIL,
            "an attacker that an honest set defeats is right more often than chance",
            "see the attacker's own description",
        ),
        "prior_attackers": Kind(
            Severity.WARN,
            "the words that stay give a value away more often than chance; no candidate set can hide that",
            "withhold or generalise the words that matter, or neutralise the attribute",
        ),
        "timing": Kind(
            Severity.FAIL,
            "how long the device takes depends on which prompt is real",
            "do the same work for all members, whichever is real",
        ),
        "settings": Kind(
            Severity.WARN,
            "requests of one log have different settings or headers, by which they can be told apart",
            "send the same settings and headers with every request",
        ),
        "seed": Kind(
            Severity.WARN,
            "requests with different sets have the same seed, by which they can be linked",
            "draw the seed anew for each request",
        ),
        "refused": Kind(
            Severity.INFO,
            "the prompt was refused; nothing of it is sent",
            "nothing leaks; to have it made all the same, change its words or what the policy refuses",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a policy file.

    Attributes:
        file: the file's name, without its folder.
        line: from 1.
        pointer: JSON pointer of the value.
        shipped: whether the file comes with the package, and is extended rather than edited.
    """

    file: str
    line: int
    pointer: str
    shipped: bool

    @property
    def text(self) -> str:
        """For people."""
        how = ", in a policy that extends it" if self.shipped else ""
        return f"{self.file}:{self.line} ({self.pointer or '/'}){how}"

    def as_json(self) -> dict[str, Json]:
        """For the report."""
        return {"file": self.file, "line": self.line, "pointer": self.pointer}


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure that a finding rests on: greater is worse, but for those of which the least is the worst.

    Attributes:
        value: what was measured.
        limit: the worst that a baseline with this finding accepts: the end of the 95 % interval, or the
            value itself if it is exact.
    """

    value: Fraction
    limit: Fraction


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        kind: a key of :data:`KINDS`, or ``rule``.
        severity: what it does to the verdict.
        row: number of the prompt in its input, from 1; ``None`` for one about all of them.
        attribute: what it is about, or ``""``.
        detail: figures and names; never text of a prompt.
        content: digest of what was sent, which identifies the finding across runs; empty for one about all.
        count: how much it weighs in a metric of its kind.
        measured: figure that it rests on, where it has one; a baseline accepts none that is worse.
        fix: what to do, where the kind's own advice does not fit; else ``""``.
    """

    kind: str
    severity: Severity
    row: int | None = None
    attribute: str = ""
    detail: str = ""
    content: bytes = b""
    count: int = 1
    measured: Measured | None = None
    fix: str = ""

    def identity(self, salt: bytes) -> str:
        """Salted hash of kind, attribute and content: the same in every run over the same sets.

        What is hashed is what the cloud gets, never which member is real; the salt keeps a report from
        being compared with others.
        """
        text = "\n".join((self.kind, self.attribute, self.content.hex())).encode()
        return hmac.new(salt, text, hashlib.sha256).hexdigest()[:32]


def finding(
    kind: str,
    *,
    row: int | None = None,
    attribute: str = "",
    detail: str = "",
    content: bytes = b"",
    count: int = 1,
    measured: Measured | None = None,
    fix: str = "",
) -> Finding:
    """A finding of *kind* with the severity that the kind has."""
    return Finding(kind, KINDS[kind].severity, row, attribute, detail, content, count, measured, fix)


def measured_json(measured: Measured | None) -> dict[str, Json]:
    """As exact fractions; nothing for findings that rest on no figure."""
    return {"value": str(measured.value), "accepts": str(measured.limit)} if measured else {}


def count_measured(count: int) -> Measured:
    """A figure that is counted, and exact."""
    return Measured(Fraction(count), Fraction(count))


def fix_of(found: Finding, place: Place | None) -> str:
    """What to do, and in which line of the policy."""
    kind = KINDS.get(found.kind)
    fix = found.fix or (kind.fix if kind else "see the figure's description in docs/audit.md")
    return f"{fix}; {place.text}" if place else fix


def finding_json(found: Finding, salt: bytes, place: Place | None = None) -> dict[str, Json]:
    """A finding as JSON data; *place* is the policy's line that decides."""
    kind = KINDS.get(found.kind)
    return {
        "id": found.identity(salt),
        "kind": found.kind,
        "severity": found.severity.value,
        "row": found.row,
        "attribute": found.attribute,
        "title": kind.title if kind else "a figure is beyond the limit that was set",
        "detail": found.detail,
        "fix": fix_of(found, place),
        "where": place.as_json() if place else None,
        "count": found.count,
        **measured_json(found.measured),
    }
