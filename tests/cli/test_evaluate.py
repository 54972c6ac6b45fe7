"""``obclip evaluate``: formats, exit codes, and that nothing is quoted unless asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_privacy.candidates import plan
from obclip_privacy.cli.main import main

ROWS = [
    {
        "prompt": "a woman with a beard",
        "mentions": [{"start": 2, "end": 7, "attribute": "gender", "value": "male"}],
        "cues": [{"start": 15, "end": 20}],
        "n": {"default": 2},
        "counterpart": "a man",
    },
    {"prompt": "a red bicycle"},
]


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["evaluate", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_detect_json(capsys, data: str) -> None:
    code, out, _ = run(capsys, "detect", "--data", data, "--format", "json")
    record = json.loads(out)
    assert code == 0
    assert (record["data"], record["policy"], record["prompts"]) == ("rows.jsonl", "default", 2)
    gender = record["attributes"]["gender"]
    assert (gender["recall"], gender["precision"], gender["values"]) == (1.0, 1.0, 0.0)
    assert record["cues"]["recall"] == 1.0
    assert record["false_positive_rate"] == 0.0
    assert "errors" not in record


def test_closure_json(capsys, data: str) -> None:
    code, out, _ = run(capsys, "closure", "--data", data, "--format", "json", "--show-prompts")
    record = json.loads(out)
    assert code == 0
    assert (record["closure_violations"], record["k_eff_differs"], record["refused"]) == (0, 0, 0)
    assert (record["n_labelled"], record["n_as_labelled"]) == (1, 1)
    assert record["withheld_outside_labels"] == 0
    assert record["errors"] == []


def test_rewrite_json(capsys, data: str) -> None:
    code, out, _ = run(capsys, "rewrite", "--data", data, "--format", "json")
    record = json.loads(out)
    assert code == 0
    assert (record["verbatim"], record["wrong"], record["verbatim_rate"]) == (1, 0, 1.0)


@pytest.mark.parametrize("command", ["detect", "closure", "rewrite"])
def test_tables(capsys, data: str, command: str) -> None:
    code, out, _ = run(capsys, command, "--data", data)
    assert code == 0
    assert "rows.jsonl under 'default'" in out
    assert "bicycle" not in out
    assert "beard" not in out


def test_errors_are_quoted_on_request_only(capsys, data: str) -> None:
    _, quiet, _ = run(capsys, "detect", "--data", data)
    assert "1 errors; --show-prompts lists them" in quiet
    assert "woman" not in quiet
    _, loud, _ = run(capsys, "detect", "--data", data, "--show-prompts")
    assert "woman is male, not female" in loud


def test_a_closure_violation_is_exit_code_1(capsys, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = plan.realise
    monkeypatch.setattr(plan, "realise", lambda c, a: honest(c, a) + " " * (a[:1] == [1] or a[:1] == (1,)))
    code, out, _ = run(capsys, "closure", "--data", data, "--format", "json")
    assert (code, json.loads(out)["closure_violations"]) == (1, 1)


@pytest.mark.parametrize("command", ["detect", "rewrite"])
def test_prompts_without_labels_are_bad_input(capsys, tmp_path: Path, command: str) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("a woman\n", "utf-8")
    code, _, err = run(capsys, command, "--data", str(path))
    assert code == 2
    assert "plain.txt" in err
    assert run(capsys, "closure", "--data", str(path))[0] == 0


def test_a_missing_file_is_bad_input(capsys, tmp_path: Path) -> None:
    code, _, err = run(capsys, "closure", "--data", str(tmp_path / "none.jsonl"))
    assert code == 2
    assert "none.jsonl" in err
