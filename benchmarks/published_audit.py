"""Audits the shipped policies, and a word-swap generator, over portrait templates and caption files.

    python benchmarks/published_audit.py [CAPTIONS ...]

Writes docs/audits/figures.json, row by row, and the table of docs/audits/README.md. Figures only: nothing of
the captions is written or printed.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from obclip_privacy.audit.session import Session, Wanted

FOLDER = Path(__file__).parents[1] / "docs" / "audits"
TEMPLATES = FOLDER / "portrait-templates.txt"
FIGURES = FOLDER / "figures.json"
PAGE = FOLDER / "README.md"
POLICIES = ("obclip-paper", "default", "strict")
COLUMNS = ("n", "n_sent", "k_eff", "closure", "posterior", "cues", "cues_withheld", "visible")
AGES = ("young", "middle-aged", "old")
GENDERS = ("man", "woman")
ETHNICITIES = ("Caucasian", "African", "Asian", "Indian", "European")
_AN = re.compile(r"\ba(?= (?:old|African|Asian|Indian)\b)")


def filled(template: str, age: str, ethnicity: str, gender: str) -> str:
    """A template with its values, and the article that belongs to them."""
    return _AN.sub("an", template.format(age=age, ethnicity=ethnicity, gender=gender))


#: The 30 combinations of values that a template is filled with; each of them is real in turn.
VALUES = tuple(itertools.product(AGES, ETHNICITIES, GENDERS))


def portrait_prompts() -> Iterator[str]:
    """Every template with every combination of values."""
    for template in TEMPLATES.read_text("utf-8").splitlines():
        for values in VALUES:
            yield filled(template, *values)


def word_swap_rows() -> Iterator[dict[str, object]]:
    """What a generator sends that swaps the three words and nothing else, the real prompt first."""
    for template in TEMPLATES.read_text("utf-8").splitlines():
        everything = [filled(template, *values) for values in VALUES]
        for real in everything:
            yield {"candidates": [real, *(text for text in everything if text != real)], "real_index": 0}


def row_of(what: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one audit."""
    kinds = Counter(found["kind"] for found in data["findings"] if found["severity"] == "fail")
    figures = data["figures"]
    return {
        "what": what,
        "verdict": data["verdict"],
        "entries": figures["prompts"],
        "audited": figures["audited"],
        **{name: figures.get(name) for name in COLUMNS},
        "exact_posterior": figures["exact"].get("posterior"),
        "fails": dict(sorted(kinds.items())),
        "attackers": data["attackers"],
        "versions": {name: data["versions"][name] for name in ("obclip", "lexicons")},
    }


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as Markdown."""
    names = ("what", "verdict", "entries", "audited", *COLUMNS, "fails")
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in rows:
        cells = {**row, "posterior": f"{row['posterior']:.3g}"}
        cells["fails"] = ", ".join(f"{kind} {count}" for kind, count in row["fails"].items()) or "none"
        lines.append("| " + " | ".join(str(cells[name]) for name in names) + " |")
    return "\n".join(lines) + "\n"


def audits(captions: Sequence[str]) -> Iterator[tuple[str, Wanted]]:
    """What is audited, by the name of its row."""
    with tempfile.TemporaryDirectory() as folder:
        portraits, swapped = Path(folder) / "portraits.txt", Path(folder) / "sets.jsonl"
        portraits.write_text("\n".join(portrait_prompts()), "utf-8")
        swapped.write_text("\n".join(json.dumps(row) for row in word_swap_rows()), "utf-8")
        for policy in POLICIES:
            yield f"portraits, `{policy}`", Wanted("input", str(portraits), policy=policy)
        yield "portraits, word swap", Wanted("sets", str(swapped))
        for path in captions:
            for policy in POLICIES:
                yield f"captions, `{policy}`", Wanted("input", path, policy=policy)


def main() -> None:
    """Run the audits and write what they found."""
    rows = []
    for what, wanted in audits(sys.argv[1:]):
        rows.append(row_of(what, Session(wanted).run()))
        FIGURES.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
        print(what, rows[-1]["verdict"], flush=True)  # noqa: T201
    head, _, rest = PAGE.read_text("utf-8").partition("| what |")
    PAGE.write_text(head + table(rows) + "\n" + rest.partition("\n\n")[2], "utf-8")


if __name__ == "__main__":
    main()
