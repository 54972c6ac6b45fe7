"""Multiplicative Bayes capacity: min-entropy leakage under the worst prior.

``ML = log2( sum_y max_x C(x, y) )``; the uniform prior reaches it, and no gain function exceeds it. Range
[0, log2 of the number of secrets]; lower is better. Source: Alvim et al. 2020, theorem 7.2.
"""

from __future__ import annotations

import math
from fractions import Fraction

from obclip_privacy.audit.figures.channel import Channel


def multiplicative_capacity(channel: Channel) -> float:
    """Capacity in bits; the prior does not matter."""
    return math.log2(sum((max(p for _, p in column) for column in channel.outputs), Fraction(0)))
