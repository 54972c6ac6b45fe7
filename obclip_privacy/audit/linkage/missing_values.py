"""Values that are in a set only when they are the real one's."""

from __future__ import annotations

from dataclasses import dataclass, field

from obclip_privacy.audit.findings import Finding, count_measured, finding
from obclip_privacy.audit.record import Links

#: A value is missed in at least this many sets before its absence means something.
MIN_MISSES = 3

#: The attributes that vary in a set, and one of them.
_Key = tuple[tuple[str, ...], str]


@dataclass(slots=True)
class _Value:
    as_real: int = 0
    as_decoy: int = 0


@dataclass(slots=True)
class MissingValues:
    """How often each value was real, and how often it was a decoy's; among sets of the same attributes."""

    values: dict[_Key, dict[str, _Value]] = field(default_factory=dict)
    sets: dict[_Key, int] = field(default_factory=dict)

    def add(self, links: Links) -> None:
        """Note one set."""
        names = tuple(sorted(name for name, _, _ in links.values))
        for name, values, real in links.values:
            tally = self.values.setdefault((names, name), {})
            self.sets[names, name] = self.sets.get((names, name), 0) + 1
            for value in values:
                entry = tally.setdefault(value, _Value())
                if value == real:
                    entry.as_real += 1
                else:
                    entry.as_decoy += 1

    def findings(self) -> list[Finding]:
        """One for each attribute with such values."""
        found = []
        for key, tally in sorted(self.values.items()):
            sets = self.sets[key]
            real_only = [
                value
                for value, entry in tally.items()
                if value and not entry.as_decoy and sets - entry.as_real >= MIN_MISSES
            ]
            if real_only:
                detail = f"{len(real_only)} of {len(tally)} values in {sets} sets"
                found.append(
                    finding(
                        "value_missing",
                        attribute=key[1],
                        detail=detail,
                        content="\n".join(key[0]).encode(),
                        count=len(real_only),
                        measured=count_measured(len(real_only)),
                    )
                )
        return found
