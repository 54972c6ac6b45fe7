"""Solvers that extrapolate from earlier predictions of the clean latents, each with its noise level."""

from __future__ import annotations

from typing import Any, ClassVar

from obclip_gen.denoise.solvers.scheduled import ScheduledSolver
from obclip_gen.denoise.space import LatentSpace, same_level
from obclip_gen.denoise.state import DpmSolverState, ResumeState, UniPcState
from obclip_gen.solver_settings import SolverSettings


class DpmSolver(ScheduledSolver):
    """DPM-Solver++ 2M, midpoint form."""

    name = "dpmsolver++"
    space: ClassVar[LatentSpace] = "vp"
    scheduler_class = "DPMSolverMultistepScheduler"

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        return dpm_options(2) | {"use_karras_sigmas": settings.karras}

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

    def _recall(self, state: ResumeState, index: int) -> None:
        if isinstance(state, DpmSolverState):
            self._scheduler.model_outputs[-1] = state.previous_x0
            self._scheduler.lower_order_nums = state.lower_order_nums

    def _carried(self, state: ResumeState | None) -> list[float]:
        return [state.previous_sigma] if isinstance(state, DpmSolverState) else []


def dpm_options(order: int) -> dict[str, Any]:
    """Arguments of the scheduler of DPM-Solver++ of an order."""
    return {
        "solver_order": order,
        "algorithm_type": "dpmsolver++",
        "solver_type": "midpoint",
        "final_sigmas_type": "zero",
    }


class UniPc(ScheduledSolver):
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

    def _recall(self, state: ResumeState, index: int) -> None:
        if isinstance(state, UniPcState):
            self._scheduler.model_outputs[:] = [state.earlier_x0, state.previous_x0]
            self._scheduler.last_sample = state.last_sample
            self._scheduler.lower_order_nums = state.lower_order_nums
            self._scheduler.this_order = state.this_order
