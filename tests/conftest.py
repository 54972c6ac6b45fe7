from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

RunObclip = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, _state_folder: Path) -> None:
    """No setting of the developer's shell changes a result, and none of their files is written."""
    monkeypatch.setenv("XDG_STATE_HOME", str(_state_folder))
    for name in [name for name in os.environ if name.startswith("OBCLIP_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def run_obclip() -> RunObclip:
    """Run ``obclip`` in a process of its own: arguments, then what subprocess.run takes."""

    def run(
        *arguments: str,
        env: Mapping[str, str] | None = None,
        input: str | None = None,  # noqa: A002 - subprocess.run's name
        cwd: Path | None = None,
        command: Sequence[str] = (sys.executable, "-m", "obclip_privacy"),
    ) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OBCLIP_")}
        return subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**environment, "PYTHONPATH": "", "COLUMNS": "120", "NO_COLOR": "1", **(env or {})},
            input=input,
            cwd=cwd,
            timeout=300,
            check=False,
        )

    return run


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves benchmarks out unless they are asked for."""
    if "benchmark" in config.getoption("markexpr"):
        return
    for item in items:
        if item.get_closest_marker("benchmark"):
            item.add_marker(pytest.mark.skip(reason="run by hand: pytest -m benchmark"))
