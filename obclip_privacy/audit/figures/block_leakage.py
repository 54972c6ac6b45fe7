"""What the choice of a block gives away.

Under ``block`` the set is the block that holds the real value, so the block itself is an output. With
blocks B of a domain with prior pi: min-entropy leakage ``log2( sum_B max_{v in B} pi(v) / max_v pi(v) )``
(``log2`` of the number of blocks if pi is uniform) and Shannon's ``-sum_B pi(B) log2 pi(B)``. Range
[0, log2 of the number of blocks]; lower is better. Source: Smith 2009, for the channel value -> block.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def block_min_entropy_leakage(prior: Sequence[Fraction], blocks: Sequence[Sequence[int]]) -> float:
    """Bits that the block adds to the best guess."""
    best = sum((max(prior[value] for value in block) for block in blocks), Fraction(0))
    return math.log2(best / max(prior))


def block_entropy(prior: Sequence[Fraction], blocks: Sequence[Sequence[int]]) -> float:
    """Mutual information in bits between the value and its block."""
    chances = [float(sum((prior[value] for value in block), Fraction(0))) for block in blocks]
    return max(0.0, -math.fsum(chance * math.log2(chance) for chance in chances if chance))
