"""95 % intervals for rates of success.

Wilson's score interval: ``(p + z^2/2m +- z sqrt(p(1-p)/m + z^2/4m^2)) / (1 + z^2/m)`` with m trials and
z = 1.96. It stays within [0, 1] and holds near 0 and 1 and for few trials, where the textbook interval does
not. Source: Wilson, JASA 1927; Brown, Cai and DasGupta, Statistical Science 2001.
"""

from __future__ import annotations

import math

#: The 97.5 % point of the normal distribution.
Z = 1.959963984540054


def upper_tail(successes: int, trials: int, rate: float) -> float:
    """P(at least *successes* in *trials*) at *rate*, by the binomial distribution."""
    if successes <= 0 or not trials or not 0 < rate < 1:
        return 1.0
    whole, right, wrong = math.lgamma(trials + 1), math.log(rate), math.log1p(-rate)
    terms = (
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * right + (trials - k) * wrong)
        for k in range(successes, trials + 1)
    )
    return min(1.0, math.fsum(terms))


def wilson_interval(successes: float, trials: int) -> tuple[float, float]:
    """Lower and upper bound of the rate, which lies between them; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    rate = successes / trials
    centre = rate + Z * Z / (2 * trials)
    spread = Z * math.sqrt(max(0.0, rate * (1 - rate)) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    # At 0 and 1 the rate is a bound itself, which rounding may miss by 1e-17.
    return min(rate, max(0.0, (centre - spread) / scale)), max(rate, min(1.0, (centre + spread) / scale))
