"""l-diversity of an attribute in a set, for those who know k-anonymity.

Distinct: how many values remain possible. Entropy: ``2 ** H`` of their distribution, so a set in which one
value dominates counts for less. Range [1, size of the domain]; higher is better; the baseline is the
domain's own. Source: Machanavajjhala et al., "l-diversity", TKDD 2007, definitions 4.1 and 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction


def distinct_l_diversity(distribution: Mapping[str, Fraction]) -> int:
    """Values with a probability above 0."""
    return sum(1 for p in distribution.values() if p)


def entropy_l_diversity(distribution: Mapping[str, Fraction]) -> float:
    """2 to the entropy of the values, in bits."""
    entropy = -math.fsum(float(p) * math.log2(p) for p in distribution.values() if p)
    return math.pow(2.0, max(0.0, entropy))
