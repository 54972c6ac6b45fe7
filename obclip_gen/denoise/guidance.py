"""From latents to the guided model output, the seam at which accelerations come in.

A :class:`Predictor` belongs to one request and may remember things between its steps. The plain
one runs the denoiser on every row of every step; an acceleration gives another with the same
signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from obclip_gen.backends.protocol import Backend, Conditioning


def guided_encoder(backend: Backend, scale: float) -> Callable[[Sequence[str]], Conditioning]:
    """Give the encoder of a backend; where the guidance scale is an input, it goes into every row."""
    return lambda prompts: backend.with_guidance(backend.encode(prompts), scale)


class Predictor(Protocol):
    """Give the guided model output of one step."""

    #: Denoiser rows computed so far (a row that is computed once and used twice counts once).
    rows: int
    #: Prompts encoded so far beside the candidates and the negative prompt.
    texts: int

    def denoiser_macs(self, row: int) -> int:
        """Give the multiply-accumulates so far, when one whole row takes *row*."""
        ...

    def __call__(self, latents: Tensor, timestep: Tensor, index: int) -> Tensor:
        """Predict.

        Args:
            latents: the scaled model input, ``[N, C, h, w]``.
            timestep: the training timestep, a scalar.
            index: the step, 0 to T - 1.

        Returns:
            ``[N, C, h, w]``, guidance applied.
        """
        ...


class GuidedPredictor:
    """Classifier-free guidance without any acceleration (Ho & Salimans 2022, eq. 6).

    All rows of a step go through the denoiser in one batch, laid out ``[uncond x N, cond x N]``.
    At a scale of at most 1 there is no unconditional half.
    """

    def __init__(
        self, backend: Backend, conditional: Conditioning, negative: Conditioning, scale: float
    ) -> None:
        self.rows = 0
        self.texts = 0
        self._backend = backend
        self._scale = scale
        self._guided = scale > 1
        n = conditional.rows
        self._conditioning = negative.select([0] * n).joined(conditional) if self._guided else conditional

    def denoiser_macs(self, row: int) -> int:
        """See :class:`Predictor`."""
        return self.rows * row

    def __call__(self, latents: Tensor, timestep: Tensor, index: int) -> Tensor:
        """See :class:`Predictor`."""
        rows = torch.cat([latents, latents]) if self._guided else latents
        self.rows += rows.shape[0]
        output = self._backend.predict(rows, timestep.expand(rows.shape[0]), self._conditioning)
        if not self._guided:
            return output
        unconditional, conditional = output.chunk(2)
        return unconditional + self._scale * (conditional - unconditional)
