"""Successes of one attacker on one target, beside what a blind guess would have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.interval import upper_tail, wilson_interval
from obclip_privacy.policy.frozen import Json

#: Attackers whose guesses are drawn by chance must be better than by this probability.
ALPHA = 0.001
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
    """

    trials: int = 0
    hits: Fraction = Fraction(0)
    chance: Fraction = Fraction(0)

    def add(self, hit: Fraction, chance: Fraction) -> None:
        """Note one guess."""
        self.trials += 1
        self.hits += hit
        self.chance += chance

    @property
    def beats_chance(self) -> bool:
        """Whether the whole 95 % interval lies above chance."""
        low, _ = wilson_interval(float(self.hits), self.trials)
        return self.trials > 0 and low > float(self.chance) / self.trials

    @property
    def surely_beats_chance(self) -> bool:
        """Whether chance alone would do as well less often than :data:`ALPHA`."""
        rate = float(self.chance) / self.trials if self.trials else 0.0
        return upper_tail(math.floor(self.hits), self.trials, rate) < ALPHA

    def as_json(self, attacker: str, target: str, *, least: int) -> dict[str, Json]:
        """Accuracy beside chance, with its interval; below *least* trials nothing of how they went."""
        told = self.trials >= least
        return {
            "attacker": attacker,
            "target": target,
            "trials": self.trials,
            "accuracy": float(self.hits / self.trials) if told else None,
            "chance": float(self.chance / self.trials) if self.trials else None,
            "interval": list(wilson_interval(float(self.hits), self.trials)) if told else None,
            "beats_chance": self.beats_chance if told else None,
        }
