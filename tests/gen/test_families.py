"""Every family: against diffusers' own pipeline, through the conformance kit, and over HTTP."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.protocol import Backend
from obclip_gen.client.http import ClientSettings, RemoteCloud
from obclip_gen.cloud import LocalCloud
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import DeviceSettings, device_phase
from obclip_gen.libs import library
from obclip_gen.pipeline import Generation, Options, generate
from obclip_gen.request import SolverSettings
from obclip_gen.server.app import create_app
from obclip_gen.server.run import bind
from obclip_gen.server.settings import ServerSettings
from obclip_gen.testing.conformance import check_backend
from obclip_gen.testing.families import FAMILIES, write_family
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.loader import load_policy

PROMPT = "portrait of a young woman reading"
Load = Callable[..., Backend]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model of a family; families of one latent space share an autoencoder."""
    root = tmp_path_factory.mktemp("families")
    shares = {"bk-sdm": "sd1", "lcm": "sd1", "ssd": "sdxl", "koala": "sdxl", "pixart": "sdxl", "flux": "sd3"}

    def get(family: str) -> Path:
        path = root / family
        if not path.exists():
            base = get(shares[family]) if family in shares and family != "flux" else None
            write_family(path, family, seed=sorted(FAMILIES).index(family), sharing=base)
        return path

    return get


@pytest.fixture(scope="module")
def load(folder: Callable[[str], Path]) -> Load:
    known: dict[str, Backend] = {}

    def get(family: str, **options: object) -> Backend:
        key = f"{family} {sorted(options.items(), key=str)}"
        if key not in known:
            known[key] = load_folder(str(folder(family)), LoadOptions(**options))
        return known[key]

    return get


def pipeline_latents(folder: Path, family: str, steps: int, scale: float) -> Tensor:
    """What diffusers' own pipeline draws from the same noise, without decoding it."""
    diffusers, transformers = library("diffusers"), library("transformers")
    name = json.loads((folder / "model_index.json").read_text())["_class_name"]
    parts = {}
    for part in (path for path in folder.iterdir() if path.is_dir()):
        file = part / ("scheduler_config.json" if part.name == "scheduler" else "config.json")
        if part.name.startswith("tokenizer"):
            t5 = "T5" in (part / "tokenizer_config.json").read_text()
            kind = "T5TokenizerFast" if t5 else "CLIPTokenizer"
        else:
            config = json.loads(file.read_text())
            kind = config.get("_class_name") or config["architectures"][0]
        module = diffusers if hasattr(diffusers, kind) else transformers
        parts[part.name] = getattr(module, kind).from_pretrained(str(part))
    if name in ("StableDiffusionPipeline", "LatentConsistencyModelPipeline"):
        parts |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    if family == "sd3-no-t5":
        parts |= {"text_encoder_3": None, "tokenizer_3": None}
    pipe = getattr(diffusers, name)(**parts)
    pipe.set_progress_bar_config(disable=True)
    extra = {"use_resolution_binning": False} if family == "pixart" else {}
    if family.startswith("sd3"):
        extra = {"max_sequence_length": 256}
    made: Tensor = pipe(
        prompt=PROMPT,
        num_inference_steps=steps,
        guidance_scale=scale,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(11),
        output_type="latent",
        **extra,
    ).images
    return pipe._unpack_latents(made, 64, 64, 4) if family == "flux" else made


@pytest.mark.parametrize(
    ("family", "solver", "asked", "steps"),
    [
        ("sd1", "pndm", 6, 7),
        ("sd2", "ddim", 8, 8),
        ("bk-sdm", "pndm", 6, 7),
        ("lcm", "lcm", 1, 1),
        ("sdxl", "euler", 6, 6),
        ("ssd", "euler", 6, 6),
        ("koala", "euler", 6, 6),
        ("pixart", "dpmsolver++", 6, 6),
        ("sd3", "flow-euler", 6, 6),
        ("sd3-no-t5", "flow-euler", 6, 6),
        ("flux", "flow-euler", 6, 6),
    ],
)
def test_our_loop_draws_what_the_pipeline_of_the_family_draws(
    folder: Callable[[str], Path], load: Load, family: str, solver: str, asked: int, steps: int
) -> None:
    """Text, guidance, sizes, levels and steps are those of diffusers' pipeline for this family."""
    scale = 3.5
    theirs = pipeline_latents(folder(family), family, asked, scale)
    backend = load(family)
    spacing = "linspace" if family == "pixart" else backend.fingerprint.schedule.timestep_spacing
    settings = DeviceSettings(SolverSettings(solver, spacing), steps, scale, 64, 64)
    ours = device_phase(backend, PROMPT, "", settings, 11, Watch()).latents
    torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_conforms(load: Load, family: str) -> None:
    assert check_backend(load(family)) == ()


def test_low_memory_gives_the_same(load: Load) -> None:
    plain, low = load("sd1"), load("sd1", low_memory=True)
    latents = torch.randn(3, 4, 16, 16, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(low.decode(latents), plain.decode(latents), atol=1e-5, rtol=1e-5)
    text, times = plain.encode(["a", "b", "c"]), torch.tensor([900.0, 500.0, 10.0])
    one, two = (backend.predict(latents, times, text) for backend in (plain, low))
    torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)
    assert load("sdxl", low_memory=True).decode(latents).shape == (3, 3, 64, 64)


@contextmanager
def served(backend: Backend) -> Iterator[RemoteCloud]:
    """A real HTTP server on this machine, in a thread."""
    uvicorn = library("uvicorn")
    sock = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(backend, ServerSettings()), log_level="error"))
    server.install_signal_handlers = lambda: None
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        with RemoteCloud(ClientSettings(url=url)) as cloud:
            yield cloud
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def run(cloud: object, device: Backend, **options: object) -> Generation:
    engine = Engine(load_policy("obclip-paper"))
    found = engine.candidates(PROMPT)
    assert found.status == "ok"
    small = {"height": 64, "width": 64, "seed": 5, "num_inference_steps": 6, "split": 3}
    return generate(found, engine, cloud, device, Options(**(small | options)))


PAIRS = [
    ("sd1", "bk-sdm", {}, "exact"),
    ("sd1", "bk-sdm", {"solver": "pndm"}, "exact"),
    ("lcm", "sd1", {}, "restart"),
    ("sd1", "lcm", {}, "restart"),
    ("sdxl", "ssd", {}, "exact"),
    ("sdxl", "koala", {"device_steps": 9}, "history"),
    ("pixart", "koala", {}, "history"),
    ("sd3", "sd3", {}, "exact"),
    ("sd3-no-t5", "sd3-no-t5", {}, "exact"),
    ("flux", "flux", {}, "exact"),
    ("sd2", "sd2", {"restart": True}, "restart"),
]


@pytest.mark.parametrize(
    ("cloud", "device", "options", "how"), PAIRS, ids=[f"{c}-{d}-{h}" for c, d, _, h in PAIRS]
)
def test_every_family_through_the_whole_protocol_over_http(
    load: Load, cloud: str, device: str, options: dict[str, object], how: str
) -> None:
    with served(load(cloud)) as remote:
        made = run(remote, load(device), **options)
    here = run(LocalCloud(load(cloud)), load(device), **options)
    assert made.request is not None
    assert here.request is not None
    assert made.request.to_bytes() == here.request.to_bytes()
    assert torch.equal(made.picture, here.picture)
    assert made.picture.shape == (3, 64, 64)
    assert made.device.resumption == how
    assert made.request.n == 6
    assert made.seen is not None
    assert made.seen.shape == (6, 3, 64, 64)


@pytest.mark.parametrize(
    ("cloud", "device", "differs"),
    [
        ("sdxl", "sd1", ["scaling_factor: cloud 0.13025, device 0.18215"]),
        ("sd3", "sdxl", ["latent_channels: cloud 16, device 4", "shift_factor: cloud 0.0609, device 0.0"]),
        ("flux", "sd3", ["scaling_factor: cloud 0.3611, device 1.5305"]),
    ],
)
def test_models_that_do_not_fit_are_told_apart_before_anything_is_sent(
    load: Load, cloud: str, device: str, differs: list[str]
) -> None:
    class Silent(LocalCloud):
        def denoise(self, *args: object) -> object:
            raise AssertionError("sent")

    with pytest.raises(BadInputError, match="cannot go on from this cloud model") as caught:
        run(Silent(load(cloud)), load(device))
    for difference in differs:
        assert difference in str(caught.value)


def test_a_device_made_for_another_solver_takes_its_own_settings(load: Load) -> None:
    made = run(LocalCloud(load("lcm")), load("sd1"), num_inference_steps=None, split=None)
    assert made.request is not None
    assert (made.request.solver.name, made.request.num_inference_steps, made.request.split) == ("lcm", 8, 3)
    assert (made.finishing.solver.name, made.finishing.num_inference_steps) == ("dpmsolver++", 25)
    assert made.finishing.guidance_scale == load("sd1").defaults.guidance_scale
    assert made.answer is not None
    assert 1 < made.device.steps < 25
    other = run(LocalCloud(load("sd1")), load("sd1"), device_solver="euler", device_steps=9)
    assert (other.finishing.solver.name, other.finishing.num_inference_steps) == ("euler", 9)
    assert other.request is not None
    assert other.request.to_bytes() == run(LocalCloud(load("sd1")), load("lcm")).request.to_bytes()


def test_guidance_that_is_an_input_changes_the_output_and_costs_no_rows(load: Load) -> None:
    for family in ("lcm", "flux"):
        low = run(LocalCloud(load(family)), load(family), guidance_scale=1.5)
        high = run(LocalCloud(load(family)), load(family), guidance_scale=9.0)
        assert low.answer is not None
        assert low.answer.result.cost.denoiser_rows == 6 * 3
        assert not torch.allclose(low.picture, high.picture, atol=1e-4)


def test_t5_may_be_left_out_of_stable_diffusion_3(
    folder: Callable[[str], Path], load: Load, tmp_path: Path
) -> None:
    """By the person, or by who saved the model; not by losing a folder, and in no other family."""
    with_t5, without, saved = load("sd3"), load("sd3", t5=False), load("sd3-no-t5")
    assert "text_encoder_3" not in without.parameters
    assert without.fingerprint.sha256 != with_t5.fingerprint.sha256
    states = "encoder_hidden_states"
    one, two = (backend.encode([PROMPT]).tensors[states] for backend in (with_t5, without))
    assert one.shape == two.shape == saved.encode([PROMPT]).tensors[states].shape
    assert torch.equal(one[:, :77], two[:, :77])
    assert float(two[:, 77:].abs().max()) == 0 < float(one[:, 77:].abs().max())
    long = f"{PROMPT}, in a park" * 20
    assert len(with_t5.unread(long)) < len(without.unread(long))
    lost = Path(shutil.copytree(folder("sd3"), tmp_path / "lost"))
    shutil.rmtree(lost / "text_encoder_3")
    with pytest.raises(BadInputError, match="has no text_encoder_3"):
        load_folder(str(lost), LoadOptions())
    assert load_folder(str(lost), LoadOptions(t5=False)).fingerprint.schedule == saved.fingerprint.schedule
    with pytest.raises(BadInputError, match="only Stable Diffusion 3 runs without T5"):
        load("pixart", t5=False)
