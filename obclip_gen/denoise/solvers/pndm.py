"""PNDM, the default of Stable Diffusion 1.x."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from torch import Tensor

from obclip_gen.denoise.solvers.multistep import dpm_options
from obclip_gen.denoise.solvers.scheduled import ScheduledSolver, make_scheduler, noise_options
from obclip_gen.denoise.space import LatentSpace, same_level
from obclip_gen.denoise.state import PndmState, ResumeState
from obclip_gen.solver_settings import SolverSettings
from obclip_privacy.errors import BadInputError


class Pndm(ScheduledSolver):
    """PNDM in its linear multistep form (PLMS): four model outputs deep.

    Its first move takes two evaluations, so T levels are one fewer; they are spaced evenly in timesteps
    ("leading"), which the method's coefficients assume. On other levels it goes on as DPM-Solver++ 2M,
    from its first order.
    """

    name = "pndm"
    space: ClassVar[LatentSpace] = "vp"
    scheduler_class = "PNDMScheduler"

    @property
    def _changed(self) -> bool:
        return hasattr(self._scheduler, "sigmas")

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See :attr:`Solver.sigmas`."""
        if self._changed:
            return super().sigmas
        levels = [self._table[int(timestep)] for timestep in self._scheduler.timesteps]
        last = float(self._scheduler.final_alpha_cumprod)
        return (*levels, math.sqrt((1 - last) / last))

    def _begin(self, index: int) -> None:
        if self._changed:
            super()._begin(index)

    def _set_levels(self, levels: list[float]) -> None:
        options = noise_options(self._schedule) | dpm_options(2)
        self._scheduler = make_scheduler("DPMSolverMultistepScheduler", options)
        self._scheduler.set_timesteps(len(levels) - 1)
        super()._set_levels(levels)

    def _options(self, settings: SolverSettings) -> dict[str, Any]:
        if self._schedule.prediction_type == "sample":
            raise BadInputError("solver: pndm extrapolates noise; this model predicts the clean latents")
        return {
            "skip_prk_steps": True,
            "set_alpha_to_one": self._schedule.set_alpha_to_one,
            "timestep_spacing": "leading",
        }

    def _asked(self, steps: int) -> int:
        if steps < 3:
            raise BadInputError("num_inference_steps: pndm needs at least 3")
        return steps - 1

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        if self._changed:
            raise BadInputError("solver: pndm on changed levels cannot be handed over again")
        outputs: list[Tensor | None] = [None, None, None, *self._scheduler.ets[-3:]][-3:]
        return PndmState(
            made=min(int(self._scheduler.counter), PndmState.MOST),
            previous_sigma=self.sigmas[index - 1],
            output_1=outputs[-1],
            output_2=outputs[-2],
            output_3=outputs[-3],
            last_sample=self._scheduler.cur_sample,
        )

    def _may_begin(self, index: int) -> bool:
        return False

    def _matches(self, state: ResumeState, index: int) -> bool:
        return (
            isinstance(state, PndmState)
            and min(index, PndmState.MOST) == state.made
            and same_level(self.sigmas[index - 1], state.previous_sigma)
        )

    def _recall(self, state: ResumeState, index: int) -> None:
        if isinstance(state, PndmState):
            given = (state.output_3, state.output_2, state.output_1)
            self._scheduler.ets = [output for output in given if output is not None]
            self._scheduler.cur_sample = state.last_sample
            self._scheduler.counter = index
