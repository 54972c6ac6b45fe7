"""``obclip policy new|explain|diff``: what people see, what programs get, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_privacy.cli.main import main
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.shipped import shipped_names

BROKEN = Path(__file__).parent.parent / "policy" / "broken"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    code = main(["policy", *arguments])
    return (code, *capfd.readouterr())


def test_new_then_validate_test_and_explain(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, "new")
    assert (code, err) == (0, "")
    assert out == (
        "my-policy.json written; what it does: obclip policy explain my-policy.json\n"
        "for help in your editor: obclip policy schema > policy.schema.json\n"
    )
    assert run(capfd, "validate", "my-policy.json")[0] == 0
    code, out, _ = run(capfd, "test", "my-policy.json")
    assert (code, out.splitlines()[-1]) == (0, "5 tests, 0 failed")
    code, out, _ = run(capfd, "explain", "my-policy.json")
    assert code == 0
    assert "gender hides among 2 values (female, male)" in out


def test_new_never_overwrites(capfd: pytest.CaptureFixture[str]) -> None:
    Path("mine.json").write_text("precious")
    Path("dangling.json").symlink_to("nowhere")
    for name in ("mine", "dangling"):
        assert run(capfd, "new", name) == (
            2,
            "",
            f"obclip: {name}.json is there already; it is not overwritten\n",
        )
    assert Path("mine.json").read_text() == "precious"
    assert sorted(path.name for path in Path().iterdir()) == ["dangling.json", "mine.json"]


def test_new_by_options(capfd: pytest.CaptureFixture[str]) -> None:
    Path("house.json").write_text('{"schema_version": 1, "name": "house", "extends": "obclip-paper"}')
    Path("deep").mkdir()
    assert (
        run(capfd, "new", "--extends", "house.json", "--attribute", "skin_tone", "--out", "deep/d.json")[0]
        == 0
    )
    written = json.loads(Path("deep/d.json").read_text())
    assert (written["name"], written["extends"]) == ("d", "../house.json")
    assert [attribute.id for attribute in load_policy("deep/d.json").attributes] == [
        "age",
        "gender",
        "ethnicity",
        "skin_tone",
    ]
    code, out, _ = run(capfd, "new", "--extends", "strict", "--out", "-")
    assert code == 0
    assert json.loads(out)["extends"] == "strict"
    assert sorted(path.name for path in Path().iterdir()) == ["deep", "house.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["My Policy"],
            "'My Policy' is no name of a policy: use lower case, digits and hyphens; did you mean",
        ),
        (["a/b"], "'a/b' is a path; NAME is a name, give the file with --out"),
        (["default"], "'default' is the name of a shipped policy; choose another one"),
        ([""], "NAME is empty"),
        (["--out", ""], "--out is empty"),
        (["--extends", ""], "--extends is empty"),
        (["--out", "x.txt"], "--out takes a file that ends in .json, not x.txt"),
        (["--out", "nowhere/x.json"], "there is no folder nowhere to write x.json into"),
        (["--attribute", "gendr"], "no plugin registers the attribute 'gendr'; did you mean 'gender'?"),
        (["--attribute", "shoe_size"], "no plugin registers the attribute 'shoe_size'; there are: age, "),
        (["--extends", "defalt"], "no shipped policy is named 'defalt'; did you mean 'default'?"),
        (["--extends", "none.json"], "there is no policy file 'none.json'"),
        (["one", "two"], "unexpected extra argument"),
    ],
)
def test_new_with_wrong_arguments(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capfd, "new", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("obclip: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_new_beside_a_base_that_leaves_no_room(capfd: pytest.CaptureFixture[str]) -> None:
    Path("base.json").write_text(
        '{"schema_version": 1, "name": "base", "extends": "obclip-paper", "limits": {"max_candidates": 5}, '
        '"attributes": [{"id": "ethnicity", "strategy": "keep"}]}'
    )
    assert (
        run(capfd, "new", "--extends", "base.json", "--attribute", "ethnicity", "--attribute", "skin_tone")[0]
        == 0
    )
    Path("base.json").write_text(
        Path("base.json").read_text().replace('"max_candidates": 5', '"max_candidates": 3')
    )
    code, out, err = run(capfd, "new", "b", "--extends", "base.json", "--attribute", "ethnicity")
    assert (code, out) == (2, "")
    assert err.startswith(
        "obclip: this would be no valid policy: a set must exceed its limit: 'ethnicity' has 5"
    )
    assert not Path("b.json").exists()


@pytest.mark.parametrize("name", shipped_names())
def test_explain(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, "explain", name)
    assert (code, err) == (0, "")
    assert out.startswith(f"{name}: ")
    for title in ("What is hidden", "What the cloud sees", "cues", "What still shows", "Guarantee", "Limits"):
        assert title in out
    assert max(map(len, out.splitlines())) <= 100
    code, out, _ = run(capfd, "explain", name, "--format", "json")
    data = json.loads(out)
    assert data["policy"] == name
    assert [entry["attribute"] for entry in data["attributes"]] == [
        a.id for a in load_policy(name).attributes
    ]
    assert {"hidden", "cloud_sees", "cues", "leaks", "guarantee", "limits", "examples"} <= set(data["text"])


def test_diff(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(capfd, "diff", "default", "default") == (0, "the two policies decide alike\n", "")
    code, out, err = run(capfd, "diff", "default", "strict")
    assert (code, err) == (1, "")
    assert out.splitlines()[-1].startswith("the second policy is more private in ")
    code, out, _ = run(capfd, "diff", "default", "strict", "--format", "json")
    data = json.loads(out)
    assert code == 1
    assert (data["before"]["policy"], data["after"]["policy"], data["same"]) == ("default", "strict", False)
    assert {
        "subject": "negative prompt",
        "key": "",
        "before": "withhold",
        "after": "drop",
        "effect": "more private",
    } in (data["changes"])
    code, out, _ = run(capfd, "diff", "default", "default", "--format", "jsonl")
    assert (code, json.loads(out)["changes"]) == (0, [])


def test_diff_tells_the_problems_of_both(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    alias, empty = (BROKEN / "alias-cycle.txt").read_text(), (BROKEN / "empty.txt").read_text()
    assert run(capfd, "diff", "alias-cycle.json", "empty.json") == (2, "", alias + empty)
    assert run(capfd, "diff", "empty.json", "empty.json") == (2, "", empty)
    assert run(capfd, "diff", "default", "empty.json") == (2, "", empty)
    assert run(capfd, "diff", "empty.json", "nowhere.json") == (
        2,
        "",
        empty + "there is no policy file 'nowhere.json'\n",
    )
    assert run(capfd, "diff", "default", "defalt")[2] == (
        "obclip: no shipped policy is named 'defalt'; did you mean 'default'?\n"
    )


@pytest.mark.parametrize("command", ["explain", "show", "test", "validate"])
def test_a_broken_policy_is_its_lines_and_exit_code_2(
    command: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    for case in ("wrong-types-everywhere", "extends-cycle", "invalid-utf-8", "terminal-escape"):
        assert run(capfd, command, f"{case}.json") == (2, "", (BROKEN / f"{case}.txt").read_text())


@pytest.mark.parametrize("command", ["list", "new", "explain", "diff", "validate", "show", "schema", "test"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "xml"],
        ["--nonsense"],
        ["a", "b", "c"],
        ["--format"],
        ["\x00"],
        ["\udcff.json"],
        ["/"],
        ["x" * 5000],
    ],
    ids=lambda words: repr(words)[:20],
)
def test_whatever_is_typed_is_one_line_and_exit_code_2(
    command: str, arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capfd, command, *arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert "defect" not in err
    assert 1 <= err.count("\n") <= 3
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "command", ["", "list", "new", "explain", "diff", "validate", "show", "schema", "test"]
)
def test_help(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, *filter(None, [command]), "--help")
    assert (code, err) == (0, "")
    assert f"Usage: obclip policy {command}".strip() in out


def test_a_policy_without_tests_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    Path("mine.json").write_text('{"schema_version": 1, "name": "mine", "extends": "default"}')
    code, out, _ = run(capfd, "test", "mine.json")
    assert (code, out) == (0, "the policy has no tests; add prompts and what becomes of them under 'tests'\n")
    assert json.loads(run(capfd, "test", "mine.json", "--format", "json")[1]) == []


def test_a_file_without_its_ending_is_pointed_at(capfd: pytest.CaptureFixture[str]) -> None:
    Path("mine.json").write_text('{"schema_version": 1, "name": "mine", "extends": "default"}')
    assert run(capfd, "show", "mine")[2].endswith("(a file of your own needs its path: mine.json)\n")
