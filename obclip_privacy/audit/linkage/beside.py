"""What goes with the prompts: times of the generator; settings, headers and seeds of recorded requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from obclip_privacy.audit.findings import Finding, Measured, count_measured, finding
from obclip_privacy.audit.record import Record
from obclip_privacy.interval import wilson_interval

#: Fewer sets with uneven times than this are the machine's noise.
MIN_TIMED = 3


@dataclass(slots=True)
class Beside:
    """Marks of one log."""

    timed: int = 0
    uneven_times: int = 0
    settings: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)
    seeds: dict[str, set[str]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Note one record."""
        if "timing" in record.figures:
            self.timed += 1
            self.uneven_times += bool(record.figures["timing"])
        if record.wire:
            self.settings.add(record.wire[0])
            self.headers.add(record.wire[1])
            if record.wire[2]:
                self.seeds.setdefault(record.wire[2], set()).add(record.wire[3])

    def findings(self) -> list[Finding]:
        """Uneven times in most sets that were timed; requests that can be told apart or linked."""
        found = []
        if self.uneven_times >= MIN_TIMED and 2 * self.uneven_times >= self.timed:
            rate = Fraction(self.uneven_times, self.timed)
            most = Fraction(wilson_interval(self.uneven_times, self.timed)[1])
            detail = f"{self.uneven_times} of {self.timed} sets"
            found.append(finding("timing", detail=detail, measured=Measured(rate, most)))
        for name, seen in (("settings", self.settings), ("headers", self.headers)):
            if len(seen) > 1:
                detail, measured = f"{len(seen)} different {name}", count_measured(len(seen))
                found.append(finding("settings", detail=detail, content=name.encode(), measured=measured))
        shared = sum(len(sets) > 1 for sets in self.seeds.values())
        if shared:
            detail, measured = f"{shared} of {len(self.seeds)} seeds", count_measured(shared)
            found.append(finding("seed", detail=detail, count=shared, measured=measured))
        return found
