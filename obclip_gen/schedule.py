"""The noise schedule that a diffusion model was trained with, free of any solver.

A noise level is named by sigma, the noise-to-signal ratio ``sqrt((1 - abar) / abar)`` of a
variance-preserving process (Karras et al. 2022, "EDM", table 1): unlike a step index or a training
timestep it means the same to every model and solver, so the hand-over is matched by it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from obclip_gen.libs import library
from obclip_gen.reading import Fields
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

if TYPE_CHECKING:
    from torch import Tensor

BETA_SCHEDULES = ("linear", "scaled_linear", "squaredcos_cap_v2")
PREDICTION_TYPES = ("epsilon", "v_prediction", "sample")
TIMESTEP_SPACINGS = ("leading", "linspace", "trailing")


@dataclass(frozen=True, slots=True)
class NoiseSchedule:
    """Training-time noise of a model; the names are those of diffusers' scheduler configurations.

    Attributes:
        num_train_timesteps: how many discrete noise levels there were, 1 to 100,000.
        beta_start: variance added at the first level, in (0, 1); unused by ``squaredcos_cap_v2``.
        beta_end: variance added at the last level, in (0, 1); unused by ``squaredcos_cap_v2``.
        beta_schedule: one of :data:`BETA_SCHEDULES`.
        prediction_type: what the network's output means, one of :data:`PREDICTION_TYPES`.
        timestep_spacing: how inference picks its levels, one of :data:`TIMESTEP_SPACINGS` (Lin et
            al. 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", table 2).
        steps_offset: added to the timesteps under ``leading``.
        set_alpha_to_one: whether DDIM's last step goes to no noise at all.
        rescale_betas_zero_snr: whether the last level is pure noise.
    """

    num_train_timesteps: int = 1000
    beta_start: float = 0.0001
    beta_end: float = 0.02
    beta_schedule: str = "linear"
    prediction_type: str = "epsilon"
    timestep_spacing: str = "leading"
    steps_offset: int = 0
    set_alpha_to_one: bool = True
    rescale_betas_zero_snr: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.num_train_timesteps <= 100_000:
            raise BadInputError("noise schedule: num_train_timesteps must be from 1 to 100,000")
        if not 0 <= self.steps_offset < self.num_train_timesteps:
            raise BadInputError("noise schedule: steps_offset must be less than num_train_timesteps")
        if not (0 < self.beta_start < 1 and 0 < self.beta_end < 1):
            raise BadInputError("noise schedule: beta_start and beta_end must be between 0 and 1")
        for name, allowed in (
            ("beta_schedule", BETA_SCHEDULES),
            ("prediction_type", PREDICTION_TYPES),
            ("timestep_spacing", TIMESTEP_SPACINGS),
        ):
            if getattr(self, name) not in allowed:
                raise BadInputError(f"noise schedule: {name} must be one of {', '.join(allowed)}")

    @classmethod
    def from_config(cls, config: Mapping[str, Json]) -> NoiseSchedule:
        """Take the noise schedule out of a diffusers scheduler configuration.

        Keys that belong to a solver are left alone: the solver is the request's choice, not the
        model's. What the configuration leaves out is what its class takes then.

        Raises:
            BadInputError: the configuration describes a process that is not supported (flow
                matching, EDM, hand-made betas), or a value is out of range.
        """
        if config.get("trained_betas") is not None:
            raise BadInputError("noise schedule: trained_betas are not supported")
        if config.get("use_flow_sigmas") or str(config.get("_class_name", "")).startswith("Flow"):
            raise BadInputError("noise schedule: flow matching models are not supported")
        defaults = cls().to_json()
        if config.get("_class_name") is not None:
            defaults |= _class_defaults(config["_class_name"])
        return cls.from_json({name: config.get(name, default) for name, default in defaults.items()})

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> NoiseSchedule:
        """Read what :meth:`to_json` wrote.

        Raises:
            BadInputError: a key is unknown or missing, or a value is of the wrong kind or out of range.
        """
        read = Fields(value, "noise schedule: ", [field.name for field in fields(cls)])
        return cls(
            num_train_timesteps=read.whole("num_train_timesteps"),
            beta_start=read.number("beta_start"),
            beta_end=read.number("beta_end"),
            beta_schedule=read.text("beta_schedule"),
            prediction_type=read.text("prediction_type"),
            timestep_spacing=read.text("timestep_spacing"),
            steps_offset=read.whole("steps_offset"),
            set_alpha_to_one=read.flag("set_alpha_to_one"),
            rescale_betas_zero_snr=read.flag("rescale_betas_zero_snr"),
        )

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        return asdict(self)

    def alphas_cumprod(self) -> Tensor:
        """Give the signal level ``abar`` of every training timestep, ``[num_train_timesteps]`` in 0..1.

        The table is diffusers' own, so that it equals the solvers' to the last bit.
        """
        scheduler = library("diffusers").DDIMScheduler(
            num_train_timesteps=self.num_train_timesteps,
            beta_start=self.beta_start,
            beta_end=self.beta_end,
            beta_schedule=self.beta_schedule,
            rescale_betas_zero_snr=self.rescale_betas_zero_snr,
        )
        table: Tensor = scheduler.alphas_cumprod
        return table


def _class_defaults(kind: Json) -> dict[str, Json]:
    """Give what a scheduler class of diffusers takes for the fields of a noise schedule.

    Raises:
        BadInputError: there is no such class, or its noise levels are not made from betas.
    """
    scheduler = getattr(library("diffusers"), str(kind), None)
    known = inspect.signature(scheduler).parameters if isinstance(scheduler, type) else {}
    if "beta_schedule" not in known:
        raise BadInputError(
            f"noise schedule: {kind} is not supported: its noise levels are not made from betas"
        )
    return {field.name: known[field.name].default for field in fields(NoiseSchedule) if field.name in known}
