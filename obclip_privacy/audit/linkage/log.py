"""The log: every way in which its sets are compared with one another."""

from __future__ import annotations

from dataclasses import dataclass, field

from obclip_privacy.audit.findings import Finding
from obclip_privacy.audit.linkage.beside import Beside
from obclip_privacy.audit.linkage.edits import Edits
from obclip_privacy.audit.linkage.missing_values import MissingValues
from obclip_privacy.audit.linkage.orders import Orders
from obclip_privacy.audit.linkage.repeats import Repeats
from obclip_privacy.audit.record import Record
from obclip_privacy.audit.tally import AttackTally
from obclip_privacy.policy.frozen import Json


@dataclass(slots=True)
class Linkage:
    """What the sets of one log have in common; filled one record at a time, in the order of the log."""

    repeats: Repeats = field(default_factory=Repeats)
    edits: Edits = field(default_factory=Edits)
    orders: Orders = field(default_factory=Orders)
    values: MissingValues = field(default_factory=MissingValues)
    beside: Beside = field(default_factory=Beside)

    def add(self, record: Record) -> None:
        """Note one record."""
        self.orders.add(record)
        self.beside.add(record)
        if record.links is not None:
            self.repeats.add(record.row, record.links)
            self.edits.add(record.row, record.links)
            self.values.add(record.links)

    def findings(self) -> list[Finding]:
        """What comparing the sets shows."""
        return [
            *self.repeats.findings(),
            *self.edits.findings(),
            *self.orders.findings(),
            *self.values.findings(),
            *self.beside.findings(),
        ]

    def attacks(self) -> list[tuple[tuple[str, str], AttackTally]]:
        """Attackers that look at the whole log; none that had nothing to guess."""
        tallies = (
            ("position", self.orders.tally()),
            ("intersection", self.repeats.tally()),
            ("edits", self.edits.tally()),
        )
        return [((name, "joint"), tally) for name, tally in tallies if tally.trials]

    def as_json(self) -> dict[str, Json]:
        """Linkage over the log."""
        return {
            **self.repeats.as_json(),
            **self.edits.as_json(),
            "orders_of_one_set": self.orders.most,
        }
