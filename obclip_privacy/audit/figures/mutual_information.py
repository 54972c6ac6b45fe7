"""Shannon mutual information between the secret and what is sent.

``I(X; Y) = sum_xy pi(x) C(x, y) log2( C(x, y) / P(y) )``. Range [0, H(X)] bits; lower is better. It is an
average: a channel that gives everything away now and then may have little of it, so it never stands alone.
Source: Shannon 1948; Cover and Thomas, "Elements of Information Theory", section 2.3.
"""

from __future__ import annotations

import math
from fractions import Fraction

from obclip_privacy.audit.figures.channel import Channel


def mutual_information(channel: Channel) -> float:
    """I(X; Y) in bits under the channel's own prior."""
    terms = []
    for column in channel.outputs:
        chance = sum((channel.prior[x] * p for x, p in column), Fraction(0))
        terms += [float(channel.prior[x] * p) * math.log2(p / chance) for x, p in column if channel.prior[x]]
    return max(0.0, math.fsum(terms))
