"""Models for few steps: told by their hub, their scheduler or a file beside them, never by a name alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from obclip_gen.backends import folder as folders
from obclip_gen.backends.entry import Defaults, LoadOptions
from obclip_gen.backends.folder import load_folder, load_hub
from obclip_gen.backends.recipes import few_steps_note, settings_of
from obclip_gen.backends.registry import load_backend
from obclip_gen.cloud import CloudModel
from obclip_gen.pipeline import Options, choose_settings, device_settings
from obclip_gen.testing.single_file import write_single_file
from obclip_privacy.errors import BadInputError

Models = Callable[[str], Path]
ORDINARY = Defaults(512, 512)


@pytest.fixture
def model(written: Models, tmp_path: Path) -> Models:
    """A copy of a tiny model, to be changed."""
    return lambda family: Path(shutil.copytree(written(family), tmp_path / family))


def of(model_id: str, scheduler: str = "EulerDiscreteScheduler", **more: bool) -> tuple[object, ...]:
    found = settings_of(model_id, None, scheduler, ORDINARY, **{"embeds_guidance": False} | more)
    told = found.defaults
    return told.num_inference_steps, told.split, told.guidance_scale, told.solver, found.timestep_spacing


@pytest.mark.parametrize(
    ("model_id", "scheduler", "expected"),
    [
        ("hub:stabilityai/sdxl-turbo", "EulerAncestralDiscreteScheduler", (4, 2, 1.0, "euler", "trailing")),
        ("hub:stabilityai/sd-turbo@main", "EulerDiscreteScheduler", (4, 2, 1.0, "euler", "trailing")),
        ("diffusers:any", "LCMScheduler", (8, 3, 1.0, "lcm", None)),
        ("diffusers:any", "TCDScheduler", (8, 3, 1.0, "ddim", "trailing")),
        ("diffusers:sdxl-turbo", "EulerDiscreteScheduler", (25, 10, 7.5, "dpmsolver++", None)),
        ("hub:someone/sdxl-turbo", "EulerDiscreteScheduler", (25, 10, 7.5, "dpmsolver++", None)),
    ],
)
def test_what_tells(model_id: str, scheduler: str, expected: tuple[object, ...]) -> None:
    assert of(model_id, scheduler) == expected


def test_guidance_that_is_an_input_stays_the_familys() -> None:
    assert of("diffusers:any", "LCMScheduler", embeds_guidance=True)[2] == 7.5


def test_a_turbo_model_of_the_hub_steps_as_it_was_trained(
    written: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "local", lambda name: written("sdxl"))
    turbo, other = (load_hub(f"stabilityai/{name}", LoadOptions()) for name in ("sdxl-turbo", "other"))
    assert turbo.fingerprint.schedule.timestep_spacing == "trailing"
    assert other.fingerprint.schedule.timestep_spacing == "leading"
    chosen = choose_settings(CloudModel(turbo.fingerprint, turbo.defaults), Options())
    assert (chosen.num_inference_steps, chosen.split, chosen.guidance_scale) == (4, 2, 1.0)
    assert (chosen.solver.name, chosen.solver.timestep_spacing) == ("euler", "trailing")


def test_a_file_in_the_models_folder_comes_first(model: Models) -> None:
    folder = model("lcm")
    told = {"num_inference_steps": 4, "solver": "euler", "timestep_spacing": "trailing", "width": 128}
    (folder / "obclip.json").write_text(json.dumps(told))
    backend = load_folder(str(folder), LoadOptions())
    assert backend.defaults == Defaults(64, 128, 4, 2, 8.0, "euler")
    assert backend.fingerprint.schedule.timestep_spacing == "trailing"


def test_a_file_in_the_folder_beside_a_single_file(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "sdxl_lightning_4step.safetensors")
    (file.with_suffix("") / "obclip.json").write_text('{"num_inference_steps": 4, "guidance_scale": 1}')
    told = load_backend(str(file), LoadOptions()).defaults
    assert (told.num_inference_steps, told.split, told.guidance_scale) == (4, 2, 1.0)
    assert few_steps_note("file:sdxl_lightning_4step", told.num_inference_steps, 1.0) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "must be an object"),
        ('{"steps": 4}', "steps is unknown; it may have height, width, num_inference_steps"),
        ('{"num_inference_steps": null}', "num_inference_steps: must be a whole number"),
        ('{"num_inference_steps": 4, "split": 5}', "split must be from 0 to num_inference_steps"),
        ('{"guidance_scale": "1"}', "guidance_scale: must be a number"),
        ('{"solver": "euler-ancestral"}', "solver: euler-ancestral cannot be split"),
        ('{"timestep_spacing": "even"}', "timestep_spacing: use one of leading, linspace, trailing"),
    ],
)
def test_what_the_file_cannot_say(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "obclip.json").write_text(text)
    with pytest.raises(BadInputError, match=f"^diffusers:x: obclip.json:? (defaults: )?{message}"):
        settings_of("diffusers:x", tmp_path, None, ORDINARY, embeds_guidance=False)


@pytest.mark.parametrize(
    ("model_id", "steps", "noted"),
    [
        ("file:sdxl_lightning_4step", 25, "Lightning"),
        ("file:dreamshaperXL_v21TurboDPMSDE", 25, "Turbo"),
        ("diffusers:Hyper-SD15-8steps-merged", 25, "Hyper-SD"),
        ("diffusers:my-lcm", 25, "lcm"),
        ("diffusers:my-lcm", 8, ""),
        ("hub:CompVis/stable-diffusion-v1-4", 25, ""),
        ("file:hyperrealism_v3", 25, ""),
    ],
)
def test_a_name_earns_a_note(model_id: str, steps: int, noted: str) -> None:
    note = few_steps_note(model_id, steps, 7.5)
    assert bool(note) == bool(noted)
    assert f"({noted})".lower() in note.lower() or not noted
    assert "with 25 steps, guidance 7.5" in note or not noted


def test_a_device_for_few_steps_takes_its_own_settings(written: Models, model: Models) -> None:
    """One solver is not enough: FLUX schnell behind dev would walk 28 steps with a guidance it cannot use."""
    few = model("flux")
    config = few / "transformer" / "config.json"
    weights = few / "transformer" / "diffusion_pytorch_model.safetensors"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"guidance_embeds": False}))
    kept = {name: value for name, value in load_file(weights).items() if "guidance" not in name}
    save_file(kept, weights)
    dev, schnell = (load_folder(str(path), LoadOptions()) for path in (written("flux"), few))
    cloud = CloudModel(dev.fingerprint, dev.defaults)
    request = choose_settings(cloud, Options())
    own = device_settings(request, cloud, schnell, Options())
    assert (own.num_inference_steps, own.guidance_scale) == (4, 1.0)
    same = device_settings(request, cloud, dev, Options())
    assert (same.num_inference_steps, same.guidance_scale) == (28, 3.5)
