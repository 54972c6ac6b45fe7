"""Solvers that need nothing of the past between two moves: Euler and Heun in sigma, and flow-matching
Euler.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor

from obclip_gen.denoise.solver import Memoryless, Resumption
from obclip_gen.denoise.solvers.scheduled import ScheduledSolver, make_scheduler
from obclip_gen.denoise.space import LatentSpace, same_level
from obclip_gen.denoise.state import EulerState, FlowEulerState, HeunState, ResumeState
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.solver_settings import SolverSettings
from obclip_privacy.errors import BadInputError


class Euler(Memoryless, ScheduledSolver):
    """Euler's method in sigma."""

    name = "euler"
    space: ClassVar[LatentSpace] = "ve"
    scheduler_class = "EulerDiscreteScheduler"

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return {"use_karras_sigmas": settings.karras, "final_sigmas_type": "zero"}

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return EulerState()


class Heun(ScheduledSolver):
    """Heun's method in sigma (Karras et al. 2022, algorithm 1 without churn).

    A move takes two evaluations, the last one only one: T is odd. After an even number of steps nothing
    need be remembered; in the middle of a move the latents are Euler's prediction, and the start of the
    move travels.
    """

    name = "heun"
    space: ClassVar[LatentSpace] = "ve"
    scheduler_class = "HeunDiscreteScheduler"

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return {"use_karras_sigmas": settings.karras, "clip_sample": False}

    def _asked(self, steps: int) -> int:
        if steps % 2 == 0:
            raise BadInputError(
                "num_inference_steps: heun evaluates the model twice a move and once for the last;"
                f" use an odd number such as {steps + 1}"
            )
        return (steps + 1) // 2

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        if index % 2 == 0 or index == self.steps:
            return HeunState(previous_sigma=self.sigmas[index - 1], last_sample=None, derivative=None)
        scheduler = self._scheduler
        return HeunState(self.sigmas[index - 1], scheduler.sample, scheduler.prev_derivative)

    def _place(self, sigma: float, step: int) -> int | None:
        """A level that occurs twice is entered as the start of a move, unless the middle of one is asked
        for.
        """
        places = [at for at, own in enumerate(self.sigmas) if same_level(own, sigma)]
        return step if step in places else max(places, default=None)

    def _may_begin(self, index: int) -> bool:
        return index % 2 == 0

    def _fresh(self) -> Resumption:
        return "exact"

    def _matches(self, state: ResumeState, index: int) -> bool:
        if not isinstance(state, HeunState) or (index % 2 == 1) != (state.derivative is not None):
            return False
        return index % 2 == 0 or same_level(self.sigmas[index - 1], state.previous_sigma)

    def _recall(self, state: ResumeState, index: int) -> None:
        if isinstance(state, HeunState) and state.derivative is not None:
            scheduler = self._scheduler
            scheduler.sample, scheduler.prev_derivative = state.last_sample, state.derivative
            scheduler.dt = scheduler.sigmas[index] - scheduler.sigmas[index - 1]

    def _set_levels(self, levels: list[float]) -> None:
        super()._set_levels([levels[0], *(level for level in levels[1:-1] for _ in range(2)), levels[-1]])


class FlowEuler(Memoryless):
    """Euler's method along the straight paths of flow matching (Esser et al. 2024)."""

    name = "flow-euler"
    space: ClassVar[LatentSpace] = "flow"

    def __init__(self, schedule: FlowSchedule, steps: int, cells: tuple[int, int]) -> None:
        """Place the levels.

        Args:
            schedule: of the model.
            steps: T.
            cells: height and width of the latents, on which the shift may depend.
        """
        self._train = schedule.num_train_timesteps
        self._scheduler = make_scheduler(
            "FlowMatchEulerDiscreteScheduler",
            {"num_train_timesteps": self._train, "shift": schedule.shift_at(cells)},
        )
        uniform = torch.linspace(1, 1 / steps, steps).tolist() if schedule.placement == "uniform" else None
        self._scheduler.set_timesteps(steps, sigmas=uniform)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See :attr:`Solver.sigmas`: s / (1 - s), which is infinite at the start."""
        levels = (float(s) for s in self._scheduler.sigmas)
        return tuple(s / (1 - s) if s < 1 else math.inf for s in levels)

    def timestep(self, index: int) -> Tensor:
        """See :meth:`Solver.timestep`."""
        timestep: Tensor = self._scheduler.timesteps[index]
        return timestep

    def start(self, noise: Tensor) -> Tensor:
        """See :meth:`Solver.start`."""
        self._begin(0)
        return noise

    def scale(self, latents: Tensor, index: int) -> Tensor:
        """See :meth:`Solver.scale`."""
        return latents

    def step(self, output: Tensor, index: int, latents: Tensor) -> Tensor:
        """See :meth:`Solver.step`."""
        stepped: Tensor = self._scheduler.step(output, self.timestep(index), latents).prev_sample
        return stepped

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return FlowEulerState()

    def _begin(self, index: int) -> None:
        self._scheduler.set_begin_index(index)

    def _set_levels(self, levels: list[float]) -> None:
        flow = torch.tensor([sigma / (1 + sigma) for sigma in levels], dtype=torch.float64).float()
        self._scheduler.sigmas = flow
        self._scheduler.timesteps = flow[:-1] * self._train
        self._scheduler.num_inference_steps = len(levels) - 1
