"""Audits the shipped policies, and a word-swap generator, over portrait templates and a caption file.

    python benchmarks/published_audit.py [CAPTIONS]

Prints the tables of docs/audits/README.md. Nothing of the captions is printed.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from obclip_privacy.audit.session import Session, Wanted

TEMPLATES = Path(__file__).parents[1] / "docs" / "audits" / "portrait-templates.txt"
AGES = ("young", "middle-aged", "old")
GENDERS = ("man", "woman")
ETHNICITIES = ("Caucasian", "African", "Asian", "Indian", "European")
_AN = re.compile(r"\ba(?= (?:old|African|Asian|Indian)\b)")


def filled(template: str, age: str, ethnicity: str, gender: str) -> str:
    """A template with its values, and the article that belongs to them."""
    return _AN.sub("an", template.format(age=age, ethnicity=ethnicity, gender=gender))


#: Real values that each template is filled with. The audit feeds every member of each set back, so all 30
#: combinations are visited whichever is real; three of them show that the outcome does not depend on it.
REAL = (("young", "Asian", "woman"), ("middle-aged", "Caucasian", "man"), ("old", "African", "woman"))


def portrait_prompts() -> Iterator[str]:
    """Every template with each of the real values."""
    for template in TEMPLATES.read_text("utf-8").splitlines():
        for values in REAL:
            yield filled(template, *values)


def word_swap_rows() -> Iterator[dict[str, object]]:
    """What a generator sends that swaps the three words and nothing else, the real prompt first."""
    for template in TEMPLATES.read_text("utf-8").splitlines():
        everything = [filled(template, *v) for v in itertools.product(AGES, ETHNICITIES, GENDERS)]
        for real in (filled(template, *values) for values in REAL):
            yield {
                "candidates": [real, *(text for text in everything if text != real)],
                "real_index": 0,
            }


def row_of(name: str, data: Mapping[str, object]) -> str:
    """One line of the table."""
    figures = data["figures"]
    assert isinstance(figures, Mapping)  # noqa: S101 - a report has figures
    findings = data["findings"]
    kinds = Counter(
        f["kind"]
        for f in findings
        if f["severity"] == "fail"  # type: ignore[attr-defined]
    )
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())) or "none"
    cells = [
        name,
        str(data["verdict"]),
        *(str(figures.get(key)) for key in ("prompts", "audited", "n", "n_sent", "k_eff", "closure")),
        f"{figures['posterior']:.3g}" if figures.get("posterior") is not None else "",
        *(str(figures.get(key)) for key in ("cues", "cues_withheld", "visible")),
        told,
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the tables."""
    columns = (
        *("what", "verdict", "entries", "audited", "n", "n_sent", "k_eff", "closure", "posterior"),
        *("cues", "withheld", "visible", "fails"),
    )
    print("| " + " | ".join(columns) + " |")  # noqa: T201
    print("|" + " --- |" * len(columns))  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        portraits = Path(folder) / "portraits.txt"
        portraits.write_text("\n".join(portrait_prompts()), "utf-8")
        for policy in ("obclip-paper", "default", "strict"):
            data = Session(Wanted("input", str(portraits), policy=policy)).run()
            print(row_of(f"portraits, `{policy}`", data), flush=True)  # noqa: T201
        swapped = Path(folder) / "sets.jsonl"
        swapped.write_text("\n".join(json.dumps(row) for row in word_swap_rows()), "utf-8")
        print(row_of("portraits, word swap", Session(Wanted("sets", str(swapped))).run()), flush=True)  # noqa: T201
        for captions in sys.argv[1:]:
            for policy in ("obclip-paper", "default", "strict"):
                data = Session(Wanted("input", captions, policy=policy)).run()
                print(row_of(f"captions, `{policy}`", data), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
