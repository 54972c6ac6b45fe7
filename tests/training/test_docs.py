"""The training page names every stage, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from obclip_gen.training import stages
from obclip_gen.training.__main__ import STAGES

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


def test_every_stage_is_documented() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == set(STAGES) - {"prepare", "resume"}
    assert set(re.findall(r"obclip_gen\.training ([a-z]+)", PAGE)) <= set(STAGES)
    parallel = set(re.findall(r"^\| `(\w+)` \|.*\| yes \|$", PAGE, re.M))
    assert parallel == set(stages.PARALLEL)
