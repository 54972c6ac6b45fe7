"""The pages name every option, key, route and status that there is."""

from __future__ import annotations

import dataclasses
import doctest
import re
from pathlib import Path

import pytest
import typer

from obclip_gen.backends.presets import PAIRS
from obclip_gen.cli import bench, generate, models, serve
from obclip_gen.plugins import load_registry
from obclip_gen.request import SOLVERS, DenoiseRequest
from obclip_gen.server.access_log import ROUTES

COMPLETION = {"--help", "--install-completion", "--show-completion"}
DOCS = Path(__file__).parents[2] / "docs"
GENERATION = (DOCS / "generation.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
ACCELERATION = (DOCS / "acceleration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("app", [generate.app, serve.app], ids=["generate", "serve"])
def test_every_option_is_documented(app: typer.Typer) -> None:
    command = typer.main.get_command(app)
    section = GENERATION.split(f"## `obclip {command.name}`")[1].split("\n## ")[0]
    options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    assert len(options) > 10
    assert [name for name in options if f"`{name}`" not in section and name not in COMPLETION] == []


def test_no_documented_option_is_missing() -> None:
    known = {
        name
        for app in (generate.app, serve.app, models.app)
        for parameter in _parameters(typer.main.get_command(app))
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    assert set(re.findall(r"`(--[a-z-]+)`", GENERATION)) <= known


def _parameters(command) -> list:
    return [
        *command.params,
        *(p for sub in getattr(command, "commands", {}).values() for p in _parameters(sub)),
    ]


def test_every_key_route_solver_and_scheme_is_documented() -> None:
    for field in dataclasses.fields(DenoiseRequest):
        assert f"`{field.name}`" in PROTOCOL
    for route in ROUTES:
        assert route in PROTOCOL
    for name in (*SOLVERS, *load_registry().backends, *load_registry().accelerations):
        assert f"`{name}`" in GENERATION


def test_every_pair_and_family_of_models_is_documented() -> None:
    page = (DOCS / "models.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, pair in PAIRS.items():
        assert all(f"{millions} M" in rows[name] for millions in pair.millions), name
    for option in ("--chunks", "--clip-skip", "--low-memory", "--decoder", "--compute", "--device", "--pair"):
        assert option in page
    for script in re.findall(r"`(benchmarks/\w+\.py|tests/gen/\w+\.py)`", page):
        assert (DOCS.parent / script).is_file()


def test_every_status_is_documented() -> None:
    source = (Path(__file__).parents[2] / "obclip_gen" / "server" / "app.py").read_text(encoding="utf-8")
    statuses = set(re.findall(r"_RefusalError\(\s*(\d{3})", source))
    assert len(statuses) > 8
    assert [status for status in statuses if not re.search(rf"^\| .*{status}.* \|", PROTOCOL, re.M)] == []


def test_every_example_of_the_acceleration_page_is_so() -> None:
    blocks = re.findall(r"```python\n(.*?)```", ACCELERATION, re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "acceleration.md", None, 0)
    assert len(examples.examples) > 12
    results = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(examples)
    assert results.failed == 0


def test_every_acceleration_option_and_bench_option_is_documented() -> None:
    for name, entry in load_registry().accelerations.items():
        assert f"`{name}`" in ACCELERATION
        rows = [line for line in ACCELERATION.splitlines() if line.startswith(f"| `{name}` |")]
        told = " ".join(rows) if name != "gate" else ACCELERATION.split("### The device")[1].split("###")[0]
        for option in entry.options:
            assert f"{option.name}=" in told, (name, option.name)
    table = ACCELERATION.split("| command | options |")[1].split("\n\n")[0]
    commands = typer.main.get_command(bench.app).commands
    for name, command in commands.items():
        line = next(line for line in table.splitlines() if line.startswith(f"| `bench {name}`"))
        told = set(re.findall(r"`(--[a-z-]+)`", line))
        options = {
            opt for p in command.params for opt in (*p.opts, *p.secondary_opts) if opt.startswith("--")
        }
        assert options - COMPLETION == told
