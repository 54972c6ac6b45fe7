from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from obclip_privacy.errors import BadInputError
from obclip_privacy.evaluation.labelled import Label, read_labelled

LINE = "1 [The baker] waits."
TEXT = "The baker waits."
SHA = hashlib.sha256(TEXT.encode()).hexdigest()
SOURCE = {"file": "texts.txt", "line": 2, "start": 2, "end": 20, "remove": "[]", "sha256": SHA}


def write(folder: Path, *entries: object) -> Path:
    (folder / "texts.txt").write_text(f"first\n{LINE}\n", "utf-8")
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), "utf-8")
    return path


def test_all_fields(tmp_path: Path) -> None:
    mention = {"start": 2, "end": 7, "attribute": "gender", "value": "female", "person": 0}
    path = write(
        tmp_path,
        {"prompt": "a woman", "mentions": [mention], "n": {"default": 2}, "counterpart": "a man"},
        {"prompt": "a dress", "cues": [{"start": 2, "end": 7}], "people": False},
        {"prompt": "a tree", "either": [{"start": 2, "end": 6}]},
    )
    first, second, third = read_labelled(path)
    assert first.mentions == (Label(2, 7, "gender", "female", 0),)
    assert (first.people, dict(first.n), first.counterpart) == (True, {"default": 2}, "a man")
    assert (second.people, second.cues) == (False, (Label(2, 7),))
    assert (third.people, third.where) == (False, "labels.jsonl:3")


def test_a_text_that_is_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path, {"source": SOURCE, "counterpart": {**SOURCE}})
    (found,) = read_labelled(path, tmp_path)
    assert (found.prompt, found.counterpart) == (TEXT, TEXT)


def test_plain_prompts(tmp_path: Path) -> None:
    path = tmp_path / "prompts.txt"
    path.write_text("a woman\n\na man\n", "utf-8")
    found = read_labelled(path)
    assert [(p.prompt, p.where, p.has_labels) for p in found] == [
        ("a woman", "prompts.txt:1", False),
        ("a man", "prompts.txt:3", False),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("text", "each line must be an object"),
        ({}, "give either 'prompt' or 'source'"),
        ({"prompt": "a", "source": SOURCE}, "give either 'prompt' or 'source'"),
        ({"prompt": "secret", "mention": []}, "unknown key 'mention'"),
        ({"prompt": "secret", "mentions": [{"start": 0, "end": 3}]}, "a mention needs an 'attribute'"),
        ({"prompt": "secret", "cues": [{"start": 0, "end": 9}]}, "no span of the text"),
        ({"prompt": "se ret", "cues": [{"start": 0, "end": 3}]}, "white space"),
        ({"prompt": "secret", "cues": {}}, "'cues' must be a list"),
        ({"prompt": "secret", "n": {"default": "2"}}, "'n' must be"),
        ({"prompt": "secret", "people": "yes"}, "'people' must be"),
        ({"prompt": 3}, "a text must be"),
        ({"source": {**SOURCE, "sha256": "0"}}, "not the one that was labelled"),
        ({"source": {**SOURCE, "line": 9}}, "has no line 9"),
        ({"source": {**SOURCE, "file": "../x"}}, "plain file name"),
        ({"source": {**SOURCE, "column": 1}}, "unknown key 'column'"),
        ({"source": {**SOURCE, "end": 99}}, "no span of the line"),
        ({"source": {**SOURCE, "file": "missing.txt"}}, "No such file"),
    ],
)
def test_what_is_malformed_is_named_and_not_quoted(tmp_path: Path, entry: object, message: str) -> None:
    path = write(tmp_path, {"prompt": "fine"}, entry)
    with pytest.raises(BadInputError, match=r"labels\.jsonl:2|missing\.txt") as raised:
        read_labelled(path, tmp_path)
    assert message in str(raised.value)
    assert "secret" not in str(raised.value)


def test_sources_need_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="--texts FOLDER"):
        read_labelled(write(tmp_path, {"source": SOURCE}))
