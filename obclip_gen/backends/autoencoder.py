"""From latents to pictures: the model's autoencoder, or a tiny one in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.hub import TINY, local
from obclip_gen.backends.layout import part_layout
from obclip_gen.backends.parts import Parts, number_of
from obclip_privacy.errors import BadInputError

AUTOENCODERS = ("AutoencoderKL", TINY)
#: Tiny decoders of the hub (Boer Bohan 2023, "TAESD"), with the scaling and shift of the latents that each is
#: made for. Their own configurations do not state it.
PUBLISHED: Mapping[str, tuple[float, float]] = {
    "madebyollin/taesd": (0.18215, 0.0),
    "madebyollin/taesdxl": (0.13025, 0.0),
    "madebyollin/taesd3": (1.5305, 0.0609),
    "madebyollin/taef1": (0.3611, 0.1159),
}
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
        self.channels = int(self.vae.config.latent_channels)
        told = dict(self.vae.config)
        name = parts.layout.model_id
        self.side = int(number_of(name, "vae", told, "sample_size")) if "sample_size" in told else 1024
        self.scaling = float(number_of(name, "vae", told, "scaling_factor"))
        self.shift = 0.0
        if told.get("shift_factor"):
            self.shift = float(number_of(name, "vae", told, "shift_factor"))
        self._scale, self._offset = self.scaling, self.shift
        self._batch = 1 if options.low_memory else _DECODE_BATCH
        if options.decoder is not None:
            self._replace(options.decoder, options)
        # A tiny autoencoder needs no tiles, and diffusers' tiles of it are right at a scale of 8 only.
        if options.low_memory and type(self.vae).__name__ == "AutoencoderKL":
            self.vae.enable_tiling()

    def _replace(self, reference: str, options: LoadOptions) -> None:
        scheme, _, name = reference.partition(":")
        hub = scheme == "hub"
        small = Parts(part_layout("decoder", str(local(name)) if hub else reference), options)
        small.config("decoder", (TINY,))
        made_for = PUBLISHED.get(name.partition("@")[0]) if hub else None
        if made_for not in (None, (self.scaling, self.shift)):
            fitting = [
                f"hub:{other}" for other, space in PUBLISHED.items() if space == (self.scaling, self.shift)
            ]
            raise BadInputError(
                f"decoder: {reference} is made for another latent space than the model's (scaling"
                f" {self.scaling}, shift {self.shift}); {' or '.join(fitting) or 'none that is known'} fits"
            )
        tiny = small.load("decoder", "diffusers", TINY, half=False)
        grows = 2 ** (len(tiny.config.decoder_block_out_channels) - 1)
        for what, its, own in (
            ("latent channels", int(tiny.config.latent_channels), self.channels),
            ("pixels a cell", grows, self.downscale),
        ):
            if its != own:
                raise BadInputError(f"decoder: it has {its} {what}, the model {own}")
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
