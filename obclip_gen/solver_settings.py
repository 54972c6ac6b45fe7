"""Which solvers there are, which there are not and why, and how a request names one. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from obclip_gen.schedule import TIMESTEP_SPACINGS
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: For models trained with a variance-preserving noise schedule (Stable Diffusion, PixArt).
DIFFUSION_SOLVERS = ("ddim", "euler", "heun", "dpmsolver++", "unipc", "pndm", "lcm")

#: For models trained by flow matching (Stable Diffusion 3, FLUX).
FLOW_SOLVERS = ("flow-euler",)

#: Solvers that can stop at any step and go on elsewhere bit for bit
#: (:mod:`obclip_gen.denoise.solvers`).
SOLVERS = DIFFUSION_SOLVERS + FLOW_SOLVERS

#: Solvers that draw noise at each step. They are supported where the noise of a step is a function of the
#: request's seed and the step alone, the same for all candidates; then both sides draw the same.
STOCHASTIC = ("lcm",)

_NOISE = "it draws noise at each step from a generator whose state does not travel"
_HISTORY = "its history has no resume state here"

#: Solvers that people know and that are refused, with the reason.
REFUSED: Mapping[str, str] = {
    "ddpm": _NOISE,
    "deis": _HISTORY,
    "dpmsolver++3m": _HISTORY,
    "dpmsolver-sde": _NOISE,
    "dpmsolver-single": _HISTORY,
    "edm-euler": "its levels are those of models trained in the EDM parametrisation",
    "euler-ancestral": _NOISE,
    "ipndm": _HISTORY,
    "kdpm2": _HISTORY,
    "kdpm2-ancestral": _NOISE,
    "lms": _HISTORY,
    "sa-solver": _NOISE,
    "tcd": _NOISE,
}

_WITHOUT_KARRAS = ("ddim", "pndm", "lcm", "flow-euler")


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """Which solver, and how it picks its noise levels.

    Attributes:
        name: one of :data:`SOLVERS`; ``dpmsolver++`` is the second-order multistep one ("2M").
        timestep_spacing: one of :data:`~obclip_gen.schedule.TIMESTEP_SPACINGS`; ``pndm``, ``lcm`` and
            ``flow-euler`` place their levels in their own way whatever it says.
        karras: whether the noise levels follow Karras et al. 2022, eq. 5 (not for solvers that step on
            training timesteps).

    Raises:
        BadInputError: a name is unknown or refused (with the reason), or two settings do not fit.
    """

    name: str = "dpmsolver++"
    timestep_spacing: str = "trailing"
    karras: bool = False

    def __post_init__(self) -> None:
        if self.name in REFUSED:
            raise BadInputError(
                f"solver: {self.name} cannot be split: {REFUSED[self.name]}; use one of {', '.join(SOLVERS)}"
            )
        if self.name not in SOLVERS:
            raise BadInputError(f"solver: use one of {', '.join(SOLVERS)}")
        if self.timestep_spacing not in TIMESTEP_SPACINGS:
            raise BadInputError(f"timestep_spacing: use one of {', '.join(TIMESTEP_SPACINGS)}")
        if self.karras and self.name in _WITHOUT_KARRAS:
            raise BadInputError(f"karras: {self.name} steps on training timesteps; use another solver")

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        return {item.name: getattr(self, item.name) for item in fields(self)}
