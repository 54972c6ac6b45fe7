"""What a solver is: a walk down noise levels, for one request, that can be stopped and resumed.

A solver walks down its noise levels ``sigmas[0] >= ... >= sigmas[T]``; step i is one evaluation of the
model and leads from ``sigmas[i]`` to ``sigmas[i + 1]``. Where a method evaluates the model twice to make
one move, the level occurs twice: first with a prediction of the latents, then with the latents.

Resuming (:meth:`Solver.resume`) compares noise levels, never step indices. If the solver's own
levels contain those of the hand-over, it goes on bit for bit where the other side stopped. If they
do not (other T, other schedule), the levels become the hand-over's followed by the solver's own
smaller ones; history is kept where the solver can use predictions at arbitrary levels, else it
restarts at first order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from obclip_gen.denoise.space import LatentSpace, rescale, same_level
from obclip_gen.denoise.state import ResumeState
from obclip_privacy.errors import BadInputError

#: How a run was resumed, for the record: ``exact`` (same levels, full state), ``history`` (other
#: levels, predictions carried over) or ``restart`` (first order).
Resumption = Literal["exact", "history", "restart"]

#: On changed levels no step is shorter than this ratio of noise levels: a step between two values that differ
#: only in their last digits would divide by nothing.
_CLOSE_STEP = 1.02


@dataclass(frozen=True, slots=True)
class HandOver:
    """A place to go on from.

    Attributes:
        latents: ``[N, C, h, w]`` in the scaling ``space``.
        space: see :mod:`obclip_gen.denoise.space`.
        sigma: noise level of the latents.
        step: how many steps were made, k.
        state: the solver's memory; ``None`` restarts at first order.
    """

    latents: Tensor
    space: LatentSpace
    sigma: float
    step: int
    state: ResumeState | None


class Solver(ABC):
    """One request's solver; not to be shared between requests or threads."""

    name: ClassVar[str]
    space: ClassVar[LatentSpace]

    @property
    @abstractmethod
    def sigmas(self) -> tuple[float, ...]:
        """The T + 1 noise levels, none above the one before it; float32 values, maybe infinite at the
        start.
        """

    @property
    def steps(self) -> int:
        """How many steps there are, T."""
        return len(self.sigmas) - 1

    @abstractmethod
    def timestep(self, index: int) -> Tensor:
        """The training timestep that step *index* starts at: a scalar, maybe between two whole
        ones.
        """

    @abstractmethod
    def start(self, noise: Tensor) -> Tensor:
        """Turn standard normal noise ``[N, C, h, w]`` into the first latents."""

    @abstractmethod
    def scale(self, latents: Tensor, index: int) -> Tensor:
        """Give the model's input for the latents at step *index*."""

    @abstractmethod
    def step(self, output: Tensor, index: int, latents: Tensor) -> Tensor:
        """Make step *index*.

        Args:
            output: the guided model output, ``[N, C, h, w]``.
            index: must follow the previous call's.
            latents: before the step.

        Returns:
            The latents after the step.
        """

    @abstractmethod
    def capture(self, index: int) -> ResumeState:
        """Give the state between steps ``index - 1`` and *index*, 1 <= index <= T."""

    def resume(self, given: HandOver) -> tuple[int, Tensor, Resumption]:
        """Go on from a hand-over.

        Returns:
            The index of the next step, the latents in this solver's scaling, and how it was
            resumed. An index of ``steps`` means that nothing is left to do.
        """
        latents = rescale(given.latents, given.sigma, given.space, self.space)
        index = self._place(given.sigma, given.step)
        if index is not None:
            if index == self.steps:
                self._begin(index)
                return index, latents, "exact"
            if given.state is None and self._may_begin(index):
                self._begin(index)
                return index, latents, self._fresh()
            state = given.state
            if state is not None and state.solver == self.name and self._matches(state, index):
                self._begin(index)
                self._recall(state, index)
                return index, latents, "exact"
        return self._regrid(given, latents)

    def _place(self, sigma: float, step: int) -> int | None:
        """Find a noise level among this solver's own; *step* decides between equal ones."""
        places = [at for at, own in enumerate(self.sigmas) if same_level(own, sigma)]
        if not places:
            return None
        return step if step in places else places[-1]

    def _regrid(self, given: HandOver, latents: Tensor) -> tuple[int, Tensor, Resumption]:
        own = sorted(set(self.sigmas), reverse=True)
        smaller = [sigma for sigma in own if sigma * _CLOSE_STEP < given.sigma]
        if not smaller:
            raise BadInputError(
                f"the hand-over at noise level {given.sigma:.4g} is below this side's last step;"
                " use more device steps or an earlier split"
            )
        above = self._carried(given.state)
        self._set_levels([*above, given.sigma, *smaller])
        self._begin(len(above))
        if above and given.state is not None:
            self._recall(given.state, len(above))
            return len(above), latents, "history"
        return 0, latents, "restart"

    @abstractmethod
    def _begin(self, index: int) -> None:
        """Get ready for step *index*, remembering nothing."""

    def _may_begin(self, index: int) -> bool:
        """Whether this solver can begin at one of its own levels without any memory."""
        return True

    def _fresh(self) -> Resumption:
        """How to call a resumption without a state."""
        return "restart"

    @abstractmethod
    def _matches(self, state: ResumeState, index: int) -> bool:
        """Whether the state's history lies on this solver's levels just above *index*."""

    @abstractmethod
    def _recall(self, state: ResumeState, index: int) -> None:
        """Put the state in place, the next step being *index*."""

    def _carried(self, state: ResumeState | None) -> list[float]:
        """Levels above the hand-over whose predictions this solver can use on a changed grid."""
        return []

    @abstractmethod
    def _set_levels(self, levels: list[float]) -> None:
        """Walk down these levels instead, strictly descending, 0 or the schedule's least at the end."""


class Memoryless(Solver):
    """A solver whose step needs the latents alone: it keeps nothing, and every restart is exact."""

    def _fresh(self) -> Resumption:
        return "exact"

    def _matches(self, state: ResumeState, index: int) -> bool:
        return True

    def _recall(self, state: ResumeState, index: int) -> None:
        pass
