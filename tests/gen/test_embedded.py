"""The embedded layout: two models that share their parts, and the command with no model named.

Runs on the packaged models if this checkout has them, else on random ones laid out alike.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from obclip_gen.backends import layout
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.registry import DEFAULT_CLOUD, DEFAULT_DEVICE, load_backend
from obclip_gen.denoise.guidance import GuidedPredictor
from obclip_gen.denoise.loop import Watch, run_steps
from obclip_gen.denoise.noise import initial_noise
from obclip_gen.denoise.phases import DeviceSettings, device_phase
from obclip_gen.denoise.solver import HandOver
from obclip_gen.denoise.solvers import make_solver
from obclip_gen.fingerprint import latent_space_differences
from obclip_gen.request import SolverSettings
from obclip_gen.testing.tiny import write_tiny_model
from obclip_privacy.cli.main import main


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    packaged = layout.weights_folder()
    if (packaged / "models.json").is_file():
        return packaged
    folder = tmp_path_factory.mktemp("weights")
    cloud = write_tiny_model(folder / "cloud", channels=(24, 48))
    write_tiny_model(folder / "device", seed=1, channels=(8, 8), sharing=cloud)
    models = {}
    for name in ("cloud", "device"):
        parts = {part: f"cloud/{part}" for part in layout.PARTS} | {"unet": f"{name}/unet"}
        settings = {"height": 64, "width": 64, "num_inference_steps": 25, "split": 10, "guidance_scale": 3.0}
        models[name] = {"title": name, "parts": parts, **settings}
    (folder / "models.json").write_text(json.dumps({"format": 1, "models": models}))
    return folder


@pytest.fixture(autouse=True)
def weights(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "weights_folder", lambda: root)


def test_cloud_and_device_fit_and_the_device_is_cheap() -> None:
    cloud, device = (load_backend(name, LoadOptions()) for name in (DEFAULT_CLOUD, DEFAULT_DEVICE))
    assert latent_space_differences(cloud.fingerprint, device.fingerprint) == ()
    assert cloud.fingerprint.schedule == device.fingerprint.schedule
    assert cloud.fingerprint.denoiser_sha256 != device.fingerprint.denoiser_sha256
    size = cloud.defaults.height, cloud.defaults.width
    assert device.macs(*size).denoiser <= cloud.macs(*size).denoiser / 4


def test_a_split_of_the_embedded_model_is_exact() -> None:
    """One model on both sides: stopped after 4 of 6 steps, handed over, and finished, it is one run."""
    cloud = load_backend(DEFAULT_CLOUD, LoadOptions())
    size = cloud.defaults.height, cloud.defaults.width
    settings = DeviceSettings(SolverSettings(), 6, cloud.defaults.guidance_scale, *size)
    whole = device_phase(cloud, "a woman", "", settings, 3, Watch())
    solver = make_solver(cloud.fingerprint.schedule, SolverSettings(), 6)
    predictor = GuidedPredictor(
        cloud, cloud.encode(["a woman"]), cloud.encode([""]), cloud.defaults.guidance_scale
    )
    latents = solver.start(initial_noise(3, cloud.latent_shape(*size)))
    latents = run_steps(solver, predictor, latents, 0, 4, Watch())
    given = HandOver(latents, solver.space, solver.sigmas[4], 4, solver.capture(4))
    rest = device_phase(cloud, "a woman", "", settings, given, Watch())
    assert rest.steps == 2
    assert torch.equal(rest.latents, whole.latents)


def test_the_command_needs_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    prompt = "an emoji of a Black woman firefighter"
    assert main(["generate", prompt, "--out", str(out), "--steps", "5", "--split", "2", "--seed", "1"]) == 0
    record = json.loads((out / "record.json").read_text())
    assert record["n"] == record["k_eff"] > 2
    assert [record["models"][side]["model_id"] for side in ("cloud", "device")] == [
        DEFAULT_CLOUD,
        DEFAULT_DEVICE,
    ]
    assert Image.open(out / "picture.png").size == (record["width"], record["height"])
    assert "wrote" in capsys.readouterr().out
    assert main(["models", "list"]) == 0
    assert DEFAULT_DEVICE in capsys.readouterr().out


def test_packaged_weights_stay_small(root: Path) -> None:
    files = [file for file in root.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 90e6
    assert {file.suffix for file in files} <= {".json", ".safetensors", ".txt", ".md"}
