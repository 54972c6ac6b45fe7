"""Backends: what the protocol promises, the counting rule, and the door that plugins use."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import obclip_gen
from obclip_gen import plugins
from obclip_gen.accelerate.entry import Acceleration
from obclip_gen.backends.analytic import AnalyticBackend
from obclip_gen.backends.entry import BackendEntry, LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.memory import estimate
from obclip_gen.backends.protocol import Backend, Conditioning
from obclip_gen.backends.registry import load_backend
from obclip_gen.denoise.guidance import GuidedPredictor
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import cloud_phase
from obclip_gen.libs import library
from obclip_gen.macs import count_macs
from obclip_gen.testing.tiny import write_tiny_model
from obclip_privacy.errors import BadInputError, PluginError
from obclip_privacy.hookspecs import hookimpl

PROMPTS = ("a young woman", "an old man reading", "")


@pytest.fixture(params=["analytic", "tiny"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return AnalyticBackend() if request.param == "analytic" else request.getfixturevalue("tiny_cloud")


def test_backends_follow_the_protocol(backend: Backend) -> None:
    assert isinstance(backend, Backend)
    c, h, w = backend.latent_shape(64, 128)
    f = backend.fingerprint
    assert (c, h, w) == (f.latent_channels, 64 // f.downscale, 128 // f.downscale)
    for size in ((63, 64), (64, 65)):
        with pytest.raises(BadInputError, match="multiples of"):
            backend.latent_shape(*size)
    assert backend.defaults.height % f.downscale == 0


def test_equal_prompts_have_equal_conditioning_whatever_stands_beside_them(backend: Backend) -> None:
    together = backend.encode((*PROMPTS, PROMPTS[0]))
    assert together.rows == 4
    for row, prompt in enumerate(PROMPTS):
        for name, alone in backend.encode([prompt]).tensors.items():
            torch.testing.assert_close(together.tensors[name][[row]], alone, atol=1e-5, rtol=1e-5)
    for value in together.tensors.values():
        assert torch.equal(value[0], value[3])
        assert not torch.equal(value[0], value[1])


def test_rows_do_not_mix_and_may_be_at_different_steps(backend: Backend) -> None:
    latents = torch.randn(3, *backend.latent_shape(64, 64), generator=torch.Generator().manual_seed(1))
    times = torch.tensor([900, 500, 20])
    conditioning = backend.encode(PROMPTS)
    together = backend.predict(latents, times, conditioning)
    assert together.dtype == torch.float32
    for row in range(3):
        alone = backend.predict(latents[[row]], times[[row]], conditioning.select([row]))
        torch.testing.assert_close(together[[row]], alone, atol=2e-5, rtol=2e-5)
    assert torch.equal(together, backend.predict(latents, times, conditioning))


def test_pictures_are_in_range(backend: Backend) -> None:
    latents = 5 * torch.randn(5, *backend.latent_shape(64, 64), generator=torch.Generator().manual_seed(1))
    pictures = backend.decode(latents)
    assert pictures.shape == (5, 3, 64, 64)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    torch.testing.assert_close(pictures[[4]], backend.decode(latents[[4]]), atol=1e-5, rtol=1e-5)


def test_conditioning_rows() -> None:
    one = Conditioning({"a": torch.arange(6).reshape(3, 2)})
    assert one.select([2, 0, 0]).tensors["a"].tolist() == [[4, 5], [0, 1], [0, 1]]
    assert one.joined(one.select([1])).rows == 4


def test_guidance_is_linear_in_its_scale(tiny_cloud: Backend) -> None:
    """eps = u + s (c - u): three scales lie on one line, and a scale of 1 is the conditional output."""
    latents = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    conditional, negative = tiny_cloud.encode(["a woman", "a man"]), tiny_cloud.encode(["blurry"])
    one, two, three = (
        GuidedPredictor(tiny_cloud, conditional, negative, scale)(latents, torch.tensor(500), 0)
        for scale in (1.0, 2.0, 3.0)
    )
    torch.testing.assert_close(three - two, two - one, atol=1e-5, rtol=1e-4)
    plain = tiny_cloud.predict(latents, torch.tensor([500, 500]), conditional)
    torch.testing.assert_close(one, plain, atol=1e-6, rtol=1e-6)
    unconditional = tiny_cloud.predict(latents, torch.tensor([500, 500]), negative.select([0, 0]))
    torch.testing.assert_close(two, 2 * plain - unconditional, atol=1e-5, rtol=1e-4)


def test_what_the_text_encoder_does_not_read(tiny_cloud: Backend) -> None:
    assert tiny_cloud.unread("a woman") == ""
    words = "a woman reading " * 40
    rest = tiny_cloud.unread(words)
    assert rest
    assert words.endswith(rest)
    read = words.removesuffix(rest)
    assert tiny_cloud.unread(read) == ""
    for name, value in tiny_cloud.encode([words]).tensors.items():
        torch.testing.assert_close(value, tiny_cloud.encode([read]).tensors[name], atol=1e-5, rtol=1e-5)


def test_scaling_of_latents(tmp_path: Path, tiny_cloud: Backend, tiny_cloud_folder: Path) -> None:
    folder = write_tiny_model(tmp_path / "scaled", sharing=tiny_cloud_folder)
    config = folder / "vae" / "config.json"
    config.write_text(config.read_text().replace('"scaling_factor": 1.0', '"scaling_factor": 0.5'))
    scaled = load_folder(str(folder), LoadOptions())
    assert scaled.fingerprint.scaling_factor == 0.5
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(scaled.decode(latents * 0.5), tiny_cloud.decode(latents))


def test_bfloat16_is_close(tiny_cloud_folder: Path, tiny_cloud: Backend, make_request) -> None:
    half = load_folder(str(tiny_cloud_folder), LoadOptions(compute="bfloat16"))
    request = make_request(tiny_cloud)
    one = cloud_phase(tiny_cloud, request, request.sha256, Watch()).latents
    two = cloud_phase(half, request, request.sha256, Watch()).latents
    assert two.dtype == torch.float32
    assert not torch.equal(one, two)
    assert (one - two).norm() / one.norm() < 0.02


def unet(**config: object) -> int:
    """MACs of one row of a U-Net with 77 text tokens, without any storage."""

    def run() -> None:
        model = library("diffusers").UNet2DConditionModel(**config)
        side, depth = model.config.sample_size, model.config.cross_attention_dim
        model(torch.empty(1, 4, side, side), torch.empty(1), torch.empty(1, 77, depth))

    return count_macs(run)


def test_the_counting_rule_on_known_models() -> None:
    """Stable Diffusion v1.4 at 64x64 latents, and BK-SDM-Small: half the layers and no middle block."""
    common = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
    assert unet(**common) / 1e9 == pytest.approx(401.6, abs=0.1)
    assert unet(**common, layers_per_block=1, mid_block_type=None) / 1e9 == pytest.approx(255.4, abs=0.1)


def test_memory_is_the_peak_of_what_is_alive() -> None:
    """10 -> 1000 -> 10 in float32: both activations are alive at once; weights and their views are not
    counted.
    """
    model = torch.nn.Sequential(
        torch.nn.Linear(10, 1000), torch.nn.ReLU(inplace=True), torch.nn.Linear(1000, 10)
    )

    def blank():
        copy = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in ((10, 1000), (1000, 10))))
        given = torch.empty(1, 10)
        return lambda: copy(given)

    memory = estimate({"all": model}, blank, 3)
    assert memory.weights == {"all": 4 * (10 * 1000 + 1000 + 1000 * 10 + 10)}
    assert memory.working == 3 * 4 * (1000 + 10)
    assert memory.total == memory.weights["all"] + memory.working


def test_macs_grow_with_the_size(tiny_cloud: Backend) -> None:
    small, large = tiny_cloud.macs(64, 64), tiny_cloud.macs(128, 128)
    assert large.denoiser > 4 * small.denoiser > 0
    assert large.decoder == 4 * small.decoder > 0
    assert large.text_encoder == small.text_encoder > 0


def test_a_plugin_adds_a_backend_and_an_acceleration(monkeypatch, make_request) -> None:
    class Plugin:
        @hookimpl
        def register_backends(self, register) -> None:
            register(BackendEntry("mine", "a test", lambda model, options: AnalyticBackend()))

        @hookimpl
        def register_accelerations(self, register) -> None:
            def make(request, backend, conditional, negative) -> GuidedPredictor:
                return GuidedPredictor(backend, conditional, negative, 1.0)

            register(Acceleration("unguided", "no guidance", "approximate", make))

    registry = plugins.collect({"test": Plugin()}, {})
    assert list(registry.backends) == ["analytic", "diffusers", "embedded", "file", "hub", "mine"]
    monkeypatch.setattr(plugins, "_collected", lambda selection, named: registry)
    backend = load_backend("mine:", LoadOptions())
    request = make_request(backend, acceleration="unguided")
    assert cloud_phase(backend, request, request.sha256, Watch()).cost.denoiser_rows == 6 * request.split


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (BackendEntry("embedded", "again", lambda m, o: AnalyticBackend()), "'embedded', which is taken"),
        ("nonsense", "registered a str, not a BackendEntry"),
        (None, "register_backends raised ZeroDivisionError"),
    ],
)
def test_plugin_faults_name_the_plugin(item: object, message: str) -> None:
    def implementation(register) -> None:
        if item is None:
            raise ZeroDivisionError
        register(item)

    plugin = SimpleNamespace(register_backends=hookimpl(implementation))
    with pytest.raises(PluginError, match=f"plugin faulty: .*{message}"):
        plugins.collect({"faulty": plugin}, {})


def test_a_plugin_that_failed_is_named_where_it_is_missed(monkeypatch) -> None:
    registry = plugins.collect({}, {"theirs": "their-package: ImportError: no torch"})
    monkeypatch.setattr(plugins, "_collected", lambda selection, named: registry)
    with pytest.raises(BadInputError, match=r"plugin theirs failed to load .*no torch"):
        load_backend("theirs:x", LoadOptions())


def test_nothing_outside_the_backends_knows_a_family() -> None:
    root = Path(obclip_gen.__file__).parent
    family = re.compile(r"UNet2D|CLIPT|StableDiffusion\w|AutoencoderK|encoder_hidden_states")
    apart = {"backends", "training", "testing", "weights"}
    files = [file for file in root.rglob("*.py") if file.relative_to(root).parts[0] not in apart]
    assert len(files) > 30
    assert [file.name for file in files if family.search(file.read_text())] == []


def test_unknown_references() -> None:
    for reference in ("embedded", "nonesuch:x", "", ":"):
        with pytest.raises(BadInputError, match="SCHEME:MODEL"):
            load_backend(reference, LoadOptions())
    with pytest.raises(BadInputError, match="no named models"):
        load_backend("analytic:x", LoadOptions())
