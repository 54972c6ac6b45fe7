"""docs/audit.md is complete, and what it shows is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from obclip_privacy.audit.findings import KINDS
from obclip_privacy.audit.report.described import FIGURES
from obclip_privacy.cli.audit import app
from obclip_privacy.cli.main import main
from obclip_privacy.plugins.manager import builtin_candidates, collect
from tests.audit.test_controls import CAUGHT_BY

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ (obclip audit .*)$", PAGE, re.MULTILINE)


def test_every_option_is_documented() -> None:
    command = typer.main.get_command(app)
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    options -= {"--help", "--install-completion", "--show-completion"}  # Typer's own
    assert len(options) > 15
    assert sorted(name for name in options if f"`{name}`" not in PAGE) == []


def test_every_figure_finding_and_attacker_is_documented() -> None:
    names = {figure.name for figure in FIGURES} | set(KINDS) | set(collect(builtin_candidates()).attackers)
    assert sorted(name for name in names if f"`{name}`" not in PAGE) == []


def test_the_table_of_controls() -> None:
    for name, (alone, rerun) in CAUGHT_BY.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
        cells = row.split("|")[2:4]
        found = [set(re.findall(r"`([a-z_]+)`", cell)) for cell in cells]
        assert found == [alone, rerun], name


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    sets = re.search(r"```jsonl\n(.*?)```", PAGE, re.DOTALL)
    assert sets is not None
    Path("sets.jsonl").write_text(sets[1], "utf-8")
    Path("prompts.txt").write_text("a young woman reading\na tree\n", "utf-8")
    assert main(shlex.split(command)[1:]) == 0
    assert '"verdict": "pass"' in capsys.readouterr().out


def test_the_plugin_works(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    (tmp_path / "longest_attacker.py").write_text(code[1], "utf-8")
    import importlib.util

    from obclip_privacy.plugins.manager import Candidate

    spec = importlib.util.spec_from_file_location("longest_attacker", tmp_path / "longest_attacker.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    registry = collect([*builtin_candidates(), Candidate("longest", "longest", "x", "1", plugin=module)])
    assert registry.attackers["longest"].title == "guesses the longest member"
