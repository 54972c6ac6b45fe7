"""The two messages: canonical bytes, strict reading, nothing quoted in errors."""

from __future__ import annotations

import dataclasses
import json
import struct

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from obclip_gen.backends.analytic import AnalyticBackend
from obclip_gen.canonical import JsonError, canonical_bytes, parse_object
from obclip_gen.cloud import LocalCloud, latent_shape
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import cloud_phase
from obclip_gen.fingerprint import Fingerprint, latent_space_differences
from obclip_gen.request import DenoiseRequest, RequestLimits, SolverSettings
from obclip_gen.result import DenoiseResult, largest_body, parse_result
from obclip_gen.solver_settings import DIFFUSION_SOLVERS
from obclip_privacy.errors import BadInputError, NetworkError

BACKEND = AnalyticBackend()
SHAPE = (4, 8, 8)


@pytest.fixture
def request_(make_request) -> DenoiseRequest:
    return make_request(BACKEND)


@pytest.fixture
def result(request_: DenoiseRequest) -> DenoiseResult:
    return cloud_phase(BACKEND, request_, request_.sha256, Watch())


def test_request_round_trip(request_: DenoiseRequest) -> None:
    again = DenoiseRequest.from_bytes(request_.to_bytes())
    assert again == request_
    assert again.to_bytes() == request_.to_bytes()
    assert json.loads(request_.to_bytes())["prompts"] == list(request_.prompts)
    assert b" man" in request_.to_bytes()
    assert b": " not in request_.to_bytes()


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=5),
    st.floats(0, 50),
    st.integers(0, 2**63 - 1),
)
def test_any_text_survives(make_request, prompts: list[str], scale: float, seed: int) -> None:
    if not all(prompt.strip() for prompt in prompts):
        return
    request = make_request(BACKEND, prompts=tuple(prompts), guidance_scale=scale, seed=seed)
    again = DenoiseRequest.from_bytes(request.to_bytes())
    assert again == request
    assert again.sha256 == request.sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protocol": 2}, "protocol"),
        ({"protocol": None}, "protocol"),
        ({"prompts": []}, "at least one"),
        ({"prompts": "secret"}, "array"),
        ({"prompts": ["secret", 3]}, "text"),
        ({"prompts": ["secret", " "]}, "empty"),
        ({"prompts": ["\ud800secret"] * 6}, "Unicode"),
        ({"assignments": [[0]]}, "one row per prompt"),
        ({"assignments": [[0], [0, 1], [0], [0], [0], [0]]}, "one length"),
        ({"assignments": [[True]] * 6}, "whole number"),
        ({"assignments": [[-1]] * 6}, "0 to 9999"),
        ({"negative_prompt": None}, "text"),
        ({"solver": {"name": "deis", "timestep_spacing": "trailing", "karras": False}}, "ddim, euler"),
        ({"solver": {"name": "ddim", "timestep_spacing": "trailing", "karras": True}}, "another solver"),
        ({"solver": {"name": "ddim", "timestep_spacing": "x", "karras": False}}, "leading"),
        ({"solver": {"name": "ddim", "timestep_spacing": "trailing", "karras": 1}}, "true or false"),
        ({"solver": {"name": "ddim"}}, "missing karras"),
        ({"solver": "ddim"}, "object"),
        ({"num_inference_steps": 0}, "from 1 to 1000"),
        ({"num_inference_steps": 5.0}, "whole number"),
        ({"num_inference_steps": True}, "whole number"),
        ({"split": 6}, "from 1 to 5"),
        ({"split": 0}, "from 1 to 5"),
        ({"guidance_scale": -1}, "between 0 and 50"),
        ({"guidance_scale": "7"}, "number"),
        ({"guidance_scale": 10**400}, "finite"),
        ({"height": 0}, "from 8"),
        ({"width": 10**9}, "from 8"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"precision": "int8"}, "float32, float16"),
        ({"model_fingerprint": "ab"}, "64"),
        ({"acceleration": ""}, "acceleration"),
        ({"secret": 1}, "unknown key"),
    ],
)
def test_malformed_requests_are_refused_without_a_quote(
    request_: DenoiseRequest, change: dict[str, object], message: str
) -> None:
    body = json.dumps(request_.to_json() | change).encode()
    with pytest.raises(BadInputError, match=message) as caught:
        DenoiseRequest.from_bytes(body)
    assert "secret" not in str(caught.value)
    assert "reading" not in str(caught.value)


@pytest.mark.parametrize("name", ["prompts", "seed", "solver", "acceleration", "negative_prompt"])
def test_every_field_is_needed(request_: DenoiseRequest, name: str) -> None:
    plain = request_.to_json()
    del plain[name]
    with pytest.raises(BadInputError, match=f"missing {name}"):
        DenoiseRequest.from_bytes(json.dumps(plain).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"secret",
        b"[]",
        b"\xff\xfe",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a":' + b"9" * 10_000 + b"}",
        b'{"a":1}x',
    ],
)
def test_json_is_read_strictly(body: bytes) -> None:
    with pytest.raises(JsonError) as caught:
        parse_object(body)
    assert "secret" not in str(caught.value)


def test_canonical_json_has_one_form() -> None:
    assert canonical_bytes({"b": 1.0, "a": "é"}) == b'{"a":"\\u00e9","b":1.0}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_bytes({"a": float("nan")})


def test_limits_name_both_figures(request_: DenoiseRequest) -> None:
    request_.check(RequestLimits())
    for limits, message in (
        (RequestLimits(max_candidates=5), "candidates: 6 is more than the limit of 5"),
        (RequestLimits(max_steps=4), "num_inference_steps: 5"),
        (RequestLimits(max_pixels=4095), "pixels: 4096"),
        (RequestLimits(max_prompt_chars=10), "characters of a prompt"),
        (RequestLimits(max_work=49151), "49152"),
    ):
        with pytest.raises(BadInputError, match=message):
            request_.check(limits)


def test_repr_of_a_request_has_no_prompt(request_: DenoiseRequest) -> None:
    assert "reading" not in repr(request_)


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("name", DIFFUSION_SOLVERS)
def test_result_round_trip(make_request, name: str, precision: str) -> None:
    for split in (1, 3, 5):
        request = make_request(BACKEND, solver=SolverSettings(name), precision=precision, split=split)
        result = cloud_phase(BACKEND, request, request.sha256, Watch())
        body = result.to_bytes(precision)
        assert len(body) <= largest_body(request, SHAPE)
        again = parse_result(body, request, SHAPE)
        assert (again.sigma, again.split, again.space) == (result.sigma, result.split, result.space)
        assert again.fingerprint == result.fingerprint
        assert again.state.scalars() == result.state.scalars()
        assert again.cost.denoiser_rows == result.cost.denoiser_rows
        for one, two in zip(
            (again.latents, *again.state.tensors().values()),
            (result.latents, *result.state.tensors().values()),
            strict=True,
        ):
            assert one.dtype == torch.float32
            if precision == "float32":
                assert torch.equal(one, two)
            else:
                torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-3)


def test_answers_of_one_kind_have_one_size(make_request, result: DenoiseResult) -> None:
    """The size of an answer tells an onlooker nothing about values: not the texts, not the seconds."""
    other = make_request(BACKEND, prompts=tuple("abcdef"), seed=999, negative_prompt="blurry, dark")
    answered = cloud_phase(BACKEND, other, other.sha256, Watch())
    assert len(answered.to_bytes("float32")) == len(result.to_bytes("float32"))


def test_float16_overflow_is_said(make_request) -> None:
    request = make_request(BACKEND, solver=SolverSettings("euler"), split=1)
    result = cloud_phase(BACKEND, request, request.sha256, Watch())
    large = dataclasses.replace(result, latents=result.latents * 1e6)
    with pytest.raises(BadInputError, match="use float32"):
        large.to_bytes("float16")


def header_of(body: bytes) -> tuple[dict, bytes]:
    size = struct.unpack("<Q", body[:8])[0]
    return json.loads(body[8 : 8 + size]), body[8 + size :]


def rebuilt(body: bytes, **changes: object) -> bytes:
    """The body with fields of our metadata changed."""
    header, data = header_of(body)
    ours = json.loads(header["__metadata__"]["obclip"]) | changes
    header["__metadata__"] = {"obclip": json.dumps(ours)}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensors_of(request: DenoiseRequest, **changes: torch.Tensor | None) -> dict[str, torch.Tensor]:
    plain = {"latents": torch.zeros(6, *SHAPE), "state.previous_x0": torch.zeros(6, *SHAPE)} | changes
    return {name: value for name, value in plain.items() if value is not None}


def test_truncated_answers(request_: DenoiseRequest, result: DenoiseResult) -> None:
    body = result.to_bytes("float32")
    for size in (0, 1, 7, 8, 9, 100, len(body) // 2, len(body) - 1):
        with pytest.raises(NetworkError, match="cannot be used"):
            parse_result(body[:size], request_, SHAPE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protocol": 2}, "protocol"),
        ({"split": 3}, "split"),
        ({"precision": "float16"}, "precision"),
        ({"solver": "ddim"}, "solver"),
        ({"request_sha256": "0" * 64}, "request_sha256"),
        ({"space": "xx"}, "scaling"),
        ({"sigma": -1.0}, "noise level"),
        ({"sigma": "1"}, "not a number"),
        ({"state_version": 9}, "version"),
        ({"state": {}}, "fields"),
        ({"state": []}, "state is missing"),
        ({"state": {"lower_order_nums": 2, "previous_sigma": -1.0}}, "noise level"),
        ({"fingerprint": {}}, "fingerprint"),
        ({"cost": {}}, "cost"),
        ({"cost": {"seconds": "nan"}}, "cost"),
        ({"unread": None}, "not read"),
        ({"unread": [0] * 6}, "not read"),
        ({"unread": [0] * 6 + [True]}, "not read"),
        ({"unread": [0] * 6 + [1]}, "not read"),
        ({"unread": [-1] + [0] * 6}, "not read"),
    ],
)
def test_answers_to_something_else(
    request_: DenoiseRequest, result: DenoiseResult, change: dict[str, object], message: str
) -> None:
    body = result.to_bytes("float32")
    parse_result(rebuilt(body), request_, SHAPE)
    with pytest.raises(NetworkError, match=message):
        parse_result(rebuilt(body, **change), request_, SHAPE)


def test_another_models_answer(request_: DenoiseRequest, result: DenoiseResult) -> None:
    other = BACKEND.fingerprint.to_json() | {"denoiser_sha256": "0" * 64}
    with pytest.raises(NetworkError, match="another model"):
        parse_result(rebuilt(result.to_bytes("float32"), fingerprint=other), request_, SHAPE)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"latents": torch.zeros(5, *SHAPE)}, "shape"),
        ({"latents": torch.zeros(6, 4, 8, 9)}, "shape"),
        ({"latents": torch.full((6, *SHAPE), float("nan"))}, "NaN"),
        ({"latents": torch.full((6, *SHAPE), float("inf"))}, "infinite"),
        ({"latents": torch.zeros(6, *SHAPE, dtype=torch.float16)}, "type"),
        ({"latents": torch.zeros(6, *SHAPE, dtype=torch.int32)}, "type"),
        ({"latents": None}, "no latents"),
        ({"state.previous_x0": None}, "fields"),
        ({"state.previous_x0": torch.full((6, *SHAPE), float("nan"))}, "NaN"),
        ({"state.previous_x0": torch.zeros(1, *SHAPE)}, "shape"),
        ({"state.other": torch.zeros(6, *SHAPE)}, "fields"),
        ({"other": torch.zeros(6, *SHAPE)}, "unknown name"),
    ],
)
def test_wrong_tensors(request_, result, tensors, message: str) -> None:
    header, _ = header_of(result.to_bytes("float32"))
    body = save(tensors_of(request_, **tensors), metadata=header["__metadata__"])
    with pytest.raises(NetworkError, match=message):
        parse_result(body, request_, SHAPE)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_crash(make_request, data: bytes) -> None:
    request = make_request(BACKEND)
    for body in (data, struct.pack("<Q", max(len(data) - 8, 0)) + data):
        with pytest.raises(NetworkError):
            parse_result(body, request, SHAPE)


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_changed_byte_is_noticed_or_harmless(make_request, place: int, value: int) -> None:
    request = make_request(BACKEND)
    body = bytearray(_body(request))
    body[place % len(body)] = value
    try:
        result = parse_result(bytes(body), request, SHAPE)
    except NetworkError:
        return
    assert result.latents.shape == (6, *SHAPE)
    assert torch.isfinite(result.latents).all()


_BODIES: dict[str, bytes] = {}


def _body(request: DenoiseRequest) -> bytes:
    if request.sha256 not in _BODIES:
        result = cloud_phase(BACKEND, request, request.sha256, Watch())
        _BODIES[request.sha256] = result.to_bytes("float32")
    return _BODIES[request.sha256]


def test_local_cloud_gives_what_went_over_the_wire(make_request) -> None:
    request = make_request(BACKEND)
    answer = LocalCloud(BACKEND).denoise(request.to_bytes(), request, SHAPE, Watch())
    assert answer.bytes_up == len(request.to_bytes())
    assert answer.bytes_down == len(_body(request))
    assert torch.equal(answer.result.latents, cloud_phase(BACKEND, request, "", Watch()).latents)


def test_fingerprints() -> None:
    one = BACKEND.fingerprint
    assert Fingerprint.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert latent_shape(one, 64, 64) == SHAPE
    other = Fingerprint.from_json(one.to_json() | {"latent_channels": 16, "scaling_factor": 0.5})
    assert one.sha256 != other.sha256
    assert latent_space_differences(one, one) == ()
    assert latent_space_differences(one, other) == (
        "latent_channels: cloud 4, device 16",
        "scaling_factor: cloud 1.0, device 0.5",
    )
    for change in ({"downscale": 0}, {"model_id": "a\nb"}, {"denoiser_sha256": "x"}, {"schedule": 1}):
        with pytest.raises(BadInputError, match="fingerprint"):
            Fingerprint.from_json(one.to_json() | change)
    schedule = one.schedule.to_json()
    for change in ({"beta_start": 2.0}, {"beta_schedule": "x"}, {"num_train_timesteps": 0}, {"x": 1}):
        with pytest.raises(BadInputError, match="noise schedule"):
            Fingerprint.from_json(one.to_json() | {"schedule": schedule | change})
