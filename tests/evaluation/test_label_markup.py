"""The tool that turns labels written into prompts into the labelled format."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from obclip_privacy.evaluation.labelled import read_labelled

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from label_markup import convert, convert_all  # noqa: E402 - a tool, not a package


def test_spans_and_sizes(tmp_path: Path) -> None:
    lines = [
        "# comment",
        "A {young}ay {Black}eb {woman}gf and {her}gf {elderly}ao1 {father}gm1 in {red}x {dress}c\n",
        "an {infant}an\\nin a crib",
        "@4 {they}x wave",
        "P a crowd",
        "an old town",
    ]
    target = tmp_path / "labelled.jsonl"
    target.write_text("\n".join(convert_all(lines)), "utf-8")
    first, minor, given, crowd, nobody = read_labelled(target)
    assert first.prompt == "A young Black woman and her elderly father in red dress"
    told = [(first.prompt[m.start : m.end], m.attribute, m.value, m.person) for m in first.mentions]
    assert told == [
        ("young", "age", "young", 0),
        ("Black", "ethnicity", "black", 0),
        ("woman", "gender", "female", 0),
        ("her", "gender", "female", 0),
        ("elderly", "age", "old", 1),
        ("father", "gender", "male", 1),
    ]
    assert [first.prompt[c.start : c.end] for c in (*first.cues, *first.either)] == ["dress", "red"]
    assert first.n == {"default": 3 * 6 * 2 * 3 * 2}
    assert minor.prompt == "an infant\nin a crib"
    assert (minor.n, given.n) == ({"default": 1}, {"default": 4})
    assert (crowd.people, nobody.people) == (True, False)


@pytest.mark.parametrize("line", ["a {woman} waits", "a {woman}gz waits", "a {woman"])
def test_broken_marks_are_errors(line: str) -> None:
    with pytest.raises(ValueError, match="in: "):
        convert(line)


def test_the_red_team_file_is_whole() -> None:
    rows = (ROOT / "tests" / "data" / "redteam.jsonl").read_text("utf-8").splitlines()
    assert sum(not row.startswith("#") for row in rows) == 2133
    assert len({json.loads(row)["prompt"] for row in rows if not row.startswith("#")}) > 2000
