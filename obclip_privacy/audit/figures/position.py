"""Where the real prompt stands in its set, against uniform.

For sets of n_j prompts with the real one at index i_j: first-place rate ``1/m sum_j [i_j = 0]`` beside the
uniform rate ``1/m sum_j 1/n_j``, and the standardised mean ``z = sum_j (i_j - (n_j - 1)/2) /
sqrt(sum_j (n_j^2 - 1)/12)``. Under a uniform position z has mean 0 and variance 1. A canonical order has
the positions of its values, so a prior that is not uniform moves z without a leak; an order that puts the
real prompt first moves both. Range of z: unbounded, near 0 is better. Source: the discrete uniform
distribution's moments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class PositionFigures:
    """Position of the real prompt over many sets.

    Attributes:
        sets: sets with at least two prompts.
        first_rate: how often the real one stands first.
        first_expected: how often it would under a uniform position.
        z: standardised mean position.
        p_value: two-sided, from the normal approximation; 1 without any set.
    """

    sets: int
    first_rate: Fraction
    first_expected: Fraction
    z: float
    p_value: float


@dataclass(slots=True)
class PositionTally:
    """Adds up positions one set at a time, in constant memory."""

    sets: int = 0
    first: int = 0
    expected: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)
    variance: Fraction = Fraction(0)

    def add(self, index: int, size: int) -> None:
        """Note the real index of a set; sets of one prompt say nothing."""
        if size < 2:
            return
        self.sets += 1
        self.first += index == 0
        self.expected += Fraction(1, size)
        self.offset += Fraction(2 * index - size + 1, 2)
        self.variance += Fraction(size * size - 1, 12)

    def figures(self) -> PositionFigures:
        """The figures of what was added."""
        if not self.sets:
            return PositionFigures(0, Fraction(0), Fraction(0), 0.0, 1.0)
        z = float(self.offset) / math.sqrt(self.variance)
        return PositionFigures(
            self.sets,
            Fraction(self.first, self.sets),
            self.expected / self.sets,
            z,
            math.erfc(abs(z) / math.sqrt(2)),
        )


def position_figures(positions: Sequence[tuple[int, int]]) -> PositionFigures:
    """The figures of (real index, size) pairs."""
    tally = PositionTally()
    for index, size in positions:
        tally.add(index, size)
    return tally.figures()
