"""The training page names every stage, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from obclip_gen.training import __main__ as program

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


def test_every_stage_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["--help"])
    listed = re.search(r"\{([a-z,]+)\}", capsys.readouterr().out)
    assert listed is not None
    stages = set(listed[1].split(","))
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == stages - {"prepare", "resume"}
    assert set(re.findall(r"obclip_gen\.training ([a-z]+)", PAGE)) <= stages
    parallel = set(re.findall(r"^\| `(\w+)` \|.*\| yes \|$", PAGE, re.M))
    assert parallel == set(program._PARALLEL)
