"""What any generation backend must hold, a plugin's included.

One property, one function::

    import pytest
    from obclip_gen.testing.conformance import PROPERTIES

    @pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
    def test_my_backend_conforms(holds):
        holds(my_backend)

Each function raises ``AssertionError`` with what is wrong. They run a handful of steps at the backend's
default size, so give them a small model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from obclip_gen.backends.protocol import Backend
from obclip_gen.canonical import canonical_bytes, parse_object
from obclip_gen.denoise.loop import CancelledError, Watch
from obclip_gen.denoise.phases import DeviceSettings, cloud_phase, device_phase
from obclip_gen.denoise.solvers import make_solver
from obclip_gen.fingerprint import Fingerprint
from obclip_gen.request import DenoiseRequest, RequestSettings, SolverSettings
from obclip_gen.result import DenoiseResult, parse_result
from obclip_privacy.errors import BadInputError

_PROMPTS = ("a young woman reading", "an old man reading", "a portrait of a person")
_STEPS = 5
_SEED = 7


def _hold(condition: object, wrong: str) -> None:
    if not condition:
        raise AssertionError(wrong)


def _close(one: Tensor, other: Tensor, wrong: str) -> None:
    scale = float(other.abs().max())
    _hold(float((one - other).abs().max()) <= 1e-4 * max(scale, 1.0), wrong)


def request_for(backend: Backend, prompts: tuple[str, ...] = _PROMPTS, split: int = 2) -> DenoiseRequest:
    """Make a small request that fits a backend."""
    defaults, fingerprint = backend.defaults, backend.fingerprint
    settings = RequestSettings(
        model=fingerprint.model_id,
        model_fingerprint=fingerprint.sha256,
        solver=SolverSettings(defaults.solver, fingerprint.schedule.timestep_spacing),
        num_inference_steps=_STEPS,
        split=split,
        guidance_scale=max(defaults.guidance_scale, 2.0),
        height=defaults.height,
        width=defaults.width,
        seed=_SEED,
    )
    payload = {
        "protocol": 1,
        "prompts": list(prompts),
        "assignments": [[row] for row in range(len(prompts))],
        "negative_prompt": "",
    }
    return DenoiseRequest.from_payload(payload, settings)


def _cloud(backend: Backend, request: DenoiseRequest, watch: Watch | None = None) -> DenoiseResult:
    return cloud_phase(backend, request, request.sha256, watch or Watch())


def follows_the_protocol(backend: Backend) -> None:
    """It has every member, its fingerprint survives being sent, and its latents have the stated shape."""
    _hold(isinstance(backend, Backend), "a member of obclip_gen.backends.protocol.Backend is missing")
    fingerprint, defaults = backend.fingerprint, backend.defaults
    again = Fingerprint.from_json(parse_object(canonical_bytes(fingerprint.to_json())))
    _hold(again == fingerprint, "the fingerprint does not survive being sent")
    shape = backend.latent_shape(defaults.height, defaults.width)
    expected = defaults.height // fingerprint.downscale, defaults.width // fingerprint.downscale
    _hold(shape == (fingerprint.latent_channels, *expected), "latent_shape disagrees with the fingerprint")
    try:
        backend.latent_shape(defaults.height + 1, defaults.width)
    except BadInputError:
        return
    raise AssertionError("latent_shape takes a height that does not fill its cells")


def encodes_each_prompt_alone(backend: Backend) -> None:
    """A prompt's conditioning does not depend on the prompts beside it; other prompts have another."""
    together = backend.encode((*_PROMPTS, _PROMPTS[0]))
    _hold(together.rows == 4, "encode does not give one row per prompt")
    differs = False
    for name, value in together.tensors.items():
        _hold(torch.equal(value[0], value[3]), f"equal prompts differ in {name}")
        alone = backend.encode([_PROMPTS[1]]).tensors[name]
        _close(value[[1]].float(), alone.float(), f"{name} depends on the prompts beside it")
        differs = differs or not torch.equal(value[0], value[1])
    _hold(differs, "different prompts have the same conditioning")


def is_deterministic(backend: Backend) -> None:
    """The same request gives the same bits, whatever was drawn or computed before."""
    request = request_for(backend)
    one = _cloud(backend, request)
    torch.rand(3)
    _cloud(backend, replace(request, seed=_SEED + 1))
    _hold(torch.equal(one.latents, _cloud(backend, request).latents), "the same request gave other latents")


def seeds_matter(backend: Backend) -> None:
    """Another seed gives other latents."""
    request = request_for(backend)
    other = _cloud(backend, replace(request, seed=_SEED + 1)).latents
    _hold(not torch.allclose(_cloud(backend, request).latents, other), "the seed changes nothing")


def order_does_not_matter(backend: Backend) -> None:
    """Permuting the candidates permutes their latents."""
    order = (2, 0, 1)
    request = request_for(backend)
    other = request_for(backend, tuple(_PROMPTS[place] for place in order))
    _close(
        _cloud(backend, other).latents,
        _cloud(backend, request).latents[list(order)],
        "the order of the candidates changes their latents",
    )


def identical_candidates_are_identical(backend: Backend) -> None:
    """Equal prompts have equal latents, and different prompts have different ones."""
    latents = _cloud(backend, request_for(backend, (_PROMPTS[0], _PROMPTS[1], _PROMPTS[0]))).latents
    _hold(torch.equal(latents[0], latents[2]), "identical candidates have different latents")
    _hold(not torch.equal(latents[0], latents[1]), "different candidates have the same latents")


def splits_exactly(backend: Backend) -> None:
    """Stopping after any step and going on gives the unsplit run: bit for bit at equal batch shape."""
    prompts = _PROMPTS[:1]
    whole = _cloud(backend, request_for(backend, prompts, _STEPS)).latents
    for k in range(1, _STEPS + 1):
        request = request_for(backend, prompts, k)
        result = _cloud(backend, request)
        channels, height, width = result.latents.shape[1:]
        sent = parse_result(result.to_bytes("float32"), request, (channels, height, width))
        settings = DeviceSettings(
            request.solver,
            _STEPS,
            request.guidance_scale,
            request.height,
            request.width,
            seed=request.seed,
        )
        done = device_phase(backend, prompts[0], "", settings, sent.hand_over(0), Watch())
        _hold(torch.equal(done.latents, whole), f"split after step {k} differs from the unsplit run")


def meets_other_levels(backend: Backend) -> None:
    """A device with another number of steps goes on from the same noise level."""
    request = request_for(backend, _PROMPTS[:1])
    result = _cloud(backend, request)
    shape = backend.latent_shape(request.height, request.width)
    solver = make_solver(
        backend.fingerprint.schedule,
        request.solver,
        _STEPS + 4,
        seed=request.seed,
        cells=shape[1:],
    )
    index, latents, _ = solver.resume(result.hand_over(0))
    met = math.isclose(solver.sigmas[index], result.sigma, rel_tol=1e-4)
    _hold(met, "the device went on at another noise level")
    _hold(bool(torch.isfinite(latents).all()), "the latents at the hand-over are not finite")


def keeps_a_cost_record(backend: Backend) -> None:
    """Rows and operations are those of the request."""
    request = request_for(backend)
    cost = _cloud(backend, request).cost
    guided = request.guidance_scale > 1 and not backend.embeds_guidance
    rows = len(_PROMPTS) * request.split * (2 if guided else 1)
    row = backend.macs(request.height, request.width).denoiser
    _hold(cost.denoiser_rows == rows, f"{cost.denoiser_rows} denoiser rows were recorded, {rows} were run")
    _hold(cost.denoiser_macs == rows * row, "the recorded operations are not rows times those of a row")
    _hold(cost.seconds > 0, "no time was recorded")


def states_its_memory(backend: Backend) -> None:
    """Memory is known before anything runs, and grows with the rows."""
    height, width = backend.defaults.height, backend.defaults.width
    one, many = backend.memory(height, width, 1), backend.memory(height, width, 8)
    _hold(one.weights == many.weights, "the weights depend on the rows")
    _hold(0 < one.working < many.working, "working memory does not grow with the rows")
    held = sum(backend.parameters.values())
    _hold(sum(one.weights.values()) >= 2 * held, "the weights take less than 16 bits a parameter")


def stops_between_steps(backend: Backend) -> None:
    """A cancelled run ends before its next step."""
    seen: list[int] = []
    watch = Watch(cancelled=lambda: len(seen) > 2, progress=lambda done, total: seen.append(done))
    try:
        _cloud(backend, request_for(backend, _PROMPTS[:1], _STEPS), watch)
    except CancelledError:
        _hold(seen == [0, 1, 2], "a cancelled run went on")
        return
    raise AssertionError("a cancelled run was finished")


def decodes_into_range(backend: Backend) -> None:
    """Pictures are of the stated size and in 0..1, whatever the latents, and do not depend on each other."""
    height, width = backend.defaults.height, backend.defaults.width
    generator = torch.Generator().manual_seed(_SEED)
    latents = 3 * torch.randn(2, *backend.latent_shape(height, width), generator=generator)
    pictures = backend.decode(latents)
    _hold(pictures.shape == (2, 3, height, width), "pictures are not of the size that was asked for")
    _hold(bool(((pictures >= 0) & (pictures <= 1)).all()), "pictures are not in 0..1")
    _close(pictures[[1]], backend.decode(latents[[1]]), "a picture depends on the one beside it")


def tells_what_it_does_not_read(backend: Backend) -> None:
    """``unread`` gives the end of the prompt, and what it leaves is read whole."""
    _hold(backend.unread(_PROMPTS[0]) == "", "a short prompt is said to be cut")
    words = "a woman reading " * 400
    rest = backend.unread(words)
    _hold(words.endswith(rest), "unread is not the end of the prompt")
    _hold(backend.unread(words.removesuffix(rest)) == "", "what is read is said to be cut")


#: All properties, in the order of reading.
PROPERTIES: tuple[Callable[[Backend], None], ...] = (
    follows_the_protocol,
    encodes_each_prompt_alone,
    is_deterministic,
    seeds_matter,
    order_does_not_matter,
    identical_candidates_are_identical,
    splits_exactly,
    meets_other_levels,
    keeps_a_cost_record,
    states_its_memory,
    stops_between_steps,
    decodes_into_range,
    tells_what_it_does_not_read,
)


def check_backend(backend: Backend) -> tuple[str, ...]:
    """Check every property.

    Returns:
        What is wrong, ``property: reason``, in order; empty when the backend conforms.
    """
    wrong = []
    for holds in PROPERTIES:
        try:
            holds(backend)
        except AssertionError as error:
            wrong.append(f"{holds.__name__}: {error}")
    return tuple(wrong)
