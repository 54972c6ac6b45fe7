"""``obclip policy``: what people see, what programs get, and the exit codes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from obclip_privacy.cli.main import main
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.schema import schema_text
from obclip_privacy.policy.shipped import shipped_names

RunObclip = Callable[..., subprocess.CompletedProcess[str]]
BROKEN = Path(__file__).parent.parent / "policy" / "broken"


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_policies_are_valid_and_keep_their_promises(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "validate", name]) == 0
    assert capfd.readouterr() == (f"{name}: valid, sha256 {load_policy(name).sha256}\n", "")
    assert load_policy(name).name == name
    assert load_policy(name).tests, "a shipped policy shows what it does"
    assert main(["policy", "test", name, "--format", "json"]) == 0
    outcomes = json.loads(capfd.readouterr().out)
    assert [outcome["failures"] for outcome in outcomes] == [[] for _ in outcomes]


def test_all_problems_of_all_files_and_exit_code_2(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    assert main(["policy", "validate", "alias-cycle.json", "default", "empty.json", "nowhere.json"]) == 2
    out, err = capfd.readouterr()
    assert out.startswith("default: valid")
    assert err == (
        (BROKEN / "alias-cycle.txt").read_text()
        + (BROKEN / "empty.txt").read_text()
        + "there is no policy file 'nowhere.json'\n"
    )


def test_problems_as_data(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    assert main(["policy", "validate", "unknown-key.json", "default", "--format", "jsonl"]) == 2
    out, err = capfd.readouterr()
    broken, valid = map(json.loads, out.splitlines())
    assert err == ""
    assert broken == {
        "policy": "unknown-key.json",
        "valid": False,
        "sha256": None,
        "problems": [
            {
                "file": "unknown-key.json",
                "line": 7,
                "column": 3,
                "pointer": "/gaurantee",
                "message": "unknown key 'gaurantee'",
                "nearest": "guarantee",
            }
        ],
    }
    assert valid == {
        "policy": "default",
        "valid": True,
        "sha256": load_policy("default").sha256,
        "problems": [],
    }


def test_a_broken_policy_elsewhere_is_the_same_lines_and_exit_code(
    run_obclip: RunObclip, tmp_path: Path
) -> None:
    """Commands that only use a policy report it like ``validate`` does; lines that an editor can jump to."""
    result = run_obclip("policy", "show", "alias-cycle.json", cwd=BROKEN)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (BROKEN / "alias-cycle.txt").read_text()


def test_show_gives_the_resolved_policy(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"schema_version": 1, "name": "mine", "extends": "obclip-paper"}')
    assert main(["policy", "show", str(path), "--format", "json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert [entry["id"] for entry in shown["attributes"]] == ["age", "gender", "ethnicity"]
    assert shown["name"] == "mine"
    assert shown["sha256"] == load_policy(path).sha256
    assert main(["policy", "show", str(path)]) == 0
    table = capfd.readouterr().out
    assert "middle-aged" in table
    assert load_policy(path).sha256[:16] in table


def test_show_can_be_loaded_again(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["policy", "show", "default", "--format", "json"]) == 0
    written = json.loads(capfd.readouterr().out)
    digest = written.pop("sha256")
    (tmp_path / "again.json").write_text(json.dumps(written))
    assert load_policy(tmp_path / "again.json").sha256 == digest


def test_schema_is_printed_as_it_ships(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "schema"]) == 0
    assert capfd.readouterr() == (schema_text(), "")


def test_list(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "list", "--format", "json"]) == 0
    assert [row["name"] for row in json.loads(capfd.readouterr().out)] == list(shipped_names())
    assert shipped_names()[0] == "default"


def test_a_policy_test_that_does_not_hold_is_exit_code_1(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "p.json"
    path.write_text(
        json.dumps(
            {
                "schema_version": 1,
                "name": "p",
                "extends": "obclip-paper",
                "tests": [
                    {"prompt": "portrait of a woman", "n": 2},
                    {"prompt": "portrait of a woman", "n": 7},
                    {"prompt": "a woman", "n": 2, "candidates": ["a woman", "a man"], "withheld": ["a"]},
                ],
            }
        )
    )
    assert main(["policy", "test", str(path), "--format", "json"]) == 1
    assert [outcome["failures"] for outcome in json.loads(capfd.readouterr().out)] == [
        [],
        ["n is 2, not 7"],
        [
            "the candidates are ['a man', 'a woman'], not ['a woman', 'a man']",
            "withheld are [], not ['a']",
        ],
    ]
    assert main(["policy", "test", str(path)]) == 1
    assert capfd.readouterr().out.endswith("3 tests, 2 failed\n")
