"""Folds records, one at a time and in the order of their rows, into the figures of a whole audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from obclip_privacy.audit.figures.holm import holm
from obclip_privacy.audit.findings import Finding
from obclip_privacy.audit.linkage.log import Linkage
from obclip_privacy.audit.record import Number, Record
from obclip_privacy.audit.tally import ALPHA, ALPHA_NOISY, MIN_SHARED, AttackTally
from obclip_privacy.policy.frozen import Json

#: Figures of which the greatest is the worst; of the others the least is.
GREATEST_IS_WORST = frozenset(
    {
        *("posterior", "posterior_uniform", "posterior_worst_attribute", "prior_vulnerability"),
        *("leakage_bits", "capacity_bits", "mutual_information_bits", "mutual_information_uniform_bits"),
        *("t_closeness", "edit_distance", "outside_changed", "bytes", "macs", "n_sent"),
    }
)
LEAST_IS_WORST = frozenset(
    {
        *("n", "k_eff", "l_diversity"),
        *("guessing_entropy", "guessing_entropy_uniform", "prior_guessing_entropy"),
    }
)
#: Figures that add up.
COUNTS = (
    *("closure", "odd_one_out", "contradiction", "uneven", "unhidden", "visible", "cues", "cues_withheld"),
)
#: Prompts shown as the worst ones.
WORST = 10
#: A distribution has no more distinct values than this; later ones are counted together.
_MAX_BARS = 200


@dataclass(slots=True)
class AttributeTally:
    """Figures of one attribute over all prompts that state it."""

    persons: int = 0
    posterior: Fraction = Fraction(0)
    posterior_sum: Fraction = Fraction(0)
    l_distinct: int = 0
    l_entropy: float = 0.0
    t_closeness: Fraction = Fraction(0)
    block_bits: float = 0.0
    strategies: set[str] = field(default_factory=set)
    posterior_uniform: Fraction = Fraction(0)
    information: dict[str, Number] = field(default_factory=dict)


@dataclass(slots=True)
class Summary:
    """Everything that is known after the records so far, in memory that does not grow with their text."""

    prompts: int = 0
    refused: int = 0
    audited: int = 0
    worst: dict[str, Number] = field(default_factory=dict)
    sums: dict[str, Fraction | float] = field(default_factory=dict)
    measured: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    bars: dict[str, Counter[str]] = field(default_factory=dict)
    attributes: dict[str, AttributeTally] = field(default_factory=dict)
    attacks: dict[tuple[str, str], AttackTally] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    linkage: Linkage = field(default_factory=Linkage)
    examples: list[tuple[tuple[float, int], Record]] = field(default_factory=list)
    least: int = MIN_SHARED

    def add(self, record: Record) -> None:
        """Note one record."""
        self.prompts += 1
        self.refused += record.status == "refused"
        self.findings.extend(record.findings)
        for name in COUNTS:
            self.counts[name] += int(record.figures.get(name, 0))
        if record.sensitive:
            self.audited += 1
            self._add_figures(record)
        for score in record.scores:
            tally = self.attacks.setdefault((score.attacker, score.target), AttackTally())
            tally.add(score.hit, score.chance, score.share)
        self.linkage.add(record)
        self._add_example(record)

    def _add_figures(self, record: Record) -> None:
        for name, value in record.figures.items():
            if name in GREATEST_IS_WORST or name in LEAST_IS_WORST:
                choose = max if name in GREATEST_IS_WORST else min
                self.worst[name] = choose(self.worst.get(name, value), value)
                # Fractions of many denominators would grow without end when added up.
                self.sums[name] = self.sums.get(name, 0.0) + float(value)
                self.measured[name] += 1
            if name in ("n", "n_sent", "k_eff", "posterior", "posterior_worst_attribute"):
                bars = self.bars.setdefault(name, Counter())
                key = str(value)
                bars[key if key in bars or len(bars) < _MAX_BARS else "other"] += 1
        for column in record.columns:
            tally = self.attributes.setdefault(column.attribute, AttributeTally(l_distinct=column.l_distinct))
            tally.persons += 1
            tally.posterior = max(tally.posterior, column.posterior)
            tally.l_distinct = min(tally.l_distinct, column.l_distinct)
            tally.l_entropy = min(tally.l_entropy or column.l_entropy, column.l_entropy)
            tally.t_closeness = max(tally.t_closeness, column.t_closeness)
            tally.block_bits = max(tally.block_bits, column.block_bits)
            tally.strategies.add(column.strategy)
            tally.posterior_uniform = max(tally.posterior_uniform, column.posterior_uniform)
            for name, value in column.information.items():
                choose = max if name in GREATEST_IS_WORST else min
                tally.information[name] = choose(tally.information.get(name, value), value)

    def _add_example(self, record: Record) -> None:
        """Keep the worst prompts: most findings that fail first, then the best guess."""
        weight = 10.0 * sum(found.severity.value == "fail" for found in record.findings)
        weight += sum(found.severity.value == "warn" for found in record.findings)
        weight += float(record.figures.get("posterior", 0)) if record.sensitive else 0.0
        if weight:
            self.examples.append(((-weight, record.row), record))
            self.examples.sort(key=lambda pair: pair[0])
            del self.examples[WORST:]

    # --- figures of the whole

    def metrics(self) -> dict[str, Number]:
        """The figures that rules may name, worst case over the prompts that state an attribute."""
        found: dict[str, Number] = {**self.worst, **{name: self.counts[name] for name in COUNTS}}
        return found | {"prompts": self.prompts, "refused": self.refused, "audited": self.audited}

    def figures(self) -> dict[str, Any]:
        """All figures as JSON data; floats, with exact fractions under ``exact``."""
        metrics = self.metrics()
        figures: dict[str, Any] = {
            "prompts": self.prompts,
            "audited": self.audited,
            "refused": self.refused,
            "without_attributes": self.prompts
            - self.refused
            - self.audited
            + sum(1 for found in self.findings if found.kind == "closure" and "refused" in found.detail),
        }
        for name in ("n", "n_sent", "k_eff", "closure", "posterior", "posterior_worst_attribute"):
            figures[name] = _plain(metrics.get(name))
        figures["leakage_bits"] = _plain(metrics.get("leakage_bits"))
        for name, value in metrics.items():
            figures.setdefault(name, _plain(value))
        figures["exact"] = {
            name: f"{value.numerator}/{value.denominator}"
            for name, value in metrics.items()
            if isinstance(value, Fraction)
        }
        figures["mean"] = {
            name: float(total) / self.measured[name] for name, total in sorted(self.sums.items())
        }
        figures["distributions"] = {
            name: dict(sorted(bars.items(), key=lambda item: _order(item[0])))
            for name, bars in self.bars.items()
        }
        figures["attributes"] = {
            name: {
                "persons": tally.persons,
                "strategies": sorted(tally.strategies),
                "posterior": float(tally.posterior),
                "posterior_uniform": float(tally.posterior_uniform),
                **{key: _plain(value) for key, value in sorted(tally.information.items())},
                "l_distinct": tally.l_distinct,
                "l_entropy": tally.l_entropy,
                "t_closeness": float(tally.t_closeness),
                "block_bits": tally.block_bits,
            }
            for name, tally in sorted(self.attributes.items())
        }
        if self.audited < self.least:
            for table in (figures, figures["exact"], figures["mean"]):
                table.pop("edit_distance", None)
                table.pop("outside_changed", None)
        position = self.linkage.orders.position_json()
        figures["position"] = position if self.linkage.orders.position.sets >= self.least else None
        figures["linkage"] = self.linkage.as_json()
        return figures

    def tested(self) -> list[tuple[str, str, AttackTally, float]]:
        """Attacker, target, tally, and the p-value adjusted for how many were tried (Holm).

        An attacker that only drew, or made too few guesses to be judged by, is no test and counts for none.
        """
        rows = [*self.attacks.items(), *self.linkage.attacks()]
        tests = [tally for _, tally in rows if tally.informed and tally.trials >= MIN_SHARED]
        adjusted = iter(holm([tally.p_value for tally in tests]))
        return [
            (*names, tally, next(adjusted) if tally.informed and tally.trials >= MIN_SHARED else 1.0)
            for names, tally in rows
        ]

    def attackers(self, noisy: Collection[str] = ()) -> list[dict[str, Json]]:
        """Every attacker's accuracy beside chance; *noisy* ones must be better for it to count."""
        return [
            tally.as_json(name, target, adjusted=adjusted, alpha=alpha_of(name, noisy), least=self.least)
            for name, target, tally, adjusted in self.tested()
        ]

    def untested(self) -> dict[str, str]:
        """Kinds of findings that too few sets leave out, with the reason; a pass says nothing of them."""
        known = max((tally.trials for tally in self.attacks.values()), default=0)
        placed = self.linkage.orders.position.sets
        found = {}
        if known < MIN_SHARED:
            found["attackers"] = found["prior_attackers"] = _too_few(known)
        # where one prompt is sent there is no position
        if placed < MIN_SHARED and (self.audited < MIN_SHARED or self.worst.get("n_sent", 0) > 1):
            found["position"] = found["position_prior"] = _too_few(placed)
        return found


def _too_few(sets: int) -> str:
    if not sets:
        return "no set has several members of which the real one is known"
    return (
        f"the real member is known of {sets} sets, and a finding over fewer than {MIN_SHARED} would tell it"
    )


def alpha_of(attacker: str, noisy: Collection[str]) -> float:
    """Below which p-value an attacker beats chance; *noisy* has names without their parts."""
    return ALPHA_NOISY if attacker.partition(".")[0] in noisy else ALPHA


def _plain(value: Number | None) -> Json:
    return float(value) if isinstance(value, Fraction) else value


def _order(text: str) -> Fraction:
    return Fraction(text) if text != "other" else Fraction(10**12)
