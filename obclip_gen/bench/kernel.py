"""Kernel distance between what is drawn and real artwork."""

from __future__ import annotations

import torch
from torch import Tensor


def kernel_distance(drawn: Tensor, real: Tensor) -> float:
    """Squared maximum mean discrepancy of features, unbiased, with the kernel ``(x.y / d + 1)^3`` (KID).

    Zero in expectation where both come from one distribution, so it can be negative; smaller is better.
    Unlike FID it has no bias that grows as samples get fewer (Binkowski et al. 2018, Demystifying MMD GANs).

    Args:
        drawn: features ``[n, d]``, n at least 2.
        real: features ``[m, d]``, m at least 2.

    Raises:
        ValueError: too few rows.
    """
    if len(drawn) < 2 or len(real) < 2:
        raise ValueError("kernel_distance: at least two pictures on each side")
    x, y = drawn.double(), real.double()

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return (one @ other.T / one.shape[1] + 1) ** 3

    def within(rows: Tensor) -> Tensor:
        values = kernel(rows, rows)
        return (values.sum() - torch.trace(values)) / (len(rows) * (len(rows) - 1))

    return float(within(x) + within(y) - 2 * kernel(x, y).mean())
