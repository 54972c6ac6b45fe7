"""The solvers: each wraps a scheduler of diffusers, made anew for every request.

A scheduler's options are fixed here and do not come from a model's folder: two sides that name the same
solver run the same solver.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from obclip_gen.denoise.solver import LatentSpace, Resumption, Solver, same_level
from obclip_gen.denoise.state import (
    DdimState,
    DpmSolverState,
    EulerState,
    ResumeState,
    UniPcState,
)
from obclip_gen.request import SolverSettings
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError


class Euler(Solver):
    """Euler's method in sigma."""

    name = "euler"
    space: ClassVar[LatentSpace] = "ve"
    scheduler_class = "EulerDiscreteScheduler"

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return {"use_karras_sigmas": settings.karras, "final_sigmas_type": "zero"}

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return EulerState()

    def _matches(self, state: ResumeState, index: int) -> bool:
        return True

    def _recall(self, state: ResumeState) -> None:
        pass

    def _place(self, sigma: float, step: int) -> int | None:
        """Find a noise level among this solver's own; *step* decides between equal ones."""
        places = [at for at, own in enumerate(self.sigmas) if same_level(own, sigma)]
        if not places:
            return None
        return step if step in places else places[0]

    def _fresh(self) -> Resumption:
        return "exact"


class DpmSolver(Solver):
    """DPM-Solver++ 2M, midpoint form."""

    name = "dpmsolver++"
    space: ClassVar[LatentSpace] = "vp"
    scheduler_class = "DPMSolverMultistepScheduler"
    order: ClassVar[int] = 2

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return {
            "use_karras_sigmas": settings.karras,
            "solver_order": self.order,
            "algorithm_type": "dpmsolver++",
            "solver_type": "midpoint",
            "final_sigmas_type": "zero",
        }

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return DpmSolverState(
            lower_order_nums=int(self._scheduler.lower_order_nums),
            previous_sigma=self.sigmas[index - 1],
            previous_x0=self._scheduler.model_outputs[-1],
        )

    def _matches(self, state: ResumeState, index: int) -> bool:
        return (
            isinstance(state, DpmSolverState)
            and index >= 1
            and same_level(self.sigmas[index - 1], state.previous_sigma)
        )

    def _recall(self, state: ResumeState) -> None:
        if isinstance(state, DpmSolverState):
            self._scheduler.model_outputs[-1] = state.previous_x0
            self._scheduler.lower_order_nums = state.lower_order_nums

    def _carried(self, state: ResumeState | None) -> list[float]:
        return [state.previous_sigma] if isinstance(state, DpmSolverState) else []


class UniPc(Solver):
    """UniPC of order 2, B2(h) form, predictor and corrector."""

    name = "unipc"
    space: ClassVar[LatentSpace] = "vp"
    scheduler_class = "UniPCMultistepScheduler"

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return {
            "use_karras_sigmas": settings.karras,
            "solver_order": 2,
            "solver_type": "bh2",
            "final_sigmas_type": "zero",
        }

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        scheduler = self._scheduler
        return UniPcState(
            lower_order_nums=int(scheduler.lower_order_nums),
            this_order=int(scheduler.this_order),
            previous_sigma=self.sigmas[index - 1],
            earlier_sigma=self.sigmas[max(index - 2, 0)],
            previous_x0=scheduler.model_outputs[-1],
            last_sample=scheduler.last_sample,
            earlier_x0=scheduler.model_outputs[-2],
        )

    def _matches(self, state: ResumeState, index: int) -> bool:
        return (
            isinstance(state, UniPcState)
            and index >= 1
            and same_level(self.sigmas[index - 1], state.previous_sigma)
            and same_level(self.sigmas[max(index - 2, 0)], state.earlier_sigma)
        )

    def _recall(self, state: ResumeState) -> None:
        if isinstance(state, UniPcState):
            self._scheduler.model_outputs[:] = [state.earlier_x0, state.previous_x0]
            self._scheduler.last_sample = state.last_sample
            self._scheduler.lower_order_nums = state.lower_order_nums
            self._scheduler.this_order = state.this_order


class Ddim(Solver):
    """DDIM without noise.

    diffusers' DDIM steps on training timesteps. On changed levels this becomes the first-order
    DPM-Solver++, which is the same update at any level (Lu et al. 2022, section 4.1).
    """

    name = "ddim"
    space: ClassVar[LatentSpace] = "vp"
    scheduler_class = "DDIMScheduler"

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return {
            "clip_sample": False,
            "set_alpha_to_one": self._schedule.set_alpha_to_one,
        }

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See :attr:`Solver.sigmas`."""
        if hasattr(self._scheduler, "sigmas"):
            return super().sigmas
        levels = [self._table[int(timestep)] for timestep in self._scheduler.timesteps]
        last = float(self._scheduler.final_alpha_cumprod)
        return (*levels, math.sqrt((1 - last) / last))

    def _begin(self, index: int) -> None:
        if hasattr(self._scheduler, "set_begin_index"):
            super()._begin(index)

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return DdimState()

    def _matches(self, state: ResumeState, index: int) -> bool:
        return True

    def _recall(self, state: ResumeState) -> None:
        pass

    def _place(self, sigma: float, step: int) -> int | None:
        """Find a noise level among this solver's own; *step* decides between equal ones."""
        places = [at for at, own in enumerate(self.sigmas) if same_level(own, sigma)]
        if not places:
            return None
        return step if step in places else places[0]

    def _fresh(self) -> Resumption:
        return "exact"

    def _set_levels(self, levels: list[float]) -> None:
        schedule = self._schedule
        self._scheduler = self._make(
            {
                "num_train_timesteps": schedule.num_train_timesteps,
                "beta_start": schedule.beta_start,
                "beta_end": schedule.beta_end,
                "beta_schedule": schedule.beta_schedule,
                "prediction_type": schedule.prediction_type,
                "rescale_betas_zero_snr": schedule.rescale_betas_zero_snr,
                "solver_order": 1,
                "algorithm_type": "dpmsolver++",
                "final_sigmas_type": "zero",
            },
            "DPMSolverMultistepScheduler",
        )
        self._scheduler.set_timesteps(len(levels) - 1)
        super()._set_levels(levels)


_SOLVERS: dict[str, type[Solver]] = {item.name: item for item in (Ddim, Euler, DpmSolver, UniPc)}


def make_solver(schedule: NoiseSchedule, settings: SolverSettings, steps: int) -> Solver:
    """Make the solver of one request.

    Args:
        schedule: of the model that will be run.
        settings: which solver, and how it places its levels.
        steps: T.

    Raises:
        BadInputError: the levels cannot be placed (too many steps for the schedule).
    """
    if steps > schedule.num_train_timesteps:
        raise BadInputError(
            f"num_inference_steps: {steps} is more than the model's"
            f" {schedule.num_train_timesteps} training timesteps"
        )
    return _SOLVERS[settings.name](schedule, settings, steps)
