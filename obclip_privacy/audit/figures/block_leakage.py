"""What the choice of a block gives away.

Under ``block`` the set is the block that holds the real value, so the block itself is an output. With
blocks B of a domain with prior pi: min-entropy leakage ``log2( sum_B max_{v in B} pi(v) / max_v pi(v) )``
(``log2`` of the number of blocks if pi is uniform) and Shannon's ``-sum_B pi(B) log2 pi(B)``. Range
[0, log2 of the number of blocks], and that logarithm is the capacity; lower is better. Source: Smith 2009,
for the channel value -> block. Several attributes are independent choices, or under a joint prior one choice
in the product of their domains.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.audit.figures.bayes_vulnerability import prior_vulnerability
from obclip_privacy.audit.figures.channel import marginal_channel, uniform
from obclip_privacy.audit.figures.guessing_entropy import prior_guessing_entropy, product_guessing_entropy
from obclip_privacy.audit.figures.min_entropy_leakage import min_entropy_leakage
from obclip_privacy.audit.figures.multiplicative_capacity import multiplicative_capacity
from obclip_privacy.audit.figures.mutual_information import mutual_information


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice of a block: the domain's prior, and its partition; of one block, if nothing is chosen."""

    prior: tuple[Fraction, ...]
    blocks: tuple[tuple[int, ...], ...]


def product_choice(prior: tuple[Fraction, ...], choices: Sequence[Choice]) -> Choice:
    """Several attributes' choices as one, under a joint *prior* in the order of the domains' product."""
    blocks: list[tuple[int, ...]] = [(0,)]
    for each in choices:
        size = len(each.prior)
        blocks = [
            tuple(place * size + value for place in before for value in block)
            for before in blocks
            for block in each.blocks
        ]
    return Choice(prior, tuple(blocks))


def attribute_figures(whole: Choice, choices: Sequence[Choice], index: int) -> dict[str, Fraction | float]:
    """Figures of one attribute under a joint prior: the other attributes' blocks say something of it, too.

    Args:
        whole: of :func:`product_choice`.
        choices: of each attribute by itself.
        index: which of them.
    """
    own = choices[index]
    below = math.prod(len(each.prior) for each in choices[index + 1 :])
    values = [place // below % len(own.prior) for place in range(len(whole.prior))]
    outputs = [0] * len(whole.prior)
    for number, block in enumerate(whole.blocks):
        for place in block:
            outputs[place] = number
    channel = marginal_channel(whole.prior, values, len(own.prior), outputs)
    return {
        "prior_vulnerability": prior_vulnerability(channel.prior),
        "prior_guessing_entropy": prior_guessing_entropy(channel.prior),
        "leakage_bits": min_entropy_leakage(channel),
        "capacity_bits": multiplicative_capacity(channel),
        "mutual_information_bits": mutual_information(channel),
        "mutual_information_uniform_bits": block_entropy(uniform(len(own.prior)), own.blocks),
    }


def choice_figures(choices: Sequence[Choice]) -> dict[str, Fraction | float]:
    """Figures of independent *choices* together, over whole domains: before, and what the blocks add."""
    return {
        "prior_vulnerability": math.prod(
            (prior_vulnerability(each.prior) for each in choices), start=Fraction(1)
        ),
        "prior_guessing_entropy": product_guessing_entropy([each.prior for each in choices]),
        "leakage_bits": math.fsum(block_min_entropy_leakage(each.prior, each.blocks) for each in choices),
        "capacity_bits": math.fsum(math.log2(len(each.blocks)) for each in choices),
        "mutual_information_bits": math.fsum(block_entropy(each.prior, each.blocks) for each in choices),
        "mutual_information_uniform_bits": math.fsum(
            block_entropy(uniform(len(each.prior)), each.blocks) for each in choices
        ),
    }


def block_min_entropy_leakage(prior: Sequence[Fraction], blocks: Sequence[Sequence[int]]) -> float:
    """Bits that the block adds to the best guess."""
    best = sum((max(prior[value] for value in block) for block in blocks), Fraction(0))
    return math.log2(best / max(prior))


def block_entropy(prior: Sequence[Fraction], blocks: Sequence[Sequence[int]]) -> float:
    """Mutual information in bits between the value and its block."""
    chances = [float(sum((prior[value] for value in block), Fraction(0))) for block in blocks]
    return max(0.0, -math.fsum(chance * math.log2(chance) for chance in chances if chance))
