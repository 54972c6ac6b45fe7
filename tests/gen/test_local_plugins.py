"""``--plugin PATH`` brings generation hooks too: backends and accelerations of a file, in every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_gen.plugins import load_registry
from obclip_privacy.cli.main import main
from obclip_privacy.cli.plugin_option import named_plugins
from obclip_privacy.errors import PluginError

CODE = """\
from obclip_privacy.hookspecs import hookimpl

print("run once")


def load(model, options):
    from obclip_gen.backends.registry import load_backend

    return load_backend(f"diffusers:{model}", options)


def make(request, backend, conditional, negative):
    from obclip_gen.denoise.guidance import GuidedPredictor

    return GuidedPredictor(backend, conditional, negative, 1.0)


@hookimpl
def register_backends(register):
    from obclip_gen.backends.entry import BackendEntry

    register(BackendEntry("mine", "folders, by another name", load))


@hookimpl
def register_accelerations(register):
    from obclip_gen.accelerate.entry import Acceleration

    register(Acceleration("unguided", "no guidance", "approximate", make))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(f"{CODE}\n# {tmp_path}\n")
    return path


def test_generate_uses_its_backend_and_its_acceleration(
    plugin: Path, tmp_path: Path, tiny_cloud_folder: Path, tiny_device_folder: Path, capsys
) -> None:
    arguments = [
        "generate",
        "A young woman reading",
        f"--cloud-model=mine:{tiny_cloud_folder}",
        f"--device-model=mine:{tiny_device_folder}",
        "--policy=obclip-paper",
        "--steps=3",
        "--split=1",
        "--acceleration=unguided",
        f"--out={tmp_path / 'out'}",
    ]
    assert main([*arguments, "--plugin", str(plugin)]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.count("run once") == 1
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["acceleration"] == "unguided"
    assert main(arguments) == 2
    assert "mine" in capsys.readouterr().err


def test_serve_and_bench_ask_the_same_registry(plugin: Path, capsys) -> None:
    with named_plugins(["serve", "--plugin", str(plugin)]) as rest:
        assert rest == ["serve"]
        found = load_registry()
        assert "mine" in found.backends
        assert "unguided" in found.accelerations
    assert "mine" not in load_registry().backends
    assert main(["models", "list", "--plugin", str(plugin)]) == 0
    assert "mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ImportError('its library is missing')", "ImportError: its library is missing"),
        (
            "from obclip_privacy.hookspecs import hookimpl\n"
            "@hookimpl\ndef register_backends(register):\n    register('x')\n",
            "registered a str, not a BackendEntry",
        ),
    ],
)
def test_a_broken_one_stops_the_command(code: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(f"{code}\n# {tmp_path}\n")
    with (
        named_plugins(["serve", "--plugin", str(tmp_path / "broken.py")]),
        pytest.raises(PluginError) as caught,
    ):
        load_registry()
    assert message in str(caught.value)
    assert "broken.py" in str(caught.value)
