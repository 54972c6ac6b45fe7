"""A real server process: the same latents as in process, limits, back-pressure, and silence."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import httpx
import pytest
import torch
import uvicorn
from fastapi import FastAPI

from obclip_gen.backends.protocol import Backend
from obclip_gen.client.http import ClientSettings, RemoteCloud
from obclip_gen.cloud import LocalCloud, latent_shape
from obclip_gen.denoise.loop import Watch
from obclip_gen.server.run import _AnnouncingServer
from obclip_gen.solver_settings import DIFFUSION_SOLVERS, SolverSettings
from obclip_privacy.errors import NetworkError

SHAPE = (4, 16, 16)
TYPE = {"content-type": "application/json"}
SECRET = "zebrafinch"


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("name", DIFFUSION_SOLVERS)
def test_http_and_in_process_agree(server, tiny_cloud: Backend, make_request, name, precision) -> None:
    request = make_request(tiny_cloud, solver=SolverSettings(name), precision=precision, split=3)
    with RemoteCloud(ClientSettings(server.url)) as remote:
        model = remote.describe()
        assert model.fingerprint == tiny_cloud.fingerprint
        assert latent_shape(model.fingerprint, 64, 64) == SHAPE
        far = remote.denoise(request.to_bytes(), request, SHAPE, Watch())
    near = LocalCloud(tiny_cloud).denoise(request.to_bytes(), request, SHAPE, Watch())
    tolerance = 1e-5 if precision == "float32" else 1e-2
    torch.testing.assert_close(far.result.latents, near.result.latents, atol=tolerance, rtol=tolerance)
    for key, value in near.result.state.tensors().items():
        torch.testing.assert_close(far.result.state.tensors()[key], value, atol=tolerance, rtol=tolerance)
    assert (far.bytes_up, far.bytes_down) == (near.bytes_up, near.bytes_down)
    assert far.result.cost.denoiser_macs == near.result.cost.denoiser_macs > 0


def test_health(server) -> None:
    assert httpx.get(server.url + "/healthz").json() == {"status": "ok"}
    assert httpx.get(server.url + "/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"prompts": ["x"] * 9, "assignments": [[]] * 9}, 422, "candidates: 9 is more than the limit of 8"),
        ({"height": 4096, "width": 4096}, 422, "pixels"),
        ({"num_inference_steps": 900}, 422, "num_inference_steps"),
        ({"height": 65}, 422, "multiples of"),
        ({"acceleration": SECRET}, 422, "use one of"),
        ({"prompts": [SECRET * 300], "assignments": [[]]}, 422, "characters"),
        ({"split": "x"}, 422, "split"),
        ({"model_fingerprint": "0" * 64}, 409, "another model"),
        ({SECRET: SECRET}, 422, "unknown key"),
    ],
)
def test_refusals_name_the_limit_and_quote_nothing(
    server, tiny_cloud, make_request, change, status, message
) -> None:
    plain = make_request(tiny_cloud, prompts=(SECRET,)).to_json() | change
    response = httpx.post(server.url + "/v1/denoise", content=json.dumps(plain), headers=TYPE)
    assert response.status_code == status
    assert message in response.json()["error"]["message"]
    assert SECRET not in response.text


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "status"),
    [
        ("POST", "/v1/denoise", b"x" * 1_100_000, TYPE, 413),
        ("POST", "/v1/denoise", SECRET.encode(), TYPE, 422),
        ("POST", "/v1/denoise", b"\xff", TYPE, 422),
        ("POST", "/v1/denoise", b"{}", {"content-type": "text/plain"}, 415),
        ("GET", "/v1/denoise", b"", {}, 405),
        ("GET", f"/{SECRET}?{SECRET}", b"", {}, 404),
        ("GET", "/docs", b"", {}, 404),
        ("GET", "/openapi.json", b"", {}, 404),
    ],
)
def test_http_errors(server, method, path, content, headers, status) -> None:
    response = httpx.request(method, server.url + path, content=content, headers=headers)
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    assert SECRET not in response.text


def test_token(guarded_server, tiny_cloud, make_request) -> None:
    request = make_request(tiny_cloud)
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "open sesame"}):
        for method, path in (("GET", "/v1/model"), ("POST", "/v1/denoise")):
            response = httpx.request(method, guarded_server.url + path, headers={**TYPE, **headers})
            assert response.status_code == 401
    with (
        RemoteCloud(ClientSettings(guarded_server.url)) as remote,
        pytest.raises(NetworkError, match="OBCLIP_TOKEN"),
    ):
        remote.describe()
    with RemoteCloud(ClientSettings(guarded_server.url, token="open sesame")) as remote:
        remote.describe()
        remote.denoise(request.to_bytes(), request, SHAPE, Watch())
    assert httpx.get(guarded_server.url + "/healthz").status_code == 200


def test_a_full_queue_says_so_and_a_lost_client_frees_the_worker(server, tiny_cloud, make_request) -> None:
    """One runs, none may wait: the next gets 429 at once, until the first client leaves."""
    long = make_request(tiny_cloud, num_inference_steps=100, split=100)
    short = make_request(tiny_cloud, split=1)

    def leave_soon() -> None:
        with httpx.Client(timeout=1.0) as client, pytest.raises(httpx.TimeoutException):
            client.post(server.url + "/v1/denoise", content=long.to_bytes(), headers=TYPE)

    leaving = threading.Thread(target=leave_soon)
    leaving.start()
    time.sleep(0.4)
    started = time.monotonic()
    busy = httpx.post(server.url + "/v1/denoise", content=short.to_bytes(), headers=TYPE)
    assert busy.status_code == 429
    assert 1 <= int(busy.headers["retry-after"]) <= 600
    assert time.monotonic() - started < 1
    with (
        RemoteCloud(ClientSettings(server.url)) as remote,
        pytest.raises(NetworkError, match=r"busy; try again in \d+ s"),
    ):
        remote.denoise(short.to_bytes(), short, SHAPE, Watch())
    leaving.join()
    started = time.monotonic()
    while True:
        answer = httpx.post(server.url + "/v1/denoise", content=short.to_bytes(), headers=TYPE, timeout=60)
        if answer.status_code == 200:
            break
        assert answer.status_code == 429
        assert time.monotonic() - started < 2
        time.sleep(0.05)


def test_answers_have_one_size(server, tiny_cloud, make_request) -> None:
    sizes = set()
    for prompts in (("a man",) * 6, tuple(f"{SECRET} number {i}" for i in range(6))):
        request = make_request(tiny_cloud, prompts=prompts)
        response = httpx.post(server.url + "/v1/denoise", content=request.to_bytes(), headers=TYPE)
        assert response.status_code == 200
        sizes.add((len(response.content), len(str(response.headers))))
    assert len(sizes) == 1


def test_no_prompt_and_no_token_in_the_log(guarded_server, server, tiny_cloud, make_request) -> None:
    body = make_request(tiny_cloud, prompts=(SECRET,)).to_bytes()
    assert httpx.post(server.url + "/v1/denoise", content=body, headers=TYPE).status_code == 200
    httpx.get(guarded_server.url + "/v1/model", headers={"authorization": "Bearer open sesame"})
    time.sleep(0.1)
    assert "POST /v1/denoise 200" in server.log()
    assert "GET /v1/model 200" in guarded_server.log()
    for log in (server.log(), guarded_server.log()):
        assert not any(word in log for word in (SECRET, "reading", "sesame", "Traceback", "127.0.0.1"))


def test_a_server_that_stops_tells_its_work_before_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the running request would be waited for, and then broken off without an answer."""
    done: list[str] = []

    async def wait(*_: object) -> None:
        done.append("waits for answers")

    monkeypatch.setattr(uvicorn.Server, "shutdown", wait)
    server = _AnnouncingServer(uvicorn.Config(FastAPI()), lambda: None, lambda: done.append("winds down"))
    asyncio.run(server.shutdown())
    assert done == ["winds down", "waits for answers"]
