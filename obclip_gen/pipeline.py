"""The whole protocol, from the person's prompt to the picture.

1. the candidate set is made, and the closure of the request proved (:mod:`obclip_gen.closure`);
2. the cloud runs steps 0 to k - 1 on all candidates;
3. the device keeps the real candidate's latents and runs the rest on the person's own words;
4. everything is decoded on the device.

What is sent, and everything done before and while it is sent, is the same for every member of the
anonymity set.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from obclip_gen.accelerate.plan import CachePlan
from obclip_gen.backends.protocol import Backend
from obclip_gen.closure import CandidateSource, closed_request
from obclip_gen.cloud import Cloud, CloudAnswer, CloudModel, latent_shape
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.noise import random_seed
from obclip_gen.denoise.phases import DeviceResult, DeviceSettings, device_phase
from obclip_gen.denoise.solvers import make_solver
from obclip_gen.fingerprint import latent_space_differences
from obclip_gen.request import DenoiseRequest, Precision, RequestSettings, SolverSettings
from obclip_gen.result import DenoiseResult
from obclip_privacy.candidates.candidate_set import CandidateSet
from obclip_privacy.errors import BadInputError

Phase = Literal["closure", "cloud", "device", "decode"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the person may choose; ``None`` takes the cloud model's default.

    Attributes:
        num_inference_steps: T, on both sides.
        split: k; 0 leaves the cloud out altogether. Without it, the default split's share of T.
        guidance_scale: of classifier-free guidance, on both sides.
        height: of the picture in pixels.
        width: of the picture in pixels.
        seed: of the initial noise; ``None`` draws one.
        solver: name of the solver, on both sides (:func:`device_settings` says when the device has its own).
        karras: whether its noise levels follow Karras et al. 2022.
        acceleration: plan of the cloud phase.
        device_plan: plan of the device phase.
        precision: of the latents on the wire.
        device_solver: name of the device's solver.
        device_steps: T of the device's own levels.
        device_guidance: the device's guidance scale.
        restart: begin the device phase at first order instead of using the solver's history.
    """

    num_inference_steps: int | None = None
    split: int | None = None
    guidance_scale: float | None = None
    height: int | None = None
    width: int | None = None
    seed: int | None = None
    solver: str | None = None
    karras: bool = False
    acceleration: str = "none"
    device_plan: str = "none"
    precision: Precision = "float32"
    device_solver: str | None = None
    device_steps: int | None = None
    device_guidance: float | None = None
    restart: bool = False


def _quiet(phase: Phase) -> Watch:
    del phase
    return Watch()


@dataclass(frozen=True, slots=True)
class Generation:
    """A finished picture and everything about how it came to be.

    Attributes:
        found: the candidate set; holds the person's prompt.
        cloud: what the cloud said of itself.
        request: what was sent; ``None`` when the split was 0.
        answer: what came back; ``None`` when the split was 0.
        device: the device phase.
        settings: the request's settings, also when nothing was sent.
        finishing: the device's settings.
        picture: ``[3, H, W]`` in 0..1.
        seen: the hand-over latents of all candidates, decoded, ``[N, 3, H, W]``.
        estimates: the clean pictures that the cloud could predict from them, ``[N, 3, H, W]``; ``None``
            where the solver's state has no prediction.
        seconds: wall-clock time by phase.
    """

    found: CandidateSet
    cloud: CloudModel
    request: DenoiseRequest | None
    answer: CloudAnswer | None
    device: DeviceResult
    settings: RequestSettings
    finishing: DeviceSettings
    picture: Tensor
    seen: Tensor | None
    estimates: Tensor | None
    seconds: dict[Phase, float]


@dataclass(frozen=True, slots=True)
class _Clock:
    seconds: dict[Phase, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, phase: Phase) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - started


def choose_settings(cloud: CloudModel, options: Options) -> RequestSettings:
    """Fill in the cloud model's defaults. The prompt has no part in it.

    Raises:
        BadInputError: a choice is out of range or does not fit another.
    """
    defaults = cloud.defaults
    steps = (
        defaults.num_inference_steps if options.num_inference_steps is None else options.num_inference_steps
    )
    if not 1 <= steps <= 1000:
        raise BadInputError("steps: must be from 1 to 1000")
    split = options.split
    if split is None:
        split = min(steps, max(1, round(defaults.split * steps / defaults.num_inference_steps)))
    if not 0 <= split <= steps:
        raise BadInputError(f"split: must be from 0 to the number of steps, {steps}")
    scale = defaults.guidance_scale if options.guidance_scale is None else options.guidance_scale
    return RequestSettings(
        model=cloud.fingerprint.model_id,
        model_fingerprint=cloud.fingerprint.sha256,
        solver=SolverSettings(
            options.solver or defaults.solver, cloud.fingerprint.schedule.timestep_spacing, options.karras
        ),
        num_inference_steps=steps,
        split=split,
        guidance_scale=float(scale),
        height=defaults.height if options.height is None else options.height,
        width=defaults.width if options.width is None else options.width,
        seed=random_seed() if options.seed is None else options.seed,
        acceleration=options.acceleration,
        precision=options.precision,
    )


def device_settings(
    settings: RequestSettings, cloud: CloudModel, device: Backend, options: Options
) -> DeviceSettings:
    """Choose how the device goes on.

    Models that are made for one solver and a like number of steps share the request's steps, solver and
    guidance, so that the levels are the same and the run goes on bit for bit. A device model that is made
    otherwise (a consistency model behind a plain one, FLUX schnell behind dev, or the reverse) takes its own
    defaults; the hand-over is matched by noise level. What the person asks for comes first. Nothing here is
    sent.

    Raises:
        BadInputError: a choice is out of range, or no solver fits the device model.
    """
    own, schedule = device.defaults, device.fingerprint.schedule
    name = options.device_solver
    steps_made_for = sorted((own.num_inference_steps, cloud.defaults.num_inference_steps))
    alike = own.solver == cloud.defaults.solver and steps_made_for[1] <= 2 * steps_made_for[0]
    shared = alike and name in (None, settings.solver.name)
    solver = (
        settings.solver if shared else SolverSettings(name or own.solver, schedule.timestep_spacing, False)
    )
    steps = options.device_steps or (settings.num_inference_steps if shared else own.num_inference_steps)
    scale = options.device_guidance
    if scale is None:
        scale = settings.guidance_scale if shared else own.guidance_scale
    if not 1 <= steps <= 1000:
        raise BadInputError("device steps: must be from 1 to 1000")
    if not 0 <= scale <= 50:
        raise BadInputError("guidance_scale: must be between 0 and 50")
    return DeviceSettings(
        solver, steps, scale, settings.height, settings.width, options.device_plan, settings.seed
    )


def generate(
    found: CandidateSet,
    source: CandidateSource,
    cloud: Cloud,
    device: Backend,
    options: Options,
    watch: Callable[[Phase], Watch] = _quiet,
) -> Generation:
    """Run the whole protocol.

    Args:
        found: the accepted candidate set (:func:`obclip_gen.closure.accepted_candidates`); it holds the
            person's own prompt and negative prompt.
        source: what made it; asked again for every member.
        cloud: runs the cloud phase.
        device: the device model.
        options: the person's choices.
        watch: gives the callbacks of a phase; called when the phase begins.

    Raises:
        BadInputError: a choice is out of range, or the two models do not fit.
        RefusedError: the set is not closed. Nothing was sent.
        NetworkError: the cloud cannot be reached, or its answer cannot be used.
    """
    clock = _Clock()
    model = cloud.describe()
    settings = choose_settings(model, options)
    differences = latent_space_differences(model.fingerprint, device.fingerprint)
    if differences and settings.split:
        raise BadInputError(f"the device model cannot go on from this cloud model: {'; '.join(differences)}")
    CachePlan.parse(options.device_plan)
    # Refuse what the device cannot do before anything is sent.
    shape = device.latent_shape(settings.height, settings.width)
    finishing = device_settings(settings, model, device, options)
    make_solver(
        device.fingerprint.schedule,
        finishing.solver,
        finishing.num_inference_steps,
        seed=settings.seed,
        cells=shape[1:],
    )

    request: DenoiseRequest | None = None
    answer: CloudAnswer | None = None
    if settings.split:
        with clock.measure("closure"):
            watch("closure")
            request = closed_request(source, found, settings)
        with clock.measure("cloud"):
            expected = latent_shape(model.fingerprint, settings.height, settings.width)
            answer = cloud.denoise(request.to_bytes(), request, expected, watch("cloud"))
    with clock.measure("device"):
        done = device_phase(
            device,
            found.prompt,
            found.negative_prompt,
            finishing,
            answer.result.hand_over(found.real_index, options.restart) if answer else settings.seed,
            watch("device"),
        )
    with clock.measure("decode"):
        watch("decode")
        picture = device.decode(done.latents)[0]
        seen, estimates = _decode_all(device, answer.result) if answer else (None, None)
    return Generation(
        found, model, request, answer, done, settings, finishing, picture, seen, estimates, clock.seconds
    )


def _decode_all(device: Backend, result: DenoiseResult) -> tuple[Tensor, Tensor | None]:
    """Decode every candidate, whichever is real."""
    estimates = result.estimates()
    return device.decode(result.viewable()), None if estimates is None else device.decode(estimates)
