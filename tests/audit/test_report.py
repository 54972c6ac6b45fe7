"""The HTML page, the published schema, ``audit diff`` and ``audit explain``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from obclip_privacy.audit.report.html import bars_of, pieces_of, render_html
from obclip_privacy.cli.main import main

LEAKY = [
    {"candidates": ["a <b>WOMAN</b> singing", "a <b>man</b> singing"], "real_index": 0},
    {"candidates": ["a woman with her dog", "a man with his dog"], "real_index": 1},
]


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source = tmp_path / "sets.jsonl"
    source.write_text("\n".join(map(json.dumps, LEAKY)), "utf-8")

    def make(name: str, *options: str) -> str:
        assert main(["audit", "--sets", str(source), "--report", str(tmp_path / name), *options]) == 1
        capsys.readouterr()
        return (tmp_path / name).read_text("utf-8")

    return make


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    code = main(list(arguments))
    return code, json.loads(capsys.readouterr().out)


def test_the_page_stands_alone_and_tells_nothing(report) -> None:
    page = report("r.html")
    assert "Verdict: fail" in page
    assert re.findall(r"(?:src|href)=|https?://|@import|url\(", page) == []
    assert "singing" not in page
    assert "<svg" in page


def test_text_is_shown_when_asked_for_and_escaped(report) -> None:
    page = report("r.html", "--show-prompts")
    assert "a &lt;b&gt;WOMAN&lt;/b&gt; singing" in page
    assert "<b>WOMAN" not in page


def test_the_json_report_keeps_to_its_schema(report, capsys) -> None:
    data = json.loads(report("r.json"))
    _, schema = printed(capsys, "audit", "schema")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)
    jsonschema.validate(json.loads(report("s.json", "--show-prompts")), schema)
    assert list(data)[:3] == ["verdict", "figures", "findings"]
    assert "Verdict: fail" in render_html(data)


def test_plots_and_pieces() -> None:
    bars = bars_of({"2": 3, "6": 1})
    assert [(bar.label, bar.count, bar.height) for bar in bars] == [("2", 3, 120), ("6", 1, 40)]
    assert bars_of({}) == []
    spans = [{"start": 2, "end": 7, "what": "gender: female", "cue": False}, {"start": 3, "end": 99}]
    assert pieces_of("a woman.", spans) == [
        ("a ", "", False),
        ("woman", "gender: female", False),
        (".", "", False),
    ]


def test_diff(report, tmp_path: Path, capsys) -> None:
    report("a.json")
    worse = tmp_path / "worse.jsonl"
    worse.write_text(json.dumps({"candidates": ["a woman", "a man"], "real_index": 0}), "utf-8")
    assert main(["audit", "--sets", str(worse), "--report", str(tmp_path / "b.json")]) == 0
    capsys.readouterr()
    before, after = str(tmp_path / "b.json"), str(tmp_path / "a.json")
    code, data = printed(capsys, "audit", "diff", before, after)
    assert (code, data["verdict"]) == (1, "fail")
    assert list(data)[:3] == ["verdict", "figures", "findings"]
    assert data["figures"]["k_eff"] == {"before": 2, "after": 1, "better": "higher"}
    assert {"k_eff", "posterior", "odd_one_out"} <= set(data["worse"])
    assert printed(capsys, "audit", "diff", after, before)[0] == 0
    assert main(["audit", "diff", str(worse), before]) == 2


def test_explain(capsys) -> None:
    code, data = printed(capsys, "audit", "explain", "A young woman with a beard", "--policy", "obclip-paper")
    assert (code, data["verdict"], data["status"]) == (0, "pass", "ok")
    assert (data["figures"]["n"], data["real_index"], len(data["candidates"])) == (6, 1, 6)
    assert [span["what"] for span in data["spans"]] == [
        "age: young",
        "gender: female",
        "gender: facial hair",
    ]
    assert [row["best_guess"] for row in data["columns"]] == ["1/3", "1/2"]
    assert main(["audit", "explain", "a woman", "--format", "table"]) == 0
    assert "0.gender" in capsys.readouterr().out


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_in_a_browser(report, tmp_path: Path) -> None:
    """It renders without errors, and the filters hide rows."""
    report("r.html")
    profile = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]

    def dump(fragment: str) -> str:
        address = f"{(tmp_path / 'r.html').as_uri()}{fragment}"
        done = subprocess.run(
            [str(CHROMIUM), *profile, "--enable-logging=stderr", "--dump-dom", address],
            capture_output=True,
            text=True,
            timeout=180,
            check=True,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        assert not re.findall(r"CONSOLE.*(?:Error|Refused|Uncaught)", done.stderr)
        return done.stdout

    whole = re.search(r'data-shown="(\d+)"', dump(""))
    none = re.search(r'data-shown="(\d+)"', dump("#severity=info"))
    assert whole is not None
    assert none is not None
    assert int(whole[1]) > int(none[1]) == 0
