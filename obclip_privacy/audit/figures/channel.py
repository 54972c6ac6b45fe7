"""Channels: how what the cloud gets depends on the secret.

A channel (Smith, "On the foundations of quantitative information flow", FoSSaCS 2009; Alvim et al., "The
Science of Quantitative Information Flow", 2020) has a prior pi over secrets x and a matrix C with
``C[x][y] = P(output y | secret x)``. A generator without randomness has one output for each secret.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Channel:
    """A prior and a channel matrix, stored by output.

    Attributes:
        prior: probability of each secret; sums to 1.
        outputs: for each output the pairs (secret, P(output | secret)) that are not zero.
    """

    prior: tuple[Fraction, ...]
    outputs: tuple[tuple[tuple[int, Fraction], ...], ...]

    def joint(self, output: int) -> tuple[Fraction, ...]:
        """P(secret, output) of the secrets that can give *output*, greatest first."""
        return tuple(sorted((self.prior[x] * p for x, p in self.outputs[output]), reverse=True))


def uniform(size: int) -> tuple[Fraction, ...]:
    """The uniform prior over *size* secrets."""
    return (Fraction(1, size),) * size


def deterministic(prior: Sequence[Fraction], outputs: Sequence[Hashable]) -> Channel:
    """The channel of a generator that gives ``outputs[x]`` for secret x.

    Raises:
        ValueError: the lengths differ, or the prior does not sum to 1.
    """
    if len(prior) != len(outputs) or sum(prior) != 1:
        raise ValueError("a prior needs one probability for each secret, and they must sum to 1")
    columns: dict[Hashable, list[tuple[int, Fraction]]] = {}
    for secret, output in enumerate(outputs):
        columns.setdefault(output, []).append((secret, Fraction(1)))
    return Channel(tuple(prior), tuple(tuple(column) for column in columns.values()))


def marginal_channel(
    prior: Sequence[Fraction], values: Sequence[int], size: int, outputs: Sequence[Hashable]
) -> Channel:
    """The channel of one attribute, where ``values[x]`` is its value in secret x: ``P(y | v)`` is that of the
    secrets with value v, weighted by their prior; evenly, if they have none.

    Raises:
        ValueError: the lengths differ, or a value of ``range(size)`` is in no secret.
    """
    if not len(prior) == len(values) == len(outputs) or set(values) != set(range(size)):
        raise ValueError("every secret needs a prior, a value and an output, and every value a secret")
    names = {output: index for index, output in enumerate(dict.fromkeys(outputs))}
    totals = [Fraction(0)] * size
    members = [0] * size
    for value, p in zip(values, prior, strict=True):
        totals[value] += p
        members[value] += 1
    matrix = [[Fraction(0)] * len(names) for _ in range(size)]
    for value, p, output in zip(values, prior, outputs, strict=True):
        share = p / totals[value] if totals[value] else Fraction(1, members[value])
        matrix[value][names[output]] += share
    return from_matrix(totals, matrix)


def from_matrix(prior: Sequence[Fraction], matrix: Sequence[Sequence[Fraction]]) -> Channel:
    """The channel of a generator that draws its output.

    Raises:
        ValueError: a row, or the prior, does not sum to 1.
    """
    if len(prior) != len(matrix) or sum(prior) != 1 or any(sum(row) != 1 for row in matrix):
        raise ValueError("the prior and every row of the matrix must sum to 1")
    columns = [
        tuple((secret, row[output]) for secret, row in enumerate(matrix) if row[output])
        for output in range(len(matrix[0]))
    ]
    return Channel(tuple(prior), tuple(column for column in columns if column))
