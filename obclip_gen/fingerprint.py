"""What a model is, so that two sides can tell whether one may go on where the other stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from obclip_gen.canonical import canonical_bytes, sha256_hex
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.reading import Fields
from obclip_gen.schedule import NoiseSchedule
from obclip_gen.solver_settings import DIFFUSION_SOLVERS, FLOW_SOLVERS
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: How a model's noise was made.
Schedule = NoiseSchedule | FlowSchedule

_HEX = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[\w.:@+/ -]{1,200}")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Identity and latent space of a model.

    Attributes:
        model_id: the name by which the model was asked for, without any folder
            (``embedded:cloud``).
        family: which code runs it (``stable-diffusion``).
        latent_channels: channels C of the latents.
        downscale: pixels per latent cell along one side, f.
        scaling_factor: latents are divided by it before they are decoded.
        shift_factor: added to the latents after that.
        schedule: the noise schedule.
        denoiser_sha256: of the denoiser's weights.
        text_encoder_sha256: of the text encoders' weights.
        text: how the text encoders are read.
    """

    model_id: str
    family: str
    latent_channels: int
    downscale: int
    scaling_factor: float
    shift_factor: float
    schedule: Schedule
    denoiser_sha256: str
    text_encoder_sha256: str
    text: str = "plain"

    def __post_init__(self) -> None:
        for name in ("model_id", "family", "text"):
            if not _NAME.fullmatch(getattr(self, name)):
                raise BadInputError(f"fingerprint: {name} is not a plain name")
        for name in ("latent_channels", "downscale"):
            if not 1 <= getattr(self, name) <= 1024:
                raise BadInputError(f"fingerprint: {name} must be from 1 to 1024")
        if self.scaling_factor == 0:
            raise BadInputError("fingerprint: scaling_factor must not be 0")
        for name in ("denoiser_sha256", "text_encoder_sha256"):
            if not _HEX.fullmatch(getattr(self, name)):
                raise BadInputError(f"fingerprint: {name} must be 64 hexadecimal digits")

    @property
    def sha256(self) -> str:
        """Hash of all fields: two models with the same hash give the same latents."""
        return sha256_hex(canonical_bytes(self.to_json()))

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        plain: dict[str, Json] = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["schedule"] = self.schedule.to_json()
        return plain

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Fingerprint:
        """Read what :meth:`to_json` wrote, strictly.

        Raises:
            BadInputError: a key is unknown or missing, or a value is of the wrong kind.
        """
        read = Fields(value, "fingerprint: ", [field.name for field in fields(cls)])
        return cls(
            model_id=read.text("model_id"),
            family=read.text("family"),
            latent_channels=read.whole("latent_channels"),
            downscale=read.whole("downscale"),
            scaling_factor=read.number("scaling_factor"),
            shift_factor=read.number("shift_factor"),
            schedule=_schedule(read.part("schedule")),
            denoiser_sha256=read.text("denoiser_sha256"),
            text_encoder_sha256=read.text("text_encoder_sha256"),
            text=read.text("text"),
        )


def solvers_for(schedule: Schedule) -> tuple[str, ...]:
    """Give the names of the solvers that a model's process can be run with."""
    return FLOW_SOLVERS if isinstance(schedule, FlowSchedule) else DIFFUSION_SOLVERS


def _schedule(value: Mapping[str, Json]) -> Schedule:
    return FlowSchedule.from_json(value) if "shift" in value else NoiseSchedule.from_json(value)


#: What must agree for latents of one model to mean anything to the other.
_LATENT_SPACE = ("latent_channels", "downscale", "scaling_factor", "shift_factor")


def latent_space_differences(cloud: Fingerprint, device: Fingerprint) -> tuple[str, ...]:
    """Say in words why *device* cannot go on from *cloud*'s latents; empty when it can.

    Noise schedules may differ: the hand-over is matched by noise level, not by step. Text encoders
    and prediction types may differ: neither crosses the hand-over.
    """
    return tuple(
        f"{name}: cloud {getattr(cloud, name)}, device {getattr(device, name)}"
        for name in _LATENT_SPACE
        if getattr(cloud, name) != getattr(device, name)
    )
