"""Solvers that wrap a scheduler of diffusers, made anew for every request.

A scheduler's options are fixed here and do not come from a model's folder: two sides that name the same
solver run the same solver.
"""

from __future__ import annotations

import inspect
import math
from abc import abstractmethod
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor

from obclip_gen.denoise.solver import Solver
from obclip_gen.libs import library
from obclip_gen.schedule import NoiseSchedule
from obclip_gen.solver_settings import SolverSettings
from obclip_privacy.errors import BadInputError


class ScheduledSolver(Solver):
    """A solver whose levels and steps are a scheduler's."""

    scheduler_class: ClassVar[str]

    def __init__(self, schedule: NoiseSchedule, settings: SolverSettings, steps: int) -> None:
        self._schedule = schedule
        self._table = training_sigmas(schedule)
        options = noise_options(schedule) | {"timestep_spacing": settings.timestep_spacing}
        self._scheduler = make_scheduler(self.scheduler_class, options | self._options(settings))
        self._scheduler.set_timesteps(self._asked(steps))
        if len(self._scheduler.timesteps) != steps:
            raise BadInputError(
                f"num_inference_steps: {settings.timestep_spacing} spacing cannot place {steps} steps"
                f" on {schedule.num_train_timesteps} training timesteps; choose another number"
            )

    def _asked(self, steps: int) -> int:
        """Give the scheduler's number for T evaluations of the model."""
        return steps

    @abstractmethod
    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        """Give the scheduler's arguments beyond the noise schedule."""

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See :attr:`Solver.sigmas`."""
        return tuple(float(sigma) for sigma in self._scheduler.sigmas)

    def timestep(self, index: int) -> Tensor:
        """See :meth:`Solver.timestep`."""
        timestep: Tensor = self._scheduler.timesteps[index]
        return timestep

    def start(self, noise: Tensor) -> Tensor:
        """See :meth:`Solver.start`."""
        self._begin(0)
        return noise * float(self._scheduler.init_noise_sigma)

    def _begin(self, index: int) -> None:
        self._scheduler.set_begin_index(index)

    def scale(self, latents: Tensor, index: int) -> Tensor:
        """See :meth:`Solver.scale`."""
        scaled: Tensor = self._scheduler.scale_model_input(latents, self.timestep(index))
        return scaled

    def step(self, output: Tensor, index: int, latents: Tensor) -> Tensor:
        """See :meth:`Solver.step`."""
        stepped: Tensor = self._scheduler.step(output, self.timestep(index), latents).prev_sample
        return stepped

    def _set_levels(self, levels: list[float]) -> None:
        self._scheduler.sigmas = torch.tensor(levels, dtype=torch.float32)
        self._scheduler.timesteps = torch.tensor(
            [timestep_of(sigma, self._table) for sigma in levels[:-1]], dtype=torch.float32
        )
        self._scheduler.num_inference_steps = len(levels) - 1


def make_scheduler(class_name: str, options: dict[str, Any]) -> Any:
    """Make a scheduler of diffusers; options that it does not have are left out.

    Raises:
        BadInputError: it cannot start from pure noise, and the schedule asks for that.
    """
    scheduler = getattr(library("diffusers"), class_name)
    if options.get("rescale_betas_zero_snr") and class_name in ("HeunDiscreteScheduler", "PNDMScheduler"):
        raise BadInputError("solver: this one cannot start from pure noise, as the model's schedule asks")
    known = set(inspect.signature(scheduler.__init__).parameters)
    return scheduler(**{name: value for name, value in options.items() if name in known})


def noise_options(schedule: NoiseSchedule) -> dict[str, Any]:
    """Give a schedule as a scheduler's arguments."""
    return {
        "num_train_timesteps": schedule.num_train_timesteps,
        "beta_start": schedule.beta_start,
        "beta_end": schedule.beta_end,
        "beta_schedule": schedule.beta_schedule,
        "prediction_type": schedule.prediction_type,
        "steps_offset": schedule.steps_offset,
        "rescale_betas_zero_snr": schedule.rescale_betas_zero_snr,
    }


def training_sigmas(schedule: NoiseSchedule) -> tuple[float, ...]:
    """Noise level of every training timestep, ascending."""
    alphas_cumprod = schedule.alphas_cumprod()
    return tuple(float(sigma) for sigma in ((1 - alphas_cumprod) / alphas_cumprod).sqrt())


def timestep_of(sigma: float, table: tuple[float, ...]) -> float:
    """Interpolate the training timestep of a noise level, linear in log sigma."""
    if sigma <= table[0]:
        return 0.0
    for low, (below, above) in enumerate(pairwise(table)):
        if sigma <= above:
            if above == below:
                return float(low)
            return low + math.log(sigma / below) / math.log(above / below)
    return float(len(table) - 1)
