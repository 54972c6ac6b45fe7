"""``obclip detect`` and ``obclip candidates``: formats, exit codes, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obclip_privacy.cli.main import main

SHAPE_OF_SET = [
    "prompt",
    "status",
    "reason",
    "n",
    "candidates",
    "real_index",
    "set_sha256",
    "withheld",
    "attributes",
]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_detect_jsonl(capsys, tmp_path: Path) -> None:
    source = tmp_path / "prompts.txt"
    source.write_text("An old woman with a beard\n\na “café”, no one\n", "utf-8")
    code, out, _ = run(capsys, "detect", "--policy", "default", "--input", str(source), "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert rows == [
        {
            "prompt": "An old woman with a beard",
            "mentions": [
                {
                    "start": 3,
                    "end": 6,
                    "text": "old",
                    "attribute": "age",
                    "value": "old",
                    "person": 0,
                    "detector": "age.lexicon",
                },
                {
                    "start": 7,
                    "end": 12,
                    "text": "woman",
                    "attribute": "gender",
                    "value": "female",
                    "person": 0,
                    "detector": "gender.lexicon",
                },
            ],
            "cues": [
                {"start": 20, "end": 25, "text": "beard", "attribute": "gender", "reason": "facial hair"}
            ],
        },
        {"prompt": "a “café”, no one", "mentions": [], "cues": []},
    ]


def test_candidates_jsonl_with_a_refusal_in_the_middle(capsys, tmp_path: Path) -> None:
    source = tmp_path / "prompts.jsonl"
    lines = [
        {"prompt": "A young woman reading", "negative_prompt": "old man, blurry"},
        {"prompt": "x" * 3000},
        {"prompt": "a tree"},
    ]
    source.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    code, out, _ = run(
        capsys, "candidates", "--policy", "obclip-paper", "--input", str(source), "--format", "jsonl"
    )
    first, second, third = (json.loads(line) for line in out.splitlines())
    assert code == 1
    assert list(first)[: len(SHAPE_OF_SET)] == SHAPE_OF_SET
    assert (first["status"], first["n"], first["real_index"], len(first["candidates"])) == ("ok", 6, 1, 6)
    assert first["attributes"][0] == {
        "person": 0,
        "attribute": "age",
        "strategy": "enumerate",
        "values": ["young", "middle-aged", "old"],
    }
    assert first["negative_prompt"] == "blurry"
    assert (second["status"], second["candidates"], second["set_sha256"]) == ("refused", [], "")
    assert "more than 2000 characters" in second["reason"]
    assert (third["status"], third["n"], third["candidates"]) == ("ok", 1, ["a tree"])


def test_the_same_set_has_the_same_hash_whoever_is_real(capsys) -> None:
    _, out, _ = run(
        capsys,
        "candidates",
        "a man with his dog",
        "a woman with her dog",
        "--format",
        "json",
        "--policy",
        "default",
    )
    one, other = json.loads(out)
    assert one["set_sha256"] == other["set_sha256"]
    assert one["candidates"] == other["candidates"]
    assert {one["real_index"], other["real_index"]} == {0, 1}


def test_tables_for_people(capsys) -> None:
    code, out, _ = run(capsys, "candidates", "a bald [bold]man[/bold]")
    assert code == 0
    assert "* a [bold]man[/bold]" in out
    assert "withheld: 'bald" in out
    assert "under a uniform prior" in out
    code, out, _ = run(capsys, "detect", "a man", "a tree")
    assert code == 0
    assert "gender.lexicon" in out
    assert "nothing found" in out


@pytest.mark.parametrize("command", ["detect", "candidates"])
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.txt", b"a woman\n\xff\xfe", ":2:1: not UTF-8"),
        ("p.jsonl", b'{"prompt": "a"}\n{"prompt": }', ":2:12: not JSON"),
        ("p.jsonl", b'["a"]', ":1: 'prompt' must be a string"),
        ("p.jsonl", b'{"prompt": 7}', ":1: 'prompt' must be a string"),
    ],
)
def test_bad_files_are_named_with_their_line(
    capsys, tmp_path: Path, command: str, name: str, content: bytes, message: str
) -> None:
    source = tmp_path / name
    source.write_bytes(content)
    code, _, err = run(capsys, command, "--input", str(source))
    assert code == 2
    assert f"{name}{message}" in err


@pytest.mark.parametrize("command", ["detect", "candidates"])
def test_bad_arguments(capsys, tmp_path: Path, command: str) -> None:
    for arguments in (
        [],
        ["a woman", "--input", "-"],
        ["--input", str(tmp_path / "none.txt")],
        ["--policy", "none", "x"],
    ):
        code, _, err = run(capsys, command, *arguments)
        assert code == 2
        assert err.startswith("obclip: ")
        assert "Traceback" not in err
