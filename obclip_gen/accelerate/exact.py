"""Exact savings that need no look inside the denoiser.

* Identical prompts once: candidates with one prompt start from one noise and stay equal for ever.
* One unconditional row while all latents are equal: at step 0 they all are z_T.

Both hold in real arithmetic whatever the model. With N candidates the first step takes N + 1 rows instead
of 2 N.
"""

from __future__ import annotations

import torch
from torch import Tensor

from obclip_gen.backends.protocol import Backend, Conditioning
from obclip_gen.request import DenoiseRequest


class ExactPredictor:
    """See the module; implements :class:`~obclip_gen.denoise.guidance.Predictor`."""

    def __init__(
        self,
        request: DenoiseRequest,
        backend: Backend,
        conditional: Conditioning,
        negative: Conditioning,
    ) -> None:
        self.rows = 0
        self._backend = backend
        self._scale = request.guidance_scale
        self._negative = negative
        first: dict[str, int] = {}
        for place, prompt in enumerate(request.prompts):
            first.setdefault(prompt, place)
        self._kept = list(first.values())
        number = {prompt: row for row, prompt in enumerate(first)}
        self._source = [number[prompt] for prompt in request.prompts]
        self._conditional = conditional.select(self._kept)

    def __call__(self, latents: Tensor, timestep: Tensor, index: int) -> Tensor:
        """See :class:`~obclip_gen.denoise.guidance.Predictor`."""
        distinct = latents[self._kept]
        if self._scale <= 1:
            return self._run(distinct, timestep, self._conditional)[self._source]
        n = distinct.shape[0]
        shared = 1 if bool((distinct == distinct[:1]).all()) else n
        rows = torch.cat([distinct[:shared], distinct])
        conditioning = self._negative.select([0] * shared).joined(self._conditional)
        output = self._run(rows, timestep, conditioning)
        unconditional, conditional = output[:shared], output[shared:]
        guided = unconditional + self._scale * (conditional - unconditional)
        return guided[self._source]

    def _run(self, rows: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        self.rows += rows.shape[0]
        return self._backend.predict(rows, timestep.expand(rows.shape[0]), conditioning)
