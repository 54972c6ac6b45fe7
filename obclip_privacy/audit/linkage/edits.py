"""Edit sequences: a person changes a few words and asks again, and the cloud reads the sets side by side.

The attacker sees the words that all candidates of a set share, and takes a set for an edit of an earlier one
if their words overlap (Jaccard index at least :data:`LEAST_OVERLAP`): among the requests of the same user
where the log names users, else among the last :data:`WINDOW` sequences, so that many users' prompts in one
log are linked as well as they can be. It supposes that an edit leaves the person as it was, and keeps the
members whose values agree with what the earlier sets left. Two sets that are closed each for itself can
still have few values in common: blocks that are drawn anew for each template are.

If nothing agrees, a value moved from one block to another (or it was another person): the attacker learns
that and starts again. Source: intersection attacks, Berthold and Langos, PET 2002.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from fractions import Fraction

from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.linkage.repeats import content_of_all
from obclip_privacy.audit.measuring.links import WORDS
from obclip_privacy.audit.record import Links
from obclip_privacy.audit.tally import AttackTally
from obclip_privacy.policy.frozen import Json

#: Sets whose shared words overlap by less than this are not taken for edits of one another.
LEAST_OVERLAP = 0.5
#: Sequences that a new request is compared with, of its user or of the whole log.
WINDOW = 32

_Row = tuple[str, ...]


@dataclass(slots=True)
class _Sequence:
    """Requests that were taken for edits of one prompt.

    Attributes:
        row: of the first.
        words: that the last one's candidates share.
        columns: of the last one.
        left: members of the last one that agree with all before it.
        size: how many members the last one has.
        real: the last one's real member, or ``None``.
        contents: of all of them.
        edits: how many followed the first.
    """

    row: int
    words: frozenset[str]
    columns: tuple[str, ...]
    left: frozenset[_Row]
    size: int
    real: _Row | None
    contents: set[str]
    edits: int = 0


@dataclass(slots=True)
class Edits:
    """Edit sequences of one log."""

    sequences: list[_Sequence] = field(default_factory=list)
    recent: dict[str, deque[_Sequence]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, links: Links) -> None:
        """Note one set."""
        if not links.rows:
            return
        self.counts["requests"] += 1
        words = frozenset(links.words)
        recent = self.recent.setdefault(links.user, deque(maxlen=WINDOW))
        earlier = _nearest(recent, words)
        real = links.rows[links.row] if links.row is not None else None
        if earlier is None:
            started = _Sequence(
                row, words, links.columns, frozenset(links.rows), len(links.rows), real, {links.content}
            )
            recent.append(started)
            return
        if links.content not in earlier.contents:  # else it is a repeated request, and no edit
            self._edit(earlier, links, words, real)
        recent.remove(earlier)
        recent.append(earlier)

    def _edit(self, earlier: _Sequence, links: Links, words: frozenset[str], real: _Row | None) -> None:
        if not earlier.edits:
            self.sequences.append(earlier)
        shared = [name for name in links.columns if name in earlier.columns]
        before = {_part(member, earlier.columns, shared) for member in earlier.left}
        left = frozenset(
            member for member in links.rows if _part(member, links.columns, shared) in before or not shared
        )
        self.counts["edits"] += 1
        self.counts["attributes_changed"] += set(links.columns) != set(earlier.columns)
        # words that have nothing in common cannot be compared: they may be of the same values
        self.counts["values_changed"] += not left and shared != [WORDS]
        earlier.words, earlier.columns, earlier.real = words, links.columns, real
        earlier.left, earlier.size = left or frozenset(links.rows), len(links.rows)
        earlier.contents.add(links.content)
        earlier.edits += 1

    def findings(self) -> list[Finding]:
        """One for each sequence that rules out members of its last set, and never the real one."""
        found = []
        for sequence in self.sequences:
            left = len(sequence.left)
            if left < sequence.size and (sequence.real is None or sequence.real in sequence.left):
                detail = f"{left} of {sequence.size} members are left after {sequence.edits} edits"
                content = content_of_all(sequence.contents)
                found.append(finding("edits", row=sequence.row, detail=detail, content=content))
        return found

    def tally(self) -> AttackTally:
        """The guess at one of the members that are left of each sequence's last set."""
        tally = AttackTally()
        for sequence in self.sequences:
            if sequence.real is not None and sequence.size > 1:
                hit = Fraction(sequence.real in sequence.left, len(sequence.left))
                tally.add(hit, Fraction(1, sequence.size), Fraction(len(sequence.left), sequence.size))
        return tally

    def as_json(self) -> dict[str, Json]:
        """Counts for the report."""
        return {
            "users": sum(1 for user in self.recent if user),
            "edit_sequences": len(self.sequences),
            "edits": self.counts["edits"],
            "longest_edit_sequence": max((s.edits + 1 for s in self.sequences), default=0),
            "least_survivors_of_edits": min((len(s.left) for s in self.sequences), default=None),
            "edits_that_changed_attributes": self.counts["attributes_changed"],
            "edits_that_showed_a_changed_value": self.counts["values_changed"],
        }


def _nearest(recent: deque[_Sequence], words: frozenset[str]) -> _Sequence | None:
    """The sequence whose words overlap most; of equals the latest."""
    best, found = LEAST_OVERLAP, None
    for sequence in recent:
        both = len(words & sequence.words)
        overlap = both / (len(words) + len(sequence.words) - both) if both else 0.0
        if overlap >= best:
            best, found = overlap, sequence
    return found


def _part(member: _Row, columns: tuple[str, ...], shared: list[str]) -> _Row:
    return tuple(member[columns.index(name)] for name in shared)
