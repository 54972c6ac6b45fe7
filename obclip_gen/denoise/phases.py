"""The two phases of the protocol: the cloud's on all candidates, the device's on the real one."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from obclip_gen.accelerate.executor import planned_predictor
from obclip_gen.accelerate.plan import NONE, CachePlan, make_predictor
from obclip_gen.accelerate.program import Setting
from obclip_gen.backends.protocol import Backend
from obclip_gen.denoise.guidance import GuidedPredictor, Predictor, guided_encoder
from obclip_gen.denoise.loop import Watch, run_steps
from obclip_gen.denoise.noise import initial_noise
from obclip_gen.denoise.solver import HandOver, Resumption
from obclip_gen.denoise.solvers import make_solver
from obclip_gen.request import DenoiseRequest, SolverSettings
from obclip_gen.result import CostRecord, DenoiseResult
from obclip_privacy.errors import BadInputError


def cloud_phase(
    backend: Backend, request: DenoiseRequest, request_sha256: str, watch: Watch
) -> DenoiseResult:
    """Run steps 0 to k - 1 on all N candidates, from one initial noise.

    Args:
        backend: the cloud model.
        request: what to do.
        request_sha256: hash of the exact body that asked for it.
        watch: callbacks between steps.

    Returns:
        Latents ``[N, C, h, w]`` and the solver's state.

    Raises:
        BadInputError: the request is for another model, or for a size that this one cannot draw.
        CancelledError: the watch said so.
    """
    if request.model_fingerprint != backend.fingerprint.sha256:
        raise BadInputError("model_fingerprint: this server runs another model")
    started = time.perf_counter()
    shape = backend.latent_shape(request.height, request.width)
    solver = make_solver(
        backend.fingerprint.schedule,
        request.solver,
        request.num_inference_steps,
        seed=request.seed,
        cells=shape[1:],
    )
    with torch.inference_mode():
        encode = guided_encoder(backend, request.guidance_scale)
        conditional, negative = encode(request.prompts), encode([request.negative_prompt])
        noise = initial_noise(request.seed, shape).repeat(request.n, 1, 1, 1)
        latents = solver.start(noise)
    asked = replace(request, guidance_scale=1.0) if backend.embeds_guidance else request
    predictor = make_predictor(asked, backend, conditional, negative, encode)
    latents = run_steps(solver, predictor, latents, 0, request.split, watch)
    seconds = time.perf_counter() - started
    macs = backend.macs(request.height, request.width)
    return DenoiseResult(
        latents=latents,
        space=solver.space,
        sigma=solver.sigmas[request.split],
        split=request.split,
        state=solver.capture(request.split),
        fingerprint=backend.fingerprint,
        cost=CostRecord(
            denoiser_rows=predictor.rows,
            denoiser_macs=predictor.denoiser_macs(macs.denoiser),
            text_encoder_macs=(request.n + 1 + predictor.texts) * macs.text_encoder,
            seconds=seconds,
        ),
        request_sha256=request_sha256,
        unread=tuple(len(backend.unread(text)) for text in (*request.prompts, request.negative_prompt)),
    )


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """How the device goes on.

    Attributes:
        solver: the solver; with the cloud's settings and an equal schedule the run goes on bit for
            bit.
        num_inference_steps: T of the device's own levels.
        guidance_scale: of classifier-free guidance.
        height: of the picture in pixels.
        width: of the picture in pixels.
        plan: accelerations of the device phase (:class:`~obclip_gen.accelerate.plan.CachePlan`); steps
            are counted from the first of all T.
        seed: the request's, for solvers that draw noise at each step.
    """

    solver: SolverSettings
    num_inference_steps: int
    guidance_scale: float
    height: int
    width: int
    plan: str = NONE
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceResult:
    """Clean latents.

    Attributes:
        latents: ``[1, C, h, w]``, ready to be decoded.
        steps: how many steps the device made.
        resumption: how it went on from the hand-over; ``None`` when it began by itself.
        cost: what it cost.
        plan: its accelerations.
    """

    latents: Tensor
    steps: int
    resumption: Resumption | None
    cost: CostRecord
    plan: str = NONE


def device_phase(
    backend: Backend,
    prompt: str,
    negative_prompt: str,
    settings: DeviceSettings,
    given: HandOver | int,
    watch: Watch,
) -> DeviceResult:
    """Run the remaining steps on the person's own prompt.

    Args:
        backend: the device model; its latent space is the cloud's.
        prompt: the person's own words, which never left the device.
        negative_prompt: the person's own.
        settings: how to go on.
        given: the hand-over (a batch of one), or a seed to begin from noise without any cloud.
        watch: callbacks between steps.

    Raises:
        BadInputError: the hand-over is below the device's last noise level.
        CancelledError: the watch said so.
    """
    started = time.perf_counter()
    shape = backend.latent_shape(settings.height, settings.width)
    solver = make_solver(
        backend.fingerprint.schedule,
        settings.solver,
        settings.num_inference_steps,
        seed=settings.seed if isinstance(given, HandOver) else given,
        cells=shape[1:],
    )
    with torch.inference_mode():
        encode = guided_encoder(backend, settings.guidance_scale)
        conditional, negative = encode([prompt]), encode([negative_prompt])
        if isinstance(given, HandOver):
            first, latents, resumption = solver.resume(given)
        else:
            first, latents, resumption = 0, solver.start(initial_noise(given, shape)), None
    plan = CachePlan.parse(settings.plan)
    if backend.embeds_guidance:
        settings = replace(settings, guidance_scale=1.0)
    predictor: Predictor
    if plan.parts and first < solver.steps:
        setting = Setting((prompt,), ((),), first, solver.steps, settings.guidance_scale > 1)
        predictor = planned_predictor(
            plan.program(setting), setting, settings, backend, conditional, negative, encode
        )
    else:
        predictor = GuidedPredictor(backend, conditional, negative, settings.guidance_scale)
    latents = run_steps(solver, predictor, latents, first, solver.steps, watch)
    seconds = time.perf_counter() - started
    macs = backend.macs(settings.height, settings.width)
    return DeviceResult(
        latents=latents,
        steps=solver.steps - first,
        resumption=resumption,
        cost=CostRecord(
            denoiser_rows=predictor.rows,
            denoiser_macs=predictor.denoiser_macs(macs.denoiser),
            text_encoder_macs=2 * macs.text_encoder,
            seconds=seconds,
        ),
        plan=str(plan),
    )
