"""The U-Net family: Stable Diffusion 1.x, 2.x and XL, and what was distilled from them.

``UNet2DConditionModel`` with one CLIP encoder (1.x, 2.x, BK-SDM, small-sd, the embedded models) or two
(XL, SSD-1B, Vega, KOALA), consistency models among them. The encoders decide between the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.engine import Engine, WholeEngine
from obclip_gen.backends.entry import Defaults
from obclip_gen.backends.family import FamilyBackend
from obclip_gen.backends.parts import Parts
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.text.clip import ClipEncoder, ClipReading
from obclip_gen.backends.unet_attention import HIDDEN
from obclip_gen.backends.unet_engine import UNetEngine, size_ids
from obclip_gen.backends.unet_meter import PriceList
from obclip_gen.fingerprint import Schedule
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

_POOLED = "text_embeds"


class StableDiffusionBackend(FamilyBackend):
    """See the module."""

    family = "stable-diffusion"
    denoiser_part = "unet"

    def _check(self, parts: Parts) -> None:
        config = parts.config("unet", ("UNet2DConditionModel",))
        self._two = config.get("addition_embed_type") == "text_time"
        if config.get("class_embed_type") or config.get("addition_embed_type") not in (None, "text_time"):
            raise BadInputError(
                f"{parts.layout.model_id}: U-Nets with conditions other than text and size are not supported"
            )
        if config.get("in_channels") != config.get("out_channels", 4):
            raise BadInputError(
                f"{parts.layout.model_id}: the U-Net takes more than latents (inpainting, editing);"
                " use a text-to-image model"
            )
        for part in ("text_encoder", "text_encoder_2") if self._two else ("text_encoder",):
            if not parts.has(part):
                raise BadInputError(f"{parts.layout.model_id}: has no {part}")
            parts.config(part, ("CLIPTextModel", "CLIPTextModelWithProjection"))
        self._price_lists: dict[tuple[int, int], PriceList] = {}
        self._zeros = bool(parts.layout.index().get("force_zeros_for_empty_prompt", self._two))

    def _load_denoiser(self, parts: Parts) -> Any:
        return parts.load("unet", "diffusers", "UNet2DConditionModel")

    def _load_text(self, parts: Parts) -> Mapping[str, ClipEncoder]:
        reading = ClipReading(self._options.chunks, self._options.clip_skip, penultimate=self._two)
        first = ClipEncoder(
            parts.load("text_encoder", "transformers", "CLIPTextModel"),
            parts.clip_tokenizer("tokenizer"),
            reading,
        )
        if not self._two:
            return {"text_encoder": first}
        second = ClipEncoder(
            parts.load("text_encoder_2", "transformers", "CLIPTextModelWithProjection"),
            parts.clip_tokenizer("tokenizer_2" if parts.has("tokenizer_2") else "tokenizer"),
            reading,
        )
        return {"text_encoder": first, "text_encoder_2": second}

    def _schedule_of(self, config: Mapping[str, Json]) -> Schedule:
        return NoiseSchedule.from_config(config)

    def _own_defaults(self) -> Defaults:
        height, width = self._size()
        if self.embeds_guidance:
            return Defaults(height, width, num_inference_steps=8, split=3, guidance_scale=8.0, solver="lcm")
        return Defaults(height, width, guidance_scale=5.0 if self._two else 7.5)

    @property
    def embeds_guidance(self) -> bool:
        """Whether it is a consistency model that was distilled together with its guidance."""
        return self._denoiser.config.time_cond_proj_dim is not None

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts with CLIP: hidden states ``[R, L, D]``, and pooled text where the family has it."""
        encoded = [encoder.encode(prompts) for encoder in self._encoders.values()]
        hidden = torch.cat([states for states, _ in encoded], dim=-1)
        if not self._two:
            return Conditioning({HIDDEN: hidden})
        pooled = encoded[-1][1]
        if pooled is None:
            raise BadInputError(f"{self._fingerprint.model_id}: text_encoder_2 gives no pooled text")
        if self._zeros:
            told = torch.tensor(
                [prompt != "" for prompt in prompts], dtype=hidden.dtype, device=hidden.device
            )
            hidden, pooled = hidden * told[:, None, None], pooled * told[:, None]
        return Conditioning({HIDDEN: hidden, _POOLED: pooled})

    def _grid(self) -> int:
        return int(2 ** (len(self._denoiser.config.block_out_channels) - 1))

    def _run(
        self, denoiser: Any, latents: Tensor, timesteps: Tensor, tensors: Mapping[str, Tensor]
    ) -> Tensor:
        more: dict[str, object] = {}
        if self._two:
            pooled = tensors[_POOLED]
            height, width = (side * self._decoder.downscale for side in latents.shape[2:])
            more["added_cond_kwargs"] = {
                "text_embeds": pooled,
                "time_ids": size_ids((height, width), pooled),
            }
        if self.embeds_guidance:
            more["timestep_cond"] = guidance_features(
                tensors["guidance"], int(denoiser.config.time_cond_proj_dim)
            )
        output: Tensor = denoiser(
            latents, timesteps, encoder_hidden_states=tensors[HIDDEN], return_dict=False, **more
        )[0]
        return output

    def engine(self, height: int, width: int) -> Engine:
        """Take the denoiser apart for one request; see :mod:`obclip_gen.backends.engine`.

        On OpenVINO it is one piece.

        Raises:
            BadInputError: it has parts that the engine does not know.
        """
        if self._openvino is not None:
            return WholeEngine(self, height, width)
        _, rows, columns = self.latent_shape(height, width)
        price = self._prices((rows, columns)).price
        return UNetEngine(self._denoiser, price, self._arithmetic, (height, width))

    def _prices(self, cells: tuple[int, int]) -> PriceList:
        if cells not in self._price_lists:
            given = self._denoiser.config.items()
            config: dict[str, Json] = {name: value for name, value in given if name[0] != "_"}
            self._price_lists[cells] = PriceList(config, cells, self._encoders["text_encoder"].length)
        return self._price_lists[cells]

    def _row_macs(self, cells: tuple[int, int]) -> int:
        if self.embeds_guidance:
            return super()._row_macs(cells)
        return self._prices(cells).whole().macs


def guidance_features(scale: Tensor, width: int) -> Tensor:
    """Give sines and cosines of 1000 (scale - 1), as consistency models are told their guidance.

    Args:
        scale: ``[R]``.
        width: of the features, even.

    Returns:
        ``[R, width]`` (Vaswani et al. 2017, section 3.5, at 10,000; Meng et al. 2023, section 3.1).
    """
    half = width // 2
    steps = torch.arange(half, dtype=torch.float32, device=scale.device)
    waves = torch.exp(steps * (-math.log(10_000) / (half - 1)))
    angles = 1000 * (scale.float() - 1)[:, None] * waves[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)
