"""Muon: momentum whose matrices are orthogonalised before use (Jordan et al. 2024); AdamW for the rest.

For the autoencoder, whose matrices are small, it is several times as fast as AdamW: 22.9 dB against 16.2 dB
after the first 45 seconds. For the denoisers it is not worth its price on a CPU: orthogonalising took two
thirds of a step.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from obclip_gen.training.runs import fast_bfloat16

_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """Approximates ``U V^T`` of ``matrix = U S V^T`` with a quintic Newton-Schulz iteration."""
    x = matrix.to(torch.bfloat16) if fast_bfloat16() else matrix
    x = x / (x.norm() + 1e-7)
    tall = x.size(0) > x.size(1)
    x = x.T if tall else x
    for _ in range(steps):
        square = x @ x.T
        x = _A * x + (_B * square + _C * square @ square) @ x
    result: Tensor = x.T if tall else x
    return result


class Muon:
    """Steps the matrices (and convolutions) among ``parameters`` by Muon and everything else by AdamW.

    ``rate`` multiplies both learning rates at every step, so that one schedule drives them.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        matrix_rate: float = 0.02,
        other_rate: float = 2e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        other: Iterable[Tensor] = (),
    ) -> None:
        everything = list(parameters)
        self._matrices = [p for p in everything if p.ndim >= 2 and min(p.size(0), p[0].numel()) >= 8]
        chosen = {id(p) for p in self._matrices}
        rest = [p for p in everything if id(p) not in chosen] + list(other)
        self._adam = torch.optim.AdamW(rest, lr=other_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
        self._momenta = [torch.zeros_like(p) for p in self._matrices]
        self._matrix_rate, self._other_rate, self._beta, self._decay = (
            matrix_rate,
            other_rate,
            momentum,
            weight_decay,
        )

    def zero_grad(self) -> None:
        """Forgets all gradients."""
        self._adam.zero_grad(set_to_none=True)
        for parameter in self._matrices:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step at ``rate`` times the base learning rates."""
        for group in self._adam.param_groups:
            group["lr"] = self._other_rate * rate
        self._adam.step()
        for parameter, momentum in zip(self._matrices, self._momenta, strict=True):
            if parameter.grad is None:
                continue
            momentum.lerp_(parameter.grad, 1 - self._beta)
            update = parameter.grad.lerp(momentum, self._beta).reshape(parameter.size(0), -1)
            scale = max(1.0, update.size(0) / update.size(1)) ** 0.5
            direction = orthogonalise(update).to(parameter.dtype).reshape(parameter.shape)
            if self._decay:
                parameter.mul_(1 - self._matrix_rate * rate * self._decay)
            parameter.add_(direction, alpha=-self._matrix_rate * rate * scale)
