"""What a backend is.

A backend is one loaded model: it turns prompts into conditioning, latents into the denoiser's
output, and latents into pictures. It holds no request's state, so one backend serves many
requests, one after another. The loop, the solvers, guidance and accelerations are not its business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from obclip_gen.backends.entry import Defaults
from obclip_gen.backends.memory import Memory
from obclip_gen.fingerprint import Fingerprint

__all__ = ["Backend", "Conditioning", "Defaults", "Macs", "Memory"]


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What the denoiser is told about each row, in tensors that only the backend can read.

    Attributes:
        tensors: by the backend's own names; each ``[R, ...]`` with one row per prompt.
    """

    tensors: Mapping[str, Tensor]

    @property
    def rows(self) -> int:
        """How many rows there are, R."""
        return next(iter(self.tensors.values())).shape[0]

    def select(self, indices: Sequence[int]) -> Self:
        """Give some rows, in the order asked for; an index may occur more than once."""
        chosen = list(indices)
        return type(self)({name: value[chosen] for name, value in self.tensors.items()})

    def averaged(self, groups: Sequence[Sequence[int]]) -> Self:
        """Give one row per group, the mean of its rows."""
        return type(self)(
            {
                name: torch.cat([value[list(group)].mean(0, keepdim=True) for group in groups])
                for name, value in self.tensors.items()
            }
        )

    def joined(self, other: Self) -> Self:
        """Give the rows of both, this one's first."""
        return type(self)(
            {name: torch.cat([value, other.tensors[name]]) for name, value in self.tensors.items()}
        )


@dataclass(frozen=True, slots=True)
class Macs:
    """Multiply-accumulate operations of one row through each part.

    Counted: all matrix products and convolutions, both products of attention (QK^T and AV)
        included;
    not counted: element-wise operations, normalisation, softmax. See :mod:`obclip_gen.macs`.
    """

    denoiser: int
    text_encoder: int
    decoder: int


@runtime_checkable
class Backend(Protocol):
    """One loaded model. Methods are called from one thread at a time."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What the model is."""
        ...

    @property
    def defaults(self) -> Defaults:
        """The settings that it was made for."""
        ...

    @property
    def parameters(self) -> Mapping[str, int]:
        """Numbers of parameters by part, for people."""
        ...

    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Give ``(C, h, w)`` of the latents of a picture.

        Raises:
            BadInputError: the model cannot draw this size.
        """
        ...

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts, one row each. Equal prompts give equal rows; rows do not depend on
        others.
        """
        ...

    @property
    def embeds_guidance(self) -> bool:
        """Whether the guidance scale is an input of the denoiser (consistency models, FLUX). Such a model
        runs no unconditional rows.
        """
        ...

    def with_guidance(self, conditioning: Conditioning, scale: float) -> Conditioning:
        """Add the guidance scale to the conditioning, where it is an input; else give it unchanged."""
        ...

    def unread(self, prompt: str) -> str:
        """Give the end of the prompt that does not fit the text encoder; empty when all of it
        does.
        """
        ...

    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        """Run the denoiser.

        Args:
            latents: the scaled model input, ``[R, C, h, w]``, float32.
            timesteps: one training timestep per row, ``[R]``.
            conditioning: R rows.

        Returns:
            The model output (its meaning is the schedule's prediction type), ``[R, C, h, w]``,
            float32.
        """
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Turn clean latents ``[M, C, h, w]`` into pictures ``[M, 3, H, W]`` in 0..1, float32."""
        ...

    def macs(self, height: int, width: int) -> Macs:
        """Count the operations of one row at a picture size."""
        ...

    def memory(self, height: int, width: int, rows: int) -> Memory:
        """Estimate the memory at a picture size for a number of denoiser rows, without running anything."""
        ...
