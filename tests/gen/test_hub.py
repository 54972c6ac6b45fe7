"""Models of a hub: fetched by one command only, read from this machine only, named exactly."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from obclip_gen.backends import hub
from obclip_gen.backends.autoencoder import PUBLISHED
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.presets import PAIRS, pair
from obclip_gen.backends.registry import load_backend
from obclip_gen.cli import models
from obclip_gen.libs import library
from obclip_gen.testing.families import write_family
from obclip_privacy.errors import BadInputError, NetworkError

RUNNER = CliRunner()


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, object]]]:
    """A hub with one model, and a cache that knows it once it was fetched; gives the calls."""
    source = write_family(tmp_path / "source", "sd1")
    (source / "unet" / "evil.bin").write_bytes(b"pickle")
    (source / "unet" / "code.py").write_text("raise SystemExit")
    shutil.copy(
        source / "unet" / "diffusion_pytorch_model.safetensors",
        source / "unet" / "diffusion_pytorch_model.fp16.safetensors",
    )
    cache = tmp_path / "cache"
    calls: list[dict[str, object]] = []

    def download(
        repo_id: str, revision: str | None, local_files_only: bool = False, **patterns: list[str]
    ) -> str:
        calls.append({"repo_id": repo_id, "revision": revision, "local": local_files_only})
        if repo_id != "someone/tiny":
            raise OSError("404 Client Error\nsecond line")
        if local_files_only:
            if not cache.exists():
                raise FileNotFoundError("not cached")
            return str(cache)
        for file in (path for path in source.rglob("*") if path.is_file()):
            name = file.relative_to(source).as_posix()
            wanted = any(fnmatch.fnmatch(name, pattern) for pattern in patterns["allow_patterns"])
            if wanted and not any(fnmatch.fnmatch(name, pattern) for pattern in patterns["ignore_patterns"]):
                (cache / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, cache / name)
        return str(cache)

    monkeypatch.setattr(hub, "_download", lambda: download)
    return calls


def test_a_model_is_fetched_by_pull_and_read_without_a_connection(cached: list, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="fetch it with: obclip models pull hub:someone/tiny"):
        load_backend("hub:someone/tiny", LoadOptions())
    result = RUNNER.invoke(models.app, ["pull", "hub:someone/tiny@v1"])
    assert result.exit_code == 0, result.output
    assert "hub:someone/tiny@v1 is in" in result.output
    backend = load_backend("hub:someone/tiny", LoadOptions())
    assert backend.fingerprint.model_id == "hub:someone/tiny"
    plain = load_folder(str(tmp_path / "source"), LoadOptions())
    assert backend.fingerprint.denoiser_sha256 == plain.fingerprint.denoiser_sha256
    assert [call["local"] for call in cached] == [True, False, False, True]
    assert cached[1]["revision"] == "v1"
    kept = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert "diffusion_pytorch_model.safetensors" in kept
    assert not {name for name in kept if name.endswith((".bin", ".py")) or "fp16" in name}


def test_weights_in_16_bits_only_are_found(tmp_path: Path) -> None:
    folder = write_family(tmp_path / "half", "sd1")
    plain = load_folder(str(folder), LoadOptions()).fingerprint.denoiser_sha256
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert load_folder(str(folder), LoadOptions()).fingerprint.denoiser_sha256 == plain
    weights.with_name("diffusion_pytorch_model.fp16.safetensors").rename(weights.with_name("weights.bin"))
    with pytest.raises(BadInputError, match="other formats can run code"):
        load_folder(str(folder), LoadOptions())


def test_errors_are_one_clear_line(cached: list) -> None:
    with pytest.raises(NetworkError, match=r"nobody/none cannot be fetched: 404 Client Error$"):
        hub.pull("nobody/none")
    for name in ("", "noslash", "a/b/c", "../x/y", "a/b@", "a b/c", "a/b@x y"):
        with pytest.raises(BadInputError, match="OWNER/NAME"):
            hub.local(name)


def test_pairs_name_models_that_can_be_named() -> None:
    for name, found in PAIRS.items():
        assert pair(name) is found
        for reference in (found.cloud, found.device):
            scheme, _, model = reference.partition(":")
            assert scheme in ("hub", "embedded")
            assert scheme == "embedded" or hub._parsed(model)["repo_id"] == model
    with pytest.raises(BadInputError, match="use one of embedded, sd14-bk-sdm-small"):
        pair("nonesuch")


def test_pairs_and_pull_on_the_command_line(cached: list) -> None:
    shown = RUNNER.invoke(models.app, ["pairs", "--format", "jsonl"])
    assert shown.exit_code == 0
    assert len(shown.output.strip().splitlines()) == len(PAIRS)
    assert isinstance(RUNNER.invoke(models.app, ["pull", "embedded"]).exception, BadInputError)


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of a hub as ``huggingface_hub`` asks for: one model, ``someone/tiny``, from a folder."""

    root: Path
    asked: list[str]
    broken = False

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        self.asked.append(self.path)
        names = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()]
        commit, start = "a" * 40, "/api/models/someone/tiny"
        headers = {"X-Repo-Commit": commit}
        if self.path.startswith(f"{start}/tree/"):
            sizes = {name: (self.root / name).stat().st_size for name in names}
            entry = {"type": "file", "oid": "b" * 40}
            tree = [{**entry, "size": size, "path": name} for name, size in sizes.items()]
            content = json.dumps(tree).encode()
        elif self.path.startswith(start):
            files = [{"rfilename": name} for name in names]
            told = {"id": "someone/tiny", "_id": "1", "sha": commit, "siblings": files}
            content = json.dumps(told).encode()
        elif self.path.startswith("/someone/tiny/resolve/") and not (body and self._fails()):
            content = (self.root / self.path.split("/", 5)[5]).read_bytes()
            headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
        else:
            content = b""
        self.send_response(200 if content else 404)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _fails(self) -> bool:
        return type(self).broken and self.path.endswith("unet/diffusion_pytorch_model.safetensors")


@pytest.fixture
def hub_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    """A hub on this machine, which the real library asks."""
    handler = type("OneHub", (Hub,), {"root": write_family(tmp_path / "source", "sd1"), "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    real = library("huggingface_hub").snapshot_download
    url = f"http://127.0.0.1:{server.server_port}"
    ours = functools.partial(real, endpoint=url, cache_dir=str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "_download", lambda: ours)
    yield handler
    server.shutdown()
    thread.join(timeout=10)


def test_what_the_library_fetched_is_found_again(hub_server: type[Hub]) -> None:
    """A hub's model has files that are not wanted; it is complete without them."""
    unet = hub_server.root / "unet"
    (unet / "evil.bin").write_bytes(b"pickle")
    (hub_server.root / "README.md").write_text("read me")
    weights = unet / "diffusion_pytorch_model.safetensors"
    shutil.copy(weights, weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    folder = hub.pull("someone/tiny")
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert "diffusion_pytorch_model.safetensors" in names
    assert not {"evil.bin", "README.md", "diffusion_pytorch_model.fp16.safetensors"} & names
    before = len(hub_server.asked)
    assert load_backend("hub:someone/tiny", LoadOptions()).fingerprint.model_id == "hub:someone/tiny"
    assert len(hub_server.asked) == before


def test_a_fetch_that_broke_off_is_told(hub_server: type[Hub]) -> None:
    hub_server.broken = True
    with pytest.raises(NetworkError, match="hub: someone/tiny cannot be fetched"):
        hub.pull("someone/tiny")
    with pytest.raises(BadInputError, match="not all of it; fetch it with: obclip models pull"):
        load_backend("hub:someone/tiny", LoadOptions())
    hub_server.broken = False
    hub.pull("someone/tiny")
    load_backend("hub:someone/tiny", LoadOptions())


def test_weights_in_16_bits_are_fetched_where_there_are_no_others(hub_server: type[Hub]) -> None:
    weights = hub_server.root / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    hub.pull("someone/tiny")
    load_backend("hub:someone/tiny", LoadOptions())


def test_a_model_of_other_formats_is_told_when_it_is_fetched(hub_server: type[Hub]) -> None:
    weights = hub_server.root / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("diffusion_pytorch_model.bin"))
    with pytest.raises(BadInputError, match="unet has no safetensors file; other formats can run code"):
        hub.pull("someone/tiny")


def tiny_decoder(folder: Path, **config: object) -> Path:
    """A decoder for the latents of the tiny models, laid out as TAESD is published: one part, no folders."""
    given: dict[str, object] = {
        "encoder_block_out_channels": (4,) * 3,
        "decoder_block_out_channels": (4,) * 3,
    } | config
    given |= {
        f"num_{way}_blocks": (1,) * len(given[f"{way}_block_out_channels"]) for way in ("encoder", "decoder")
    }
    library("diffusers").AutoencoderTiny(**given).save_pretrained(folder)
    (folder / "taesd_decoder.safetensors").write_bytes(b"the same weights under their first names")
    return folder


def test_a_tiny_decoder_is_pulled_and_used(
    hub_server: type[Hub], tmp_path: Path, written: Callable[[str], Path]
) -> None:
    model, hub_server.root = str(written("sd1")), tiny_decoder(tmp_path / "taesd")
    with pytest.raises(BadInputError, match="someone/tiny is not on this machine"):
        load_folder(model, LoadOptions(decoder="hub:someone/tiny"))
    folder = hub.pull("someone/tiny")
    assert {path.name for path in folder.iterdir()} == {"config.json", "diffusion_pytorch_model.safetensors"}
    latents = torch.randn(2, 4, 16, 16)
    from_hub, from_folder = (
        load_folder(model, LoadOptions(decoder=decoder)).decode(latents)
        for decoder in ("hub:someone/tiny", str(tmp_path / "taesd"))
    )
    assert torch.equal(from_hub, from_folder)
    assert not torch.allclose(from_hub, load_folder(model, LoadOptions()).decode(latents), atol=1e-2)
    with pytest.raises(
        BadInputError, match=r"is a single part \(AutoencoderTiny\), not a model; give it as --dec"
    ):
        load_backend("hub:someone/tiny", LoadOptions())


def test_a_tiny_decoder_of_another_latent_space_is_refused(
    tmp_path: Path, written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four channels are in both: only where it was published tells them apart."""
    folder = tiny_decoder(tmp_path / "tiny")
    monkeypatch.setattr("obclip_gen.backends.autoencoder.local", lambda name: folder)
    fits = {"sd1": "taesd", "sdxl": "taesdxl"}
    for family, name in fits.items():
        load_folder(str(written(family)), LoadOptions(decoder=f"hub:madebyollin/{name}@main"))
        for other in set(PUBLISHED) - {f"madebyollin/{name}"}:
            with pytest.raises(BadInputError, match=f"another latent space .*; hub:madebyollin/{name} fits"):
                load_folder(str(written(family)), LoadOptions(decoder=f"hub:{other}"))
    deep = tiny_decoder(tmp_path / "deep", decoder_block_out_channels=(4,) * 2)
    wide = tiny_decoder(tmp_path / "wide", latent_channels=16)
    for decoder, message in (
        (deep, "2 pixels a cell, the model 4"),
        (wide, "16 latent channels, the model 4"),
    ):
        with pytest.raises(BadInputError, match=message):
            load_folder(str(written("sd1")), LoadOptions(decoder=str(decoder)))


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("unet", r"a single part \(UNet2DConditionModel\)"),
        ("scheduler", "no model in the format of diffusers"),
    ],
)
def test_what_does_not_run_is_not_fetched(hub_server: type[Hub], part: str, what: str) -> None:
    hub_server.root /= part
    with pytest.raises(BadInputError, match=f"someone/tiny is {what}"):
        hub.pull("someone/tiny")
    assert not any(path.endswith(".safetensors") for path in hub_server.asked)
