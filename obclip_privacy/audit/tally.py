"""Successes of one attacker on one target, beside what a blind guess would have."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.interval import upper_tail, wilson_interval
from obclip_privacy.policy.frozen import Json

#: An attacker beats chance if chance alone would do as well less often than this, all attackers together.
ALPHA = 0.05
#: The same for attackers that measure (times), whose guesses are drawn anew in every run.
ALPHA_NOISY = 0.001
#: What is only known to the person who typed (the place of the real prompt, whether a guess is right) is
#: told over at least this many prompts; over fewer it would tell the value.
MIN_SHARED = 5


@dataclass(slots=True)
class AttackTally:
    """Adds up guesses, in constant memory.

    Attributes:
        trials: guesses.
        hits: sum of their probabilities of being right.
        chance: sum of the blind guess's.
        informed: guesses that were no draw among all answers.
        inside: of these, how many had the real answer among their best ones.
        share: sum of the probabilities that it is there by chance.
    """

    trials: int = 0
    hits: Fraction = Fraction(0)
    chance: Fraction = Fraction(0)
    informed: int = 0
    inside: int = 0
    share: Fraction = Fraction(0)

    def add(self, hit: Fraction, chance: Fraction, share: Fraction) -> None:
        """Note one guess; *share* of the answers were the best ones."""
        self.trials += 1
        self.hits += hit
        self.chance += chance
        if share < 1:
            self.informed += 1
            self.inside += hit > 0
            self.share += share

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy (Wilson)."""
        return wilson_interval(float(self.hits), self.trials)

    @property
    def p_value(self) -> float:
        """How often the best answers would hold the real one so often by chance.

        Of guesses with different shares the binomial distribution of the mean share is taken, which is the
        wider one. Source: Hoeffding, Annals of Mathematical Statistics 1956.
        """
        rate = float(self.share) / self.informed if self.informed else 0.0
        return upper_tail(self.inside, self.informed, rate)

    def as_json(
        self, attacker: str, target: str, *, adjusted: float, alpha: float, least: int
    ) -> dict[str, Json]:
        """Accuracy beside chance, with its interval; below *least* trials nothing of how they went.

        Args:
            attacker: its name.
            target: what it guesses.
            adjusted: p-value, adjusted for the number of attackers.
            alpha: below which it beats chance.
            least: trials.
        """
        told = self.trials >= least
        return {
            "attacker": attacker,
            "target": target,
            "trials": self.trials,
            "accuracy": float(self.hits / self.trials) if told else None,
            "chance": float(self.chance / self.trials) if self.trials else None,
            "interval": list(self.interval) if told else None,
            "p_value": adjusted if told else None,
            "beats_chance": adjusted < alpha if told else None,
        }
