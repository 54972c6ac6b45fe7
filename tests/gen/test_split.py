"""Split and resume: at every step, for every solver, bit for bit at equal batch shape."""

from __future__ import annotations

import math
import re

import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings as profile
from hypothesis import strategies as st
from torch import Tensor

from obclip_gen.accelerate.plan import make_predictor
from obclip_gen.backends.analytic import AnalyticBackend
from obclip_gen.backends.protocol import Backend
from obclip_gen.denoise.guidance import GuidedPredictor
from obclip_gen.denoise.loop import CancelledError, Watch, run_steps
from obclip_gen.denoise.noise import initial_noise, random_seed
from obclip_gen.denoise.phases import DeviceSettings, cloud_phase, device_phase
from obclip_gen.denoise.solver import HandOver, Solver
from obclip_gen.denoise.solvers import make_solver as make_any
from obclip_gen.denoise.solvers.levels import step_seed
from obclip_gen.denoise.space import signal
from obclip_gen.denoise.state import STATES, restore
from obclip_gen.fingerprint import Schedule
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.libs import library
from obclip_gen.schedule import NoiseSchedule
from obclip_gen.solver_settings import DIFFUSION_SOLVERS, REFUSED, SOLVERS, SolverSettings
from obclip_privacy.errors import BadInputError

STEPS = 7
SEED = 3
FLOW = FlowSchedule(shift=3.0)
KARRAS = ("euler", "heun", "dpmsolver++", "unipc")
SETTINGS = [SolverSettings(name) for name in DIFFUSION_SOLVERS] + [
    SolverSettings(name, karras=True) for name in KARRAS
]
NAMED = pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: s.name + ("+karras" if s.karras else ""))


def make_solver(schedule, settings: SolverSettings, steps: int) -> Solver:
    return make_any(schedule, settings, steps, seed=SEED, cells=(8, 8))


def plain(backend: Backend, prompts: tuple[str, ...], scale: float = 3.0) -> GuidedPredictor:
    return GuidedPredictor(backend, backend.encode(prompts), backend.encode([""]), scale)


def unsplit(
    backend: Backend, settings: SolverSettings, prompts: tuple[str, ...], steps: int = STEPS
) -> Tensor:
    solver = make_solver(backend.fingerprint.schedule, settings, steps)
    noise = initial_noise(3, backend.latent_shape(64, 64)).repeat(len(prompts), 1, 1, 1)
    return run_steps(solver, plain(backend, prompts), solver.start(noise), 0, steps, Watch())


def split_at(
    backend: Backend, settings: SolverSettings, prompts: tuple[str, ...], k: int
) -> tuple[HandOver, Tensor]:
    """Run k steps with one solver, pass its state through its plain form, go on with a fresh one."""
    first = make_solver(backend.fingerprint.schedule, settings, STEPS)
    noise = initial_noise(3, backend.latent_shape(64, 64)).repeat(len(prompts), 1, 1, 1)
    latents = run_steps(first, plain(backend, prompts), first.start(noise), 0, k, Watch())
    state = first.capture(k)
    again = restore(state.solver, state.version, state.scalars(), state.tensors())
    given = HandOver(latents, first.space, first.sigmas[k], k, again)
    second = make_solver(backend.fingerprint.schedule, settings, STEPS)
    index, latents, resumption = second.resume(given)
    assert (index, resumption) == (k, "exact")
    return given, run_steps(second, plain(backend, prompts), latents, index, STEPS, Watch())


def distance_to_closed_form(
    backend: AnalyticBackend, solver: Solver, latents: Tensor, index: int, noise: Tensor
) -> float:
    sigma = solver.sigmas[index]
    reached = latents * (signal(sigma, "vp") / signal(sigma, solver.space))
    return float((reached - backend.exact("x", noise, sigma)).abs().max())


@NAMED
def test_split_at_every_step_is_bit_identical(tiny_cloud: Backend, settings: SolverSettings) -> None:
    prompts = ("a young woman", "an old man reading")
    whole = unsplit(tiny_cloud, settings, prompts)
    assert torch.isfinite(whole).all()
    assert whole.std() > 0.05
    for k in range(1, STEPS + 1):
        _, parts = split_at(tiny_cloud, settings, prompts, k)
        assert torch.equal(parts, whole), f"split at {k}"


@pytest.mark.parametrize("name", ["dpmsolver++", "unipc", "pndm"])
def test_the_history_is_needed(tiny_cloud: Backend, name: str) -> None:
    """A multistep solver that lost its memory gives something else: the test above is not vacuous."""
    settings, prompts = SolverSettings(name), ("a young woman",)
    given, whole = split_at(tiny_cloud, settings, prompts, 3)
    solver = make_solver(tiny_cloud.fingerprint.schedule, settings, STEPS)
    lost = HandOver(given.latents, given.space, given.sigma, given.step, None)
    index, latents, resumption = solver.resume(lost)
    other = run_steps(solver, plain(tiny_cloud, prompts), latents, index, solver.steps, Watch())
    assert resumption == "restart"
    assert not torch.allclose(other, whole, atol=1e-3)


@NAMED
def test_the_state_is_all_that_is_needed(tiny_cloud: Backend, settings: SolverSettings) -> None:
    """Everything that the first scheduler still holds may be destroyed."""
    prompts = ("a young woman",)
    whole = unsplit(tiny_cloud, settings, prompts)
    solver = make_solver(tiny_cloud.fingerprint.schedule, settings, STEPS)
    noise = initial_noise(3, tiny_cloud.latent_shape(64, 64))
    latents = run_steps(solver, plain(tiny_cloud, prompts), solver.start(noise), 0, 3, Watch())
    state = solver.capture(3)
    given = HandOver(
        latents.clone(),
        solver.space,
        solver.sigmas[3],
        3,
        state.map({name: value.clone() for name, value in state.tensors().items()}),
    )
    with torch.inference_mode():
        for value in vars(getattr(solver, "_scheduler", solver)).values():
            for tensor in value if isinstance(value, list) else [value]:
                if isinstance(tensor, Tensor) and tensor.ndim == 4:
                    tensor.fill_(math.nan)
    second = make_solver(tiny_cloud.fingerprint.schedule, settings, STEPS)
    index, latents, _ = second.resume(given)
    parts = run_steps(second, plain(tiny_cloud, prompts), latents, index, STEPS, Watch())
    assert torch.equal(parts, whole)


@pytest.mark.parametrize(
    "settings", [SolverSettings(name) for name in DIFFUSION_SOLVERS], ids=lambda s: s.name
)
def test_one_row_of_a_batch_goes_on_as_if_alone(mild_cloud: Backend, settings: SolverSettings) -> None:
    """Cloud batch of three, device batch of one, against the unsplit run of the one.

    The noise of this model begins at a moderate level: from nearly pure noise a random network would
    magnify the rounding of another batch size.
    """
    tiny_cloud = mild_cloud
    prompts = ("a young woman", "an old man")
    alone = [unsplit(tiny_cloud, settings, (prompt,)) for prompt in prompts]
    for k in (1, 4):
        given, _ = split_at(tiny_cloud, settings, prompts, k)
        assert given.state is not None
        for row, prompt in enumerate(prompts):
            solver = make_solver(tiny_cloud.fingerprint.schedule, settings, STEPS)
            one = HandOver(given.latents[[row]], given.space, given.sigma, k, given.state.rows([row]))
            index, latents, _ = solver.resume(one)
            parts = run_steps(solver, plain(tiny_cloud, (prompt,)), latents, index, STEPS, Watch())
            torch.testing.assert_close(parts, alone[row], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("acceleration", ["none", "exact"])
def test_the_order_of_candidates_changes_nothing(tiny_cloud, make_request, acceleration) -> None:
    request = make_request(tiny_cloud, acceleration=acceleration)
    order = [4, 2, 0, 5, 1, 3]
    other = make_request(
        tiny_cloud, acceleration=acceleration, prompts=tuple(request.prompts[i] for i in order)
    )
    one = cloud_phase(tiny_cloud, request, request.sha256, Watch())
    two = cloud_phase(tiny_cloud, other, other.sha256, Watch())
    torch.testing.assert_close(two.latents, one.latents[order], atol=1e-5, rtol=1e-5)
    for name, value in two.state.tensors().items():
        torch.testing.assert_close(value, one.state.tensors()[name][order], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("acceleration", ["none", "exact"])
@pytest.mark.parametrize("n", [2, 3, 7])
def test_identical_candidates_have_identical_latents(tiny_cloud, make_request, acceleration, n) -> None:
    request = make_request(tiny_cloud, acceleration=acceleration, prompts=("a young woman reading",) * n)
    latents = cloud_phase(tiny_cloud, request, request.sha256, Watch()).latents
    assert all(torch.equal(row, latents[0]) for row in latents)


def test_different_candidates_have_different_latents(tiny_cloud, make_request) -> None:
    request = make_request(tiny_cloud)
    latents = cloud_phase(tiny_cloud, request, request.sha256, Watch()).latents
    distances = torch.cdist(latents.flatten(1), latents.flatten(1)) + torch.eye(request.n)
    assert distances.min() > 1e-3


def test_exact_acceleration_is_exact_and_cheaper(tiny_cloud, make_request) -> None:
    request = make_request(tiny_cloud, split=3)
    fast = make_request(tiny_cloud, split=3, acceleration="exact")
    plainly = cloud_phase(tiny_cloud, request, request.sha256, Watch())
    faster = cloud_phase(tiny_cloud, fast, fast.sha256, Watch())
    torch.testing.assert_close(faster.latents, plainly.latents, atol=1e-5, rtol=1e-5)
    assert plainly.cost.denoiser_rows == 2 * 6 * 3
    assert faster.cost.denoiser_rows == 7 + 12 + 12
    assert plainly.cost.denoiser_macs == 36 * tiny_cloud.macs(64, 64).denoiser


def test_guidance_of_one_runs_no_unconditional_rows(tiny_cloud, make_request) -> None:
    for acceleration in ("none", "exact"):
        request = make_request(tiny_cloud, guidance_scale=1.0, acceleration=acceleration)
        predictor = make_predictor(
            request, tiny_cloud, tiny_cloud.encode(request.prompts), tiny_cloud.encode([""])
        )
        predictor(torch.zeros(6, 4, 16, 16), torch.tensor(999), 0)
        assert predictor.rows == 6


def trained(prediction: str) -> NoiseSchedule:
    return NoiseSchedule(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type=prediction,
        timestep_spacing="trailing",
    )


ODE = [
    (name, trained(prediction))
    for name in DIFFUSION_SOLVERS
    for prediction in ("epsilon", "v_prediction", "sample")
    if name != "lcm" and (name, prediction) != ("pndm", "sample")
] + [("flow-euler", FLOW), ("flow-euler", FlowSchedule(use_dynamic_shifting=True, placement="uniform"))]


@pytest.mark.parametrize(
    ("name", "schedule"), ODE, ids=lambda x: x if isinstance(x, str) else x.prediction_type
)
def test_solvers_reach_the_closed_form(name: str, schedule: Schedule) -> None:
    """Against the exact solution of the probability-flow ODE of a Gaussian, across a split."""
    backend = AnalyticBackend(schedule)
    settings = SolverSettings(name)
    first = make_solver(schedule, settings, 101)
    noise = initial_noise(3, (4, 8, 8))
    latents = run_steps(first, plain(backend, ("x",), 1.0), first.start(noise), 0, 40, Watch())
    second = make_solver(schedule, settings, 101)
    index, latents, _ = second.resume(HandOver(latents, first.space, first.sigmas[40], 40, first.capture(40)))
    # The last step jumps to no noise at first order whatever the solver, so the comparison stops before it.
    latents = run_steps(second, plain(backend, ("x",), 1.0), latents, index, 100, Watch())
    error = distance_to_closed_form(backend, second, latents, 100, noise)
    assert error < {"dpmsolver++": 0.004, "unipc": 0.004, "heun": 0.004, "flow-euler": 0.04}.get(name, 0.025)


@pytest.mark.parametrize("device_steps", [11, 17, 41])
@pytest.mark.parametrize("name", [name for name in SOLVERS if name != "lcm"])
def test_other_levels_on_the_device_meet_at_the_same_noise(name: str, device_steps: int) -> None:
    """Cloud 25 steps, device another number: matched by sigma, the closed form is still reached."""
    # Heun's corrector and PNDM's equal spacing do not suit a schedule that begins at nearly pure noise.
    schedule = {"flow-euler": FLOW, "heun": trained("epsilon"), "pndm": trained("epsilon")}.get(name)
    backend = AnalyticBackend(schedule)
    settings = SolverSettings(name)
    first = make_solver(backend.fingerprint.schedule, settings, 25)
    noise = initial_noise(3, (4, 8, 8))
    latents = run_steps(first, plain(backend, ("x",), 1.0), first.start(noise), 0, 10, Watch())
    second = make_solver(backend.fingerprint.schedule, settings, device_steps)
    index, latents, how = second.resume(
        HandOver(latents, first.space, first.sigmas[10], 10, first.capture(10))
    )
    assert how == ("history" if name == "dpmsolver++" else "restart") or first.sigmas[10] in second.sigmas
    assert math.isclose(second.sigmas[index], first.sigmas[10], rel_tol=1e-6)
    assert list(second.sigmas) == sorted(second.sigmas, reverse=True)
    stop = second.steps - 1
    latents = run_steps(second, plain(backend, ("x",), 1.0), latents, index, stop, Watch())
    error = distance_to_closed_form(backend, second, latents, stop, noise)
    bounds = {"dpmsolver++": 0.015, "unipc": 0.015, "heun": 0.05, "flow-euler": 4 / device_steps}
    assert error < bounds.get(name, 0.1)


def test_every_family_of_levels_meets_every_other() -> None:
    """A flow model's latents go on under an epsilon model and the reverse, by sigma and scaling alone."""
    for cloud, device in (
        ("flow-euler", "dpmsolver++"),
        ("dpmsolver++", "flow-euler"),
        ("heun", "flow-euler"),
    ):
        one, two = (
            AnalyticBackend(FLOW if name == "flow-euler" else trained("epsilon")) for name in (cloud, device)
        )
        first = make_solver(one.fingerprint.schedule, SolverSettings(cloud), 51)
        second = make_solver(two.fingerprint.schedule, SolverSettings(device), 40)
        noise = initial_noise(3, (4, 8, 8))
        latents = run_steps(first, plain(one, ("x",), 1.0), first.start(noise), 0, 20, Watch())
        given = HandOver(latents, first.space, first.sigmas[20], 20, first.capture(20))
        index, latents, how = second.resume(given)
        assert how == "restart"
        stop = second.steps - 1
        latents = run_steps(second, plain(two, ("x",), 1.0), latents, index, stop, Watch())
        sigma = second.sigmas[stop]
        reached = latents * (signal(sigma, "vp") / signal(sigma, second.space))
        assert (reached - one.exact("x", noise, sigma)).abs().max() < 0.1, (cloud, device)


def test_the_levels_of_each_library_scheduler_are_kept() -> None:
    """Unsplit, each solver walks the scheduler of its name in diffusers, as its pipelines would."""
    backend = AnalyticBackend(trained("epsilon"))
    noise, conditioning = initial_noise(SEED, (4, 8, 8)), backend.encode(["x"])
    betas = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    for name, kind, asked, steps, options in (
        ("lcm", "LCMScheduler", 8, 8, {}),
        ("pndm", "PNDMScheduler", 24, 25, {"skip_prk_steps": True, "set_alpha_to_one": True}),
        ("heun", "HeunDiscreteScheduler", 13, 25, {"timestep_spacing": "trailing"}),
    ):
        scheduler = getattr(library("diffusers"), kind)(**betas, **options)
        scheduler.set_timesteps(asked)
        latents = noise * float(scheduler.init_noise_sigma)
        for at, timestep in enumerate(scheduler.timesteps):
            scaled = scheduler.scale_model_input(latents, timestep)
            output = backend.predict(scaled, timestep[None], conditioning)
            draw = torch.Generator().manual_seed(step_seed(SEED, steps - at))
            extra = {"generator": draw} if name == "lcm" else {}
            latents = scheduler.step(output, timestep, latents, **extra).prev_sample
        solver = make_solver(backend.fingerprint.schedule, SolverSettings(name), steps)
        ours = run_steps(solver, plain(backend, ("x",), 1.0), solver.start(noise), 0, steps, Watch())
        torch.testing.assert_close(ours, latents, atol=1e-5, rtol=1e-5)


def test_noise_of_a_step_is_the_requests() -> None:
    """A solver that draws noise is refused without a seed; with one, all rows get the same noise."""
    schedule = trained("epsilon")
    with pytest.raises(BadInputError, match="without the request's seed"):
        make_any(schedule, SolverSettings("lcm"), 8)
    one, two = (make_any(schedule, SolverSettings("lcm"), 8, seed=seed) for seed in (1, 2))
    latents, output = initial_noise(0, (4, 8, 8)).repeat(3, 1, 1, 1), torch.zeros(3, 4, 8, 8)
    stepped = one.step(output, 0, latents)
    assert torch.equal(stepped[0], stepped[1])
    assert torch.equal(stepped, one.step(output, 0, latents))
    assert not torch.allclose(stepped, two.step(output, 0, latents), atol=0.1)
    assert not torch.allclose(stepped, one.step(output, 1, latents), atol=0.1)
    with pytest.raises(BadInputError, match="at most 50"):
        make_any(schedule, SolverSettings("lcm"), 51, seed=1)


@profile(max_examples=50, deadline=None, derandomize=True)
@drawn(st.sampled_from(SOLVERS), st.integers(1, 6), st.integers(0, 10**6), st.booleans(), st.integers(1, 3))
def test_any_split_of_any_run_is_the_run(name: str, half: int, place: int, karras: bool, rows: int) -> None:
    """Any solver, T, k and N: split equals unsplit bit for bit at equal batch."""
    steps = 2 * half + 1
    k = 1 + place % steps
    backend = AnalyticBackend(FLOW if name == "flow-euler" else trained("v_prediction"))
    settings = SolverSettings(name, karras=karras and name in KARRAS)
    prompts = ("a", "b", "c")[:rows]
    first, second, third = (make_solver(backend.fingerprint.schedule, settings, steps) for _ in range(3))
    noise = initial_noise(3, (4, 4, 4)).repeat(rows, 1, 1, 1)
    whole = run_steps(first, plain(backend, prompts, 1.0), first.start(noise), 0, steps, Watch())
    latents = run_steps(second, plain(backend, prompts, 1.0), second.start(noise), 0, k, Watch())
    state = second.capture(k)
    again = restore(state.solver, state.version, state.scalars(), state.tensors())
    index, latents, how = third.resume(HandOver(latents, second.space, second.sigmas[k], k, again))
    parts = run_steps(third, plain(backend, prompts, 1.0), latents, index, steps, Watch())
    assert (index, how) == (k, "exact")
    assert torch.equal(parts, whole)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_other_solvers_are_refused_by_name_and_reason(name: str) -> None:
    with pytest.raises(BadInputError, match=rf"{re.escape(name)} cannot be split: .*{REFUSED[name][:12]}"):
        SolverSettings(name)


def test_a_solver_of_another_kind_of_model_is_refused() -> None:
    with pytest.raises(BadInputError, match="by flow matching; use flow-euler"):
        make_solver(FLOW, SolverSettings("ddim"), 5)
    with pytest.raises(BadInputError, match="with a noise schedule; use ddim"):
        make_solver(trained("epsilon"), SolverSettings("flow-euler"), 5)
    with pytest.raises(BadInputError, match="depend on the size"):
        make_any(FlowSchedule(use_dynamic_shifting=True), SolverSettings("flow-euler"), 5)
    with pytest.raises(BadInputError, match="odd number such as 7"):
        make_solver(trained("epsilon"), SolverSettings("heun"), 6)
    with pytest.raises(BadInputError, match="at least 3"):
        make_solver(trained("epsilon"), SolverSettings("pndm"), 2)


@pytest.mark.parametrize(("cloud", "device"), [("euler", "dpmsolver++"), ("dpmsolver++", "euler")])
def test_other_solver_on_the_device_is_rescaled(cloud: str, device: str) -> None:
    backend = AnalyticBackend()
    first = make_solver(backend.fingerprint.schedule, SolverSettings(cloud), 50)
    noise = initial_noise(3, (4, 8, 8))
    latents = run_steps(first, plain(backend, ("x",), 1.0), first.start(noise), 0, 20, Watch())
    second = make_solver(backend.fingerprint.schedule, SolverSettings(device), 50)
    given = HandOver(latents, first.space, first.sigmas[20], 20, first.capture(20))
    index, latents, how = second.resume(given)
    assert how == "restart"
    clean = run_steps(second, plain(backend, ("x",), 1.0), latents, index, second.steps, Watch())
    assert (clean - backend.exact("x", noise, 0.0)).abs().max() < 0.05


def test_a_hand_over_below_the_last_level_is_refused() -> None:
    backend = AnalyticBackend()
    solver = make_solver(backend.fingerprint.schedule, SolverSettings("ddim"), 25)
    given = HandOver(torch.zeros(1, 4, 8, 8), "vp", -1.0, 25, None)
    with pytest.raises(BadInputError, match="below this side's last step"):
        solver.resume(given)


def test_cloud_and_device_phase_are_one_run(tiny_cloud, make_request) -> None:
    """With one model on both sides the picture is that of a plain run."""
    request = make_request(tiny_cloud)
    result = cloud_phase(tiny_cloud, request, request.sha256, Watch())
    settings = DeviceSettings(request.solver, 5, 3.0, 64, 64)
    prompt = request.prompts[3]
    done = device_phase(tiny_cloud, prompt, "", settings, result.hand_over(3), Watch())
    alone = device_phase(tiny_cloud, prompt, "", settings, request.seed, Watch())
    assert (done.steps, done.resumption, alone.resumption) == (3, "exact", None)
    torch.testing.assert_close(done.latents, alone.latents, atol=1e-4, rtol=1e-4)


def test_cancellation_stops_between_steps(tiny_cloud, make_request) -> None:
    seen: list[int] = []
    request = make_request(tiny_cloud, split=5)
    watch = Watch(cancelled=lambda: len(seen) > 2, progress=lambda done, total: seen.append(done))
    with pytest.raises(CancelledError):
        cloud_phase(tiny_cloud, request, request.sha256, watch)
    assert seen == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "steps", "message"),
    [("dpmsolver++", 1001, "training timesteps"), ("ddim", 1001, "training timesteps")],
)
def test_too_many_steps(name: str, steps: int, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        make_solver(AnalyticBackend().fingerprint.schedule, SolverSettings(name), steps)


@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
@pytest.mark.parametrize("name", SOLVERS)
def test_levels_descend(name: str, spacing: str) -> None:
    """Whatever the numbers, a solver has T descending levels and T timesteps, or refuses."""
    schedule = FLOW if name == "flow-euler" else AnalyticBackend().fingerprint.schedule
    for steps in (1, 2, 3, 7, 24, 25, 26, 49, 60, 99, 100):
        if (
            (name == "heun" and steps % 2 == 0)
            or (name == "pndm" and steps < 3)
            or (name == "lcm" and steps > 50)
        ):
            with pytest.raises(BadInputError, match="num_inference_steps"):
                make_solver(schedule, SolverSettings(name, timestep_spacing=spacing), steps)
            continue
        solver = make_solver(schedule, SolverSettings(name, timestep_spacing=spacing), steps)
        assert len(solver.sigmas) == steps + 1
        levels = sorted(set(solver.sigmas), reverse=True)
        assert list(dict.fromkeys(solver.sigmas)) == levels, steps
        twice = {"heun": (steps - 1) // 2, "pndm": 1}.get(name, 0)
        assert len(levels) == steps + 1 - twice


def test_states_are_strict() -> None:
    tensor = torch.zeros(1, 4, 2, 2)
    good = {"lower_order_nums": 2, "previous_sigma": 1.5}
    assert restore("dpmsolver++", 1, good, {"previous_x0": tensor}).tensors()["previous_x0"] is tensor
    for solver, version, scalars, tensors, message in (
        ("deis", 1, {}, {}, "unknown solver"),
        ("ddim", 2, {}, {}, "version"),
        ("ddim", 1, {}, {"x": tensor}, "fields"),
        ("dpmsolver++", 1, good, {}, "fields"),
        ("dpmsolver++", 1, good | {"lower_order_nums": 3}, {"previous_x0": tensor}, "from 1 to 2"),
        ("dpmsolver++", 1, good | {"lower_order_nums": True}, {"previous_x0": tensor}, "from 1 to 2"),
        ("dpmsolver++", 1, good | {"previous_sigma": math.nan}, {"previous_x0": tensor}, "noise level"),
        ("dpmsolver++", 1, good | {"previous_sigma": "1"}, {"previous_x0": tensor}, "noise level"),
        ("heun", 1, {"previous_sigma": 1.0}, {"derivative": tensor}, "belong together"),
        ("heun", 1, {"previous_sigma": 1.0, "derivative": 1.0, "last_sample": 1.0}, {}, "must be a tensor"),
        ("pndm", 1, {"previous_sigma": 1.0, "made": 5}, {"output_1": tensor}, "from 1 to 4"),
        ("pndm", 1, {"previous_sigma": 1.0, "made": 4}, {"output_1": tensor}, "one model output a step"),
        ("pndm", 1, {"previous_sigma": 1.0, "made": 1}, {"output_1": tensor}, "first step"),
    ):
        with pytest.raises(ValueError, match=message):
            restore(solver, version, scalars, tensors)
    assert set(STATES) == set(SOLVERS)


def test_seeds_are_drawn_and_noise_is_reproducible() -> None:
    assert len({random_seed() for _ in range(50)}) == 50
    assert all(0 <= random_seed() < 2**63 for _ in range(50))
    assert torch.equal(initial_noise(5, (4, 8, 8)), initial_noise(5, (4, 8, 8)))
    assert not torch.equal(initial_noise(5, (4, 8, 8)), initial_noise(6, (4, 8, 8)))
