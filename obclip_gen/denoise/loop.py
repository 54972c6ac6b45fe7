"""The loop: steps from one index to another, with a look at the clock and at the door between
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from obclip_gen.denoise.guidance import Predictor
from obclip_gen.denoise.solver import Solver


class CancelledError(Exception):
    """The run was told to stop; raised between two steps."""


def _never() -> bool:
    return False


def _nothing(done: int, total: int) -> None:
    del done, total


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks of a run; both are called between steps, in the thread that computes.

    Attributes:
        cancelled: asked before each step; true stops the run.
        progress: told the steps done and their total, once before the first step and after each.
    """

    cancelled: Callable[[], bool] = _never
    progress: Callable[[int, int], None] = _nothing


def run_steps(
    solver: Solver,
    predictor: Predictor,
    latents: Tensor,
    start: int,
    stop: int,
    watch: Watch,
) -> Tensor:
    """Make steps *start* to *stop* - 1.

    Args:
        solver: begun or resumed at *start*.
        predictor: gives the guided model output.
        latents: ``[N, C, h, w]`` at noise level ``solver.sigmas[start]``, in the solver's scaling.
        start: first step.
        stop: one past the last step, at most T.
        watch: callbacks.

    Returns:
        The latents at ``solver.sigmas[stop]``.

    Raises:
        CancelledError: the watch said so.
    """
    watch.progress(0, stop - start)
    with torch.inference_mode():
        for index in range(start, stop):
            if watch.cancelled():
                raise CancelledError
            output = predictor(solver.scale(latents, index), solver.timestep(index), index)
            latents = solver.step(output, index, latents)
            watch.progress(index + 1 - start, stop - start)
    return latents
