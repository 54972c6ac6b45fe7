"""Measure what hiding a prompt costs, and what that does to the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from obclip_gen.bench.cost import PlanCost
    from obclip_gen.bench.paper import Reproduced

app = typer.Typer(no_args_is_help=True)


class RuleChoice(StrEnum):
    """How operations are counted."""

    OURS = "ours"
    PAPER = "paper"


class SizeChoice(StrEnum):
    """How much is drawn."""

    QUICK = "quick"
    FULL = "full"


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


@app.command()
def run(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results.", show_default=False)],
    size: Annotated[SizeChoice, typer.Option(help="How much is drawn.")] = SizeChoice.QUICK,
    n: Annotated[
        list[int] | None, typer.Option("--n", help="Only sets of this size: 2, 6 or 30; may be repeated.")
    ] = None,
    k: Annotated[list[int] | None, typer.Option("--k", help="Only this split; may be repeated.")] = None,
    sets: Annotated[int | None, typer.Option(min=1, help="Candidate sets of each size.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Seeds for each set.")] = None,
    plan: Annotated[
        list[str] | None, typer.Option("--plan", help="One more plan to compare; may be repeated.")
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            "--row", help="Only this row beside cloud (neutral, obclip, ours, ...); may be repeated."
        ),
    ] = None,
    classifier: Annotated[
        Path | None, typer.Option(help="Folder of the attribute classifier; default: the packaged one.")
    ] = None,
    cloud_model: Annotated[str, typer.Option(help="The cloud model.")] = "embedded:cloud",
    device_model: Annotated[str, typer.Option(help="The device model.")] = "embedded:device",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
) -> None:
    """Draw and measure every row of the tables; goes on where it was stopped, then reports."""
    from dataclasses import replace

    from obclip_gen.accelerate.plan import CachePlan
    from obclip_gen.backends.entry import LoadOptions
    from obclip_gen.backends.registry import load_backend
    from obclip_gen.bench.reader import find_reader
    from obclip_gen.bench.run import EXTENTS
    from obclip_gen.bench.run import run as run_all
    from obclip_gen.cli.options import use_threads
    from obclip_gen.libs import quiet_libraries

    quiet_libraries()
    use_threads(threads)
    extent = EXTENTS[size.value]
    known = dict(extent.sets)
    wanted = n or list(known)
    extent = replace(
        extent,
        sets=tuple((number, sets or known.get(number, 1)) for number in wanted),
        splits=tuple(k or extent.splits),
        seeds=seeds or extent.seeds,
        plans=tuple(str(CachePlan.parse(text)) for text in plan or ()),
        only=tuple(row or ()),
    )
    reader = find_reader(classifier)
    if reader is None:
        typer.echo("note: no attribute classifier; pictures are compared with the cloud-only ones", err=True)
    with _progress("pictures") as progress:
        load = LoadOptions()
        run_all(
            load_backend(cloud_model, load), load_backend(device_model, load), reader, extent, out, progress
        )
    _report(out, reader.artwork if reader else None)


@app.command()
def report(
    out: Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)],
    plots: Annotated[bool, typer.Option(help="Also draw the figures.")] = True,
    classifier: Annotated[
        Path | None, typer.Option(help="Folder of the attribute classifier, for its artwork's features.")
    ] = None,
) -> None:
    """Make the tables and figures of a run from its results: tables.json, tables.md, three SVG."""
    from obclip_gen.bench.reader import find_reader
    from obclip_gen.libs import quiet_libraries

    quiet_libraries()
    reader = find_reader(classifier)
    _report(out, reader.artwork if reader else None, plots)


def _report(out: Path, artwork: Mapping[str, Tensor] | None, plots: bool = True) -> None:
    import json

    from obclip_gen.bench.report import markdown, table
    from obclip_gen.bench.store import Store

    figures = table(Store.read(out / "results.jsonl"), artwork)
    text = markdown(figures)
    (out / "tables.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (out / "tables.md").write_text(text, encoding="utf-8")
    typer.echo(text)
    if plots:
        from obclip_gen.bench.plots import draw_plots
        from obclip_privacy.errors import BadInputError

        try:
            drawn = draw_plots(figures, out)
        except BadInputError as error:
            typer.echo(f"note: {error}", err=True)
        else:
            for path in drawn:
                typer.echo(f"wrote {path}")


@app.command()
def calibrate(
    target: Annotated[float, typer.Option(min=0.01, max=100, help="Largest ratio to a plain run.")] = 0.3,
    model: Annotated[str, typer.Option("--model", "-m", help="Architecture that is priced.")] = "sd14",
    n: Annotated[int, typer.Option("--n", help="Candidates: 2, 6 or 30.")] = 6,
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="Steps by the cloud.")] = 5,
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Steps T in all.")] = 25,
    sets: Annotated[int, typer.Option(min=1, help="Candidate sets.")] = 2,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds for each set.")] = 1,
    tries: Annotated[int, typer.Option(min=1, help="Plans that are run.")] = 24,
    cloud_model: Annotated[str, typer.Option(help="The model that is measured.")] = "embedded:cloud",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="table or json.")] = Format.TABLE,
) -> None:
    """Measure what changes between steps and between candidates, and propose a plan for a cost target."""
    from obclip_gen.backends.entry import LoadOptions
    from obclip_gen.backends.registry import load_backend
    from obclip_gen.bench.calibrate import changes, search, within
    from obclip_gen.bench.run import FIRST_SEED
    from obclip_gen.bench.suite import cases
    from obclip_gen.cli.options import use_threads
    from obclip_gen.libs import quiet_libraries

    quiet_libraries()
    use_threads(threads)
    backend = load_backend(cloud_model, LoadOptions())
    chosen = cases(n, sets)
    numbers = range(FIRST_SEED, FIRST_SEED + seeds)
    plans = within(model, n, k, steps, target, tries)
    observed = changes(backend, chosen[0], k, FIRST_SEED, steps)
    with _progress("plans") as progress:
        found = search(backend, chosen, numbers, k, steps, plans, progress)
    if output_format is not Format.TABLE:
        print_json(
            {
                "model": model,
                "n": n,
                "k": k,
                "steps": steps,
                "target": target,
                "proposed": found[0].plan,
                "plans": [item.to_json() for item in found],
                "changes": [item.to_json() for item in observed],
            }
        )
        return
    print_table(
        ("step", "branch", "from the step before", "from the candidates' mean"),
        [
            (str(item.step), str(item.branch), f"{item.between_steps:.3f}", f"{item.between_candidates:.3f}")
            for item in observed
        ],
        title="relative change of the deep features",
    )
    print_table(
        ("plan", "of a plain run", "error at the hand-over", "spread"),
        [(item.plan, f"{item.ratio:.3f}", f"{item.error:.4f}", f"{item.spread:.4f}") for item in found],
        title=f"plans within {target} of a plain run of {model}",
    )
    typer.echo(f"proposed: {found[0].plan}")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show one bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=None)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield update
