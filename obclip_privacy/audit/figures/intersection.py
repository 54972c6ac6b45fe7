"""Linkage over time: what is left when the sets of repeated requests are intersected.

If one person asks the same thing several times, the real prompt is in every set; a decoy that is drawn
afresh is not. ``survivors = | S_1 and S_2 and ... and S_r |``. Range [1, n]; higher is better; n means that
asking again tells nothing. Source: Kedogan, Agrawal and Penz, "Limits of anonymity in open environments",
IH 2002 (the intersection attack on anonymity sets).
"""

from __future__ import annotations

from collections.abc import Iterable, Set


def survivors(sets: Iterable[Set[str]]) -> frozenset[str]:
    """The members that are in every one of *sets*; empty for no sets."""
    remaining: frozenset[str] | None = None
    for members in sets:
        remaining = frozenset(members) if remaining is None else remaining & members
    return remaining or frozenset()
