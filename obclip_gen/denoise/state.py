"""Resume states: what each solver must remember between two steps, and nothing more.

A one-step solver needs only the latents. A multistep solver extrapolates from earlier predictions
of the clean latents (x0), so these travel with the latents, each with the noise level at which it
was made. Which tensors are needed was found by overwriting all others with NaN; a test repeats
that.

Every state is a frozen dataclass with a version of its own; an unknown solver or version is
refused.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor

from obclip_privacy.policy.frozen import Json


@dataclass(frozen=True, slots=True)
class ResumeState:
    """Base of the states. Tensor fields are ``[N, C, h, w]``; all other fields are numbers."""

    solver: ClassVar[str]
    version: ClassVar[int] = 1

    def tensors(self) -> dict[str, Tensor]:
        """Give the tensor fields by name, in the order of the class; absent ones are left out."""
        found = ((item.name, getattr(self, item.name)) for item in dataclasses.fields(self))
        return {name: value for name, value in found if isinstance(value, Tensor)}

    def scalars(self) -> dict[str, Json]:
        """Give the number fields by name."""
        found = ((item.name, getattr(self, item.name)) for item in dataclasses.fields(self))
        return {name: value for name, value in found if isinstance(value, int | float)}

    def map(self, change: Mapping[str, Tensor]) -> Self:
        """Give the same state with other tensors."""
        return dataclasses.replace(self, **change)

    def rows(self, indices: Sequence[int]) -> Self:
        """Give the state of some candidates only, in the order asked for."""
        return self.map({name: value[list(indices)] for name, value in self.tensors().items()})


@dataclass(frozen=True, slots=True)
class DdimState(ResumeState):
    """DDIM (Song et al. 2021, eq. 12 with eta = 0) needs only the latents."""

    solver: ClassVar[str] = "ddim"


@dataclass(frozen=True, slots=True)
class EulerState(ResumeState):
    """Euler's method in sigma (Karras et al. 2022, algorithm 1) needs only the latents."""

    solver: ClassVar[str] = "euler"


@dataclass(frozen=True, slots=True)
class DpmSolverState(ResumeState):
    """DPM-Solver++ 2M (Lu et al. 2022, algorithm 2) needs the last prediction of x0.

    Attributes:
        lower_order_nums: predictions made so far, at most 2.
        previous_sigma: noise level of the last prediction.
        previous_x0: the last prediction.
    """

    solver: ClassVar[str] = "dpmsolver++"
    lower_order_nums: int
    previous_sigma: float
    previous_x0: Tensor


@dataclass(frozen=True, slots=True)
class UniPcState(ResumeState):
    """UniPC of order 2 (Zhao et al. 2023, algorithm 1) also corrects its last step.

    Attributes:
        lower_order_nums: predictions made so far, at most 2.
        this_order: order of the step that is to be corrected, 1 or 2.
        previous_sigma: noise level of the last prediction.
        earlier_sigma: noise level of the prediction before it; equal to ``previous_sigma`` when
            there is none.
        previous_x0: the last prediction.
        last_sample: the latents at ``previous_sigma``, after correction.
        earlier_x0: the prediction before the last, if there is one.
    """

    solver: ClassVar[str] = "unipc"
    lower_order_nums: int
    this_order: int
    previous_sigma: float
    earlier_sigma: float
    previous_x0: Tensor
    last_sample: Tensor
    earlier_x0: Tensor | None


STATES: Mapping[str, type[ResumeState]] = {
    state.solver: state for state in (DdimState, EulerState, DpmSolverState, UniPcState)
}


def restore(
    solver: str, version: int, scalars: Mapping[str, Json], tensors: Mapping[str, Tensor]
) -> ResumeState:
    """Build a state from what :meth:`ResumeState.scalars` and :meth:`ResumeState.tensors` gave.

    Raises:
        ValueError: the solver or the version is unknown, a field is missing or too many, or a
            number is out of range. Shapes are the caller's to check, who knows the latents'.
    """
    kind = STATES.get(solver)
    if kind is None:
        raise ValueError("resume state of an unknown solver")
    if version != kind.version:
        raise ValueError(f"resume state of {solver} is not of version {kind.version}")
    names = {item.name for item in dataclasses.fields(kind)}
    optional = {"earlier_x0"} & names
    given = {**scalars, **tensors}
    if len(given) != len(scalars) + len(tensors) or not names - optional <= set(given) <= names:
        raise ValueError(f"resume state of {solver} does not have the fields that it needs")
    for item in dataclasses.fields(kind):
        value = given.get(item.name)
        if "Tensor" in str(item.type):
            if not isinstance(value, Tensor) and item.name not in optional:
                raise ValueError(f"resume state: {item.name} must be a tensor")
        elif item.type == "int":
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 2:
                raise ValueError(f"resume state: {item.name} must be 1 or 2")
        elif not isinstance(value, float) or not math.isfinite(value) or value < 0:
            raise ValueError(f"resume state: {item.name} must be a noise level")
    state = kind(**(dict.fromkeys(optional) | given))
    _check_history(state)
    return state


def _check_history(state: ResumeState) -> None:
    if isinstance(state, UniPcState):
        if (state.earlier_x0 is None) != (state.lower_order_nums == 1):
            raise ValueError("resume state: earlier_x0 belongs to the second step and later")
        if state.this_order > state.lower_order_nums:
            raise ValueError("resume state: this_order exceeds the predictions made")


def check_finite(name: str, value: Tensor) -> None:
    """Raise ``ValueError`` when a tensor has NaN or infinity."""
    if not bool(torch.isfinite(value).all()):
        raise ValueError(f"{name} has NaN or infinite values")
