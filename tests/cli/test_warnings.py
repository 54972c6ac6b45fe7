"""Cues that a policy lets through with a warning: `obclip candidates` tells of them, and only of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_privacy.cli.main import main
from obclip_privacy.policy.frozen import Json

PROMPT = "a bearded man in a kimono"


def run(capfd: pytest.CaptureFixture[str], folder: Path, cues: Json, *arguments: str) -> tuple[int, str]:
    policy = folder / "p.json"
    policy.write_text(json.dumps({"schema_version": 1, "name": "p", "extends": "default", "cues": cues}))
    code = main(["candidates", PROMPT, "--policy", str(policy), *arguments])
    out, err = capfd.readouterr()
    assert err == ""
    return code, out


def test_a_warning_names_the_cue_its_kind_and_the_reason(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out = run(capfd, tmp_path, {"hair": "warn"})
    assert code == 0
    assert "* a bearded man in a costume" in out
    assert "  warning: 'bearded' is sent, a cue of the kind hair (facial hair)\n" in out
    assert "kimono' is sent" not in out


def test_warnings_as_data(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def warnings(cues: Json) -> list[dict[str, Json]]:
        return json.loads(run(capfd, tmp_path, cues, "--format", "jsonl")[1])["warnings"]  # type: ignore[no-any-return]

    assert warnings({"hair": "warn"}) == [
        {"start": 2, "end": 9, "text": "bearded", "kind": "hair", "reason": "facial hair"}
    ]
    assert [found["text"] for found in warnings({"*": "warn"})] == ["bearded", "kimono"]
    assert warnings({"hair": "keep"}) == warnings({}) == []


def test_a_refused_prompt_has_no_warnings(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out = run(capfd, tmp_path, {"hair": "warn", "dress": "refuse"})
    assert code == 1
    assert "warning" not in out
