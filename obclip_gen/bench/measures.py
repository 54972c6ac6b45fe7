"""Figures of quality: one function each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from obclip_privacy.interval import Z, wilson_interval
from obclip_privacy.policy.frozen import Json

_WINDOW = 7


def psnr(picture: Tensor, reference: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of ``[3, H, W]`` in 0..1; 100 for equal pictures."""
    error = float((picture - reference).square().mean())
    return min(100.0, 10 * math.log10(1 / max(error, 1e-10)))


def ssim(picture: Tensor, reference: Tensor) -> float:
    """Structural similarity (Wang et al. 2004) of ``[3, H, W]`` in 0..1: uniform windows of 7 x 7, mean
    over all.
    """
    x, y = picture[None].double(), reference[None].double()

    def mean(value: Tensor) -> Tensor:
        return functional.avg_pool2d(value, _WINDOW, stride=1)

    area = _WINDOW**2 / (_WINDOW**2 - 1)
    mx, my = mean(x), mean(y)
    vx, vy = area * (mean(x * x) - mx * mx), area * (mean(y * y) - my * my)
    both = area * (mean(x * y) - mx * my)
    one, two = 0.01**2, 0.03**2
    value = (2 * mx * my + one) * (2 * both + two) / ((mx * mx + my * my + one) * (vx + vy + two))
    return float(value.mean())


@dataclass(frozen=True, slots=True)
class Share:
    """*right* of *total*, with the 95 % Wilson interval (:mod:`obclip_privacy.interval`)."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """The share; NaN of nothing."""
        return self.right / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        return wilson_interval(self.right, self.total) if self.total else (math.nan, math.nan)

    def to_json(self) -> dict[str, Json]:
        """Give the figures as plain JSON."""
        low, high = self.interval
        return {"share": self.value, "n": self.total, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of paired differences with its 95 % bounds.

    Attributes:
        mean: over clusters.
        low: lower bound; ``None`` with fewer than two clusters.
        high: upper bound; likewise.
        clusters: independent draws, a candidate set with a seed each.
    """

    mean: float
    low: float | None
    high: float | None
    clusters: int

    def to_json(self) -> dict[str, Json]:
        """Give the figures as plain JSON."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "clusters": self.clusters}


def paired(clusters: Sequence[float]) -> Difference:
    """Summarise paired differences, one mean per cluster; normal bounds with Student's factor for few
    clusters.
    """
    values = torch.tensor(list(clusters), dtype=torch.float64)
    count = len(values)
    if count == 0:
        return Difference(math.nan, None, None, 0)
    mean = float(values.mean())
    if count < 2:
        return Difference(mean, None, None, count)
    half = _student(count - 1) * float(values.std()) / math.sqrt(count)
    return Difference(mean, mean - half, mean + half, count)


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (Cornish-Fisher expansion, Abramowitz & Stegun 26.7.5; exact for 1
    and 2).
    """
    if freedom == 1:
        return 12.7062
    if freedom == 2:
        return 4.30265
    z, v = Z, freedom
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3
