"""Seeds and initial noise.

The seed is drawn from the operating system's generator and never from the prompt: a seed that
depended on the prompt would tell the cloud which candidate is real.
"""

from __future__ import annotations

import secrets

import torch
from torch import Tensor

from obclip_gen.request import MAX_SEED


def random_seed() -> int:
    """Draw a seed, uniform on 0 .. 2**63 - 1, independent of everything."""
    return secrets.randbelow(MAX_SEED + 1)


def initial_noise(seed: int, shape: tuple[int, int, int]) -> Tensor:
    """Draw z_T for one picture.

    The draw is made on the CPU in float32 whatever the model runs on, so that both sides of a
    request agree on it.

    Args:
        seed: 0 to 2**63 - 1.
        shape: ``(C, h, w)`` of the latents.

    Returns:
        Standard normal noise, ``[1, C, h, w]``, float32, on the CPU.
    """
    generator = torch.Generator(device="cpu")
    generator.manual_seed(seed)
    return torch.randn((1, *shape), generator=generator, dtype=torch.float32)
