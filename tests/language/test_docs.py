"""Every example of docs/language.md, as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from obclip_privacy.attributes.lexicon_file import parse_lexicon
from tests.candidates.conftest import engine_for

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")
BLOCKS = re.findall(r"```examples\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [line.removeprefix("! ") for block in BLOCKS for line in block.splitlines()]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) > 40
    assert len(EXAMPLES) == len(set(EXAMPLES))


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_so(example: str) -> None:
    prompt, n, candidate = example.split(" | ")
    found = engine_for("default").candidates(prompt)
    assert (found.status, found.reason) == ("ok", "")
    assert found.n == int(n)
    assert candidate in found.candidates


def test_lexicon_lines_are_valid() -> None:
    lines = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert lines is not None
    base = '{"class": "ethnicity.adjective", "pos": "adjective", "forms": {}, "neutral": [""]}'
    lexicon = parse_lexicon([base, *lines[1].splitlines()], "docs/language.md")
    assert [len(lexicon.classes), len(lexicon.words), len(lexicon.cues), len(lexicon.values)] == [2, 2, 1, 1]
    assert all(json.loads(line) for line in lines[1].splitlines())
