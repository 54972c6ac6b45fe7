"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from obclip_privacy.cli.output import print_table
from obclip_privacy.policy.frozen import Json

#: Rows of findings shown at most.
MAX_ROWS = 40
_EXPLAINED = (
    *(
        "n",
        "n_sent",
        "k_eff",
        "closure",
        "posterior",
        "posterior_uniform",
        "leakage_bits",
        "cues",
        "cues_withheld",
    ),
    *("outside_changed", "edit_distance", "bytes", "macs"),
)
_SHOWN = ("prompts", "audited", "refused", "n", "n_sent", "k_eff", "closure", "posterior")


def print_report(data: Mapping[str, Json]) -> None:
    """Print verdict, figures, attackers and findings."""
    figures = _mapping(data["figures"])
    untested = ", ".join(str(kind) for kind in _rows(data["untested"]))
    typer.echo(f"verdict: {data['verdict']}" + (f" (not tested: {untested})" if untested else ""))
    names = [*_SHOWN, "posterior_worst_attribute", "leakage_bits", "cues", "odd_one_out", "contradiction"]
    rows = [(name, _cell(figures.get(name))) for name in names if figures.get(name) is not None]
    print_table(("figure (worst case)", "value"), rows)
    attackers = [_mapping(row) for row in _rows(data["attackers"])]
    if attackers:
        print_table(
            ("attacker", "target", "right", "chance", "95 % interval", "luck", "guesses"),
            [
                (
                    str(row["attacker"]),
                    str(row["target"]),
                    "" if row["accuracy"] is None else _cell(row["accuracy"]),
                    _cell(row["chance"]),
                    " to ".join(_cell(bound) for bound in _rows(row["interval"])) or "too few guesses",
                    "" if row["p_value"] is None else f"{row['p_value']:.2g}",
                    str(row["trials"]),
                )
                for row in attackers
            ],
        )
    findings = [_mapping(row) for row in _rows(data["findings"])]
    if findings:
        print_table(
            ("", "prompt", "attribute", "what", "detail", "what to do"),
            [
                (
                    str(row["severity"]),
                    "" if row["row"] is None else str(row["row"]),
                    str(row["attribute"]),
                    str(row["title"]),
                    str(row["detail"]),
                    str(row["fix"]),
                )
                for row in findings[:MAX_ROWS]
            ],
        )
        total = data["findings_total"]
        if isinstance(total, int) and total > MAX_ROWS:
            typer.echo(f"{total - MAX_ROWS} more findings; see --format json or --report")
    for note in _rows(data["notes"]):
        typer.echo(f"note: {note}")
    if data["prior"] == "uniform":
        typer.echo(
            "note: 1/n is the best guess only under a uniform prior; a prior that is not stays what it was"
        )


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _cell(value: Json) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_difference(data: Mapping[str, Json]) -> None:
    """Print what changed between two reports."""
    worse = ", ".join(str(name) for name in _rows(data["worse"]))
    typer.echo(f"verdict: {data['verdict']}" + (f" (worse: {worse})" if worse else ""))
    figures = _mapping(data["figures"])
    rows = [(name, _mapping(change)) for name, change in figures.items()]
    cells = [(name, _cell(row["before"]), _cell(row["after"]), str(row["better"])) for name, row in rows]
    if cells:
        print_table(("figure", "before", "after", "better"), cells)
    else:
        typer.echo("no figure differs")
    changes = [_mapping(row) for row in _rows(data["findings"])]
    if changes:
        names = ("kind", "attribute", "severity", "before", "after")
        print_table(names, [tuple(str(row[name]) for name in names) for row in changes])


def print_explanation(data: Mapping[str, Json]) -> None:
    """Print everything about one prompt."""
    prompt = str(data["prompt"])
    typer.echo(f"verdict: {data['verdict']} ({data['status']})")
    typer.echo(prompt)
    spans = [_mapping(span) for span in _rows(data["spans"])]
    if spans:
        print_table(
            ("offsets", "text", "what"),
            [
                (
                    f"{s['start']}-{s['end']}",
                    prompt[int(str(s["start"])) : int(str(s["end"]))],
                    str(s["what"]),
                )
                for s in spans
            ],
        )
    for index, candidate in enumerate(_rows(data["candidates"])):
        typer.echo(f"  {'*' if index == data['real_index'] else ' '} {candidate}")
    figures = _mapping(data["figures"])
    shown = [(name, _cell(figures[name])) for name in _EXPLAINED if figures.get(name) is not None]
    print_table(("figure", "value"), shown)
    columns = [_mapping(row) for row in _rows(data["columns"])]
    if columns:
        names = ("person_and_attribute", "strategy", "values", "best_guess")
        print_table(names, [tuple(str(row[name]) for name in names) for row in columns])
    for row in map(_mapping, _rows(data["findings"])):
        typer.echo(f"{row['severity']}: {row['title']} ({row['detail']}); {row['fix']}")
