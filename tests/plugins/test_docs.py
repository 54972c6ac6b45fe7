"""docs/plugins.md: every hook, command and check is in it, its examples run, and the tutorial works."""

from __future__ import annotations

import inspect
import json
import re
import resource
import shlex
import subprocess
import sysconfig
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from obclip_gen import hookspecs as gen_hookspecs
from obclip_gen.plugins import collect as gen_collect
from obclip_privacy import hookspecs
from obclip_privacy.cli.commands import all_commands
from obclip_privacy.cli.plugins import app
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect
from obclip_privacy.plugins.registry import PluginStatus
from obclip_privacy.testing import CHECKS

RunObclip = Callable[..., subprocess.CompletedProcess[str]]
TEXT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
EXAMPLES = dict(
    re.findall(r"^### (register_\w+)$.*?```python hook\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)
)
HOOKS = sorted(
    name
    for module in (hookspecs, gen_hookspecs)
    for name, member in inspect.getmembers(module, inspect.isfunction)
    if name.startswith("register_")
)


def test_every_hook_is_documented_with_an_example() -> None:
    assert [name for name in HOOKS if name not in EXAMPLES] == []
    for module in (hookspecs, gen_hookspecs):
        assert all(getattr(module, n).__doc__ for n in HOOKS if hasattr(module, n))


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_registers_something(hook: str) -> None:
    module = ModuleType("example")
    exec(compile(EXAMPLES[hook], f"docs/plugins.md {hook}", "exec"), vars(module))  # noqa: S102 - our own
    registry = collect((*builtin_candidates(), Candidate("example", "example", "docs", "1", plugin=module)))
    record = registry.plugins[-1]
    assert record.status is PluginStatus.LOADED, record.traceback
    assert record.hooks == (hook,)
    if hasattr(gen_hookspecs, hook):
        found = gen_collect({"example": module}, {})
        assert "mine" in {**found.backends, **found.accelerations}
    else:
        assert "example" in registry.owners.values()


def test_every_command_and_check_is_documented() -> None:
    commands = [f"| `obclip plugins {command.name}` |" for command in app.registered_commands]
    checks = [f"| `{name}` |" for name in ("contract", *CHECKS)]
    assert [line for line in (*commands, *checks) if line not in TEXT] == []


def test_every_command_of_obclip_is_documented() -> None:
    pages = [Path(__file__).parents[2] / "README.md", *(Path(__file__).parents[2] / "docs").glob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    assert [name for name in all_commands() if not re.search(rf"`?obclip {name}\b", text)] == []


def test_the_example_of_a_command_is_one(run_obclip: RunObclip, tmp_path: Path) -> None:
    """As an installed package has it: a module, and an entry point in its metadata."""
    (points,) = re.findall(r"```toml command\n(.*?)```", TEXT, re.DOTALL)
    ((file, code),) = re.findall(r"```python command=(\S+)\n(.*?)```", TEXT, re.DOTALL)
    ((command, target),) = tomllib.loads(points)["project"]["entry-points"]["obclip.commands"].items()
    (tmp_path / file).write_text(code)
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[obclip.commands]\n{command} = {target}\n")
    env = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}
    result = run_obclip(command, "a nurse and a woman", env=env)
    assert (result.returncode, result.stdout) == (0, "2\n"), result.stderr
    assert "Count the candidates of a prompt." in run_obclip("--help", env=env).stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with obclip installed from a wheel: its programs, and none of the checkout.

    What obclip depends on is looked up in the environment of the tests, so that nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    # a path in a .pth file is not searched for further .pth files, so the editable obclip is not found
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip(folder, "install", "--no-deps", str(Path(__file__).parents[2]))
    return folder


def pip(folder: Path, *arguments: str, cwd: Path | None = None) -> None:
    offline = ("--quiet", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    command = [str(folder / "bin" / "python"), "-m", "pip", arguments[0], *offline, *arguments[1:]]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_the_tutorial_works_word_by_word(run_obclip: RunObclip, fresh: Path, tmp_path: Path) -> None:
    out: dict[str, str] = {}
    for kind, name, body in re.findall(
        r"```(json|python|text|console)(?: file=(\S+))?\n(.*?)```", TEXT, re.DOTALL
    ):
        if name:
            (tmp_path / name).write_text(body)
        for line in re.findall(r"^\$ (.*)$", body, re.MULTILINE) if kind == "console" else ():
            program, *arguments = shlex.split(line)
            if program == "pip":
                pip(fresh, *arguments, cwd=tmp_path)
                continue
            result = run_obclip(*arguments, cwd=tmp_path, command=(str(fresh / "bin" / program),))
            assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
            out[line] = result.stdout
    assert len(out) == 10
    first, second, third = (text for line, text in out.items() if line.startswith("obclip candidates"))
    for colour in ("blue", "brown", "green"):
        assert f"a {colour}-eyed nurse\n" in first
        assert f"a {colour}-eyed dancer\n" in third
    assert "withheld: 'with coloured contact lenses'" in first
    assert "withheld: 'with green eyes'" in second
    audits = [json.loads(text) for line, text in out.items() if line.startswith("obclip audit")]
    assert [found["verdict"] for found in audits] == ["pass"] * 3


@pytest.mark.slow
def test_a_new_plugin_passes_within_a_minute(run_obclip: RunObclip, fresh: Path, tmp_path: Path) -> None:
    """Processor time, so that other work on the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for arguments in (("new", "obclip-hats"), ("check", "obclip-hats")):
        result = run_obclip("plugins", *arguments, cwd=tmp_path, command=(str(fresh / "bin" / "obclip"),))
        assert result.returncode == 0, result.stdout + result.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60
