"""docs/policies.md cannot rot: its policies hold, and it names every key, strategy and shipped policy."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from obclip_privacy.cli.main import main
from obclip_privacy.cli.policy import app
from obclip_privacy.cli.policy_tests import run_policy_tests
from obclip_privacy.plugins.manager import Selection, load_plugins
from obclip_privacy.plugins.vocabulary import vocabulary_of
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import (
    CueAction,
    NegativePromptAction,
    OutOfDomain,
    Overflow,
    Presence,
    Strategy,
)
from obclip_privacy.policy.schema import schema_text
from obclip_privacy.policy.shipped import shipped_names

TEXT = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
POLICIES = re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)


#: Commands with what they print; the one that validates needs a file that is not there.
EXAMPLES = [
    match.groups()
    for match in re.finditer(r"```console\n\$ (obclip policy (?!validate)[^\n]*)\n([^`]+)```", TEXT)
]


def test_there_are_examples() -> None:
    assert len(POLICIES) >= 2
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("policy", POLICIES, ids=lambda text: json.loads(text)["name"])
def test_every_policy_in_the_docs_is_valid_and_holds(policy: str, tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(policy, encoding="utf-8")
    assert [case.failures for case in run_policy_tests(load_policy(path)) if case.failures] == []


def test_every_key_is_documented() -> None:
    schema = json.loads(schema_text())
    sections = [schema, *(schema["$defs"][name] for name in ("attribute", "value", "limits", "guarantee"))]
    keys = [key for section in sections for key in section.get("properties", {})]
    assert len(keys) > 25
    assert [key for key in keys if f"`{key}`" not in TEXT] == []


def test_every_subcommand_is_documented() -> None:
    names = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    assert len(names) >= 8
    assert [name for name in names if f"obclip policy {name}" not in TEXT] == []


def test_every_choice_is_documented() -> None:
    choices = [*OutOfDomain, *Presence, *CueAction, *NegativePromptAction, *Overflow]
    assert [choice.value for choice in choices if f"`{choice.value}`" not in TEXT] == []


def test_every_kind_of_cue_is_documented() -> None:
    kinds = vocabulary_of(load_plugins(Selection(allow=()))).cue_kinds
    assert len(kinds) >= 8
    assert [kind for kind in kinds if f"| `{kind}` |" not in TEXT] == []


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_every_command_in_the_docs_prints_what_they_show(
    command: str,
    output: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    main(shlex.split(command)[1:])
    pattern = ".*".join(re.escape(part) for part in output.split("..."))
    assert re.fullmatch(pattern, "".join(capfd.readouterr()), re.DOTALL)


def test_every_strategy_and_shipped_policy_is_documented() -> None:
    names = [*(strategy.value for strategy in Strategy), *shipped_names()]
    assert [name for name in names if f"| `{name}` |" not in TEXT] == []
