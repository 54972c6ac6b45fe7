from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.protocol import Backend
from obclip_gen.libs import quiet_libraries
from obclip_gen.request import DenoiseRequest, RequestSettings, SolverSettings
from obclip_gen.testing.families import write_family
from obclip_gen.testing.tiny import write_tiny_model

PROMPTS = (
    "A young man reading",
    "A young woman reading",
    "A middle-aged man reading",
    "A middle-aged woman reading",
    "An old man reading",
    "An old woman reading",
)
ASSIGNMENTS = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1))


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    quiet_libraries()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_cloud_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny-cloud", channels=(12, 24))


@pytest.fixture(scope="session")
def mild_cloud(tmp_path_factory: pytest.TempPathFactory, tiny_cloud_folder: Path) -> Backend:
    """The same with Stable Diffusion's noise schedule."""
    folder = tmp_path_factory.mktemp("models") / "mild-cloud"
    write_tiny_model(folder, channels=(12, 24), beta_schedule="scaled_linear", sharing=tiny_cloud_folder)
    return load_folder(str(folder), LoadOptions())


@pytest.fixture(scope="session")
def tiny_device_folder(tmp_path_factory: pytest.TempPathFactory, tiny_cloud_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-device"
    return write_tiny_model(folder, seed=1, channels=(8, 16), sharing=tiny_cloud_folder)


@pytest.fixture(scope="session")
def tiny_cloud(tiny_cloud_folder: Path) -> Backend:
    return load_folder(str(tiny_cloud_folder), LoadOptions())


@pytest.fixture(scope="session")
def tiny_device(tiny_device_folder: Path) -> Backend:
    return load_folder(str(tiny_device_folder), LoadOptions())


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model of a family, written once; not to be changed."""
    root = tmp_path_factory.mktemp("written")

    def get(family: str) -> Path:
        return root / family if (root / family).exists() else write_family(root / family, family)

    return get


@pytest.fixture(scope="session")
def make_request() -> Callable[..., DenoiseRequest]:
    """A valid request of six candidates for a backend; keywords change single fields."""

    def make(backend: Backend, **changes: object) -> DenoiseRequest:
        prompts = changes.pop("prompts", PROMPTS)
        assignments = changes.pop("assignments", None)
        assert isinstance(prompts, tuple)
        payload = {
            "protocol": 1,
            "prompts": list(prompts),
            "assignments": [
                list(row)
                for row in assignments or (ASSIGNMENTS if prompts == PROMPTS else [()] * len(prompts))
            ],
            "negative_prompt": changes.pop("negative_prompt", ""),
        }
        settings = {
            "model": backend.fingerprint.model_id,
            "model_fingerprint": backend.fingerprint.sha256,
            "solver": SolverSettings(),
            "num_inference_steps": 5,
            "split": 2,
            "guidance_scale": 3.0,
            "height": 64,
            "width": 64,
            "seed": 7,
        } | changes
        return DenoiseRequest.from_payload(payload, RequestSettings(**settings))

    return make


@dataclasses.dataclass(frozen=True)
class RunningServer:
    """A real ``obclip serve`` process and what it has written to standard error so far."""

    url: str
    process: subprocess.Popen[str]
    errors: Path

    def log(self) -> str:
        return self.errors.read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


def _start(folder: Path, log: Path, *options: str, token: str | None = None) -> RunningServer:
    command = [sys.executable, "-m", "obclip_privacy", "serve", "--port", "0", "--threads", "1"]
    # As what it is compared with: by default the hardware decides.
    command += ["--compute", "float32"]
    environment = {key: value for key, value in os.environ.items() if key != "OBCLIP_TOKEN"}
    if token:
        environment["OBCLIP_TOKEN"] = token
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command, "--model", f"diffusers:{folder}", *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert " on http://" in line, log.read_text()
    return RunningServer(line.split(" on ")[1].split()[0], process, log)


@pytest.fixture(scope="session")
def server(tiny_cloud_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    log = tmp_path_factory.mktemp("server") / "stderr.log"
    running = _start(tiny_cloud_folder, log, "--max-queue", "0", "--max-candidates", "8")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def guarded_server(
    tiny_cloud_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    log = tmp_path_factory.mktemp("server") / "stderr.log"
    running = _start(tiny_cloud_folder, log, token="open sesame")
    yield running
    assert running.stop() == 0
