"""Measure how much a model's parts change from step to step and between candidates, and propose a plan.

Two measurements. *Change*: at every branch, the relative change of the deep features from one step to the
next, and their relative distance from the candidates' mean. *Search*: plans over a grid are priced by the
meter; those within the cost target run on the same sets and are judged by the error of their latents at the
hand-over against the run without acceleration, over all candidates, with the spread between candidates.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from obclip_gen.accelerate.plan import CachePlan
from obclip_gen.accelerate.program import Setting, Step
from obclip_gen.backends.engine import PLAIN, engine_of
from obclip_gen.backends.protocol import Backend
from obclip_gen.bench.cost import assignments, plan_cost
from obclip_gen.bench.draw import request_for
from obclip_gen.bench.suite import Case
from obclip_gen.denoise.loop import Watch, run_steps
from obclip_gen.denoise.noise import initial_noise
from obclip_gen.denoise.phases import cloud_phase
from obclip_gen.denoise.solvers import make_solver
from obclip_gen.request import DenoiseRequest
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json


@dataclass(frozen=True, slots=True)
class Change:
    """How the deep features of one branch behave at one step, relative to their norm.

    Attributes:
        step: index.
        branch: of the deep part.
        between_steps: distance from the step before (0 at the first).
        between_candidates: distance from the candidates' mean.
    """

    step: int
    branch: int
    between_steps: float
    between_candidates: float

    def to_json(self) -> dict[str, Json]:
        """Give the figures as plain JSON."""
        return {
            "step": self.step,
            "branch": self.branch,
            "between_steps": self.between_steps,
            "between_candidates": self.between_candidates,
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """One plan that was run.

    Attributes:
        plan: its text form.
        ratio: cost of a plain run on the target architecture.
        error: relative error of the latents, mean over candidates, sets and seeds.
        spread: largest less smallest mean error of a candidate.
    """

    plan: str
    ratio: float
    error: float
    spread: float

    def to_json(self) -> dict[str, Json]:
        """Give the figures as plain JSON."""
        return {"plan": self.plan, "ratio": self.ratio, "error": self.error, "spread": self.spread}


class _Observer:
    """A plain predictor that looks at the deep features on its way."""

    def __init__(self, backend: Backend, request: DenoiseRequest) -> None:
        self.rows = 0
        self.texts = 0
        self.changes: list[Change] = []
        self._engine = engine_of(backend, request.height, request.width)
        if not self._engine.rungs:
            raise BadInputError("calibrate: this backend's denoiser cannot be looked into")
        conditional = backend.encode(request.prompts)
        negative = backend.encode([request.negative_prompt]).select([0] * request.n)
        self._text = negative.joined(conditional)
        self._n, self._scale = request.n, request.guidance_scale
        self._before: dict[int, Tensor] = {}

    def denoiser_macs(self, row: int) -> int:
        """See :class:`~obclip_gen.denoise.guidance.Predictor`."""
        return self._engine.cost().macs

    def __call__(self, latents: Tensor, timestep: Tensor, index: int) -> Tensor:
        """See :class:`~obclip_gen.denoise.guidance.Predictor`."""
        rows, times = torch.cat([latents, latents]), timestep.reshape(1)
        self.rows += rows.shape[0]
        output = rows
        for branch in range(self._engine.rungs):
            entry = self._engine.enter(rows, times, self._text, branch, PLAIN)
            deep = self._engine.deepen(entry, self._text, PLAIN)
            self._look(index, branch, deep[self._n :])
            if branch == self._engine.rungs - 1:
                output = self._engine.leave(entry, deep, self._text, PLAIN)
        free, own = output.chunk(2)
        return free + self._scale * (own - free)

    def _look(self, index: int, branch: int, deep: Tensor) -> None:
        before = self._before.get(branch, deep)
        norm = float(deep.norm())
        apart = float((deep - deep.mean(0, keepdim=True)).norm()) / norm
        self.changes.append(Change(index, branch, float((deep - before).norm()) / norm, apart))
        self._before[branch] = deep


def changes(backend: Backend, case: Case, k: int, seed: int, steps: int) -> list[Change]:
    """Measure the change at every step and branch of a run without acceleration."""
    request = request_for(backend, case, k, seed, "none", steps)
    observer = _Observer(backend, request)
    solver = make_solver(backend.fingerprint.schedule, request.solver, steps)
    shape = backend.latent_shape(request.height, request.width)
    noise = initial_noise(seed, shape).repeat(request.n, 1, 1, 1)
    run_steps(solver, observer, solver.start(noise), 0, k, Watch())
    return observer.changes


def grid(k: int) -> tuple[str, ...]:
    """List the plans that are tried at a split; all begin with everything exact."""
    trunks: list[tuple[int, str]] = [(0, "")]
    for at in range(1, k):
        trunks += [(at, f"+trunk-at={at}"), (at, f"+trunk-at={at}-condition=neutral")]
        if at + 1 < k:
            trunks.append((at + 1, f"+trunk-at={at}.{at + 1}"))
    plans = {"exact"}
    for (start, trunk), free in itertools.product(trunks, ("", "+uncond", "+uncond-refresh=3")):
        plans.add(f"exact{trunk}{free}")
        for branch, every in itertools.product((0, 1, 2), (2, 3, 4, 5)):
            plans.add(f"deep-branch={branch}-every={every}-from={start}+exact{trunk}{free}")
    return tuple(sorted({str(CachePlan.parse(plan)) for plan in plans}))


def distinct(plans: Sequence[str], n: int, k: int) -> tuple[str, ...]:
    """Of plans that do the same at every step, keep the shortest text: deep features that are kept from the
    last step on are never taken, and a trunk of all steps leaves nothing for the others.
    """
    setting = Setting(tuple(map(str, range(n))), assignments(n), 0, k, guided=True)
    kept: dict[tuple[Step, ...], str] = {}
    for plan in sorted(plans, key=lambda text: (len(text), text)):
        kept.setdefault(_effective(CachePlan.parse(plan).program(setting)), plan)
    return tuple(sorted(kept.values()))


def _effective(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Forget at every step what it keeps of its deep features when no later step takes them."""
    made: list[Step] = []
    taken = False
    for step in reversed(steps):
        if step.deep == "fresh":
            made.append(step if taken else replace(step, branch=None, deep_of="rows", order=0))
            taken = False
        else:
            made.append(step)
            taken = True
    return tuple(reversed(made))


def search(
    backend: Backend,
    sets: Sequence[Case],
    seeds: Sequence[int],
    k: int,
    steps: int,
    plans: Sequence[tuple[str, float]],
    progress: Callable[[int, int], None],
) -> list[Tried]:
    """Run plans and rank them by their error, least first.

    Args:
        backend: the cloud model to measure on.
        sets: candidate sets of one size.
        seeds: of the initial noise.
        k: split.
        steps: T.
        plans: with their ratios.
        progress: told plans done and in all.
    """
    right = {
        (case.number, seed): _latents(backend, case, k, seed, "none", steps)
        for case, seed in itertools.product(sets, seeds)
    }
    found = []
    for done, (plan, ratio) in enumerate(plans):
        progress(done, len(plans))
        errors = []
        for case, seed in itertools.product(sets, seeds):
            expected = right[case.number, seed]
            wrong = _latents(backend, case, k, seed, plan, steps) - expected
            errors.append(wrong.flatten(1).norm(dim=1) / expected.flatten(1).norm(dim=1))
        each = torch.stack(errors).mean(0)
        found.append(Tried(plan, ratio, statistics.fmean(each.tolist()), float(each.max() - each.min())))
    progress(len(plans), len(plans))
    return sorted(found, key=lambda item: item.error)


def within(
    model: str, n: int, k: int, steps: int, target: float, tries: int
) -> tuple[tuple[str, float], ...]:
    """Price the grid on an architecture; give the *tries* plans that use most of the target, with their
    ratios.

    Raises:
        BadInputError: none costs so little.
    """
    from obclip_gen.backends.architectures import architecture

    prices = architecture(model).prices()
    priced = [
        (plan, plan_cost(model, n, k, steps, plan, prices=prices).ratio) for plan in distinct(grid(k), n, k)
    ]
    chosen = sorted((pair for pair in priced if pair[1] <= target), key=lambda pair: (-pair[1], pair[0]))
    if not chosen:
        least = min(ratio for _, ratio in priced)
        raise BadInputError(f"calibrate: the cheapest plan costs {least:.3f} of a plain run")
    return tuple(chosen[:tries])


def _latents(backend: Backend, case: Case, k: int, seed: int, plan: str, steps: int) -> Tensor:
    request = request_for(backend, case, k, seed, plan, steps)
    return cloud_phase(backend, request, request.sha256, Watch()).latents
