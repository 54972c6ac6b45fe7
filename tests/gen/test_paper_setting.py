"""The reproduction of the paper's setting runs from models to table, and goes on where it stopped."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from obclip_privacy.errors import BadInputError

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "paper_setting.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    found = importlib.util.spec_from_file_location("paper_setting", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["paper_setting"] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_papers_setting_runs_end_to_end(script: ModuleType, tmp_path: Path, capsys) -> None:
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("A young woman reading\n")
    out = tmp_path / "out"
    command = [
        "--tiny",
        "--out",
        str(out),
        "--seeds",
        "1",
        "--steps",
        "7",
        "--k",
        "5",
        "--prompts",
        str(prompts),
    ]
    pairs = ["--pairs", "sd14-bk-sdm-small", "sdxl-koala"]
    assert script.main([*command, *pairs]) == 0
    runs = [json.loads(line) for line in (out / "runs.jsonl").read_text().splitlines()]
    assert [(run["pair"], run["row"]) for run in runs] == [
        (pair, row) for pair in pairs[1:] for row in script.ROWS
    ]
    assert len(list(out.glob("*.png"))) == 12
    by_row = {run["row"]: run for run in runs[:6]}
    plain = by_row["cloud only"]["cloud_macs"]
    assert by_row["hybrid"]["cloud_macs"] * 7 == plain * 5
    assert by_row["obclip"]["cloud_macs"] == 6 * by_row["hybrid"]["cloud_macs"]
    assert (
        by_row["obclip, our plan"]["cloud_macs"]
        < by_row["obclip, paper's plan"]["cloud_macs"]
        < plain * 30 / 7
    )
    assert by_row["cloud only"]["psnr"] == 99.0
    assert by_row["obclip"]["psnr"] == pytest.approx(by_row["hybrid"]["psnr"], abs=0.5)
    shown = capsys.readouterr().out
    assert shown == (out / "table.md").read_text()
    assert len(shown.splitlines()) == 2 + 12
    before = (out / "runs.jsonl").read_bytes()
    assert script.main([*command, *pairs]) == 0
    assert (out / "runs.jsonl").read_bytes() == before


def test_real_models_must_have_been_fetched(script: ModuleType, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(BadInputError, match="obclip models pull hub:CompVis/stable-diffusion-v1-4"):
        script.main(["--out", str(tmp_path / "out"), "--pairs", "sd14-bk-sdm-small"])
