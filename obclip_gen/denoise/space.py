"""Scalings of latents, and the one noise level that they share.

With signal a and noise s, x = a x0 + s e. Three scalings occur: variance preserving (``vp``: a^2 + s^2 = 1),
variance exploding (``ve``: a = 1) and rectified flow (``flow``: a + s = 1). sigma = s / a means the same
in all of them, so latents change their scaling by a factor and nothing is tuned.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from torch import Tensor

LatentSpace = Literal["vp", "ve", "flow"]
SPACES: tuple[LatentSpace, ...] = get_args(LatentSpace)

#: Noise levels that agree to this relative error are one level: two machines may differ in the last
#: digits of a float32 cumulative product, and a step between the two values would divide by
#: nothing.
_SAME_LEVEL = 1e-5


def same_level(one: float, other: float) -> bool:
    """Whether two noise levels are one and the same."""
    return math.isclose(one, other, rel_tol=_SAME_LEVEL)


def signal(sigma: float, space: LatentSpace) -> float:
    """Give the factor a of the signal at noise level *sigma* (0 where sigma is infinite)."""
    match space:
        case "ve":
            return 1.0
        case "vp":
            return 1 / math.sqrt(1 + sigma**2)
        case "flow":
            return 1 / (1 + sigma)


def rescale(latents: Tensor, sigma: float, given: LatentSpace, wanted: LatentSpace) -> Tensor:
    """Change the scaling of latents at noise level *sigma*."""
    if given == wanted:
        return latents
    return latents * (signal(sigma, wanted) / signal(sigma, given))
