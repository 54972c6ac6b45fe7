"""The whole protocol, with the real engine: closed requests, the right candidate kept, nothing else known."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from obclip_gen.backends.analytic import AnalyticBackend
from obclip_gen.backends.protocol import Backend, Conditioning
from obclip_gen.closure import accepted_candidates, closed_request
from obclip_gen.cloud import CloudAnswer, CloudModel, LocalCloud
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import DeviceSettings, device_phase
from obclip_gen.pipeline import Generation, Options, choose_settings, generate
from obclip_gen.request import DenoiseRequest
from obclip_privacy.candidates.candidate_set import CandidateSet
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError, ClosureError, NetworkError, RefusedError
from obclip_privacy.policy.loader import load_policy

PROMPT = "A young woman reading"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_policy("obclip-paper"))


class RecordingCloud:
    """A cloud in this process that keeps what left the device."""

    def __init__(self, backend: Backend) -> None:
        self._cloud = LocalCloud(backend)
        self.bodies: list[bytes] = []

    def describe(self) -> CloudModel:
        return self._cloud.describe()

    def denoise(self, body, request, shape, watch) -> CloudAnswer:
        self.bodies.append(body)
        return self._cloud.denoise(body, request, shape, watch)


class RecordingBackend(AnalyticBackend):
    """A device that keeps the shape of everything that it is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[object, ...]] = []

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        self.calls.append(("encode", len(prompts)))
        return super().encode(prompts)

    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        self.calls.append(("predict", tuple(latents.shape), float(timesteps[0])))
        return super().predict(latents, timesteps, conditioning)

    def decode(self, latents: Tensor) -> Tensor:
        self.calls.append(("decode", tuple(latents.shape)))
        return super().decode(latents)


def run(
    engine: Engine,
    cloud: object,
    device: Backend,
    prompt: str = PROMPT,
    negative: str = "",
    **options: object,
) -> Generation:
    found = accepted_candidates(engine, prompt, negative)
    return generate(found, engine, cloud, device, Options(**{"seed": 5, **options}))


def test_one_model_on_both_sides_draws_what_a_plain_run_draws(engine, tiny_cloud: Backend) -> None:
    made = run(engine, LocalCloud(tiny_cloud), tiny_cloud, num_inference_steps=6, split=2)
    assert (made.found.n, made.device.steps, made.device.resumption) == (6, 4, "exact")
    settings = DeviceSettings(made.settings.solver, 6, made.settings.guidance_scale, 64, 64)
    plain = device_phase(tiny_cloud, PROMPT, "", settings, 5, Watch())
    torch.testing.assert_close(made.device.latents, plain.latents, atol=1e-3, rtol=1e-3)
    assert made.picture.shape == (3, 64, 64)
    assert made.seen.shape == made.estimates.shape == (6, 3, 64, 64)


def test_device_goes_on_from_the_real_candidate(engine) -> None:
    """With a device that only looks at its latents, the picture tells whose latents were kept."""
    backend = AnalyticBackend()
    made = run(engine, LocalCloud(backend), backend, split=25)
    assert made.device.steps == 0
    expected = made.answer.result.latents[made.found.real_index]
    assert made.found.candidates[made.found.real_index] == PROMPT
    assert torch.equal(made.device.latents[0], expected)


@pytest.mark.parametrize("negative", ["", "an old man, blurry"])
def test_every_member_sends_the_same_bytes_and_does_the_same_work(engine, negative: str) -> None:
    """W(p_a) byte for byte, and the device's work call for call."""
    first = accepted_candidates(engine, PROMPT, negative)
    seen = set()
    for member in first.members:
        cloud, device = RecordingCloud(AnalyticBackend()), RecordingBackend()
        made = run(engine, cloud, device, member, negative, num_inference_steps=5, split=2)
        assert len(cloud.bodies) == 1
        assert made.found.prompt == member
        seen.add((cloud.bodies[0], made.answer.bytes_down, tuple(device.calls)))
    assert first.n == 6
    assert len(seen) == 1
    body = json.loads(next(iter(seen))[0])
    assert body["prompts"] == list(first.candidates)
    assert body["negative_prompt"] == first.cloud_negative_prompt
    assert "man" not in body["negative_prompt"]


def test_the_device_uses_the_persons_own_words(engine) -> None:
    class Listening(RecordingBackend):
        def encode(self, prompts: Sequence[str]) -> Conditioning:
            self.calls.append(tuple(prompts))
            return super().encode(prompts)

    cloud, device = RecordingCloud(AnalyticBackend()), Listening()
    prompt = "A young woman with freckles and a beard reading"
    run(engine, cloud, device, prompt, "an old man", num_inference_steps=3, split=1)
    assert (prompt,) in device.calls
    assert ("an old man",) in device.calls
    assert b"beard" not in cloud.bodies[0]


class Leaky:
    """An engine with a fault: one member gives something else, or refuses."""

    def __init__(self, engine: Engine, fault: str) -> None:
        self._engine = engine
        self._fault = fault

    def candidates(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        return self._engine.candidates(prompt, negative_prompt)

    def transform(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        found = self._engine.transform(prompt, negative_prompt)
        if "old woman" not in prompt:
            return found
        match self._fault:
            case "order":
                return dataclasses.replace(found, candidates=found.candidates[::-1])
            case "assignment":
                return dataclasses.replace(found, assignments=found.assignments[::-1])
            case "negative":
                return dataclasses.replace(found, cloud_negative_prompt="x")
            case "space":
                return dataclasses.replace(
                    found, candidates=(found.candidates[0] + " ", *found.candidates[1:])
                )
            case _:
                return dataclasses.replace(found, status="refused", reason="so")


@pytest.mark.parametrize("fault", ["order", "assignment", "negative", "space", "refused"])
def test_a_request_that_is_not_closed_is_never_sent(engine, fault: str) -> None:
    cloud, device = RecordingCloud(AnalyticBackend()), RecordingBackend()
    leaky = Leaky(engine, fault)
    found = accepted_candidates(leaky, PROMPT, "")
    with pytest.raises(ClosureError, match=r"nothing was sent: member \d of 6"):
        generate(found, leaky, cloud, device, Options())
    assert (cloud.bodies, device.calls) == ([], [])


def test_a_set_without_members_is_refused(engine) -> None:
    found = dataclasses.replace(accepted_candidates(engine, PROMPT, ""), members=())
    settings = choose_settings(LocalCloud(AnalyticBackend()).describe(), Options())
    with pytest.raises(ClosureError, match="members"):
        closed_request(engine, found, settings)


def test_split_zero_leaves_the_cloud_out(engine) -> None:
    cloud, device = RecordingCloud(AnalyticBackend()), RecordingBackend()
    made = run(engine, cloud, device, split=0, num_inference_steps=4)
    assert cloud.bodies == []
    assert (made.request, made.answer, made.seen) == (None, None, None)
    assert made.device.steps == 4


def test_a_prompt_without_persons_is_drawn_and_nothing_hidden(engine) -> None:
    backend = AnalyticBackend()
    made = run(engine, LocalCloud(backend), backend, "A red bicycle against a wall")
    assert (made.found.n, len(made.request.prompts), made.request.assignments) == (1, 1, ((),))


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_empty_prompts(engine, prompt: str) -> None:
    with pytest.raises(BadInputError, match="empty"):
        accepted_candidates(engine, prompt, "")


def test_refused_prompts_name_the_reason(engine) -> None:
    with pytest.raises(RefusedError, match=r"nothing was sent: .*more than"):
        accepted_candidates(engine, "a " * 15_000, "")


def test_models_of_another_latent_space_are_refused_before_anything_is_sent(engine, tiny_cloud) -> None:
    cloud = RecordingCloud(AnalyticBackend())
    with pytest.raises(BadInputError, match="downscale: cloud 8, device 4"):
        run(engine, cloud, tiny_cloud)
    assert cloud.bodies == []


def test_a_bad_answer_is_a_network_error(engine) -> None:
    class Broken(RecordingCloud):
        def denoise(self, body, request, shape, watch) -> CloudAnswer:
            other = DenoiseRequest.from_bytes(body.replace(b'"seed":5', b'"seed":6'))
            return super().denoise(other.to_bytes(), request, shape, watch)

    device = RecordingBackend()
    with pytest.raises(NetworkError, match="request_sha256"):
        run(engine, Broken(AnalyticBackend()), device)
    assert device.calls == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_inference_steps": 0}, "steps"),
        ({"num_inference_steps": 5, "split": 6}, "split"),
        ({"guidance_scale": 51.0}, "guidance_scale"),
        ({"height": 65}, "multiples of"),
        ({"solver": "deis"}, "solver"),
        ({"seed": 2**63}, "seed"),
        ({"acceleration": "magic"}, "use one of"),
    ],
)
def test_choices_out_of_range(engine, options: dict[str, object], message: str) -> None:
    backend = AnalyticBackend()
    with pytest.raises(BadInputError, match=message):
        run(engine, LocalCloud(backend), backend, **options)


def test_defaults_come_from_the_cloud_model() -> None:
    cloud = LocalCloud(AnalyticBackend()).describe()
    settings = choose_settings(cloud, Options())
    assert (settings.num_inference_steps, settings.split, settings.guidance_scale) == (25, 10, 1.0)
    assert choose_settings(cloud, Options(num_inference_steps=10)).split == 4
    assert choose_settings(cloud, Options(num_inference_steps=1)).split == 1
    assert choose_settings(cloud, Options()).seed != settings.seed
