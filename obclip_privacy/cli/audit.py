"""Measure what the cloud could learn from candidate sets; fail where it is too much."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from obclip_privacy.cli.output import print_json
from obclip_privacy.errors import EXIT_REFUSED, BadInputError
from obclip_privacy.policy.frozen import Json

app = typer.Typer(invoke_without_command=True)


class AuditFormat(StrEnum):
    """How the audit prints its result."""

    AUTO = "auto"
    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    AuditFormat,
    typer.Option("--format", help="Table for people, JSON for programs; auto: a table on a terminal."),
]


@app.callback()
def audit(
    context: typer.Context,
    policy: Annotated[str | None, typer.Option("--policy", help="Shipped policy, or path of a file.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--input", help="Prompts: a line each, or .jsonl; '-' for standard input."),
    ] = None,
    sets: Annotated[
        Path | None, typer.Option("--sets", help="Sets made by any tool: .jsonl with candidates, real_index.")
    ] = None,
    wire: Annotated[
        Path | None, typer.Option("--wire", help="Recorded requests: .jsonl, a request body a line.")
    ] = None,
    rerun: Annotated[
        str | None,
        typer.Option("--rerun", help="With --sets: a program that reads a prompt and prints its candidates."),
    ] = None,
    time_repeats: Annotated[
        int,
        typer.Option(
            "--time-repeats", min=1, max=1000, help="With --rerun: runs a member, to compare times."
        ),
    ] = 1,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a report: a .html page or .json.")
    ] = None,
    output: FormatOption = AuditFormat.AUTO,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", help="Rules, such as closure>0,posterior>0.5,k_eff<6,cues>0."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Accepted findings: a baseline or an earlier report.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option("--write-baseline", help="Accept what is found now: write it to this file.")
    ] = None,
    prior: Annotated[
        Path | None, typer.Option("--prior", help="JSON file with the probabilities of values.")
    ] = None,
    attackers: Annotated[
        str | None, typer.Option("--attackers", help="Comma list of the only attackers to run.")
    ] = None,
    lm_text: Annotated[
        Path | None, typer.Option("--lm-text", help="Text file that the n-gram attacker learns from.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option("--train", help="Captions that the context attacker learns from.")
    ] = None,
    prior_table: Annotated[
        Path | None, typer.Option("--prior-table", help="JSON table of what words say of values.")
    ] = None,
    lm_model: Annotated[
        Path | None,
        typer.Option("--lm-model", help="Folder of a transformers language model, or a .gguf file."),
    ] = None,
    server: Annotated[
        str | None, typer.Option("--server", help="Address of a live server, for the traffic attacker.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=256, help="Processes; 0: one for each CPU.")
    ] = 0,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="Keep progress in this file, and go on from it.")
    ] = None,
    show_prompts: Annotated[
        bool, typer.Option("--show-prompts", help="Show prompts and candidates in the report.")
    ] = False,
) -> None:
    """Audit a policy over prompts, sets made by any tool, or recorded requests.

    Exit code 0: pass; 1: fail; 2: bad input.
    """
    if context.invoked_subcommand is not None:
        return
    given = [name for name, value in (("input", source), ("sets", sets), ("wire", wire)) if value is not None]
    if len(given) != 1:
        raise BadInputError("give one of --input FILE, --sets FILE and --wire FILE")
    if rerun is not None and sets is None:
        raise BadInputError("--rerun goes with --sets; a policy is always re-run")
    files = {
        "lm_text": lm_text,
        "train": train,
        "prior_table": prior_table,
        "lm_model": lm_model,
    }
    if rerun is not None and not rerun.strip():
        raise BadInputError("--rerun: give the command of a program")
    if time_repeats > 1 and rerun is None:
        raise BadInputError("--time-repeats goes with --rerun: it says how often the program is run")
    if server is not None and wire is not None:
        raise BadInputError("--server does not go with --wire: no device can be asked for a record")
    if server is not None and sets is not None and rerun is None:
        raise BadInputError("--server with --sets needs --rerun: the device must be asked again")
    from obclip_privacy.audit.session import Session, Wanted

    for path in (report, write_baseline):
        if path is not None and not path.parent.is_dir():
            raise BadInputError(f"{path}: there is no folder '{path.parent}'")

    wanted = Wanted(
        source=given[0],
        path=str(source or sets or wire),
        policy=policy,
        rerun=rerun or "",
        repeats=time_repeats,
        prior=str(prior or ""),
        attackers=tuple(name.strip() for name in (attackers or "").split(",") if name.strip()),
        files=tuple((name, str(value)) for name, value in files.items() if value is not None),
        server=server or "",
        show=show_prompts,
        fail_on=fail_on,
        baseline=baseline,
        workers=workers,
        resume=resume,
    )
    session = Session(wanted)
    if report is not None:
        session.format_of(report)
    with _progress() as advance:
        data = session.run(advance)
    if report is not None:
        _write(report, session.rendered(report, data))
    if write_baseline is not None:
        _write(write_baseline, session.baseline_text(data))
    _print(data, output)
    if data["verdict"] != "pass":
        raise typer.Exit(EXIT_REFUSED)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None


@contextmanager
def _progress() -> Iterator[Callable[[int | None], None]]:
    """A progress bar on standard error, if that is a terminal; call with a total once, then with ``None``."""
    if not sys.stderr.isatty():
        yield lambda total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        "[progress.description]{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task("auditing", total=None)

        def advance(total: int | None) -> None:
            if total is None:
                bar.advance(task)
            else:
                bar.update(task, total=total)

        yield advance


def _print(data: Mapping[str, Json], output: AuditFormat) -> None:
    if _wants_table(output):
        from obclip_privacy.audit.report.table import print_report

        print_report(data)
    else:
        print_json(dict(data))


@app.command("diff")
def diff_reports(
    one: Annotated[Path, typer.Argument(metavar="A.json", help="The earlier JSON report.")],
    other: Annotated[Path, typer.Argument(metavar="B.json", help="The later JSON report.")],
    output: FormatOption = AuditFormat.AUTO,
) -> None:
    """Compare two reports; exit code 1 if the second is worse."""
    from obclip_privacy.audit.difference import difference, read_report

    data = difference(read_report(one), read_report(other))
    if _wants_table(output):
        from obclip_privacy.audit.report.table import print_difference

        print_difference(data)
    else:
        print_json(data)
    if data["verdict"] != "pass":
        raise typer.Exit(EXIT_REFUSED)


@app.command()
def explain(
    prompt: Annotated[str, typer.Argument(help="The prompt.")],
    policy: Annotated[str, typer.Option("--policy", help="Shipped policy, or path of a file.")] = "default",
    negative_prompt: Annotated[str, typer.Option("--negative-prompt", help="Its negative prompt.")] = "",
    output: FormatOption = AuditFormat.AUTO,
) -> None:
    """Explain one prompt: spans, candidates, figures, findings. Shows the prompt; for its author only."""
    from obclip_privacy.audit.explain import explanation

    data = explanation(prompt, negative_prompt, policy)
    if _wants_table(output):
        from obclip_privacy.audit.report.table import print_explanation

        print_explanation(data)
    else:
        print_json(data)
    if data["verdict"] != "pass":
        raise typer.Exit(EXIT_REFUSED)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the JSON report."""
    from importlib.resources import files

    typer.echo(
        files("obclip_privacy.audit.report").joinpath("report.schema.json").read_text("utf-8"), nl=False
    )


def _wants_table(output: AuditFormat) -> bool:
    return output is AuditFormat.TABLE or (output is AuditFormat.AUTO and sys.stdout.isatty())
