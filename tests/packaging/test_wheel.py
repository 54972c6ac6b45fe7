"""The wheel carries all that it needs: it works outside the checkout, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=root)
    (built,) = folder.glob("obclip-*.whl")
    return built


def test_the_wheel_has_all_package_data(wheel: Path, root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"obclip_privacy/policies/{file.name}" for file in (root / "policies").glob("*.json")} | {
        str(file.relative_to(root))
        for package in ("obclip_privacy", "obclip_gen")
        for file in (root / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert wanted - names == set()
    assert not {name for name in names if name.startswith("tests/")}


def test_the_wheel_has_the_licence_and_the_metadata(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    text = archive.read(metadata).decode()
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Python: >=3.11" in text
    # a user of obclip_privacy alone gets no torch
    needed = [
        line for line in text.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line
    ]
    assert sorted(line.split()[1].partition(">")[0].partition("<")[0] for line in needed) == [
        "jinja2",
        "jsonschema",
        "pluggy",
        "rich",
        "spacy",
        "typer",
    ]
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_the_installed_files_work_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """The wheel's own files, with the dependencies of this environment."""
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, wheel, cwd=tmp_path)
    env = {"PYTHONPATH": str(site)}
    where = run(
        sys.executable,
        "-c",
        "import obclip_privacy; from obclip_privacy.policy.shipped import policies_folder;"
        "print(obclip_privacy.__file__); print(policies_folder())",
        cwd=elsewhere,
        env=env,
    )
    assert all(Path(line).is_relative_to(site) for line in where.split())
    obclip = (sys.executable, "-m", "obclip_privacy")
    assert "default: valid" in run(*obclip, "policy", "validate", "default", cwd=elsewhere, env=env)
    prompt = "A young woman reading"
    out = run(
        *obclip, "candidates", prompt, "--policy", "obclip-paper", "--format", "jsonl", cwd=elsewhere, env=env
    )
    assert json.loads(out)["n"] == 6


@pytest.mark.slow
def test_a_clean_environment(wheel: Path, root: Path, tmp_path: Path) -> None:
    """A fresh virtual environment: the core alone first, then with the extras that draw."""
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    python, obclip = venv / "bin" / "python", venv / "bin" / "obclip"
    install = (python, "-m", "pip", "install", "-q", "--constraint", root / "constraints.txt")

    run(*install, wheel, cwd=elsewhere)
    assert "default: valid" in run(obclip, "policy", "validate", "default", "obclip-paper", cwd=elsewhere)
    out = run(obclip, "candidates", "an emoji of a woman firefighter", "--format", "jsonl", cwd=elsewhere)
    assert json.loads(out)["candidates"] == [
        "an emoji of a woman firefighter",
        "an emoji of a man firefighter",
    ]
    absent = run(python, "-c", "import importlib.util as u; print(u.find_spec('torch'))", cwd=elsewhere)
    assert absent == "None\n"

    run(*install, f"{wheel}[gen,serve]", cwd=elsewhere)
    run(
        obclip,
        "generate",
        "an emoji of a woman firefighter",
        "--out",
        "out",
        "--seed",
        "1",
        cwd=elsewhere,
        env={"OMP_NUM_THREADS": "1"},
    )
    assert list((elsewhere / "out").glob("*.png"))
    assert list((elsewhere / "out").glob("*.json"))
