"""What a solver is: a walk down noise levels, for one request, that can be stopped and resumed.

A solver walks down its noise levels ``sigmas[0] > ... > sigmas[T]``; step i goes from
``sigmas[i]`` to ``sigmas[i + 1]``. Latents live in one of two scalings: variance preserving
(``vp``: x = a x0 + s e with a^2 + s^2 = 1) or variance exploding (``ve``: x = x0 + sigma e).

Resuming (:meth:`Solver.resume`) compares noise levels, never step indices. If the solver's own
levels contain those of the hand-over, it goes on bit for bit where the other side stopped. If they
do not (other T, other schedule), the levels become the hand-over's followed by the solver's own
smaller ones; history is kept where the solver can use predictions at arbitrary levels, else it
restarts at first order.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from obclip_gen.denoise.state import ResumeState
from obclip_gen.libs import library
from obclip_gen.request import SolverSettings
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError

LatentSpace = Literal["vp", "ve"]

#: How a run was resumed, for the record: ``exact`` (same levels, full state), ``history`` (other
#: levels, predictions carried over) or ``restart`` (first order).
Resumption = Literal["exact", "history", "restart"]


#: Noise levels that agree to this relative error are one level: two machines may differ in the last
#: digits of a float32 cumulative product, and a step between the two values would divide by
#: nothing.
_SAME_LEVEL = 1e-5

#: On changed levels no step is shorter than this ratio of noise levels, for the same reason.
_CLOSE_STEP = 1.02


@dataclass(frozen=True, slots=True)
class HandOver:
    """A place to go on from.

    Attributes:
        latents: ``[N, C, h, w]`` in the scaling ``space``.
        space: ``vp`` or ``ve``.
        sigma: noise level of the latents.
        step: how many steps were made, k.
        state: the solver's memory; ``None`` restarts at first order.
    """

    latents: Tensor
    space: LatentSpace
    sigma: float
    step: int
    state: ResumeState | None


class Solver(ABC):
    """One request's solver. Holds its scheduler alone; not to be shared between requests or
    threads.
    """

    name: ClassVar[str]
    space: ClassVar[LatentSpace]
    scheduler_class: ClassVar[str]

    def __init__(self, schedule: NoiseSchedule, settings: SolverSettings, steps: int) -> None:
        self._schedule = schedule
        options = {
            "num_train_timesteps": schedule.num_train_timesteps,
            "beta_start": schedule.beta_start,
            "beta_end": schedule.beta_end,
            "beta_schedule": schedule.beta_schedule,
            "prediction_type": schedule.prediction_type,
            "timestep_spacing": settings.timestep_spacing,
            "steps_offset": schedule.steps_offset,
            "rescale_betas_zero_snr": schedule.rescale_betas_zero_snr,
        }
        self._scheduler = self._make({**options, **self._options(settings)}, self.scheduler_class)
        self._scheduler.set_timesteps(steps)
        if len(self._scheduler.timesteps) != steps:
            raise BadInputError(
                f"num_inference_steps: {settings.timestep_spacing} spacing cannot place {steps} steps"
                f" on {schedule.num_train_timesteps} training timesteps; choose another number"
            )
        self._table = _training_sigmas(schedule.alphas_cumprod())

    def _make(self, options: dict[str, Any], class_name: str) -> Any:
        scheduler = getattr(library("diffusers"), class_name)
        return scheduler(**options)

    @abstractmethod
    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        """Give the scheduler's arguments beyond the noise schedule."""

    @property
    def steps(self) -> int:
        """How many steps there are, T."""
        return len(self._scheduler.timesteps)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The T + 1 noise levels, descending; float32 values."""
        return tuple(float(sigma) for sigma in self._scheduler.sigmas)

    def timestep(self, index: int) -> Tensor:
        """The training timestep that step *index* starts at: a scalar, maybe between two whole
        ones.
        """
        timestep: Tensor = self._scheduler.timesteps[index]
        return timestep

    def start(self, noise: Tensor) -> Tensor:
        """Turn standard normal noise ``[N, C, h, w]`` into the first latents."""
        self._begin(0)
        return noise * float(self._scheduler.init_noise_sigma)

    def _begin(self, index: int) -> None:
        self._scheduler.set_begin_index(index)

    def scale(self, latents: Tensor, index: int) -> Tensor:
        """Give the model's input for the latents at step *index*."""
        scaled: Tensor = self._scheduler.scale_model_input(latents, self.timestep(index))
        return scaled

    def step(self, output: Tensor, index: int, latents: Tensor) -> Tensor:
        """Make step *index*.

        Args:
            output: the guided model output, ``[N, C, h, w]``.
            index: must follow the previous call's.
            latents: before the step.

        Returns:
            The latents after the step.
        """
        stepped: Tensor = self._scheduler.step(output, self.timestep(index), latents).prev_sample
        return stepped

    @abstractmethod
    def capture(self, index: int) -> ResumeState:
        """Give the state between steps ``index - 1`` and *index*, 1 <= index <= T."""

    def resume(self, given: HandOver) -> tuple[int, Tensor, Resumption]:
        """Go on from a hand-over.

        Returns:
            The index of the next step, the latents in this solver's scaling, and how it was
            resumed. An index of ``steps`` means that nothing is left to do.
        """
        latents = rescale(given.latents, given.sigma, given.space, self.space)
        index = self._place(given.sigma, given.step)
        if index is not None:
            if given.state is None or index == self.steps:
                self._begin(index)
                return index, latents, "exact" if index == self.steps else self._fresh()
            if given.state.solver == self.name and self._matches(given.state, index):
                self._begin(index)
                self._recall(given.state)
                return index, latents, "exact"
        return self._regrid(given, latents)

    def _place(self, sigma: float, step: int) -> int | None:
        """Find a noise level among this solver's own; *step* decides between equal ones."""
        places = [at for at, own in enumerate(self.sigmas) if same_level(own, sigma)]
        if not places:
            return None
        return step if step in places else places[0]

    def _fresh(self) -> Resumption:
        """How to call a resumption without a state."""
        return "restart"

    @abstractmethod
    def _matches(self, state: ResumeState, index: int) -> bool:
        """Whether the state's history lies on this solver's levels just above *index*."""

    @abstractmethod
    def _recall(self, state: ResumeState) -> None:
        """Put the state into the scheduler."""

    def _regrid(self, given: HandOver, latents: Tensor) -> tuple[int, Tensor, Resumption]:
        smaller = [sigma for sigma in self.sigmas if sigma * _CLOSE_STEP < given.sigma]
        if not smaller:
            raise BadInputError(
                f"the hand-over at noise level {given.sigma:.4g} is below this side's last step;"
                " use more device steps or an earlier split"
            )
        above = self._carried(given.state)
        levels = [*above, given.sigma, *smaller]
        self._set_levels(levels)
        self._begin(len(above))
        if above and given.state is not None:
            self._recall(given.state)
            return len(above), latents, "history"
        return 0, latents, "restart"

    def _carried(self, state: ResumeState | None) -> list[float]:
        """Levels above the hand-over whose predictions this solver can use on a changed grid."""
        return []

    def _set_levels(self, levels: list[float]) -> None:
        self._scheduler.sigmas = torch.tensor(levels, dtype=torch.float32)
        self._scheduler.timesteps = torch.tensor(
            [_timestep_of(sigma, self._table) for sigma in levels[:-1]], dtype=torch.float32
        )
        self._scheduler.num_inference_steps = len(levels) - 1


def _training_sigmas(alphas_cumprod: Tensor) -> tuple[float, ...]:
    """Noise level of every training timestep, ascending."""
    return tuple(float(sigma) for sigma in ((1 - alphas_cumprod) / alphas_cumprod).sqrt())


def _timestep_of(sigma: float, table: tuple[float, ...]) -> float:
    """Interpolate the training timestep of a noise level, linear in log sigma."""
    if sigma <= table[0]:
        return 0.0
    for low, (below, above) in enumerate(pairwise(table)):
        if sigma <= above:
            if above == below:
                return float(low)
            return low + math.log(sigma / below) / math.log(above / below)
    return float(len(table) - 1)


def same_level(one: float, other: float) -> bool:
    """Whether two noise levels are one and the same."""
    return math.isclose(one, other, rel_tol=_SAME_LEVEL)


def rescale(latents: Tensor, sigma: float, given: LatentSpace, wanted: LatentSpace) -> Tensor:
    """Change between ``ve`` and ``vp`` scaling: x_vp = x_ve / sqrt(1 + sigma^2)."""
    if given == wanted:
        return latents
    factor = math.sqrt(1 + sigma**2)
    return latents / factor if wanted == "vp" else latents * factor
