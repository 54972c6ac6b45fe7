"""The denoiser on OpenVINO: the same model within rounding, and a clear word where the package is missing.

The tests that need the package are skipped without it; ``make test-all`` installs it beside the environment.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from obclip_gen.backends.engine import WholeEngine, engine_of
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.openvino import load_openvino
from obclip_gen.backends.protocol import Backend
from obclip_gen.backends.registry import load_backend
from obclip_gen.cloud import LocalCloud
from obclip_gen.pipeline import Options, generate
from obclip_gen.testing.conformance import check_backend
from obclip_gen.testing.families import write_family
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.loader import load_policy

INSTALLED = importlib.util.find_spec("openvino") is not None
needs_openvino = pytest.mark.skipif(not INSTALLED, reason="openvino is not installed")
#: Of the largest value. Both compute in float32; they differ in the order of their sums.
TOLERANCE = 2e-5
Load = Callable[..., tuple[Backend, Backend]]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """One model twice, on torch and on OpenVINO."""
    root = tmp_path_factory.mktemp("models")
    known: dict[str, tuple[Backend, Backend]] = {}

    def get(family: str, **options: object) -> tuple[Backend, Backend]:
        key = f"{family} {sorted(options.items(), key=str)}"
        if key not in known:
            folder = root / family
            if not folder.exists():
                write_family(folder, family)
            plain, fast = (
                load_folder(str(folder), LoadOptions(device=device, **options))
                for device in ("cpu", "openvino")
            )
            known[key] = plain, fast
        return known[key]

    return get


def close(one: torch.Tensor, other: torch.Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=0, atol=TOLERANCE * float(other.abs().max()))


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tiny_device_folder: Path
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(BadInputError, match=r"device openvino: .*pip install 'obclip\[openvino\]'"):
        load_backend(f"diffusers:{tiny_device_folder}", LoadOptions(device="openvino"))


def test_nothing_is_reported_to_anybody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The package tells its makers of every import through another package, which must not be loaded."""
    for name in ("openvino", "openvino_telemetry"):
        monkeypatch.setitem(sys.modules, name, None)  # so that all is put back at the end
        del sys.modules[name]
    (tmp_path / "openvino_telemetry.py").write_text("raise SystemExit('reported')")
    (tmp_path / "openvino.py").write_text(
        "try:\n    import openvino_telemetry\nexcept ImportError:\n    quiet = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert load_openvino().quiet


@needs_openvino
@pytest.mark.parametrize("family", ["sdxl", "lcm", "pixart", "sd3", "sd1"])
def test_it_predicts_what_torch_predicts(load: Load, family: str) -> None:
    """Any number of rows, any size of pictures, rows at different steps."""
    plain, fast = load(family)
    channels = plain.fingerprint.latent_channels
    for rows, height, width in ((2, 96, 64), (1, 64, 64), (3, 64, 64)):
        shape = (rows, channels, height // 4, width // 4)
        latents = torch.randn(shape, generator=torch.Generator().manual_seed(rows))
        times = torch.tensor([900.0, 500.0, 20.0])[:rows]
        text = plain.with_guidance(plain.encode(["a woman", "an old man reading", ""][:rows]), 3.0)
        close(fast.predict(latents, times, text), plain.predict(latents, times, text))


@needs_openvino
def test_it_conforms(load: Load) -> None:
    assert check_backend(load("sd1")[1]) == ()


@needs_openvino
def test_longer_texts_and_low_memory(load: Load) -> None:
    plain, fast = load("sd1", chunks=2, low_memory=True)
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    text = plain.encode(["a woman reading " * 30])
    assert text.tensors["encoder_hidden_states"].shape[1] == 154
    close(fast.predict(latents, torch.tensor([300]), text), plain.predict(latents, torch.tensor([300]), text))


@needs_openvino
def test_a_picture_is_finished_on_it(load: Load) -> None:
    plain, fast = load("sd1")
    engine = Engine(load_policy("obclip-paper"))
    found = engine.candidates("portrait of a young woman reading")
    options = Options(
        height=64, width=64, seed=5, num_inference_steps=4, split=2, device_plan="gate-at=3-cross=live"
    )
    one, other = (generate(found, engine, LocalCloud(plain), device, options) for device in (plain, fast))
    assert one.request is not None
    assert other.request is not None
    assert one.request.to_bytes() == other.request.to_bytes()
    close(other.device.latents, one.device.latents)
    torch.testing.assert_close(other.picture, one.picture, rtol=0, atol=1e-3)
    inside = dataclasses.replace(options, device_plan="gate-at=3")
    with pytest.raises(BadInputError, match="denoiser cannot be stopped inside"):
        generate(found, engine, LocalCloud(plain), fast, inside)


@needs_openvino
def test_it_is_one_piece_and_states_its_memory(load: Load) -> None:
    plain, fast = load("sd1")
    assert isinstance(engine_of(fast, 64, 64), WholeEngine)
    mine, theirs = fast.memory(64, 64, 2), plain.memory(64, 64, 2)
    assert mine.weights["openvino"] == theirs.weights["unet"]
    assert mine.total == theirs.total + theirs.weights["unet"]
    assert fast.fingerprint == plain.fingerprint


@needs_openvino
@pytest.mark.benchmark
def test_time_of_the_embedded_device_model() -> None:
    """CPU time of 15 steps of two rows, one thread each; ``pytest -m benchmark -s`` prints it."""
    torch.set_num_threads(1)
    seconds: dict[str, float] = {}
    outputs = []
    for device in ("cpu", "openvino"):
        backend = load_backend("embedded:device", LoadOptions(device=device))
        latents = torch.randn(2, *backend.latent_shape(128, 128), generator=torch.Generator().manual_seed(1))
        text = backend.encode(["a cartoon portrait of a woman", ""])
        started = time.process_time()
        outputs.append(backend.predict(latents, torch.tensor([500.0, 500.0]), text))
        seconds[f"{device}, first step"] = time.process_time() - started
        started = time.process_time()
        for step in range(15):
            backend.predict(latents, torch.full((2,), 900.0 - 50 * step), text)
        seconds[f"{device}, 15 steps"] = time.process_time() - started
    for name, taken in seconds.items():
        print(f"{name}: {taken:.2f} s")
    close(outputs[1], outputs[0])
    assert seconds["openvino, 15 steps"] < seconds["cpu, 15 steps"]
