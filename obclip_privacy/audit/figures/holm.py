"""Holm's correction: many attackers are tried, and the luckiest of them is not a leak.

With m tests and their p-values in ascending order, the i-th adjusted one is
``max_{j <= i} (m - j + 1) p_(j)``, at most 1. The chance that any attacker against honest sets has one below
alpha is at most alpha, however the attackers depend on one another. Range [0, 1]; near 0 is a leak. Source:
Holm, Scandinavian Journal of Statistics 1979.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-values, in the order of *p_values*."""
    adjusted, least = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return adjusted
