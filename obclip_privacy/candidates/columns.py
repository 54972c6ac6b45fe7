"""Columns: the (person, attribute) pairs of a template, each with the values among which it hides one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from obclip_privacy.policy.model import AttributePolicy


class Mode(Enum):
    """What the cloud gets of a column."""

    VALUES = "values"
    """Every value of the column, one after the other."""
    NEUTRAL = "neutral"
    """One wording that states no value."""
    SHOWN = "shown"
    """A value outside the policy's domain, or a broader one, for everybody to see."""


@dataclass(frozen=True, slots=True)
class Column:
    """A sensitive attribute of one person. It does not know the real value.

    Attributes:
        person: index of the person.
        attribute: id of the attribute.
        values: indices into the policy's domain, in canonical order: the values among which the real one
            is hidden. Empty where the prompt states a value outside the domain.
        mode: what the cloud gets.
        blocks: how many equally likely things there were of which one was sent, which that choice reveals:
            the blocks of ``block``; for a value outside the domain, the domain and every wording of a value
            outside it.
    """

    person: int
    attribute: str
    values: tuple[int, ...]
    mode: Mode
    blocks: int = 1

    def value_ids(self, policy: AttributePolicy) -> tuple[str, ...]:
        """Ids of the values, in canonical order."""
        return tuple(policy.values[index].id for index in self.values)

    def priors(self, policy: AttributePolicy) -> tuple[Fraction, ...]:
        """Probability of each value given that it is one of them; sums to 1."""
        weights = [policy.priors[index] for index in self.values]
        total = sum(weights, Fraction(0))
        if not total:
            return tuple(Fraction(1, len(weights)) for _ in weights)
        return tuple(weight / total for weight in weights)


def size(columns: Sequence[Column]) -> int:
    """How many assignments *columns* have: the product of the sizes of their value lists."""
    product = 1
    for column in columns:
        product *= max(len(column.values), 1)
    return product
