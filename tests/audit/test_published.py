"""The published audit: its table is that of its figures, and no text is in it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "audits"


def script():
    spec = importlib.util.spec_from_file_location("published", ROOT / "benchmarks" / "published_audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_that_of_the_figures() -> None:
    rows = json.loads((FOLDER / "figures.json").read_text("utf-8"))
    assert script().table(rows) in (FOLDER / "README.md").read_text("utf-8")
    assert len(rows) >= 7


def test_all_combinations_are_real_in_turn() -> None:
    """Ten kinds of templates, three ages, five ethnicities, two genders."""
    published = script()
    prompts = list(published.portrait_prompts())
    assert len(prompts) == len(set(prompts)) == 10 * 30
    rows = json.loads((FOLDER / "figures.json").read_text("utf-8"))
    portraits = [row for row in rows if row["what"].startswith("portraits")]
    assert {row["entries"] for row in portraits} == {300}
    swapped = list(published.word_swap_rows())
    assert all(len(set(row["candidates"])) == 30 and row["real_index"] == 0 for row in swapped)


def test_what_is_published_holds_no_text() -> None:
    text = (FOLDER / "figures.json").read_text("utf-8")
    assert not any(word in text for word in ("portrait of", "close-up", "woman", "salt", "real_index"))
