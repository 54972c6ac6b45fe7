"""The HTML page, the published schema, ``audit diff`` and ``audit explain``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from obclip_privacy.audit.difference import difference
from obclip_privacy.audit.report.html import bars_of, pieces_of, render_html
from obclip_privacy.cli.main import main
from tests.audit.browser import Page, chromium

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
    assert (bars[0].x, bars[0].width, bars[1].x) == (60, 60, 240)
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


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("figures", {"posterior": "0.5"}),
        ("figures", {}),
        ("figures", {"posterior": 0.5, "attributes": []}),
        ("figures", {"posterior": 0.5, "attributes": {"age": {"posterior": True}}}),
        ("findings", [1]),
        ("findings", {"kind": "order"}),
        ("findings", [{"kind": "order", "attribute": None, "severity": "fail"}]),
    ],
)
def test_diff_takes_no_broken_report(report, tmp_path: Path, capsys, name: str, broken: object) -> None:
    """What cannot be compared would otherwise pass for what is not worse."""
    data = json.loads(report("a.json"))
    (tmp_path / "b.json").write_text(json.dumps({**data, name: broken}), "utf-8")
    for pair in (("a.json", "b.json"), ("b.json", "a.json")):
        assert main(["audit", "diff", *(str(tmp_path / each) for each in pair)]) == 2
        assert f"b.json: not an audit report: '{name}'" in capsys.readouterr().err


def test_diff_sees_what_the_worst_set_hides(report, tmp_path: Path) -> None:
    """Gender is at 1/2 in both; an attribute of other prompts, and another failing finding, are worse."""
    report("a.json")
    one = json.loads((tmp_path / "a.json").read_text("utf-8"))
    row = {"posterior": 1 / 6, "leakage_bits": 0.0, "t_closeness": 0.0, "l_distinct": 6}
    one["figures"]["attributes"] = {"ethnicity": row}
    two = json.loads(json.dumps(one))
    two["figures"]["attributes"]["ethnicity"] |= {"posterior": 1 / 2, "l_distinct": 2}
    two["findings"].append({"kind": "order", "attribute": "", "severity": "fail"})
    data = difference(one, two)
    assert data["worse"] == ["ethnicity.posterior", "ethnicity.l_distinct", "order"]
    assert data["figures"]["ethnicity.l_distinct"] == {"before": 6, "after": 2, "better": "higher"}
    assert (data["verdict"], difference(two, one)["verdict"]) == ("fail", "pass")


def test_explain(capsys) -> None:
    code, data = printed(capsys, "audit", "explain", "A young woman with a beard", "--policy", "obclip-paper")
    assert (code, data["verdict"], data["status"]) == (0, "pass", "ok")
    assert (data["figures"]["n"], data["real_index"], len(data["candidates"])) == (6, 1, 6)
    assert [span["what"] for span in data["spans"]] == [
        "age: young",
        "gender: female",
        "gender: facial hair, withheld",
    ]
    assert [row["best_guess"] for row in data["columns"]] == ["1/3", "1/2"]
    assert main(["audit", "explain", "a woman", "--format", "table"]) == 0
    out = capsys.readouterr().out
    assert "0.gender" in out
    assert "k_eff" in out


CHROMIUM = chromium()

#: Every element with text of its own: its contrast with the nearest background, by WCAG 2.1 (1.4.3).
CONTRASTS = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if ((rgb(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("body *:not(script):not(svg *)")].filter(own).map((element) => {
    const pair = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => a - b);
    return [(pair[1] + 0.05) / (pair[0] + 0.05), element.outerHTML.slice(0, 80)];
  });
})()"""
CLIPPED = "[...document.querySelectorAll('.wide')].filter((e) => e.scrollWidth > e.clientWidth).length"
VISIBLE = "[...document.querySelectorAll('#findings tbody tr')].filter((row) => row.offsetHeight).length"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: make test-all fetches one")
    with Page(CHROMIUM, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.mark.slow
def test_the_page_in_a_browser(report, tmp_path: Path, page: Page) -> None:
    """It renders without errors and loads nothing, and each filter hides the rows that it should."""
    report("r.html", "--show-prompts")
    address = (tmp_path / "r.html").as_uri()
    page.emulate()
    page.open(address)
    assert page.evaluate("document.getElementById('verdict').innerText").startswith("Verdict: fail")
    assert page.evaluate("document.querySelectorAll('svg rect').length") > 0
    everything = page.evaluate(VISIBLE)
    levels = page.evaluate(
        "[...document.querySelectorAll('#findings tbody tr')].map((r) => r.dataset.severity)"
    )
    assert everything == len(levels) > 0
    page.evaluate("document.querySelector('.filter[value=fail]').click()")
    assert page.evaluate(VISIBLE) == len(levels) - levels.count("fail") < everything
    page.evaluate("document.querySelector('.filter[value=fail]').click()")
    search = "document.getElementById('search').value = %s; document.getElementById('search')"
    typed = ".dispatchEvent(new Event('input'))"
    page.evaluate(search % "'CASING'" + typed)
    assert page.evaluate(VISIBLE) == 1
    page.evaluate(search % "'no such words'" + typed)
    assert page.evaluate(VISIBLE) == 0
    page.open(f"{address}#severity=info")
    assert page.evaluate(VISIBLE) == levels.count("info")
    assert page.problems == []
    assert {each.partition("#")[0] for each in page.requests} <= {address, "about:blank"}


@pytest.mark.slow
def test_the_browser_helper_sees_errors(tmp_path: Path, page: Page) -> None:
    """What the test above relies on: a page that throws, or loads something, does not go unseen."""
    (tmp_path / "bad.html").write_text("<img src=other.png><script>throw new Error('x')</script>", "utf-8")
    page.open((tmp_path / "bad.html").as_uri())
    assert any("Uncaught" in problem for problem in page.problems)
    assert any(each.endswith("/other.png") for each in page.requests)
    page.problems.clear()
    page.requests.clear()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read(report, tmp_path: Path, page: Page, scheme: str) -> None:
    """In light and dark, on a wide window and on a telephone, and on paper."""
    report("r.html", "--show-prompts")
    for width in (1100, 420):
        page.emulate(scheme=scheme, width=width)
        page.open((tmp_path / "r.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(CLIPPED) == 0
    # on a telephone each cell says what it is, since there is no room for the heads of columns
    assert page.evaluate("document.querySelector('#findings thead').offsetHeight") == 0
    label = "getComputedStyle(document.querySelector('#findings td:last-child'), '::before').content"
    assert "what to do" in page.evaluate(label)
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 50
    assert [each for each in contrasts if each[0] < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    page.emulate(scheme=scheme, media="print", width=700)
    assert page.evaluate(CLIPPED) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.getElementById('filters').offsetHeight") == 0
    assert page.pdf().startswith(b"%PDF")
