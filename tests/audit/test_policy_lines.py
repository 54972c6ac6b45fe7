"""A finding's fix names the file and the line of the policy that decides."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.policy_lines import PolicyLines
from obclip_privacy.cli.main import main

POLICY = """{
  "schema_version": 1,
  "name": "mine",
  "extends": "default",
  "attributes": [
    {
      "id": "gender",
      "strategy": "keep"
    }
  ],
  "cues": {
    "*": "withhold",
    "hair": "keep"
  }
}
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    (tmp_path / "mine.json").write_text(POLICY, "utf-8")
    return str(tmp_path / "mine.json")


@pytest.mark.parametrize(
    ("found", "place"),
    [
        (finding("cues", attribute="gender", detail="kind 'hair'"), ("mine.json", 13)),
        (finding("cues", attribute="gender", detail="kind 'dress'"), ("mine.json", 12)),
        (finding("unhidden", attribute="gender"), ("mine.json", 8)),
        (finding("value_missing", attribute="gender"), ("default.json", 10)),
        (finding("visible", attribute="age"), ("default.json", 15)),
        (finding("closure"), ("mine.json", 5)),
        (finding("detectors", attribute="age"), ("default.json", 12)),
        (finding("seed"), None),
    ],
)
def test_places(policy: str, found: Finding, place: tuple[str, int] | None) -> None:
    at = PolicyLines.of(policy).place_of(found)
    assert (at and (at.file, at.line)) == place
    if at is not None and at.shipped:
        assert "in a policy that extends it" in at.text


def test_the_report_names_the_line(policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts = tmp_path / "p.txt"
    prompts.write_text("a man with a beard\n", "utf-8")
    kept = POLICY.replace('"strategy": "keep"', '"strategy": "enumerate"').replace(
        '"*": "withhold"', '"*": "keep"'
    )
    Path(policy).write_text(kept, "utf-8")
    assert main(["audit", "--policy", policy, "--input", str(prompts), "--show-prompts"]) == 1
    data = json.loads(capsys.readouterr().out)
    (row,) = data["findings"]
    assert (row["kind"], row["where"]["file"]) == ("cues", "mine.json")
    assert POLICY.splitlines()[row["where"]["line"] - 1].strip().startswith(('"*"', '"hair"'))
    assert f"mine.json:{row['where']['line']}" in row["fix"]
    assert row["fix"] == data["examples"][0]["findings"][0]["fix"]
    assert str(tmp_path) not in json.dumps(data)


MINORS = """{
  "schema_version": 1,
  "name": "mine",
  "extends": "default",
  "attributes": [
    {
      "id": "age",
      "values": ["baby", "child", "teenager", "young", "middle-aged", "old"]
    }
  ]
}
"""


def explained(capsys: pytest.CaptureFixture[str], prompt: str, policy: str) -> list[dict]:
    assert main(["audit", "explain", prompt, "--policy", policy]) == 0
    return json.loads(capsys.readouterr().out)["findings"]


def test_a_visible_minor_says_what_can_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The advice names what to change, and where, and it helps."""
    (found,) = explained(capsys, "a child reading", "default")
    assert (found["kind"], found["attribute"]) == ("visible", "age")
    for words in ("under 18", '"values"', '"child"', '"out_of_domain"', '"refuse"', "default.json:15"):
        assert words in found["fix"]
    mine = tmp_path / "mine.json"
    mine.write_text(MINORS, "utf-8")
    assert explained(capsys, "a child reading", str(mine)) == []
    (inside,) = explained(capsys, "a boy reading", str(mine))
    assert inside["kind"] == "visible"
    assert "words of its own" in inside["fix"]
    assert "mine.json:8" in inside["fix"]
    mine.write_text(MINORS.replace('"values"', '"strategy": "neutralise", "values"'), "utf-8")
    assert explained(capsys, "a woman and two kids", str(mine)) == []
    mine.write_text(re.sub('"values": .*', '"out_of_domain": "refuse"', MINORS), "utf-8")
    (refused,) = explained(capsys, "a boy reading", str(mine))
    assert (refused["kind"], refused["where"]["line"]) == ("refused", 8)


@pytest.mark.parametrize(
    ("line", "prompt"),
    [
        ('"cues": {"*": "refuse"}', "a woman with a beard"),
        ('"limits": {"max_candidates": 10, "overflow": "refuse"}', "an old Black woman"),
        ('"limits": {"max_prompt_chars": 5}', "a tall woman"),
        ('"guarantee": {"min_n": 5}', "a woman reading"),
        ('"guarantee": {"max_posterior": 0.1}', "a woman reading"),
    ],
)
def test_a_refusal_names_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, prompt: str
) -> None:
    mine = tmp_path / "mine.json"
    rule = f'{{"schema_version": 1, "name": "mine", "extends": "default",\n {line}}}'
    mine.write_text(rule, "utf-8")
    (found,) = explained(capsys, prompt, str(mine))
    assert (found["kind"], found["where"]["file"], found["where"]["line"]) == ("refused", "mine.json", 2)
    assert found["where"]["pointer"].startswith("/" + line.split('"')[1])


def test_sets_made_elsewhere_have_no_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = tmp_path / "sets.jsonl"
    sets.write_text('{"candidates": ["a MAN", "a woman"], "real_index": 0}', "utf-8")
    assert main(["audit", "--sets", str(sets)]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["where"] is None
