"""Figures of a candidate set, exact in fractions.

Quantitative information flow (Smith, "On the foundations of quantitative information flow", FoSSaCS 2009;
Alvim et al., "The Science of Quantitative Information Flow", 2020): Bayes vulnerability is the probability
that the best guess is right; min-entropy leakage is log2 of its growth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.candidates.columns import Column
from obclip_privacy.candidates.plan import Plan
from obclip_privacy.policy.model import AttributePolicy, Policy


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set hides.

    Attributes:
        n: size of the anonymity set A, at least 1.
        n_sent: distinct prompts sent, 0 (refused) to n.
        k_eff: assignments that survive the re-run attack; ``n`` iff the set is closed.
        posterior: Bayes vulnerability of the joint assignment given what is sent, in (0, 1].
        posterior_worst_attribute: the same for the worst single (person, attribute), in (0, 1]; ``1`` where
            nothing is hidden.
        leakage_bits: min-entropy leakage in bits, at least 0: what the choice of a block gives away, and
            that a value is outside the policy's domain (:func:`~obclip_privacy.candidates.outside.outcomes`).
        prior: ``uniform`` or ``policy``.
    """

    n: int
    n_sent: int
    k_eff: int
    posterior: Fraction
    posterior_worst_attribute: Fraction
    leakage_bits: float
    prior: str


#: Of a prompt that was not read.
NOTHING = Figures(1, 0, 0, Fraction(1), Fraction(1), 0.0, "uniform")


def figures_of(plan: Plan, policy: Policy, n_sent: int, k_eff: int, typed: Sequence[Column] = ()) -> Figures:
    """The figures of a set.

    *typed* are the columns of what the person typed: a value outside the domain that is left out is in them,
    and no more in the plan.

    The columns are independent under the prior (the policy's, or uniform), and nothing sent depends on the
    assignment, so the joint posterior is the product of each column's greatest prior. ``k_eff < n`` (a set
    that is not closed, which is never sent) is reported as if the survivors were equally likely.
    """
    hidden = [(column, _policy_of(policy, column.attribute)) for column in plan.hidden if column.values]
    best = [max(column.priors(attribute)) for column, attribute in hidden]
    posterior = math.prod(best, start=Fraction(1))
    if k_eff < plan.n:
        posterior = max(posterior, Fraction(1, max(k_eff, 1)))
    stated = any(value.prior is not None for _, attribute in hidden for value in attribute.values)
    return Figures(
        n=plan.n,
        n_sent=n_sent,
        k_eff=k_eff,
        posterior=posterior,
        posterior_worst_attribute=max(best, default=Fraction(1)),
        leakage_bits=float(
            sum(math.log2(column.blocks) for column, _ in hidden)
            + max(_outside_bits(typed), _outside_bits(plan.hidden))
        ),
        prior="policy" if stated else "uniform",
    )


def _outside_bits(columns: Sequence[Column]) -> float:
    return sum(math.log2(column.blocks) for column in columns if not column.values)


def _policy_of(policy: Policy, attribute: str) -> AttributePolicy:
    found = policy.attribute(attribute)
    if found is None:
        raise LookupError(f"the policy does not name '{attribute}'")
    return found
