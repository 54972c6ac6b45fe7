"""Guessing entropy: how many guesses the best guesser needs on average.

``G(pi) = sum_i i * pi_(i)`` with probabilities in descending order, and after what is sent
``G(pi, C) = sum_y sum_i i * P(x_(i), y)``. Range [1, (n + 1) / 2] for n secrets; higher is better; the
baseline is the prior's. Source: Massey 1994; Koepf and Basin, CCS 2007, section 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from obclip_privacy.audit.figures.channel import Channel


def prior_guessing_entropy(prior: Sequence[Fraction]) -> Fraction:
    """Expected guesses before anything is sent."""
    return _expected(sorted(prior, reverse=True))


def product_guessing_entropy(priors: Sequence[Sequence[Fraction]]) -> Fraction:
    """Expected guesses at independent secrets together; equal probabilities are counted, not listed."""
    groups = Counter({Fraction(1): 1})
    for prior in priors:
        wider: Counter[Fraction] = Counter()
        for p, many in groups.items():
            for q, more in Counter(prior).items():
                wider[p * q] += many * more
        groups = wider
    guesses, total = 0, Fraction(0)
    for p in sorted(groups, reverse=True):
        total += p * (groups[p] * guesses + Fraction(groups[p] * (groups[p] + 1), 2))
        guesses += groups[p]
    return total


def posterior_guessing_entropy(channel: Channel) -> Fraction:
    """Expected guesses after what is sent."""
    return sum((_expected(channel.joint(output)) for output in range(len(channel.outputs))), Fraction(0))


def _expected(descending: Sequence[Fraction]) -> Fraction:
    return sum((rank * p for rank, p in enumerate(descending, 1)), Fraction(0))
