"""The counting rule for cost, and the counter.

One MAC is one multiply-accumulate. Counted are all matrix products and convolutions, both products
of attention (QK^T and AV) included, on the cloud and on the device alike; not counted are
element-wise operations, normalisation, softmax and embedding look-ups. By this rule Stable
Diffusion v1.4 takes 401.6 GMACs for one row of 64x64 latents. The paper counts one of the two
attention products on the cloud and none on the device, so its figures are lower.

The count is made by :class:`torch.utils.flop_counter.FlopCounterMode` (FLOPs = 2 x MACs) on a copy
without storage, so it costs no memory and does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

RULE = "multiply-accumulates of matrix products and convolutions, both attention products counted"


def count_macs(run: Callable[[], object]) -> int:
    """Count the MACs of a call.

    Args:
        run: makes its modules and inputs and calls them; everything in it lives on the ``meta``
            device and has no storage.

    Returns:
        Multiply-accumulates.
    """
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops()) // 2
