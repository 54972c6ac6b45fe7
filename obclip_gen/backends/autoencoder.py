"""From latents to pictures: the model's autoencoder, or a tiny one in its place."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.layout import part_layout
from obclip_gen.backends.parts import Parts
from obclip_privacy.errors import BadInputError

AUTOENCODERS = ("AutoencoderKL", "AutoencoderTiny")
#: Pictures decoded at once; more would only cost memory.
_DECODE_BATCH = 4


class Decoder:
    """Decodes latents. A tiny decoder (TAESD) takes latents as the denoiser leaves them."""

    def __init__(self, parts: Parts, options: LoadOptions) -> None:
        """Load the autoencoder.

        Raises:
            BadInputError: it cannot be loaded, scales its latents in another way, or the tiny one is of
                another latent space.
        """
        config = parts.config("vae", AUTOENCODERS)
        kind = str(config["_class_name"])
        if config.get("latents_mean") or config.get("latents_std"):
            raise BadInputError(
                f"{parts.layout.model_id}: autoencoders that scale each channel of the latents by its own"
                " mean and deviation are not supported"
            )
        self.vae: Any = parts.load("vae", "diffusers", kind, half=False)
        self._device = parts.device
        self.downscale = 2 ** (len(self.vae.config.block_out_channels) - 1)
        self.side = int(getattr(self.vae.config, "sample_size", None) or 1024)
        self.channels = int(self.vae.config.latent_channels)
        self.scaling = float(self.vae.config.scaling_factor)
        self.shift = float(getattr(self.vae.config, "shift_factor", None) or 0.0)
        self._scale, self._offset = self.scaling, self.shift
        self._batch = 1 if options.low_memory else _DECODE_BATCH
        if options.decoder is not None:
            self._replace(options)
        # A tiny autoencoder needs no tiles, and diffusers' tiles of it are right at a scale of 8 only.
        if options.low_memory and type(self.vae).__name__ == "AutoencoderKL":
            self.vae.enable_tiling()

    def _replace(self, options: LoadOptions) -> None:
        small = Parts(part_layout("decoder", str(options.decoder)), options)
        config = small.config("decoder", ("AutoencoderTiny",))
        tiny = small.load("decoder", "diffusers", str(config["_class_name"]), half=False)
        if int(tiny.config.latent_channels) != self.channels:
            raise BadInputError(
                f"decoder: it has {tiny.config.latent_channels} latent channels, the model {self.channels}"
            )
        self.vae, self._scale, self._offset = tiny, float(tiny.config.scaling_factor), 0.0

    def decode(self, latents: Tensor) -> Tensor:
        """Turn clean latents ``[M, C, h, w]`` into pictures ``[M, 3, H, W]`` in 0..1, float32."""
        pictures = []
        with torch.inference_mode():
            for batch in torch.split(latents, self._batch):
                unscaled = batch.to(self._device) / self._scale + self._offset
                decoded: Tensor = self.vae.decode(unscaled, return_dict=False)[0]
                pictures.append((decoded.float() / 2 + 0.5).clamp(0, 1).cpu())
        return torch.cat(pictures)

    def probe(self, cells: tuple[int, int]) -> None:
        """Run a copy without storage, for counting."""
        vae = type(self.vae).from_config(self.vae.config)
        vae.decode(torch.empty(1, self.channels, *cells))
