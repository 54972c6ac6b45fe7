"""Linkage: what many requests in one log say that each of them does not.

Only digests are kept, so memory grows by a few hundred bytes a set and never holds text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from obclip_privacy.audit.figures.position import PositionTally
from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.interval import upper_tail
from obclip_privacy.audit.record import Links, Record
from obclip_privacy.policy.frozen import Json

if TYPE_CHECKING:
    from obclip_privacy.audit.summary import AttackTally

#: The mean position is tested with a normal approximation, which needs this many sets.
MIN_POSITIONS = 8
#: A position that is less likely than this under a uniform one is a finding.
ALPHA = 0.001
#: Fewer sets with uneven times than this are the machine's noise.
MIN_TIMED = 3
#: A value is missed in at least this many sets before its absence means something.
MIN_MISSES = 3


@dataclass(slots=True)
class _Prompt:
    """All requests for one real prompt."""

    requests: int = 0
    members: frozenset[str] = frozenset()
    first_size: int = 0
    sequences: set[str] = field(default_factory=set)
    row: int = 0


@dataclass(slots=True)
class _Varying:
    """All requests whose candidates differ in the same words: orders by what is real in them."""

    orders: dict[str, set[str]] = field(default_factory=dict)
    row: int = 0


@dataclass(slots=True)
class _Value:
    as_real: int = 0
    as_decoy: int = 0


@dataclass(slots=True)
class Linkage:
    """What the sets of one log have in common; filled one record at a time."""

    prompts: dict[str, _Prompt] = field(default_factory=dict)
    varying: dict[str, _Varying] = field(default_factory=dict)
    values: dict[tuple[tuple[str, ...], str], dict[str, _Value]] = field(default_factory=dict)
    sets_of: dict[tuple[tuple[str, ...], str], int] = field(default_factory=dict)
    position: PositionTally = field(default_factory=PositionTally)
    rerun_rows: int = 0
    last: int = 0
    timed: int = 0
    uneven_times: int = 0
    settings: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)
    seeds: dict[str, set[str]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Note one record."""
        if record.position is not None:
            self.position.add(*record.position)
            if record.position[1] > 1:
                self.last += record.position[0] == record.position[1] - 1
                self.rerun_rows += any(score.attacker == "rerun" for score in record.scores)
        if "timing" in record.figures:
            self.timed += 1
            self.uneven_times += bool(record.figures["timing"])
        if record.wire:
            self.settings.add(record.wire[0])
            self.headers.add(record.wire[1])
            if record.wire[2]:
                self.seeds.setdefault(record.wire[2], set()).add(record.wire[3])
        if record.links is not None:
            self._add_links(record.row, record.links)

    def _add_links(self, row: int, links: Links) -> None:
        prompt = self.prompts.setdefault(links.prompt, _Prompt(row=row))
        members = frozenset(links.members)
        prompt.members = members if not prompt.requests else prompt.members & members
        prompt.first_size = max(prompt.first_size, len(members))
        prompt.requests += 1
        prompt.sequences.add(links.sequence)
        varying = self.varying.setdefault(links.varying, _Varying(row=row))
        varying.orders.setdefault(links.order, set()).add(links.real)
        names = tuple(sorted(name for name, _, _ in links.values))
        for name, values, real in links.values:
            tally = self.values.setdefault((names, name), {})
            self.sets_of[names, name] = self.sets_of.get((names, name), 0) + 1
            for value in values:
                entry = tally.setdefault(value, _Value())
                if value == real:
                    entry.as_real += 1
                else:
                    entry.as_decoy += 1

    # --- results

    def findings(self) -> list[Finding]:
        """What comparing the sets shows."""
        return [
            *self._intersections(),
            *self._orders(),
            *self._missing_values(),
            *self._positions(),
            *self._times(),
            *self._wire(),
        ]

    def _intersections(self) -> list[Finding]:
        found = []
        for prompt in self.prompts.values():
            left = len(prompt.members)
            if prompt.requests > 1 and left < prompt.first_size:
                detail = f"{left} of {prompt.first_size} candidates are in all {prompt.requests} requests"
                found.append(finding("intersection", row=prompt.row, detail=detail))
        return found

    def _orders(self) -> list[Finding]:
        found = []
        for varying in self.varying.values():
            if len(varying.orders) < 2:
                continue
            reals = [real for order in varying.orders.values() for real in order]
            # One real prompt with several orders: they are drawn, and do not follow from it.
            kind = "order" if len(set(reals)) == len(reals) else "shuffled"
            found.append(finding(kind, row=varying.row, detail=f"{len(varying.orders)} orders"))
        return found

    def _missing_values(self) -> list[Finding]:
        found = []
        for (names, name), tally in sorted(self.values.items()):
            sets = self.sets_of[names, name]
            real_only = [
                value
                for value, entry in tally.items()
                if value and not entry.as_decoy and sets - entry.as_real >= MIN_MISSES
            ]
            if real_only:
                detail = f"{len(real_only)} of {len(tally)} values in {sets} sets"
                found.append(finding("value_missing", attribute=name, detail=detail, count=len(real_only)))
        return found

    def _positions(self) -> list[Finding]:
        """Only where nothing was re-run: a closed set's order does not follow the real one."""
        figures = self.position.figures()
        if self.rerun_rows or not figures.sets:
            return []
        expected = float(figures.first_expected)
        least = min(
            upper_tail(self.position.first, figures.sets, expected),
            upper_tail(self.last, figures.sets, expected),
            figures.p_value if figures.sets >= MIN_POSITIONS else 1.0,
        )
        if least >= ALPHA:
            return []
        always = self.position.first == figures.sets or self.last == figures.sets
        canonical = all(len(varying.orders) == 1 for varying in self.varying.values())
        kind = "position_prior" if canonical and not always else "position"
        detail = f"first in {float(figures.first_rate):.1%} of {figures.sets} sets, uniform {expected:.1%}"
        return [finding(kind, detail=f"{detail}, p = {least:.2g}")]

    def _times(self) -> list[Finding]:
        """Where most sets that were timed have members that take longer, round after round."""
        if self.uneven_times < MIN_TIMED or 2 * self.uneven_times < self.timed:
            return []
        return [finding("timing", detail=f"{self.uneven_times} of {self.timed} sets")]

    def _wire(self) -> list[Finding]:
        """What recorded requests have beside their prompts."""
        found = []
        for name, seen in (("settings", self.settings), ("headers", self.headers)):
            if len(seen) > 1:
                found.append(finding("settings", detail=f"{len(seen)} different {name}"))
        shared = sum(len(sets) > 1 for sets in self.seeds.values())
        if shared:
            found.append(finding("seed", detail=f"{shared} of {len(self.seeds)} seeds", count=shared))
        return found

    def attacks(self) -> list[tuple[tuple[str, str], AttackTally]]:
        """Attackers that look at the whole log."""
        from obclip_privacy.audit.summary import AttackTally

        first = AttackTally(self.position.sets, Fraction(self.position.first), self.position.expected)
        again = AttackTally()
        for prompt in self.prompts.values():
            if prompt.requests > 1:
                again.add(Fraction(1, max(len(prompt.members), 1)), Fraction(1, prompt.first_size))
        found = []
        if first.trials:
            found.append((("position", "joint"), first))
        if again.trials:
            found.append((("intersection", "joint"), again))
        return found

    def position_json(self) -> dict[str, Json]:
        """Position of the real prompt against uniform."""
        figures = self.position.figures()
        return {
            "sets": figures.sets,
            "first_rate": float(figures.first_rate),
            "first_expected": float(figures.first_expected),
            "z": figures.z,
            "p_value": figures.p_value,
        }

    def as_json(self) -> dict[str, Json]:
        """Linkage over the log."""
        repeated = [prompt for prompt in self.prompts.values() if prompt.requests > 1]
        return {
            "distinct_prompts": len(self.prompts),
            "repeated_prompts": len(repeated),
            "repeated_alike": sum(len(prompt.sequences) == 1 for prompt in repeated),
            "least_survivors": min((len(prompt.members) for prompt in repeated), default=None),
            "orders_of_one_set": max((len(v.orders) for v in self.varying.values()), default=0),
        }
