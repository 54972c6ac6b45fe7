"""The solvers, by what they remember.

* :mod:`~obclip_gen.denoise.solvers.one_step`: Euler, Heun, flow-matching Euler;
* :mod:`~obclip_gen.denoise.solvers.multistep`: DPM-Solver++ 2M, UniPC;
* :mod:`~obclip_gen.denoise.solvers.pndm`: PNDM;
* :mod:`~obclip_gen.denoise.solvers.levels`: DDIM, and consistency sampling with noise of its own at each
step.
"""

from __future__ import annotations

from obclip_gen.denoise.solver import Solver
from obclip_gen.denoise.solvers.levels import Ddim, Lcm
from obclip_gen.denoise.solvers.multistep import DpmSolver, UniPc
from obclip_gen.denoise.solvers.one_step import Euler, FlowEuler, Heun
from obclip_gen.denoise.solvers.pndm import Pndm
from obclip_gen.denoise.solvers.scheduled import ScheduledSolver
from obclip_gen.fingerprint import Schedule, solvers_for
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.solver_settings import SolverSettings
from obclip_privacy.errors import BadInputError

__all__ = ["make_solver"]

_SCHEDULED: dict[str, type[ScheduledSolver]] = {
    item.name: item for item in (Euler, Heun, DpmSolver, UniPc, Pndm)
}


def make_solver(
    schedule: Schedule,
    settings: SolverSettings,
    steps: int,
    *,
    seed: int | None = None,
    cells: tuple[int, int] | None = None,
) -> Solver:
    """Make the solver of one request.

    Args:
        schedule: of the model that will be run.
        settings: which solver, and how it places its levels.
        steps: T, evaluations of the model.
        seed: of the request; a solver that draws noise at each step draws it from this.
        cells: height and width of the latents, for schedules that depend on them.

    Raises:
        BadInputError: the levels cannot be placed (too many steps for the schedule), the solver is for
            models of
            another kind, or it draws noise and there is no seed.
    """
    fit = solvers_for(schedule)
    if settings.name not in fit:
        kind = "by flow matching" if isinstance(schedule, FlowSchedule) else "with a noise schedule"
        raise BadInputError(f"solver: the model was trained {kind}; use {' or '.join(fit)}")
    if steps > schedule.num_train_timesteps:
        raise BadInputError(
            f"num_inference_steps: {steps} is more than the model's"
            f" {schedule.num_train_timesteps} training timesteps"
        )
    if isinstance(schedule, FlowSchedule):
        if cells is None and schedule.use_dynamic_shifting:
            raise BadInputError("solver: this model's noise levels depend on the size of the picture")
        return FlowEuler(schedule, steps, cells or (0, 0))
    if settings.name == Lcm.name:
        if seed is None:
            raise BadInputError(
                "solver: lcm draws noise at each step; without the request's seed the two sides would draw"
                " different noise, and equal candidates would differ"
            )
        return Lcm(schedule, steps, seed)
    if settings.name == Ddim.name:
        return Ddim(schedule, settings, steps)
    return _SCHEDULED[settings.name](schedule, settings, steps)
