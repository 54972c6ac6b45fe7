"""Timing: whether some members of a set take the generator longer than others.

Each member is run in interleaved rounds; of the even and of the odd rounds the least time counts, since
noise only ever adds. A set is uneven if in both halves the slowest member takes at least 20 % and 0.5 ms
longer than the fastest, and the slowest of one half is among the slower half in the other. Range: yes or no;
no is better. Source: Kocher, CRYPTO 1996, for the channel; Chen and Revels, "Robust benchmarking in noisy
environments", HPEC 2016, for the minimum.
"""

from __future__ import annotations

from collections.abc import Sequence

LEAST_RATIO = 1.2
LEAST_SECONDS = 0.0005


def uneven_times(seconds: Sequence[tuple[float, float]]) -> bool:
    """Whether the times (even rounds, odd rounds) of a set's members differ in both halves alike."""
    if len(seconds) < 2:
        return False
    for half in (0, 1):
        times = [pair[half] for pair in seconds]
        if max(times) < LEAST_RATIO * min(times) or max(times) - min(times) < LEAST_SECONDS:
            return False
    slowest = max(range(len(seconds)), key=lambda member: seconds[member][0])
    slower = sum(pair[1] > seconds[slowest][1] for pair in seconds)
    return slower < len(seconds) / 2
