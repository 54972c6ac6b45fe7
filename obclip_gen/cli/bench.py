"""Measure what hiding a prompt costs, and what that does to the pictures."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table

if TYPE_CHECKING:
    from obclip_gen.bench.cost import PlanCost
    from obclip_gen.bench.paper import Reproduced

app = typer.Typer(no_args_is_help=True)


class RuleChoice(StrEnum):
    """How operations are counted."""

    OURS = "ours"
    PAPER = "paper"


@app.callback()
def bench() -> None:
    """Measure what hiding a prompt costs, and what that does to the pictures."""


@app.command()
def cost(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Architecture: sd14, sd21, sdxl, ssd-1b, ...")
    ] = "sd14",
    n: Annotated[int, typer.Option("--n", min=1, max=10_000, help="Candidates.")] = 6,
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="Steps by the cloud.")] = 5,
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Steps T in all.")] = 25,
    plan: Annotated[str, typer.Option(help="Accelerations of the cloud phase.")] = "fast",
    rule: Annotated[
        RuleChoice, typer.Option(help="Counting rule: ours counts both attention products, paper one.")
    ] = RuleChoice.OURS,
    paper: Annotated[
        bool, typer.Option("--paper", help="Also the paper's printed figures beside ours of the same plans.")
    ] = False,
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="table, json or jsonl.")
    ] = Format.TABLE,
) -> None:
    """Price a cloud phase on a real architecture, without its weights."""
    from obclip_gen.backends.architectures import architecture
    from obclip_gen.bench.cost import plan_cost
    from obclip_gen.bench.paper import reproduced
    from obclip_gen.libs import quiet_libraries

    quiet_libraries()
    prices = architecture(model).prices()
    asked = plan_cost(model, n, k, steps, plan, rule.value, prices)
    printed = list(reproduced(model, prices)) if paper else []
    if output_format is Format.JSON:
        print_json(asked.to_json() | ({"paper": [row.to_json() for row in printed]} if paper else {}))
        return
    if output_format is Format.JSONL:
        print_jsonl([asked.to_json(), *(row.to_json() for row in printed)])
        return
    others = [
        plan_cost(model, n, k, steps, other, rule.value, prices)
        for other in ("none", "exact", "fast")
        if other != plan
    ]
    neutral = plan_cost(model, 1, k, steps, "none", rule.value, prices)
    _print_costs([asked, *others, neutral], prices.whole().macs)
    if printed:
        _print_paper(printed)


def _print_costs(rows: list[PlanCost], forward: int) -> None:
    from obclip_gen.macs import RULE

    first = rows[0]
    rule = RULE if first.rule == "ours" else "the paper's: QK^T counted, AV not"
    print_table(
        ("plan", "N", "cloud, T MACs", "of a plain run"),
        [(row.expanded, str(row.n), f"{row.macs_cloud / 1e12:.2f}", f"{row.ratio:.3f}") for row in rows],
        title=f"{first.model}, k = {first.k} of {first.steps} steps",
    )
    typer.echo(f"plain run: {first.macs_plain / 1e12:.2f} T MACs; one forward: {forward / 1e9:.1f} G MACs")
    typer.echo(f"counted: {rule}")


def _print_paper(rows: list[Reproduced]) -> None:
    print_table(
        ("row", "k", "N", "printed, T", "ours by its rule, T", "difference", "of a plain run, our rule"),
        [
            (
                row.row,
                str(row.k),
                str(row.n),
                f"{row.printed:.2f}",
                f"{row.measured:.2f}",
                f"{100 * row.error:+.1f} %",
                f"{row.ratio_ours:.3f}",
            )
            for row in rows
        ],
        title="the paper's table 7",
    )
