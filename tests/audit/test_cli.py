"""``obclip audit``: verdict, exit codes, rules, bad input."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from obclip_privacy.audit.report.html import render_html
from obclip_privacy.audit.secret import secret_file
from obclip_privacy.audit.session import Session
from obclip_privacy.audit.sources import generator
from obclip_privacy.cli.main import main

CLOSED = [
    {"candidates": ["a woman reading", "a man reading"], "real_index": 1},
    {"candidates": ["a woman with her dog", "a man with his dog"], "real_index": 0},
]
LEAKY = [*CLOSED, {"candidates": ["a WOMAN singing", "a man singing"], "real_index": 0}]


def write(tmp_path: Path, rows: list[dict[str, object]] | str, name: str = "in.jsonl") -> str:
    path = tmp_path / name
    path.write_text(rows if isinstance(rows, str) else "\n".join(map(json.dumps, rows)), "utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict, str]:
    code = main(["audit", *arguments])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else {}, captured.err


def test_a_policy_over_prompts(capsys, tmp_path: Path) -> None:
    source = write(tmp_path, "A young woman reading\na red bicycle\nan old man with a beard\n", "p.txt")
    code, data, _ = run(capsys, "--policy", "obclip-paper", "--input", source, "--format", "json")
    assert code == 0
    assert list(data)[:3] == ["verdict", "figures", "findings"]
    assert (data["verdict"], data["findings"]) == ("pass", [])
    figures = data["figures"]
    assert (figures["prompts"], figures["audited"], figures["without_attributes"]) == (3, 2, 1)
    assert (figures["n"], figures["n_sent"], figures["k_eff"], figures["closure"]) == (6, 6, 6, 0)
    assert figures["posterior"] == pytest.approx(1 / 6)
    assert figures["exact"]["posterior_worst_attribute"] == "1/2"
    assert (figures["leakage_bits"], figures["cues"], figures["cues_withheld"]) == (0, 0, 1)
    assert figures["attributes"]["age"]["l_distinct"] == 3
    assert figures["attributes"]["age"]["t_closeness"] == 0


def test_json_is_the_default_where_no_terminal_is(capsys, tmp_path: Path) -> None:
    code, data, _ = run(capsys, "--sets", write(tmp_path, CLOSED))
    assert (code, data["verdict"]) == (0, "pass")
    assert any("only the joint figures" in note for note in data["notes"])
    assert data["figures"]["attributes"] == {}


def test_a_set_whose_real_member_stands_out_fails(capsys, tmp_path: Path) -> None:
    code, data, _ = run(capsys, "--sets", write(tmp_path, LEAKY), "--format", "json")
    assert (code, data["verdict"]) == (1, "fail")
    assert [(f["kind"], f["row"]) for f in data["findings"] if f["severity"] == "fail"] == [
        ("odd_one_out", 3)
    ]
    assert (data["figures"]["k_eff"], data["figures"]["posterior"]) == (1, 1)
    assert (data["figures"]["leakage_bits"], data["figures"]["exact"]["prior_vulnerability"]) == (1, "1/2")
    assert data["figures"]["guessing_entropy"] == data["figures"]["guessing_entropy_uniform"] == 1
    assert "capacity_bits" not in data["figures"], "no channel is known"


def test_a_tool_that_hides_nothing(capsys, tmp_path: Path) -> None:
    rows = [{"candidates": ["an old woman"], "real_index": 0}, {"candidates": ["a tree"], "real_index": 0}]
    code, data, _ = run(capsys, "--sets", write(tmp_path, rows))
    assert code == 1
    assert [(f["kind"], f["attribute"], f["row"]) for f in data["findings"]] == [
        ("unhidden", "age", 1),
        ("unhidden", "gender", 1),
    ]
    assert (data["figures"]["audited"], data["figures"]["posterior"]) == (1, 1)


def test_values_and_a_prior_give_figures_of_attributes(capsys, tmp_path: Path) -> None:
    row = {
        "candidates": ["a young man", "an old man", "a young woman", "an old woman"],
        "real_index": 0,
        "values": [{"gender": g, "age": a} for g in ("male", "female") for a in ("young", "old")],
        "prior": {"gender": {"male": "3/4", "female": "1/4"}, "age": {"young": 0.5, "old": 0.5}},
    }
    _, data, _ = run(capsys, "--sets", write(tmp_path, [row]))
    exact = data["figures"]["exact"]
    assert (exact["posterior"], exact["posterior_uniform"], exact["posterior_worst_attribute"]) == (
        "3/8",
        "1/4",
        "3/4",
    )
    row["prior"] = [0.7, 0.1, 0.1, 0.1]
    _, data, _ = run(capsys, "--sets", write(tmp_path, [row]))
    assert data["figures"]["exact"]["posterior"] == "7/10"
    assert data["figures"]["exact"]["posterior_worst_attribute"] == "4/5"


RERUN = """
import sys
prompt = sys.stdin.read().strip()
words = {"woman": "man", "man": "woman"}
other = " ".join(words.get(word, word) for word in prompt.split())
print("\\n".join(sorted([prompt, other]) if LEAK == 0 else [prompt, other]))
"""


@pytest.mark.parametrize("leak", [0, 1])
def test_the_rerun_attack_on_a_program(capsys, tmp_path: Path, leak: int) -> None:
    program = tmp_path / "generator.py"
    program.write_text(RERUN.replace("LEAK", str(leak)), "utf-8")
    row = {"candidates": ["a man reading", "a woman reading"], "real_index": 0}
    command = f"{sys.executable} {program}"
    code, data, _ = run(capsys, "--sets", write(tmp_path, [row]), "--rerun", command)
    assert code == leak
    assert data["figures"]["k_eff"] == 2 - leak
    assert data["figures"]["closure"] == leak
    assert ("closure" in {found["kind"] for found in data["findings"]}) == bool(leak)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("yes", "printed more than 1000 bytes"),
        ("sh -c 'sleep 60; true'", "took longer than 1 s"),
        ("sh -c 'exit 3'", "failed with exit code 3"),
        ("sh -c 'echo {'", "not JSON"),
        ("true", "there is no candidate"),
        ("no-such-program", "No such file"),
    ],
)
def test_a_program_that_fails(capsys, tmp_path: Path, monkeypatch, command: str, message: str) -> None:
    monkeypatch.setattr(generator, "_MAX_OUTPUT", 1000)
    monkeypatch.setattr(generator, "TIMEOUT_SECONDS", 1)
    started = time.monotonic()
    code, data, err = run(capsys, "--sets", write(tmp_path, CLOSED), "--rerun", command)
    assert (code, data) == (2, {})
    assert message in err
    assert time.monotonic() - started < 30, "its children were waited for"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("closure>0", 0),
        ("k_eff<2", 0),
        ("k_eff<3", 1),
        ("posterior>0.5", 0),
        ("posterior>1/3", 1),
        ("posterior>=0.5,cues>0", 1),
        ("odd_one_out>0", 0),
        ("n_sent>1", 1),
    ],
)
def test_rules(capsys, tmp_path: Path, rules: str, code: int) -> None:
    source = write(tmp_path, "a woman reading\na tree\n", "p.txt")
    found, data, _ = run(capsys, "--policy", "default", "--input", source, "--fail-on", rules)
    assert found == code
    assert (data["verdict"] == "fail") == bool(code)
    assert bool(data["rules_broken"]) == bool(code)


def test_the_neutral_wording_is_no_value_where_the_policy_neutralises(capsys, tmp_path: Path) -> None:
    """A plural ``they`` is what ``strict`` writes for everybody; under ``enumerate`` it would be a value."""
    prompt = "young adults stare at their computer monitors as they play\n"
    source = write(tmp_path, prompt, "p.txt")
    code, data, _ = run(capsys, "--policy", "strict", "--input", source)
    assert (code, [found["kind"] for found in data["findings"] if found["severity"] == "fail"]) == (0, [])
    gender = {"id": "gender", "values": ["female", "nonbinary"], "strategy": "enumerate"}
    age = {"id": "age", "values": ["young", "old"], "strategy": "enumerate"}
    policy = {"schema_version": 1, "name": "p", "attributes": [gender, age]}
    path = write(tmp_path, json.dumps(policy), "p.json")
    sets = [{"candidates": ["a young person while they read"], "real_index": 0}]
    code, data, _ = run(capsys, "--policy", path, "--sets", write(tmp_path, sets))
    assert code == 1
    assert {found["kind"] for found in data["findings"]} == {"unhidden"}


def test_cues_that_a_policy_keeps(capsys, tmp_path: Path) -> None:
    policy = write(
        tmp_path, '{"schema_version": 1, "name": "p", "extends": "default", "cues": {"*": "keep"}}', "p.json"
    )
    source = write(tmp_path, "a man with a beard\n", "p.txt")
    code, data, _ = run(capsys, "--policy", policy, "--input", source)
    assert code == 1
    assert [(f["kind"], f["attribute"]) for f in data["findings"]] == [("cues", "gender")]
    assert data["figures"]["cues"] == 1
    code, data, _ = run(capsys, "--policy", policy, "--input", source, "--fail-on", "closure>0,cues>1")
    assert code == 0
    assert [f["severity"] for f in data["findings"]] == ["warn"]


def test_nothing_shareable_tells_the_prompt(capsys, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    source = write(tmp_path, LEAKY)
    run(capsys, "--sets", source, "--report", str(report))
    text = report.read_text("utf-8")
    assert "WOMAN" not in text
    assert "real_index" not in text
    assert "singing" not in text
    run(capsys, "--sets", source, "--report", str(report), "--show-prompts")
    text = report.read_text("utf-8")
    assert "a WOMAN singing" in text
    assert "real_index" in text


def test_a_baseline_accepts_old_findings_only(capsys, tmp_path: Path) -> None:
    source, baseline = write(tmp_path, LEAKY), tmp_path / "baseline.json"
    assert run(capsys, "--sets", source, "--write-baseline", str(baseline))[0] == 1
    code, data, _ = run(capsys, "--sets", source, "--baseline", str(baseline))
    assert (code, data["verdict"], data["findings_accepted"]) == (0, "pass", 1)
    # in another line it is the same finding; another set is a new one
    moved = write(tmp_path, [LEAKY[2], *CLOSED], "moved.jsonl")
    assert run(capsys, "--sets", moved, "--baseline", str(baseline))[0] == 0
    more = [*LEAKY, {"candidates": ["a woman on a horse", "a MAN on a horse"], "real_index": 1}]
    code, data, _ = run(capsys, "--sets", write(tmp_path, more), "--baseline", str(baseline))
    assert (code, data["findings_total"], data["findings_accepted"]) == (1, 2, 1)
    # a JSON report does as well
    report = tmp_path / "report.json"
    run(capsys, "--sets", source, "--report", str(report))
    assert run(capsys, "--sets", source, "--baseline", str(report))[0] == 0


@pytest.mark.parametrize("suffix", ["baseline", "report"])
def test_a_baseline_accepts_a_limit_that_is_no_worse(capsys, tmp_path: Path, suffix: str) -> None:
    """Six members were accepted where twelve are asked for: thirty-six of others pass, two do not."""
    kept = tmp_path / f"{suffix}.json"
    write_it = "--write-baseline" if suffix == "baseline" else "--report"
    rule = ["--fail-on", "k_eff<40,posterior>1/40"]
    prompts = {6: "A young woman\n", 36: "A young Asian woman\n", 2: "A woman\n"}
    sources = {n: write(tmp_path, text, f"{n}.txt") for n, text in prompts.items()}
    assert run(capsys, "--input", sources[6], *rule, write_it, str(kept))[0] == 1
    for n, code in ((6, 0), (36, 0), (2, 1)):
        found, data, _ = run(capsys, "--input", sources[n], *rule, "--baseline", str(kept))
        assert (data["figures"]["k_eff"], found) == (n, code)


def told(count: int, of: int = 40) -> list[dict[str, object]]:
    """Sets of which *count* have the real one in capitals."""
    return [
        {"candidates": [f"a {'WOMAN' if i < count else 'woman'} no {i}", f"a man no {i}"], "real_index": 0}
        for i in range(of)
    ]


@pytest.mark.parametrize("suffix", ["baseline", "report"])
def test_a_baseline_accepts_an_attacker_that_is_no_better(capsys, tmp_path: Path, suffix: str) -> None:
    """Accepted at 80 % (24 known and 16 drawn, up to 89 %): a little more is noise, 100 % is not."""
    kept = tmp_path / f"{suffix}.json"
    write_it = "--write-baseline" if suffix == "baseline" else "--report"
    rule = ["--fail-on", "attackers>0"]
    assert run(capsys, "--sets", write(tmp_path, told(24)), *rule, write_it, str(kept))[0] == 1
    for count, code in ((24, 0), (20, 0), (28, 0), (40, 1)):
        found, data, _ = run(capsys, "--sets", write(tmp_path, told(count)), *rule, "--baseline", str(kept))
        (row,) = [row for row in data["attackers"] if row["attacker"] == "odd_one_out"]
        assert (row["accuracy"], found) == ((count + 40) / 80, code)


def test_a_baseline_accepts_no_more_missing_values_than_there_were(capsys, tmp_path: Path) -> None:
    origins = ["Asian", "Black", "Hispanic", "White", "Indian", "Arab", "Turkish"]

    def sets(missing: int) -> list[dict[str, object]]:
        """The first *missing* origins are never a decoy's."""
        rows = []
        for real in [0, 1, 2, 3, 4, 5, 6, 5, 6, 5, 6]:
            listed = sorted({real, *range(missing, 7)})
            rows.append(
                {
                    "candidates": [f"the {origins[index]} woman" for index in listed],
                    "real_index": listed.index(real),
                    "values": [{"origin": origins[index]} for index in listed],
                }
            )
        return rows

    rule, kept = ["--fail-on", "value_missing>0"], tmp_path / "baseline.json"
    assert run(capsys, "--sets", write(tmp_path, sets(2)), *rule, "--write-baseline", str(kept))[0] == 1
    for missing, code in ((2, 0), (1, 0), (4, 1)):
        assert (
            run(capsys, "--sets", write(tmp_path, sets(missing)), *rule, "--baseline", str(kept))[0] == code
        )


def test_a_report_does_not_carry_the_key_of_its_hashes(
    capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, report, baseline = write(tmp_path, LEAKY), tmp_path / "report.json", tmp_path / "baseline.json"
    run(capsys, "--sets", source, "--report", str(report), "--write-baseline", str(baseline))
    kept = secret_file()
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.read_bytes().hex() not in report.read_text("utf-8") + baseline.read_text("utf-8")
    # whoever has the report alone cannot tell whether it speaks of this set
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "somebody else"))
    code, _, err = run(capsys, "--sets", source, "--baseline", str(report))
    assert code == 2
    assert "--write-baseline" in err
    found = {row["id"] for row in json.loads(report.read_text("utf-8"))["findings"]}
    theirs = run(capsys, "--sets", source)[1]["findings"]
    assert found.isdisjoint(row["id"] for row in theirs)
    # a baseline goes with the project, and the next one keeps its key
    follow = tmp_path / "next.json"
    options = ["--sets", source, "--baseline", str(baseline), "--write-baseline", str(follow)]
    assert run(capsys, *options)[0] == 0
    assert json.loads(follow.read_text("utf-8")) == json.loads(baseline.read_text("utf-8"))


def test_an_audit_works_where_nothing_can_be_kept(
    capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be", "utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert run(capsys, "--sets", write(tmp_path, LEAKY))[0] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "nothing to audit"),
        ("{", ":1: not JSON"),
        ('{"candidates": ["a"]\n', ":1: not JSON: Expecting ',' delimiter (column 21)"),
        ('{"candidates": ["a\\ud800"], "real_index": 0}', "half of a surrogate pair"),
        ('["a"]', "must be an object"),
        ('{"candidates": [], "real_index": 0}', "no candidate"),
        ('{"candidates": ["a"], "real_index": 1}', "'real_index' must be a whole number from 0 to 0"),
        ('{"candidates": ["a"], "real_index": true}', "'real_index' must be"),
        ('{"candidates": ["a"]}', "'real_index' must be"),
        ('{"candidates": "ab", "real_index": 0}', "must be a list of strings"),
        ('{"candidates": ["a", 7], "real_index": 0}', "must be a list of strings"),
        ('{"candidates": ["a", "b"], "real_index": 0, "values": [{}]}', "one entry for each candidate"),
        ('{"candidates": ["a", "b"], "real_index": 0, "prior": [0.5, 0.6]}', "summing to 1"),
        ('{"candidates": ["a", "b"], "real_index": 0, "prior": [NaN, 1]}', "NaN is no number"),
        ('{"candidates": ["a"], "candidates": ["b"], "real_index": 0}', "a key is there twice"),
    ],
)
def test_bad_sets(capsys, tmp_path: Path, content: str, message: str) -> None:
    code, data, err = run(capsys, "--sets", write(tmp_path, content))
    assert (code, data) == (2, {})
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of --input"),
        (["--sets", "x", "--input", "y"], "give one of --input"),
        (["--sets", "none.jsonl"], "No such file"),
        (["--input", "none.txt"], "No such file"),
        (["--input", "p.txt", "--rerun", "x"], "--rerun goes with --sets"),
        (["--input", "p.txt", "--fail-on", "closures>0"], "did you mean 'closure'?"),
        (["--input", "p.txt", "--fail-on", "closure"], "is no rule"),
        (["--input", "p.txt", "--fail-on", "posterior>1/0"], "not a number"),
        (["--input", "p.txt", "--baseline", "none.json"], "none.json"),
        (["--input", "p.txt", "--attackers", "nobody"], "no attacker 'nobody'"),
        (["--input", "p.txt", "--policy", "none"], "none"),
        (["--input", "p.txt", "--report", "r.pdf"], "no report format has this ending"),
        (["--input", "p.txt", "--prior", "p.txt"], "not JSON"),
        (["--input", "p.txt", "--prior", "empty.json"], "states no probability"),
        (["--input", "p.txt", "--prior", "number.json"], "'joint' a list"),
    ],
)
def test_bad_options(capsys, tmp_path: Path, monkeypatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a woman\n", "p.txt")
    write(tmp_path, "{}", "empty.json")
    write(tmp_path, '{"joint": 5}', "number.json")
    code, data, err = run(capsys, *arguments)
    assert (code, data) == (2, {})
    assert message in err
    assert "Traceback" not in err


def test_a_rule_that_cannot_be_measured_is_an_error(capsys, tmp_path: Path) -> None:
    code, _, err = run(
        capsys, "--sets", write(tmp_path, CLOSED), "--fail-on", "posterior_worst_attribute>0.5"
    )
    assert code == 2
    assert "cannot be measured" in err


def test_a_stated_prior(capsys, tmp_path: Path) -> None:
    prior = write(tmp_path, '{"attributes": {"gender": {"male": "3/4"}}}', "prior.json")
    source = write(tmp_path, "a woman reading\n", "p.txt")
    _, data, _ = run(capsys, "--policy", "default", "--input", source, "--prior", prior)
    assert data["figures"]["exact"]["posterior"] == "3/4"
    assert data["figures"]["exact"]["posterior_uniform"] == "1/2"
    joint = '{"joint": [{"values": {"gender": "female", "age": "old"}, "p": 0.5}, '
    joint += '{"values": {"gender": "male", "age": "young"}, "p": 0.5}]}'
    source = write(tmp_path, "an old woman reading\n", "p.txt")
    _, data, _ = run(
        capsys, "--policy", "default", "--input", source, "--prior", write(tmp_path, joint, "prior.json")
    )
    assert data["figures"]["exact"]["posterior"] == "1/2"


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"attributes": {"gendr": {"female": 0.9}}}, "did you mean 'gender'?"),
        ({"attributes": {"gender": {"femal": 0.9}}}, "no value of 'gender'"),
        ({"attributes": {"gender": {"female": 0.1, "male": 0.1}}}, "do not sum to 1"),
        ({"joint": [{"values": {"gender": "female", "age": "odl"}, "p": 1}]}, "no value of 'age'"),
    ],
)
def test_a_prior_that_says_nothing_is_an_error(
    capsys, tmp_path: Path, prior: dict[str, object], message: str
) -> None:
    source, path = write(tmp_path, "a woman\n", "p.txt"), write(tmp_path, json.dumps(prior), "prior.json")
    code, data, err = run(capsys, "--input", source, "--prior", path)
    assert (code, data) == (2, {})
    assert message in err


def test_the_strategy_block_reports_what_the_block_gives_away(capsys, tmp_path: Path) -> None:
    policy = {
        "schema_version": 1,
        "name": "p",
        "attributes": [
            {
                "id": "ethnicity",
                "strategy": "block",
                "values": ["asian", "black", "hispanic", "white"],
                "options": {"block_size": 2},
            }
        ],
    }
    path = write(tmp_path, json.dumps(policy), "p.json")
    _, data, _ = run(capsys, "--policy", path, "--input", write(tmp_path, "a Black man\n", "p.txt"))
    figures = data["figures"]
    assert (figures["n"], figures["k_eff"], figures["leakage_bits"]) == (2, 2, 1)
    assert figures["attributes"]["ethnicity"]["block_bits"] == 1
    # before anything is sent it is one of four; the choice of one block of two is one bit by any measure
    assert (figures["exact"]["prior_vulnerability"], figures["exact"]["posterior"]) == ("1/4", "1/2")
    assert (figures["capacity_bits"], figures["mutual_information_bits"]) == (1, 1)
    assert (figures["prior_guessing_entropy"], figures["guessing_entropy"]) == (2.5, 1.5)
    assert figures["exact"]["t_closeness"] == "1/2"


WIRE = {
    "protocol": 1,
    "prompts": ["a woman reading", "a man reading"],
    "assignments": [[0], [1]],
    "negative_prompt": "",
    "seed": 7,
}


def test_recorded_requests(capsys, tmp_path: Path) -> None:
    good = [WIRE, {**WIRE, "seed": 8}]
    code, data, _ = run(capsys, "--wire", write(tmp_path, good), "--policy", "default")
    assert (code, data["verdict"], data["findings"]) == (0, "pass", [])
    assert (data["figures"]["n"], data["figures"]["k_eff"]) == (2, 2)
    turned = {**WIRE, "prompts": WIRE["prompts"][::-1], "seed": 9}
    code, data, _ = run(capsys, "--wire", write(tmp_path, [*good, turned]))
    assert (code, [found["kind"] for found in data["findings"]]) == (1, ["order"])
    code, data, _ = run(capsys, "--wire", write(tmp_path, [turned]), "--policy", "default")
    assert (code, [found["kind"] for found in data["findings"]]) == (1, ["closure"])
    other = {
        "body": {**WIRE, "prompts": ["a lady in bed", "a gentleman in bed"], "guidance_scale": 3},
        "headers": {"X-A": "1"},
    }
    code, data, _ = run(capsys, "--wire", write(tmp_path, [WIRE, other]))
    assert code == 0
    assert [found["kind"] for found in data["findings"]] == ["seed", "settings", "settings"]
    code, _, err = run(capsys, "--wire", write(tmp_path, [{"prompt": "x"}]))
    assert code == 2
    assert "must be a request body" in err


def test_workers_and_resuming_change_nothing(capsys, tmp_path: Path) -> None:
    prompts = [f"a {age} woman number {i} with her dog" for i in range(70) for age in ("young", "old")]
    source = write(tmp_path, "\n".join(prompts), "p.txt")
    base = ["--policy", "obclip-paper", "--input", source]
    results = []
    progress = tmp_path / "progress.jsonl"
    for extra in (["--workers", "1"], ["--workers", "2"], ["--resume", str(progress), "--workers", "1"]):
        code, data, _ = run(capsys, *base, *extra)
        assert code == 0
        results.append(data)
    lines = progress.read_bytes().splitlines(keepends=True)
    assert len(lines) == 141
    assert b"woman" not in b"".join(lines)
    progress.write_bytes(b"".join(lines[:100]) + lines[100][:20])
    _, data, _ = run(capsys, *base, "--resume", str(progress), "--workers", "1")
    results.append(data)
    assert results[0] == results[1] == results[2] == results[3]
    assert progress.read_bytes().splitlines(keepends=True) == lines
    code, _, err = run(capsys, "--policy", "default", "--input", source, "--resume", str(progress))
    assert code == 2
    assert "another audit" in err


@pytest.mark.parametrize("real", [0, 1])
def test_a_few_sets_do_not_tell_where_the_real_one_stands(capsys, tmp_path: Path, real: int) -> None:
    """Four sets with the real one at the same place: nothing in the report follows from which place."""
    rows = [{"candidates": [f"{w} no {i}" for w in "abcdefghij"], "real_index": real} for i in range(4)]
    text = write(tmp_path, "a no 0\na no 1\na no 2\na no 3\n", "lm.txt")
    _, data, _ = run(capsys, "--sets", write(tmp_path, rows), "--lm-text", text)
    assert {"position", "ngram"} <= {row["attacker"] for row in data["attackers"]}
    for row in data["attackers"]:
        assert (row["accuracy"], row["interval"], row["beats_chance"]) == (None, None, None)
    assert {found["kind"] for found in data["findings"]} <= {"uneven"}
    # and it says that this was not tested, wherever somebody may look
    assert data["untested"] == ["attackers", "position", "position_prior", "prior_attackers"]
    assert any("not tested: attackers" in note and "of 4 sets" in note for note in data["notes"])
    assert "Not tested" in render_html(data)
    assert main(["audit", "--sets", str(tmp_path / "in.jsonl"), "--format", "table"]) in (0, 1)
    assert "(not tested: attackers, position" in capsys.readouterr().out


def test_enough_sets_are_tested(capsys, tmp_path: Path) -> None:
    _, data, _ = run(capsys, "--sets", write(tmp_path, told(0)))
    assert data["untested"] == []
    prompts = write(tmp_path, "a woman\n" * 5, "p.txt")
    assert run(capsys, "--policy", "default", "--input", prompts)[1]["untested"] == []
    # one prompt is sent for all: a place in it there is none
    assert run(capsys, "--policy", "strict", "--input", prompts)[1]["untested"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sets", "s.jsonl", "--rerun", " "], "--rerun: give the command"),
        (["--sets", "s.jsonl", "--time-repeats", "3"], "--time-repeats goes with --rerun"),
        (["--wire", "w.jsonl", "--server", "http://127.0.0.1:9"], "--server does not go with --wire"),
        (["--sets", "s.jsonl", "--report", "no/r.html"], "there is no folder 'no'"),
        (["--sets", "s.jsonl", "--write-baseline", "no/b.json"], "there is no folder 'no'"),
        (["--sets", "s.jsonl", "--resume", "."], "Is a directory"),
        (["--sets", "-", "--resume", "r.jsonl"], "standard input and pipes cannot be read again"),
    ],
)
def test_options_that_would_do_nothing(
    capsys, tmp_path: Path, monkeypatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, CLOSED, "s.jsonl")
    write(tmp_path, [WIRE], "w.jsonl")
    code, data, err = run(capsys, *arguments)
    assert (code, data) == (2, {})
    assert message in err


def test_a_bad_ending_is_seen_before_the_work(capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Session, "run", lambda *_: pytest.fail("the audit was made first"))
    code, _, err = run(capsys, "--sets", write(tmp_path, CLOSED), "--report", str(tmp_path / "r.pdf"))
    assert code == 2
    assert "no report format has this ending" in err


def test_pipes_are_read_once(capsys, tmp_path: Path, monkeypatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "\n".join(map(json.dumps, CLOSED))
    writer = threading.Thread(target=pipe.write_text, args=(text,), daemon=True)
    writer.start()
    code, data, _ = run(capsys, "--sets", str(pipe))
    assert (code, data["figures"]["prompts"]) == (0, 2)
    writer.join()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code, data, _ = run(capsys, "--sets", "-")
    assert (code, data["figures"]["prompts"]) == (0, 2)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"gendr": {"female": 1}}, "names 'gendr'"),
        ({"gender": {"femal": 1}}, "gives no value of the set a probability"),
    ],
)
def test_a_prior_of_something_else_is_an_error(
    capsys, tmp_path: Path, prior: dict[str, object], message: str
) -> None:
    row = {**CLOSED[0], "values": [{"gender": "female"}, {"gender": "male"}], "prior": prior}
    code, data, err = run(capsys, "--sets", write(tmp_path, [row]))
    assert (code, data) == (2, {})
    assert message in err


def test_wire_without_a_policy_says_what_was_not_tested(capsys, tmp_path: Path) -> None:
    source = write(tmp_path, [WIRE])
    _, data, _ = run(capsys, "--wire", source)
    assert any("not fed back" in note for note in data["notes"])
    _, data, _ = run(capsys, "--wire", source, "--policy", "default")
    assert not any("not fed back" in note for note in data["notes"])
    assert any("of which the real one is known" in note for note in data["notes"])
