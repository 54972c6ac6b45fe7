"""The transformer families: PixArt (noise prediction), Stable Diffusion 3 and FLUX (flow matching).

They are meant as cloud models. PixArt-alpha shares its latent space with Stable Diffusion 1.x and
PixArt-Sigma with SDXL, so small U-Nets can go on from their latents; the other two need a device model
with their own autoencoder. Which fits is told by the fingerprints, not by names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from obclip_gen.backends.entry import Defaults
from obclip_gen.backends.family import FamilyBackend
from obclip_gen.backends.parts import Parts
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.text.clip import ClipEncoder, ClipReading
from obclip_gen.backends.text.t5 import T5Encoder
from obclip_gen.fingerprint import Schedule
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

_HIDDEN = "encoder_hidden_states"
_POOLED = "pooled"
_MASK = "mask"
#: Stable Diffusion 3's T5.
_THIRD = "text_encoder_3"


class TransformerBackend(FamilyBackend):
    """What the three have in common."""

    denoiser_part = "transformer"
    denoiser_class: ClassVar[str]
    #: Class of each text encoder.
    texts: ClassVar[Mapping[str, str]]

    def _check(self, parts: Parts) -> None:
        parts.config("transformer", (self.denoiser_class,))
        for part, kind in self._texts(parts).items():
            if not parts.has(part):
                remedy = " (Stable Diffusion 3 runs without it: --no-t5)" if part == _THIRD else ""
                raise BadInputError(f"{parts.layout.model_id}: has no {part}{remedy}")
            parts.config(part, (kind,))

    def _texts(self, parts: Parts) -> Mapping[str, str]:
        """Give the text encoders that are used, by part."""
        if not self._options.t5:
            raise BadInputError(f"{parts.layout.model_id}: only Stable Diffusion 3 runs without T5")
        return self.texts

    def _load_denoiser(self, parts: Parts) -> Any:
        return parts.load("transformer", "diffusers", self.denoiser_class)

    def _load_text(self, parts: Parts) -> Mapping[str, ClipEncoder | T5Encoder]:
        return {part: self._load_encoder(parts, part, kind) for part, kind in self._texts(parts).items()}

    def _load_encoder(self, parts: Parts, part: str, kind: str) -> ClipEncoder | T5Encoder:
        model = parts.load(part, "transformers", kind)
        tokenizer_part = part.replace("text_encoder", "tokenizer")
        if kind == "T5EncoderModel":
            tokenizer = parts.t5_tokenizer(tokenizer_part)
            return self._t5(model, tokenizer, parts)
        reading = ClipReading(1, self._options.clip_skip, penultimate=kind != "CLIPTextModel")
        return ClipEncoder(model, parts.clip_tokenizer(tokenizer_part), reading)

    def _t5(self, model: Any, tokenizer: Any, parts: Parts) -> T5Encoder:
        return T5Encoder(model, tokenizer, self._t5_length(parts), masked=False, lower=False)

    def _t5_length(self, parts: Parts) -> int:
        return 256

    def _clips(self) -> list[ClipEncoder]:
        return [encoder for encoder in self._encoders.values() if isinstance(encoder, ClipEncoder)]

    def _t5_encoder(self) -> T5Encoder:
        return next(encoder for encoder in self._encoders.values() if isinstance(encoder, T5Encoder))

    def _grid(self) -> int:
        return int(self._denoiser.config.patch_size)


class PixArtBackend(TransformerBackend):
    """PixArt-alpha and PixArt-Sigma (Chen et al. 2023, 2024): T5 alone, noise prediction.

    The transformer also predicts a variance, which deterministic solvers leave alone.
    """

    family = "pixart"
    denoiser_class = "PixArtTransformer2DModel"
    texts: ClassVar[Mapping[str, str]] = {"text_encoder": "T5EncoderModel"}

    def _t5(self, model: Any, tokenizer: Any, parts: Parts) -> T5Encoder:
        sigma = "Sigma" in str(parts.layout.index().get("_class_name", ""))
        return T5Encoder(model, tokenizer, 300 if sigma else 120, masked=True, lower=True)

    def _schedule_of(self, config: Mapping[str, Json]) -> Schedule:
        return NoiseSchedule.from_config(config)

    def _own_defaults(self) -> Defaults:
        return Defaults(*self._size(), guidance_scale=4.5)

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts with T5: hidden states ``[R, L, D]`` and a mask ``[R, L]``."""
        hidden, mask = self._t5_encoder().encode(prompts)
        return Conditioning({_HIDDEN: hidden, _MASK: mask})

    def _run(
        self, denoiser: Any, latents: Tensor, timesteps: Tensor, tensors: Mapping[str, Tensor]
    ) -> Tensor:
        sizes: dict[str, Tensor | None] = {"resolution": None, "aspect_ratio": None}
        if denoiser.use_additional_conditions:
            rows = latents.shape[0]
            height, width = (side * self._decoder.downscale for side in latents.shape[2:])
            size = torch.tensor([height, width], dtype=latents.dtype, device=latents.device)
            sizes = {
                "resolution": size.expand(rows, -1),
                "aspect_ratio": (size[:1] / size[1:]).expand(rows, -1),
            }
        output: Tensor = denoiser(
            latents,
            encoder_hidden_states=tensors[_HIDDEN],
            encoder_attention_mask=tensors[_MASK],
            timestep=timesteps,
            added_cond_kwargs=sizes,
            return_dict=False,
        )[0]
        return output[:, : latents.shape[1]]


class Sd3Backend(TransformerBackend):
    """Stable Diffusion 3 (Esser et al. 2024): two CLIP encoders and T5, flow matching."""

    family = "stable-diffusion-3"
    denoiser_class = "SD3Transformer2DModel"
    texts: ClassVar[Mapping[str, str]] = {
        "text_encoder": "CLIPTextModelWithProjection",
        "text_encoder_2": "CLIPTextModelWithProjection",
        _THIRD: "T5EncoderModel",
    }

    def _texts(self, parts: Parts) -> Mapping[str, str]:
        """T5 may be left out, and models are saved without (diffusers writes ``[null, null]`` for it)."""
        if self._options.t5 and parts.layout.index().get(_THIRD) != [None, None]:
            return self.texts
        return {part: kind for part, kind in self.texts.items() if part != _THIRD}

    def _schedule_of(self, config: Mapping[str, Json]) -> Schedule:
        return FlowSchedule.from_config(config, "trained", int(self._denoiser.config.patch_size))

    def _own_defaults(self) -> Defaults:
        return Defaults(*self._size(), 28, split=11, guidance_scale=7.0, solver="flow-euler")

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts: CLIP's states beside each other, padded to T5's width, then T5's in a row.

        Zeros stand for a T5 that was left out, as in training (Esser et al. 2024).
        """
        clips = [encoder.encode(prompts) for encoder in self._clips()]
        clip = torch.cat([states for states, _ in clips], dim=-1)
        if _THIRD in self._encoders:
            t5, _ = self._t5_encoder().encode(prompts)
        else:
            width = int(self._denoiser.config.joint_attention_dim)
            t5 = torch.zeros(len(prompts), self._t5_length(self._parts), width, device=clip.device)
        clip = functional.pad(clip, (0, t5.shape[-1] - clip.shape[-1]))
        pooled = torch.cat([first for _, first in clips if first is not None], dim=-1)
        return Conditioning({_HIDDEN: torch.cat([clip, t5], dim=1), _POOLED: pooled})

    def _run(
        self, denoiser: Any, latents: Tensor, timesteps: Tensor, tensors: Mapping[str, Tensor]
    ) -> Tensor:
        output: Tensor = denoiser(
            hidden_states=latents,
            timestep=timesteps,
            encoder_hidden_states=tensors[_HIDDEN],
            pooled_projections=tensors[_POOLED],
            return_dict=False,
        )[0]
        return output


class FluxBackend(TransformerBackend):
    """FLUX.1: CLIP's pooled text and T5, flow matching; the ``dev`` model is told its guidance scale."""

    family = "flux"
    denoiser_class = "FluxTransformer2DModel"
    texts: ClassVar[Mapping[str, str]] = {
        "text_encoder": "CLIPTextModel",
        "text_encoder_2": "T5EncoderModel",
    }
    #: Cells of latents along one side of what the transformer takes as one token.
    _PATCH = 2

    def _t5_length(self, parts: Parts) -> int:
        return 512 if parts.config("transformer", (self.denoiser_class,)).get("guidance_embeds") else 256

    def _schedule_of(self, config: Mapping[str, Json]) -> Schedule:
        return FlowSchedule.from_config(config, "uniform", self._PATCH)

    def _own_defaults(self) -> Defaults:
        side = self._decoder.side  # the transformer's own configuration does not state one
        if self.embeds_guidance:
            return Defaults(side, side, 28, split=11, guidance_scale=3.5, solver="flow-euler")
        return Defaults(side, side, 4, split=2, guidance_scale=1.0, solver="flow-euler")

    @property
    def embeds_guidance(self) -> bool:
        """Whether it is FLUX.1 dev."""
        return bool(self._denoiser.config.guidance_embeds)

    def _channels(self) -> int:
        return int(self._denoiser.config.in_channels) // self._PATCH**2

    def _grid(self) -> int:
        return self._PATCH

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts: T5's hidden states and CLIP's pooled text."""
        _, pooled = self._clips()[0].encode(prompts)
        t5, _ = self._t5_encoder().encode(prompts)
        if pooled is None:
            raise BadInputError(f"{self._fingerprint.model_id}: text_encoder gives no pooled text")
        return Conditioning({_HIDDEN: t5, _POOLED: pooled})

    def unread(self, prompt: str) -> str:
        """See the protocol: T5 alone reads the words."""
        return self._t5_encoder().unread(prompt)

    def _run(
        self, denoiser: Any, latents: Tensor, timesteps: Tensor, tensors: Mapping[str, Tensor]
    ) -> Tensor:
        rows, channels, height, width = latents.shape
        tall, wide = height // self._PATCH, width // self._PATCH
        places = torch.zeros(tall, wide, 3, device=latents.device)
        places[..., 1] = torch.arange(tall, device=latents.device)[:, None]
        places[..., 2] = torch.arange(wide, device=latents.device)[None, :]
        blocks = latents.reshape(rows, channels, tall, self._PATCH, wide, self._PATCH)
        output: Tensor = denoiser(
            hidden_states=blocks.permute(0, 2, 4, 1, 3, 5).reshape(rows, tall * wide, -1),
            timestep=timesteps / 1000,
            guidance=tensors.get("guidance"),
            pooled_projections=tensors[_POOLED],
            encoder_hidden_states=tensors[_HIDDEN],
            txt_ids=torch.zeros(tensors[_HIDDEN].shape[1], 3, device=latents.device),
            img_ids=places.reshape(-1, 3),
            return_dict=False,
        )[0]
        cells = output.reshape(rows, tall, wide, channels, self._PATCH, self._PATCH)
        return cells.permute(0, 3, 1, 4, 2, 5).reshape(latents.shape)
