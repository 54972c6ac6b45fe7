"""Orders: one and the same set that was sent in different orders, and where the real prompt stands."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from obclip_privacy.audit.figures.position import PositionFigures, PositionTally
from obclip_privacy.audit.findings import Finding, Measured, finding
from obclip_privacy.audit.linkage.repeats import content_of_all
from obclip_privacy.audit.record import Links, Record
from obclip_privacy.audit.tally import MIN_SHARED, AttackTally
from obclip_privacy.interval import Z, upper_tail, wilson_interval
from obclip_privacy.policy.frozen import Json

#: The mean position is tested with a normal approximation, which needs this many sets.
MIN_POSITIONS = 8
#: A position that is less likely than this under a uniform one is a finding.
ALPHA = 0.001


@dataclass(slots=True)
class _Varying:
    """All requests whose candidates differ in the same words: orders by what is real in them."""

    row: int
    orders: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Orders:
    """Orders and positions of one log."""

    varying: dict[str, _Varying] = field(default_factory=dict)
    position: PositionTally = field(default_factory=PositionTally)
    last: int = 0
    rerun: int = 0

    def add(self, record: Record) -> None:
        """Note one record."""
        if record.position is not None:
            self.position.add(*record.position)
            if record.position[1] > 1:
                self.last += record.position[0] == record.position[1] - 1
                self.rerun += any(score.attacker == "rerun" for score in record.scores)
        if record.links is not None:
            self._add_order(record.row, record.links)

    def _add_order(self, row: int, links: Links) -> None:
        varying = self.varying.setdefault(links.varying, _Varying(row))
        varying.orders.setdefault(links.order, set()).add(links.real)

    def findings(self) -> list[Finding]:
        """Sets that were sent in several orders, and positions that are far from uniform."""
        return [*self._orders(), *self._positions()]

    def _orders(self) -> list[Finding]:
        found = []
        for name, varying in self.varying.items():
            if len(varying.orders) < 2:
                continue
            reals = [real for order in varying.orders.values() for real in order]
            # One real prompt with several orders: they are drawn, and do not follow from it.
            kind = "order" if len(set(reals)) == len(reals) else "shuffled"
            detail, content = f"{len(varying.orders)} orders", content_of_all([name])
            found.append(finding(kind, row=varying.row, detail=detail, content=content))
        return found

    def _positions(self) -> list[Finding]:
        """Only where nothing was re-run: a closed set's order does not follow the real one.

        And not of a few sets, in which it would say where the real ones are.
        """
        figures = self.position.figures()
        if self.rerun or figures.sets < MIN_SHARED:
            return []
        expected = float(figures.first_expected)
        likely = {
            "first": upper_tail(self.position.first, figures.sets, expected),
            "last": upper_tail(self.last, figures.sets, expected),
            "mean": figures.p_value if figures.sets >= MIN_POSITIONS else 1.0,
        }
        place = min(likely, key=lambda name: likely[name])
        if (least := likely[place]) >= ALPHA:
            return []
        always = self.position.first == figures.sets or self.last == figures.sets
        canonical = all(len(varying.orders) == 1 for varying in self.varying.values())
        kind = "position_prior" if canonical and not always else "position"
        detail = f"first in {float(figures.first_rate):.1%} of {figures.sets} sets, uniform {expected:.1%}"
        measured = self._measured(place, figures)
        return [finding(kind, detail=f"{detail}, p = {least:.2g}", content=place.encode(), measured=measured)]

    def _measured(self, place: str, figures: PositionFigures) -> Measured:
        """How often the real one is at a place, or how far its mean position is off; with 95 % bounds."""
        if place == "mean":
            root = math.sqrt(figures.sets)
            return Measured(Fraction(abs(figures.z) / root), Fraction((abs(figures.z) + Z) / root))
        hits = self.position.first if place == "first" else self.last
        most = wilson_interval(hits, figures.sets)[1]
        return Measured(Fraction(hits, figures.sets), Fraction(most))

    def tally(self) -> AttackTally:
        """The guess that the first one is real."""
        sets, first, expected = self.position.sets, self.position.first, self.position.expected
        return AttackTally(sets, Fraction(first), expected, sets, first, expected)

    @property
    def most(self) -> int:
        """Most orders in which one set was sent."""
        return max((len(varying.orders) for varying in self.varying.values()), default=0)

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
