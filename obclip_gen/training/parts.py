"""The library parts that the recipe trains, and what it relies on of each.

diffusers and transformers are partly typed; the protocols below say what is used, by the libraries' names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from torch import Tensor, nn

from obclip_gen.libs import library


class Part(Protocol):
    """A trainable module that can be saved as a folder of a diffusers pipeline."""

    def parameters(self) -> Iterator[nn.Parameter]: ...
    def state_dict(self) -> dict[str, Tensor]: ...
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> object: ...
    def to(self, *args: object, **kwargs: object) -> Self: ...
    def float(self) -> Self: ...
    def train(self) -> Self: ...
    def eval(self) -> Self: ...
    def requires_grad_(self, requires_grad: bool = True) -> Self: ...
    def save_pretrained(self, save_directory: Path) -> object: ...


class Autoencoder(Part, Protocol):
    """``AutoencoderTiny``: pictures in [-1, 1] to latents, and back."""

    encoder: Callable[[Tensor], Tensor]
    decoder: Callable[[Tensor], Tensor]


class Prediction(Protocol):
    """What a U-Net returns."""

    sample: Tensor


class Denoiser(Part, Protocol):
    """``UNet2DConditionModel``: noisy latents, timesteps and text states to a prediction."""

    def __call__(self, sample: Tensor, timestep: Tensor, encoder_hidden_states: Tensor) -> Prediction: ...


class TextStates(Protocol):
    """What a text encoder returns: ``[n, tokens, width]`` and the end token's ``[n, width]``."""

    last_hidden_state: Tensor
    pooler_output: Tensor


class TextEncoder(Part, Protocol):
    """``CLIPTextModel``."""

    def __call__(self, input_ids: Tensor) -> TextStates: ...


class Scheduler(Protocol):
    """A diffusers scheduler: the noise schedule for training, and a solver for sampling."""

    timesteps: Tensor

    def set_timesteps(self, num_inference_steps: int) -> None: ...
    def step(self, model_output: Tensor, timestep: Tensor, sample: Tensor) -> Any: ...
    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor: ...
    def get_velocity(self, sample: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor: ...
    def save_pretrained(self, save_directory: Path) -> object: ...


class Tokenizer(Protocol):
    """``CLIPTokenizer``."""

    eos_token_id: int
    bos_token_id: int
    pad_token_id: int

    def __call__(self, text: list[str], **kwargs: object) -> Any: ...
    def __len__(self) -> int: ...
    def save_pretrained(self, save_directory: Path) -> object: ...


def diffusers(name: str, **config: object) -> Any:
    """A diffusers object of class ``name`` built from ``config``."""
    return getattr(library("diffusers"), name)(**config)


def packaged(package: str, name: str, folder: Path) -> Any:
    """An object of class ``name`` of ``package`` from a local folder; never from a network."""
    return getattr(library(package), name).from_pretrained(folder, local_files_only=True)
