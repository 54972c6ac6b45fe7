"""The Stable Diffusion family: ``UNet2DConditionModel``, one CLIP text encoder, an autoencoder.

Stable Diffusion 1.x and 2.x, BK-SDM, small-sd and the embedded models are of this family. Parts are loaded
from safetensors only, from local folders only: nothing is downloaded and no code is run from a file.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from obclip_gen.backends.entry import Compute, Defaults, LoadOptions
from obclip_gen.backends.layout import ModelLayout
from obclip_gen.backends.protocol import Conditioning, Macs
from obclip_gen.backends.unet_engine import UNetEngine
from obclip_gen.backends.unet_meter import PriceList
from obclip_gen.fingerprint import Fingerprint
from obclip_gen.libs import library
from obclip_gen.macs import count_macs
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

_HIDDEN = "encoder_hidden_states"
_AUTOENCODERS = ("AutoencoderKL", "AutoencoderTiny")
#: Pictures decoded at once; more would only cost memory.
_DECODE_BATCH = 4


class StableDiffusionBackend:
    """See the module; implements :class:`~obclip_gen.backends.protocol.Backend`."""

    def __init__(self, layout: ModelLayout, options: LoadOptions) -> None:
        self._compute: Compute = options.compute
        self._device = _torch_device(options.device)
        unet_config = _config(layout, "unet", ("UNet2DConditionModel",))
        vae_config = _config(layout, "vae", _AUTOENCODERS)
        _config(layout, "text_encoder", ("CLIPTextModel",))
        if unet_config.get("addition_embed_type") or unet_config.get("class_embed_type"):
            raise BadInputError(
                f"{layout.model_id}: U-Nets with added conditions (SDXL and its kin) are not supported yet"
            )
        diffusers, transformers = library("diffusers"), library("transformers")
        self._unet = self._load(layout, "unet", diffusers.UNet2DConditionModel)
        self._vae = self._load(layout, "vae", getattr(diffusers, str(vae_config["_class_name"])))
        self._text = self._load(layout, "text_encoder", transformers.CLIPTextModel)
        self._tokenizer = _load_tokenizer(layout)
        if self._compute == "bfloat16":
            self._unet = self._unet.to(memory_format=torch.channels_last)
        self._downscale = 2 ** (len(self._vae.config.block_out_channels) - 1)
        self._scaling = float(self._vae.config.scaling_factor)
        self._shift = float(getattr(self._vae.config, "shift_factor", None) or 0.0)
        self._fingerprint = Fingerprint(
            model_id=layout.model_id,
            family="stable-diffusion",
            latent_channels=int(self._unet.config.in_channels),
            downscale=self._downscale,
            scaling_factor=self._scaling,
            shift_factor=self._shift,
            schedule=NoiseSchedule.from_config(_read_json(layout, "scheduler", "scheduler_config.json")),
            denoiser_sha256=_weights_sha256(layout.parts["unet"]),
            text_encoder_sha256=_weights_sha256(layout.parts["text_encoder"]),
        )
        side = int(self._unet.config.sample_size) * self._downscale
        self._defaults = layout.defaults or Defaults(height=side, width=side)
        self._price_lists: dict[tuple[int, int], PriceList] = {}
        self._macs = functools.lru_cache(maxsize=16)(self._count)

    def _load(self, layout: ModelLayout, part: str, cls: Any) -> Any:
        try:
            module = cls.from_pretrained(
                str(layout.parts[part]),
                local_files_only=True,
                use_safetensors=True,
                torch_dtype=torch.float32,
            )
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise BadInputError(f"{layout.model_id}: {part} cannot be loaded: {reason}") from None
        module.requires_grad_(False)
        return module.eval().to(self._device)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the model is."""
        return self._fingerprint

    @property
    def defaults(self) -> Defaults:
        """The settings that it was made for."""
        return self._defaults

    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """See the protocol; both sides must fill the U-Net's coarsest grid."""
        unit = self._downscale * 2 ** (len(self._unet.config.block_out_channels) - 1)
        if height % unit or width % unit or min(height, width) < unit:
            raise BadInputError(f"height and width must be multiples of {unit} for this model")
        channels = self._fingerprint.latent_channels
        return channels, height // self._downscale, width // self._downscale

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts with CLIP: the last hidden state, ``[R, L, D]``, padded to the full length."""
        tokens = self._tokenizer(
            list(prompts),
            padding="max_length",
            max_length=self._tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            hidden: Tensor = self._text(tokens.input_ids.to(self._device))[0]
        return Conditioning({_HIDDEN: hidden.float()})

    def unread(self, prompt: str) -> str:
        """See the protocol: what comes after the last token that fits between start and end tokens."""
        tokens = self._tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        offsets = tokens["offset_mapping"]
        room = self._tokenizer.model_max_length - 2
        return prompt[offsets[room][0] :] if len(offsets) > room else ""

    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        """See the protocol."""
        with torch.inference_mode(), self._arithmetic():
            output: Tensor = self._unet(
                latents.to(self._device),
                timesteps.to(self._device),
                encoder_hidden_states=conditioning.tensors[_HIDDEN],
                return_dict=False,
            )[0]
        return output.float().contiguous().to(latents.device)

    def engine(self, height: int, width: int) -> UNetEngine:
        """Take the denoiser apart for one request; see :mod:`obclip_gen.backends.engine`.

        Raises:
            BadInputError: it has parts that the engine does not know.
        """
        _, rows, columns = self.latent_shape(height, width)
        return UNetEngine(self._unet, self._prices((rows, columns)).price, self._arithmetic)

    def _prices(self, cells: tuple[int, int]) -> PriceList:
        if cells not in self._price_lists:
            config = {name: value for name, value in self._unet.config.items() if not name.startswith("_")}
            length = int(self._tokenizer.model_max_length)
            self._price_lists[cells] = PriceList(config, cells, length)
        return self._price_lists[cells]

    def _arithmetic(self) -> contextlib.AbstractContextManager[object]:
        if self._compute == "bfloat16":
            return torch.autocast(self._device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def decode(self, latents: Tensor) -> Tensor:
        """See the protocol."""
        pictures = []
        with torch.inference_mode():
            for batch in torch.split(latents, _DECODE_BATCH):
                unscaled = batch.to(self._device) / self._scaling + self._shift
                decoded: Tensor = self._vae.decode(unscaled, return_dict=False)[0]
                pictures.append((decoded.float() / 2 + 0.5).clamp(0, 1).cpu())
        return torch.cat(pictures)

    def macs(self, height: int, width: int) -> Macs:
        """See the protocol; counted once per size on copies without storage."""
        return self._macs(height, width)

    def _count(self, height: int, width: int) -> Macs:
        channels, rows, columns = self.latent_shape(height, width)
        length = int(self._tokenizer.model_max_length)

        def decoder() -> None:
            vae = type(self._vae).from_config(self._vae.config)
            vae.decode(torch.empty(1, channels, rows, columns))

        def text_encoder() -> None:
            type(self._text)(self._text.config)(torch.empty(1, length, dtype=torch.long))

        return Macs(
            denoiser=self._prices((rows, columns)).whole().macs,
            text_encoder=count_macs(text_encoder),
            decoder=count_macs(decoder),
        )

    @property
    def parameters(self) -> Mapping[str, int]:
        """Parameters of each part, for people."""
        parts = {"unet": self._unet, "text_encoder": self._text, "vae": self._vae}
        return {
            name: sum(value.numel() for value in cast("nn.Module", part).parameters())
            for name, part in parts.items()
        }


def _torch_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        raise BadInputError(f"device {name}: torch cannot use it here") from None
    return device


def _load_tokenizer(layout: ModelLayout) -> Any:
    try:
        tokenizer = library("transformers").CLIPTokenizer.from_pretrained(
            str(layout.parts["tokenizer"]), local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise BadInputError(f"{layout.model_id}: tokenizer cannot be loaded: {error}") from None
    if not 3 <= tokenizer.model_max_length <= 1024:
        raise BadInputError(f"{layout.model_id}: tokenizer_config.json must state model_max_length")
    return tokenizer


def _read_json(layout: ModelLayout, part: str, name: str) -> dict[str, Json]:
    file = layout.parts[part] / name
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInputError(f"{layout.model_id}: {part}/{name} is missing or not JSON") from None
    if not isinstance(value, dict):
        raise BadInputError(f"{layout.model_id}: {part}/{name} is not a JSON object")
    return value


def _config(layout: ModelLayout, part: str, allowed: Sequence[str]) -> dict[str, Json]:
    config = _read_json(layout, part, "config.json")
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    kind = config.get("_class_name") or first
    if kind not in allowed:
        raise BadInputError(
            f"{layout.model_id}: {part} is a {kind}; this backend runs {' or '.join(allowed)}"
        )
    return config


def _weights_sha256(folder: Path) -> str:
    """Hash the weights of a part: the bytes of its safetensors files, in order of their names."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise BadInputError(f"{folder.name}: no safetensors file; other formats can run code and are refused")
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()
