"""Score detection, closure and rewriting on labelled prompts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from obclip_privacy.cli.output import print_json, print_table
from obclip_privacy.errors import EXIT_REFUSED, BadInputError
from obclip_privacy.evaluation.labelled import Labelled, read_labelled
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy

if TYPE_CHECKING:
    from obclip_privacy.candidates.engine import Engine

app = typer.Typer(no_args_is_help=True)


class ReportFormat(StrEnum):
    """How scores are printed."""

    TABLE = "table"
    JSON = "json"


Data = Annotated[Path, typer.Option("--data", help="Labelled prompts (JSON Lines), or a prompt a line.")]
Texts = Annotated[Path | None, typer.Option("--texts", help="Folder of the texts that the labels refer to.")]
PolicyName = Annotated[str, typer.Option("--policy", help="Shipped policy, or path of a file.")]
Output = Annotated[ReportFormat, typer.Option("--format", help="Table for people, JSON for programs.")]
ShowPrompts = Annotated[
    bool, typer.Option("--show-prompts", help="List every error; quotes words of the prompts.")
]


@app.command()
def detect(
    data: Data,
    policy: PolicyName = "default",
    texts: Texts = None,
    output: Output = ReportFormat.TABLE,
    show_prompts: ShowPrompts = False,
) -> None:
    """Recall, precision, F1 and F2 of each attribute and of cues, and false positives."""
    from obclip_privacy.evaluation.detection import score_detection

    engine, prompts = _load(policy, data, texts)
    if not any(labelled.has_labels for labelled in prompts):
        raise BadInputError(f"{data}: no labels; 'evaluate detect' needs a .jsonl file with labels")
    scores = score_detection(prompts, engine.detect, [a.id for a in engine.policy.attributes])
    counts = {**scores.attributes, "cues": scores.cues}
    record: dict[str, Json] = {
        **_head(engine, data, scores.prompts, scores.rate),
        "attributes": {name: dict(c.record()) for name, c in scores.attributes.items()},
        "cues": dict(scores.cues.record()),
        "without_people": scores.empty,
        "false_positive_rate": scores.false_positive_rate,
        "persons": scores.grouped_alike / scores.grouped if scores.grouped else 1.0,
    }
    if output is ReportFormat.JSON:
        _print_record(record, scores.errors, show_prompts)
        return
    rows = [
        (
            name,
            str(c.found + c.missed),
            *(_percent(x) for x in (c.recall, c.precision, c.f_beta(1), c.f_beta(2), c.prompt_recall)),
            _percent(c.value_hits / c.valued) if c.valued else "",
        )
        for name, c in counts.items()
    ]
    columns = ("attribute", "labels", "recall", "precision", "F1", "F2", "prompts complete", "values")
    print_table(columns, rows, title=_title(engine, data))
    _print_facts(
        ("prompts", str(scores.prompts)),
        ("without people", str(scores.empty)),
        ("false positives on them", _percent(scores.false_positive_rate)),
        ("persons as labelled", f"{scores.grouped_alike} of {scores.grouped}"),
        ("prompts per second of CPU", f"{scores.rate:.0f}"),
    )
    _print_errors(scores.errors, show_prompts)


@app.command()
def closure(
    data: Data,
    policy: PolicyName = "default",
    texts: Texts = None,
    output: Output = ReportFormat.TABLE,
    show_prompts: ShowPrompts = False,
) -> None:
    """Closure violations, refusals, and n against the labels. Exit code 1 if closure fails anywhere."""
    from obclip_privacy.evaluation.closure import score_closure

    engine, prompts = _load(policy, data, texts)
    scores = score_closure(prompts, engine.candidates, engine.policy.name)
    broken = scores.violations + scores.unequal
    record: dict[str, Json] = {
        **_head(engine, data, scores.prompts, scores.rate),
        "closure_violations": scores.violations,
        "k_eff_differs": scores.unequal,
        "refused": scores.refused,
        "refusal_rate": scores.refusal_rate,
        "n_labelled": scores.sized,
        "n_as_labelled": scores.sized_right,
        "withheld_outside_labels": scores.withheld_rate,
    }
    if output is ReportFormat.JSON:
        _print_record(record, scores.errors, show_prompts)
    else:
        typer.echo(_title(engine, data))
        _print_facts(
            ("prompts", str(scores.prompts)),
            ("closure violations", str(scores.violations)),
            ("k_eff other than n", str(scores.unequal)),
            ("refused", f"{scores.refused} ({_percent(scores.refusal_rate)})"),
            ("n as labelled", f"{scores.sized_right} of {scores.sized}"),
            ("words withheld outside labels", _percent(scores.withheld_rate)),
            ("prompts per second of CPU", f"{scores.rate:.0f}"),
        )
        _print_errors(scores.errors, show_prompts)
    if broken:
        raise typer.Exit(EXIT_REFUSED)


@app.command()
def rewrite(
    data: Data,
    policy: PolicyName = "default",
    texts: Texts = None,
    output: Output = ReportFormat.TABLE,
    show_prompts: ShowPrompts = False,
) -> None:
    """Whether the counterpart is among the candidates: verbatim, neutralised, withheld or wrong."""
    from obclip_privacy.evaluation.rewriting import score_rewriting

    engine, prompts = _load(policy, data, texts)
    if not any(labelled.counterpart is not None for labelled in prompts):
        raise BadInputError(f"{data}: no counterparts; 'evaluate rewrite' needs 'counterpart' in the labels")
    scores = score_rewriting(prompts, engine.candidates)
    outcomes = {
        "verbatim": scores.verbatim,
        "neutralised": scores.neutralised,
        "withheld": scores.withheld,
        "wrong": scores.wrong,
        "refused": scores.refused,
    }
    if output is ReportFormat.JSON:
        record: dict[str, Json] = {**_head(engine, data, scores.prompts, scores.rate), **outcomes}
        record["verbatim_rate"] = scores.share(scores.verbatim)
        _print_record(record, scores.errors, show_prompts)
        return
    rows = [(name, str(count), _percent(scores.share(count))) for name, count in outcomes.items()]
    print_table(("outcome", "prompts", "share"), rows, title=_title(engine, data))
    _print_facts(("prompts per second of CPU", f"{scores.rate:.0f}"))
    _print_errors(scores.errors, show_prompts)


def _load(policy: str, data: Path, texts: Path | None) -> tuple[Engine, Sequence[Labelled]]:
    from obclip_privacy.candidates.engine import Engine

    prompts = read_labelled(data, texts)
    if not prompts:
        raise BadInputError(f"{data}: no prompts")
    return Engine(load_policy(policy)), prompts


def _head(engine: Engine, data: Path, prompts: int, rate: float) -> dict[str, Json]:
    return {
        "data": data.name,
        "policy": engine.policy.name,
        "policy_sha256": engine.policy.sha256,
        "prompts": prompts,
        "prompts_per_second": round(rate, 1),
    }


def _title(engine: Engine, data: Path) -> str:
    return f"{data.name} under '{engine.policy.name}'"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _print_facts(*facts: tuple[str, str]) -> None:
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        typer.echo(f"  {name:{width}}  {value}")


def _print_record(record: dict[str, Json], errors: Sequence[tuple[str, str]], show_prompts: bool) -> None:
    if show_prompts:
        record = {**record, "errors": [{"where": where, "what": what} for where, what in errors]}
    print_json(record)


def _print_errors(errors: Sequence[tuple[str, str]], show_prompts: bool) -> None:
    if show_prompts and errors:
        print_table(("where", "what"), errors)
    elif errors:
        typer.echo(f"  {len(errors)} errors; --show-prompts lists them")
