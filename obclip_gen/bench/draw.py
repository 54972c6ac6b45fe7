"""Draw the pictures of one row for one candidate set, and say what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from obclip_gen.backends.protocol import Backend
from obclip_gen.bench.memory import watched
from obclip_gen.bench.rows import Row
from obclip_gen.bench.suite import Case
from obclip_gen.denoise.guidance import GuidedPredictor
from obclip_gen.denoise.loop import Watch, run_steps
from obclip_gen.denoise.noise import initial_noise
from obclip_gen.denoise.phases import cloud_phase
from obclip_gen.denoise.solver import HandOver
from obclip_gen.denoise.solvers import make_solver
from obclip_gen.request import DenoiseRequest, RequestSettings, SolverSettings
from obclip_gen.result import DenoiseResult
from obclip_privacy.candidates.candidate_set import PROTOCOL


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pictures and cost.

    Attributes:
        pictures: of all members, ``[N, 3, H, W]`` in 0..1.
        plan: of the cloud phase.
        macs_cloud: denoiser, for the whole set.
        seconds_cloud: likewise.
        macs_device: denoiser, for one picture.
        seconds_device: likewise (members are finished in one batch).
        bytes_up: request body.
        bytes_down: response body.
        peak_bytes_cloud: memory of the cloud phase above the models; ``None`` where it cannot be measured,
            and of rows without one.
    """

    pictures: Tensor
    plan: str
    macs_cloud: int
    seconds_cloud: float
    macs_device: int
    seconds_device: float
    bytes_up: int
    bytes_down: int
    peak_bytes_cloud: int | None


def _settings(cloud: Backend, k: int, seed: int, plan: str, steps: int) -> RequestSettings:
    defaults = cloud.defaults
    return RequestSettings(
        model=cloud.fingerprint.model_id,
        model_fingerprint=cloud.fingerprint.sha256,
        solver=SolverSettings(timestep_spacing=cloud.fingerprint.schedule.timestep_spacing),
        num_inference_steps=steps,
        split=k,
        guidance_scale=defaults.guidance_scale,
        height=defaults.height,
        width=defaults.width,
        seed=seed,
        acceleration=plan,
    )


def request_for(cloud: Backend, case: Case, k: int, seed: int, plan: str, steps: int) -> DenoiseRequest:
    """Build the request of a set."""
    payload = {
        "protocol": PROTOCOL,
        "prompts": list(case.prompts),
        "assignments": [list(row) for row in case.assignments],
        "negative_prompt": "",
    }
    return DenoiseRequest.from_payload(payload, _settings(cloud, k, seed, plan, steps))


def draw(
    cloud: Backend, device: Backend, case: Case, row: Row, k: int | None, seed: int, steps: int
) -> Drawn:
    """Draw every member of a set.

    Args:
        cloud: the cloud model.
        device: the device model.
        case: the set.
        row: the way.
        k: split, for rows that have one.
        seed: of the one initial noise.
        steps: T.
    """
    if k is None:
        model = cloud if row.kind == "cloud" else device
        latents, macs, seconds = _finish(model, case, None, seed, steps, cloud)
        pictures = device.decode(latents)
        on_cloud = row.kind == "cloud"
        return Drawn(
            pictures=pictures,
            plan="none",
            macs_cloud=macs // case.n if on_cloud else 0,
            seconds_cloud=seconds / case.n if on_cloud else 0.0,
            macs_device=0 if on_cloud else macs // case.n,
            seconds_device=0.0 if on_cloud else seconds / case.n,
            bytes_up=0,
            bytes_down=0,
            peak_bytes_cloud=None,
        )
    plan = row.plan(k) or "none"
    asked = case
    if row.kind == "neutral":
        asked = replace(case, n=1, prompts=(case.neutral,), assignments=((),), values=({},))
    request = request_for(cloud, asked, k, seed, plan, steps)
    with watched() as peak:
        result = cloud_phase(cloud, request, request.sha256, Watch())
    latents, macs, seconds = _finish(device, case, result, seed, steps, cloud)
    return Drawn(
        pictures=device.decode(latents),
        plan=plan,
        macs_cloud=result.cost.denoiser_macs,
        seconds_cloud=result.cost.seconds,
        macs_device=macs // case.n,
        seconds_device=seconds / case.n,
        bytes_up=len(request.to_bytes()),
        bytes_down=len(result.to_bytes("float32")),
        peak_bytes_cloud=peak.bytes,
    )


def _finish(
    model: Backend, case: Case, result: DenoiseResult | None, seed: int, steps: int, cloud: Backend
) -> tuple[Tensor, int, float]:
    """Run the remaining steps (all, without a result) on every member's own prompt, in one batch."""
    started = time.perf_counter()
    defaults = cloud.defaults
    settings = SolverSettings(timestep_spacing=cloud.fingerprint.schedule.timestep_spacing)
    solver = make_solver(model.fingerprint.schedule, settings, steps)
    with torch.inference_mode():
        predictor = GuidedPredictor(
            model, model.encode(case.prompts), model.encode([""]), defaults.guidance_scale
        )
        if result is None:
            shape = model.latent_shape(defaults.height, defaults.width)
            first, latents = 0, solver.start(initial_noise(seed, shape).repeat(case.n, 1, 1, 1))
        else:
            rows = list(range(case.n)) if len(result.latents) == case.n else [0] * case.n
            given = HandOver(
                result.latents[rows], result.space, result.sigma, result.split, result.state.rows(rows)
            )
            first, latents, _ = solver.resume(given)
    latents = run_steps(solver, predictor, latents, first, steps, Watch()) if first < steps else latents
    row = model.macs(defaults.height, defaults.width).denoiser
    return latents, predictor.denoiser_macs(row), time.perf_counter() - started
