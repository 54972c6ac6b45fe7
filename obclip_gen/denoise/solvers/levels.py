"""Solvers whose step is written here for any noise level: DDIM and consistency sampling.

diffusers' schedulers of these names know whole training timesteps only, and DDIM's takes the level after a
step from T rather than from the next timestep: where T does not divide the training timesteps (101 of
1000), the latents are at another level than the next evaluation assumes, and the result was off by 0.1 of
a unit Gaussian where the step below is off by 0.01. Their choice of timesteps is kept.
"""

from __future__ import annotations

import hashlib
import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from obclip_gen.denoise.solver import Memoryless
from obclip_gen.denoise.solvers.scheduled import make_scheduler, noise_options, timestep_of, training_sigmas
from obclip_gen.denoise.space import LatentSpace, signal
from obclip_gen.denoise.state import DdimState, LcmState, ResumeState
from obclip_gen.schedule import NoiseSchedule
from obclip_gen.solver_settings import SolverSettings
from obclip_privacy.errors import BadInputError


class LevelSolver(Memoryless):
    """One step at a time, nothing remembered; see the module."""

    space: ClassVar[LatentSpace] = "vp"

    def __init__(self, schedule: NoiseSchedule, timesteps: Sequence[int], last: float) -> None:
        """Take levels from timesteps.

        Args:
            schedule: of the model.
            timesteps: where the steps begin, descending.
            last: the noise level to stop at.
        """
        self._prediction = schedule.prediction_type
        self._table = training_sigmas(schedule)
        self._times: tuple[float, ...] = tuple(timesteps)
        self._levels: tuple[float, ...] = (*(self._table[timestep] for timestep in timesteps), last)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See :attr:`Solver.sigmas`."""
        return self._levels

    def timestep(self, index: int) -> Tensor:
        """See :meth:`Solver.timestep`."""
        return torch.tensor(self._times[index])

    def start(self, noise: Tensor) -> Tensor:
        """See :meth:`Solver.start`."""
        return noise

    def scale(self, latents: Tensor, index: int) -> Tensor:
        """See :meth:`Solver.scale`."""
        return latents

    def step(self, output: Tensor, index: int, latents: Tensor) -> Tensor:
        """See :meth:`Solver.step`."""
        alpha = signal(self._levels[index], "vp")
        sigma = alpha * self._levels[index]
        match self._prediction:
            case "epsilon":
                clean = (latents - sigma * output) / alpha
            case "sample":
                clean = output
            case _:
                clean = alpha * latents - sigma * output
        return self._stepped(clean, index, latents)

    @abstractmethod
    def _stepped(self, clean: Tensor, index: int, latents: Tensor) -> Tensor:
        """Make step *index*, given the prediction of the clean latents."""

    def _begin(self, index: int) -> None:
        pass

    def _set_levels(self, levels: list[float]) -> None:
        self._levels = tuple(levels)
        self._times = tuple(timestep_of(sigma, self._table) for sigma in levels[:-1])


class Ddim(LevelSolver):
    """DDIM without noise (Song et al. 2021, eq. 12 with eta = 0)."""

    name = "ddim"

    def __init__(self, schedule: NoiseSchedule, settings: SolverSettings, steps: int) -> None:
        options: dict[str, Any] = {
            "timestep_spacing": settings.timestep_spacing,
            "set_alpha_to_one": schedule.set_alpha_to_one,
        }
        scheduler = make_scheduler("DDIMScheduler", noise_options(schedule) | options)
        scheduler.set_timesteps(steps)
        timesteps = [int(timestep) for timestep in scheduler.timesteps]
        if len(timesteps) != steps:
            raise BadInputError(
                f"num_inference_steps: {settings.timestep_spacing} spacing cannot place {steps} steps"
                f" on {schedule.num_train_timesteps} training timesteps; choose another number"
            )
        kept = float(scheduler.final_alpha_cumprod)
        super().__init__(schedule, timesteps, math.sqrt((1 - kept) / kept))

    def _stepped(self, clean: Tensor, index: int, latents: Tensor) -> Tensor:
        alpha, after = signal(self._levels[index], "vp"), self._levels[index + 1]
        kept = signal(after, "vp")
        ratio = kept * after / (alpha * self._levels[index])
        return ratio * latents + (kept - ratio * alpha) * clean

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return DdimState()


class Lcm(LevelSolver):
    """Multistep consistency sampling (Luo et al. 2023, "Latent Consistency Models", algorithm 3).

    Each step predicts the clean latents and adds fresh noise of the next level. The noise is drawn from
    the request's seed and the steps that remain, once, and is the same for every candidate: both sides
    know it without sending anything, equal candidates stay equal, and it cannot depend on which candidate
    is real.
    """

    name = "lcm"
    #: Levels of the distillation, among which T are picked (the paper's N / k).
    DISTILLED: ClassVar[int] = 50
    #: The boundary conditions' scale of timesteps and standard deviation of data (the paper's appendix).
    _SCALE: ClassVar[float] = 10.0
    _DATA: ClassVar[float] = 0.5

    def __init__(self, schedule: NoiseSchedule, steps: int, seed: int) -> None:
        """Place the levels.

        Args:
            schedule: of the model.
            steps: T, at most 50.
            seed: of all noise of the request.

        Raises:
            BadInputError: more steps than the model was distilled for.
        """
        distilled = min(self.DISTILLED, schedule.num_train_timesteps)
        if steps > distilled:
            raise BadInputError(f"num_inference_steps: lcm makes at most {distilled} steps")
        scheduler = make_scheduler("LCMScheduler", noise_options(schedule))
        scheduler.set_timesteps(steps, original_inference_steps=distilled)
        super().__init__(schedule, [int(timestep) for timestep in scheduler.timesteps], 0.0)
        self._seed = seed

    def _stepped(self, clean: Tensor, index: int, latents: Tensor) -> Tensor:
        scaled, after = self._times[index] * self._SCALE, self._levels[index + 1]
        spread = scaled**2 + self._DATA**2
        denoised: Tensor = scaled / spread**0.5 * clean + self._DATA**2 / spread * latents
        if after == 0:
            return denoised
        generator = torch.Generator(device="cpu")
        generator.manual_seed(step_seed(self._seed, self.steps - index))
        noise = torch.randn((1, *latents.shape[1:]), generator=generator, dtype=torch.float32)
        renoised: Tensor = signal(after, "vp") * (denoised + after * noise.to(latents.device))
        return renoised

    def capture(self, index: int) -> ResumeState:
        """See :meth:`Solver.capture`."""
        return LcmState()


def step_seed(seed: int, remaining: int) -> int:
    """Derive the seed of one step's noise, 0 to 2**63 - 1, from the request's and the steps that remain.

    Counted from the end, so that two sides agree on the last steps even where their first ones differ.
    """
    digest = hashlib.sha256(b"obclip step noise %d %d" % (seed, remaining)).digest()
    return int.from_bytes(digest[:8], "big") >> 1
