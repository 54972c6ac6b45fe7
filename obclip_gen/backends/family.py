"""What the families have in common: loading, arithmetic, the autoencoder, costs, the fingerprint."""

from __future__ import annotations

import contextlib
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from obclip_gen.backends.autoencoder import Decoder
from obclip_gen.backends.entry import Defaults, LoadOptions
from obclip_gen.backends.layout import ModelLayout
from obclip_gen.backends.memory import Memory, estimate
from obclip_gen.backends.openvino import DEVICE as OPENVINO
from obclip_gen.backends.openvino import OpenVinoRuntime, load_openvino
from obclip_gen.backends.parts import Parts
from obclip_gen.backends.protocol import Conditioning, Macs
from obclip_gen.backends.recipes import ModelSettings, settings_of
from obclip_gen.backends.safety import SafetyChecker
from obclip_gen.fingerprint import Fingerprint, Schedule
from obclip_gen.macs import count_macs
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json


class FamilyBackend(ABC):
    """Base of the families; implements :class:`~obclip_gen.backends.protocol.Backend`."""

    family: ClassVar[str]
    #: The part that denoises.
    denoiser_part: ClassVar[str]

    def __init__(self, layout: ModelLayout, options: LoadOptions, parts: Parts | None = None) -> None:
        """Load a model.

        Args:
            layout: where its parts lie.
            options: how to load.
            parts: what loads them; by default, from the folders of *layout*.

        Raises:
            BadInputError: a part is missing, of a class that this family does not have, or cannot be
                loaded.
        """
        self._options = options
        self._parts = parts = parts or Parts(layout, options)
        self._check(parts)
        if options.device == OPENVINO:
            load_openvino()  # before anything large is
        self._denoiser = self._load_denoiser(parts)
        self._openvino = (
            OpenVinoRuntime(self._denoiser, self._run, parts.compute) if options.device == OPENVINO else None
        )
        if parts.compute is torch.bfloat16 and parts.device.type == "cpu":
            self._denoiser = self._denoiser.to(memory_format=torch.channels_last)
        # OpenVINO plans its memory by itself
        slices = options.low_memory and self._openvino is None
        if slices and hasattr(self._denoiser, "set_attention_slice"):
            self._denoiser.set_attention_slice("auto")
        self._decoder = Decoder(parts, options)
        self._safety = (
            SafetyChecker(parts) if options.safety_checker and parts.has("safety_checker") else None
        )
        self._encoders = self._load_text(parts)
        schedule = self._load_schedule(parts)
        settings = self._settings(layout, parts)
        if settings.timestep_spacing is not None and isinstance(schedule, NoiseSchedule):
            schedule = replace(schedule, timestep_spacing=settings.timestep_spacing)
        self._schedule = schedule
        self._fingerprint = Fingerprint(
            model_id=layout.model_id,
            family=self.family,
            latent_channels=self._channels(),
            downscale=self._decoder.downscale,
            scaling_factor=self._decoder.scaling,
            shift_factor=self._decoder.shift,
            schedule=self._schedule,
            denoiser_sha256=parts.weights_sha256(self.denoiser_part),
            text_encoder_sha256=parts.weights_sha256(*self._text_parts()),
            text=f"chunks {options.chunks} skip {options.clip_skip}",
        )
        if self._decoder.channels != self._fingerprint.latent_channels:
            raise BadInputError(
                f"{layout.model_id}: the autoencoder has {self._decoder.channels} latent channels,"
                f" the denoiser {self._fingerprint.latent_channels}"
            )
        self._defaults = settings.defaults
        self._sampled: Conditioning | None = None
        self._macs = functools.lru_cache(maxsize=16)(self._count)

    @abstractmethod
    def _check(self, parts: Parts) -> None:
        """Refuse parts of unknown classes before anything large is loaded."""

    @abstractmethod
    def _load_denoiser(self, parts: Parts) -> Any: ...

    @abstractmethod
    def _load_text(self, parts: Parts) -> Mapping[str, Any]:
        """Load the text encoders, by part; each has ``model``, ``length`` and ``unread``."""

    def _text_parts(self) -> tuple[str, ...]:
        return tuple(self._encoders)

    def _load_schedule(self, parts: Parts) -> Schedule:
        config = parts.json("scheduler", "scheduler_config.json")
        try:
            return self._schedule_of(config)
        except BadInputError as error:
            raise BadInputError(
                f"{parts.layout.model_id}: scheduler/scheduler_config.json: {error}"
            ) from None

    @abstractmethod
    def _schedule_of(self, config: Mapping[str, Json]) -> Schedule:
        """Read a scheduler's configuration."""

    @abstractmethod
    def _own_defaults(self) -> Defaults:
        """What the family is run with."""

    def _size(self) -> tuple[int, int]:
        """Give the height and width in pixels that the denoiser's configuration states.

        Raises:
            BadInputError: it states none.
        """
        stated = self._denoiser.config.get("sample_size")
        sides = list(stated) if isinstance(stated, list | tuple) else [stated] * 2
        if len(sides) != 2 or not all(type(side) is int and side > 0 for side in sides):
            raise BadInputError(
                f"{self._parts.layout.model_id}: {self.denoiser_part}/config.json: sample_size must be a"
                " whole number above 0, or two for height and width"
            )
        return sides[0] * self._decoder.downscale, sides[1] * self._decoder.downscale

    def _settings(self, layout: ModelLayout, parts: Parts) -> ModelSettings:
        if layout.defaults is not None:
            return ModelSettings(layout.defaults)
        kind = parts.json("scheduler", "scheduler_config.json").get("_class_name")
        return settings_of(
            layout.model_id, layout.root, kind, self._own_defaults(), embeds_guidance=self.embeds_guidance
        )

    def _channels(self) -> int:
        return int(self._denoiser.config.in_channels)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the model is."""
        return self._fingerprint

    @property
    def defaults(self) -> Defaults:
        """The settings that it was made for."""
        return self._defaults

    @property
    def embeds_guidance(self) -> bool:
        """Whether the guidance scale is an input of the denoiser."""
        return False

    def with_guidance(self, conditioning: Conditioning, scale: float) -> Conditioning:
        """See the protocol."""
        if not self.embeds_guidance:
            return conditioning
        scales = torch.full((conditioning.rows,), float(scale))
        return Conditioning({**conditioning.tensors, "guidance": scales})

    @abstractmethod
    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """See the protocol."""

    def unread(self, prompt: str) -> str:
        """See the protocol: what no text encoder reads."""
        rests: list[str] = [encoder.unread(prompt) for encoder in self._encoders.values()]
        return min(rests, key=len)

    @abstractmethod
    def _grid(self) -> int:
        """Cells of latents along one side that the denoiser can only take whole."""

    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """See the protocol; both sides must fill the denoiser's coarsest grid."""
        unit = self._decoder.downscale * self._grid()
        if height % unit or width % unit or min(height, width) < unit:
            raise BadInputError(f"height and width must be multiples of {unit} for this model")
        cells = height // self._decoder.downscale, width // self._decoder.downscale
        return self._fingerprint.latent_channels, *cells

    @abstractmethod
    def _run(
        self, denoiser: Any, latents: Tensor, timesteps: Tensor, tensors: Mapping[str, Tensor]
    ) -> Tensor:
        """Call the denoiser."""

    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        """See the protocol."""
        device = self._parts.device
        tensors = {name: value.to(device) for name, value in conditioning.tensors.items()}
        if self._openvino is not None:
            return self._openvino(latents, timesteps, tensors)
        with torch.inference_mode(), self._arithmetic():
            output = self._run(self._denoiser, latents.to(device), timesteps.to(device), tensors)
        return output.float().contiguous().to(latents.device)

    def _arithmetic(self) -> contextlib.AbstractContextManager[object]:
        if self._parts.compute is not torch.float32:
            return torch.autocast(self._parts.device.type, dtype=self._parts.compute)
        return contextlib.nullcontext()

    def decode(self, latents: Tensor) -> Tensor:
        """See the protocol; what the family's safety checker holds back is black."""
        pictures = self._decoder.decode(latents)
        return pictures if self._safety is None else self._safety(pictures)

    def macs(self, height: int, width: int) -> Macs:
        """See the protocol; counted once per size on copies without storage."""
        return self._macs(height, width)

    def _count(self, height: int, width: int) -> Macs:
        _, *cells = self.latent_shape(height, width)
        return Macs(
            denoiser=self._row_macs((cells[0], cells[1])),
            text_encoder=sum(count_macs(encoder.probe) for encoder in self._encoders.values()),
            decoder=count_macs(lambda: self._decoder.probe((cells[0], cells[1]))),
        )

    def _row_macs(self, cells: tuple[int, int]) -> int:
        """Count one row of the denoiser."""
        self._sample()  # encoded before, so that it is not counted
        return count_macs(lambda: self._blank(cells)())

    def _blank(self, cells: tuple[int, int]) -> Callable[[], object]:
        """Make a pass of one row on a copy without storage; called on the ``meta`` device."""
        config = {name: value for name, value in self._denoiser.config.items() if name[0] != "_"}
        copy = type(self._denoiser).from_config(config).eval()
        given = self.with_guidance(self._sample(), 1.0).tensors
        tensors = {name: torch.empty_like(value, device="meta") for name, value in given.items()}
        latents, times = torch.empty(1, self._channels(), *cells), torch.empty(1)
        return lambda: self._run(copy, latents, times, tensors)

    def _sample(self) -> Conditioning:
        if self._sampled is None:
            self._sampled = self.encode(["x"])
        return self._sampled

    def memory(self, height: int, width: int, rows: int) -> Memory:
        """See the protocol."""
        _, *cells = self.latent_shape(height, width)
        self._sample()
        memory = estimate(self._modules(), lambda: self._blank((cells[0], cells[1])), rows)
        if self._openvino is None:
            return memory
        # compiled weights are a copy in their kernels' own order; torch's stay, for pictures of another size
        copied = memory.weights[self.denoiser_part] * self._parts.compute.itemsize // 4
        return Memory({**memory.weights, OPENVINO: copied}, memory.working)

    def _modules(self) -> dict[str, nn.Module]:
        texts = {part: cast("nn.Module", encoder.model) for part, encoder in self._encoders.items()}
        return {self.denoiser_part: self._denoiser, **texts, "vae": self._decoder.vae}

    @property
    def parameters(self) -> Mapping[str, int]:
        """Parameters of each part, for people."""
        return {
            name: sum(value.numel() for value in module.parameters())
            for name, module in self._modules().items()
        }
