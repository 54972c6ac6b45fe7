"""t-closeness: how far an attribute's distribution in a set is from that in its domain.

Earth mover's distance. Equal distance between values: ``t = 1/2 sum_v |p(v) - q(v)|`` (total variation).
Ordered values (ages): ``t = 1/(m - 1) sum_i |sum_{j <= i} p_j - q_j|``. Range [0, 1]; lower is better; 0
means that the set says nothing of the value. Source: Li, Li and Venkatasubramanian, "t-closeness", ICDE
2007, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def equal_distance(found: Sequence[Fraction], domain: Sequence[Fraction]) -> Fraction:
    """T for values without an order."""
    return sum((abs(p - q) for p, q in zip(found, domain, strict=True)), Fraction(0)) / 2


def ordered_distance(found: Sequence[Fraction], domain: Sequence[Fraction]) -> Fraction:
    """T for values in order; 0 for a domain of one value."""
    carried = Fraction(0)
    moved = Fraction(0)
    for p, q in zip(found, domain, strict=True):
        carried += p - q
        moved += abs(carried)
    return moved / (len(found) - 1) if len(found) > 1 else Fraction(0)
