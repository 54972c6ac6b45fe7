"""What a set costs in the cloud: bytes and multiply-accumulate operations.

``MACs = n_sent * r * k * m``: n_sent candidates, r = 2 denoiser rows each (classifier-free guidance), k cloud
steps, m MACs of one row of one step. m is that of the Stable Diffusion 1 U-Net at 64x64 latents with both
attention products counted, 402 G; the text encoder and accelerations are not counted. Range: above 0; lower
is better; the baseline is one candidate, which hides nothing. Source: for m, 338.83 G without attention
products (Ma et al., DeepCache, CVPR 2024, table 3) and both products added.
"""

from __future__ import annotations

#: MACs of one denoiser row of one step.
MACS_PER_ROW = 402_000_000_000
ROWS_PER_CANDIDATE = 2
#: The paper's smaller split.
CLOUD_STEPS = 5


def set_macs(n_sent: int, *, steps: int = CLOUD_STEPS, macs_per_row: int = MACS_PER_ROW) -> int:
    """MACs that a set of *n_sent* prompts costs the cloud."""
    return n_sent * ROWS_PER_CANDIDATE * steps * macs_per_row
