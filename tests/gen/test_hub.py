"""Models of a hub: fetched by one command only, read from this machine only, named exactly."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from obclip_gen.backends import hub
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.presets import PAIRS, pair
from obclip_gen.backends.registry import load_backend
from obclip_gen.cli import models
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
    assert [call["local"] for call in cached] == [True, False, True]
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
