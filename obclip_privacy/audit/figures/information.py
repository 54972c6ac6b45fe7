"""Quantitative information flow of one channel: all its figures, under its prior and under a uniform one.

Each figure is in the module of its name; here they are put together. A closed set has one output, so that
nothing needs to be added up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from obclip_privacy.audit.figures.bayes_vulnerability import prior_vulnerability
from obclip_privacy.audit.figures.channel import Channel, uniform
from obclip_privacy.audit.figures.guessing_entropy import posterior_guessing_entropy, prior_guessing_entropy
from obclip_privacy.audit.figures.min_entropy_leakage import min_entropy_leakage
from obclip_privacy.audit.figures.multiplicative_capacity import multiplicative_capacity
from obclip_privacy.audit.figures.mutual_information import mutual_information
from obclip_privacy.policy.frozen import FrozenMap


def information(
    prior: tuple[Fraction, ...],
    channel: Channel | None,
    blocks: Mapping[str, Fraction | float] = FrozenMap(),
) -> dict[str, Fraction | float]:
    """The figures by name.

    With *blocks* the set is one block of a domain. Prior and leakage are then over the whole domain, as if
    every block's set were like this one; guesses after what is sent are those in this set.

    Args:
        prior: of each secret of the set.
        channel: with that prior; ``None`` if all secrets send the same.
        blocks: figures of the choice of the block; none if there are no blocks.
    """
    guesses = prior_guessing_entropy(prior)
    found: dict[str, Fraction | float] = {
        "prior_vulnerability": prior_vulnerability(prior),
        "prior_guessing_entropy": guesses,
        "leakage_bits": 0.0,
        "capacity_bits": 0.0,
        "mutual_information_bits": 0.0,
        "mutual_information_uniform_bits": 0.0,
        "guessing_entropy": guesses,
        "guessing_entropy_uniform": Fraction(len(prior) + 1, 2),
    }
    found |= blocks
    if channel is None:
        return found
    even = Channel(uniform(len(prior)), channel.outputs)
    return found | {
        "leakage_bits": found["leakage_bits"] + min_entropy_leakage(channel),
        "capacity_bits": found["capacity_bits"] + multiplicative_capacity(channel),
        "mutual_information_bits": found["mutual_information_bits"] + mutual_information(channel),
        "mutual_information_uniform_bits": found["mutual_information_uniform_bits"]
        + mutual_information(even),
        "guessing_entropy": posterior_guessing_entropy(channel),
        "guessing_entropy_uniform": posterior_guessing_entropy(even),
    }


def information_by_form(
    prior: tuple[Fraction, ...], left: Sequence[Fraction], even: Sequence[Fraction]
) -> dict[str, Fraction | float]:
    """The figures of one set that cannot be re-run: what its form leaves of the secrets.

    Without a channel there is no average over outputs, so capacity and mutual information are left out.

    Args:
        prior: of each secret.
        left: the same once form has ruled secrets out; 0 for those.
        even: the same under a uniform prior.
    """
    return {
        "prior_vulnerability": prior_vulnerability(prior),
        "prior_guessing_entropy": prior_guessing_entropy(prior),
        "leakage_bits": max(0.0, math.log2(max(left) / max(prior))),
        "guessing_entropy": prior_guessing_entropy(left),
        "guessing_entropy_uniform": prior_guessing_entropy(even),
    }
