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
    #: Tensor fields that may be absent.
    optional: ClassVar[tuple[str, ...]] = ()
    #: The largest value of whole-number fields, which begin at 1.
    limits: ClassVar[Mapping[str, int]] = {}

    def check(self) -> None:
        """Raise ``ValueError`` when the fields do not fit each other."""

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
    limits: ClassVar[Mapping[str, int]] = {"lower_order_nums": 2}
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
    optional: ClassVar[tuple[str, ...]] = ("earlier_x0",)
    limits: ClassVar[Mapping[str, int]] = {"lower_order_nums": 2, "this_order": 2}
    lower_order_nums: int
    this_order: int
    previous_sigma: float
    earlier_sigma: float
    previous_x0: Tensor
    last_sample: Tensor
    earlier_x0: Tensor | None

    def check(self) -> None:
        """See :meth:`ResumeState.check`."""
        if (self.earlier_x0 is None) != (self.lower_order_nums == 1):
            raise ValueError("resume state: earlier_x0 belongs to the second step and later")
        if self.this_order > self.lower_order_nums:
            raise ValueError("resume state: this_order exceeds the predictions made")


@dataclass(frozen=True, slots=True)
class HeunState(ResumeState):
    """Heun's method (Karras et al. 2022, algorithm 1) needs the start of a move only in its middle.

    Attributes:
        previous_sigma: noise level of the last evaluation.
        last_sample: the latents there, if a move is half made.
        derivative: dx/dsigma there, if a move is half made.
    """

    solver: ClassVar[str] = "heun"
    optional: ClassVar[tuple[str, ...]] = ("last_sample", "derivative")
    previous_sigma: float
    last_sample: Tensor | None
    derivative: Tensor | None

    def check(self) -> None:
        """See :meth:`ResumeState.check`."""
        if (self.last_sample is None) != (self.derivative is None):
            raise ValueError("resume state: last_sample and derivative belong together")


@dataclass(frozen=True, slots=True)
class PndmState(ResumeState):
    """PNDM in linear multistep form (Liu et al. 2022, eq. 12) needs up to three model outputs.

    Attributes:
        made: evaluations so far, from 1; all from :data:`MOST` on are alike.
        previous_sigma: noise level of the last evaluation.
        output_1: the last model output.
        output_2: the one before it, if there is one.
        output_3: the one before that, if there is one.
        last_sample: the first latents, while the first move is half made.
    """

    MOST: ClassVar[int] = 4
    solver: ClassVar[str] = "pndm"
    optional: ClassVar[tuple[str, ...]] = ("output_2", "output_3", "last_sample")
    limits: ClassVar[Mapping[str, int]] = {"made": 4}
    made: int
    previous_sigma: float
    output_1: Tensor | None
    output_2: Tensor | None
    output_3: Tensor | None
    last_sample: Tensor | None

    def check(self) -> None:
        """See :meth:`ResumeState.check`."""
        given = sum(output is not None for output in (self.output_1, self.output_2, self.output_3))
        gap = self.output_2 is None and self.output_3 is not None
        if given != max(1, self.made - 1) or gap:
            raise ValueError("resume state: one model output a step, at most three, belongs to pndm")
        if (self.last_sample is not None) != (self.made == 1):
            raise ValueError("resume state: last_sample belongs to the first step of pndm only")


@dataclass(frozen=True, slots=True)
class LcmState(ResumeState):
    """Consistency sampling needs the latents and the request's seed, which both sides have."""

    solver: ClassVar[str] = "lcm"


@dataclass(frozen=True, slots=True)
class FlowEulerState(ResumeState):
    """Euler's method along a flow needs only the latents."""

    solver: ClassVar[str] = "flow-euler"


STATES: Mapping[str, type[ResumeState]] = {
    state.solver: state
    for state in (
        DdimState,
        EulerState,
        HeunState,
        DpmSolverState,
        UniPcState,
        PndmState,
        LcmState,
        FlowEulerState,
    )
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
    optional = set(kind.optional)
    given = {**scalars, **tensors}
    if len(given) != len(scalars) + len(tensors) or not names - optional <= set(given) <= names:
        raise ValueError(f"resume state of {solver} does not have the fields that it needs")
    for item in dataclasses.fields(kind):
        value = given.get(item.name)
        if "Tensor" in str(item.type):
            if not isinstance(value, Tensor) and (item.name not in optional or value is not None):
                raise ValueError(f"resume state: {item.name} must be a tensor")
        elif item.type == "int":
            most = kind.limits[item.name]
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise ValueError(f"resume state: {item.name} must be from 1 to {most}")
        elif not isinstance(value, float) or not math.isfinite(value) or value < 0:
            raise ValueError(f"resume state: {item.name} must be a noise level")
    state = kind(**(dict.fromkeys(optional) | given))
    state.check()
    return state


def check_finite(name: str, value: Tensor) -> None:
    """Raise ``ValueError`` when a tensor has NaN or infinity."""
    if not bool(torch.isfinite(value).all()):
        raise ValueError(f"{name} has NaN or infinite values")
