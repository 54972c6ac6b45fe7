"""Show the candidate set of a prompt: exactly what the cloud would get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl
from obclip_privacy.cli.prompts import read_prompts
from obclip_privacy.errors import EXIT_REFUSED
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import CueAction

if TYPE_CHECKING:
    from obclip_privacy.candidates.candidate_set import CandidateSet, Cue
    from obclip_privacy.candidates.engine import Engine

app = typer.Typer()


@app.command()
def candidates(
    prompts: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="Prompts.")] = None,
    policy: Annotated[str, typer.Option("--policy", help="Shipped policy, or path of a file.")] = "default",
    source: Annotated[
        str | None,
        typer.Option("--input", help="File with a prompt a line, or .jsonl; '-' for standard input."),
    ] = None,
    negative_prompt: Annotated[
        str | None, typer.Option("--negative-prompt", help="For prompts that bring none of their own.")
    ] = None,
    output: Annotated[
        Format, typer.Option("--format", help="Table for people, JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """Show candidate sets. A refusal is a result: the batch goes on, and the exit code is 1."""
    from obclip_privacy.candidates.engine import Engine

    loaded = load_policy(policy)
    engine = Engine(loaded)
    warns = CueAction.WARN in loaded.cues.values()
    rows: list[dict[str, Json]] = []
    refused = False
    for given in read_prompts(prompts or (), source, negative_prompt):
        found = engine.candidates(given.prompt, given.negative_prompt)
        refused = refused or found.status != "ok"
        warnings = _warnings(engine, found) if warns else ()
        if output is Format.JSONL:
            print_jsonl([set_json(found, warnings)])
        elif output is Format.JSON:
            rows.append(set_json(found, warnings))
        else:
            _print_set(found, warnings)
    if output is Format.JSON:
        print_json(rows)
    if refused:
        raise typer.Exit(EXIT_REFUSED)


def _warnings(engine: Engine, found: CandidateSet) -> tuple[Cue, ...]:
    """Cues of the prompt that are sent although the policy says to warn of them."""
    if found.status != "ok":
        return ()
    cues = engine.detect(found.prompt).cues
    return tuple(cue for cue in cues if engine.policy.cue_action(cue.kind) is CueAction.WARN)


def set_json(found: CandidateSet, warnings: Sequence[Cue] = ()) -> dict[str, Json]:
    """One line of ``obclip candidates --format jsonl``."""
    return {
        "prompt": found.prompt,
        "status": found.status,
        "reason": found.reason,
        "n": found.n,
        "candidates": list(found.candidates),
        "real_index": found.real_index,
        "set_sha256": found.set_sha256,
        "withheld": [{"start": span.start, "end": span.end, "text": span.text} for span in found.withheld],
        "attributes": [
            {
                "person": report.person,
                "attribute": report.attribute,
                "strategy": report.strategy,
                "values": list(report.values),
            }
            for report in found.attributes
        ],
        "n_sent": found.n_sent,
        "k_eff": found.k_eff,
        "posterior": found.posterior,
        "posterior_worst_attribute": found.posterior_worst_attribute,
        "leakage_bits": found.leakage_bits,
        "prior": found.figures.prior,
        "negative_prompt": found.cloud_negative_prompt,
        "warnings": [
            {"start": cue.start, "end": cue.end, "text": cue.text, "kind": cue.kind, "reason": cue.reason}
            for cue in warnings
        ],
    }


def _print_set(found: CandidateSet, warnings: Sequence[Cue]) -> None:
    typer.echo(found.prompt)
    if found.status != "ok":
        typer.echo(f"  refused: {found.reason}")
        return
    for index, candidate in enumerate(found.candidates):
        typer.echo(f"  {'*' if index == found.real_index else ' '} {candidate}")
    hidden = f"n = {found.n}, sent {found.n_sent}, k_eff = {found.k_eff}"
    guess = (
        f"best guess {found.figures.posterior} (worst attribute {found.figures.posterior_worst_attribute})"
    )
    typer.echo(
        f"  {hidden}; {guess} under a {found.figures.prior} prior; leakage {found.leakage_bits:g} bits"
    )
    if found.withheld:
        typer.echo(f"  withheld: {', '.join(repr(span.text) for span in found.withheld)}")
    for cue in warnings:
        typer.echo(f"  warning: {cue.text!r} is sent, a cue of the kind {cue.kind} ({cue.reason})")
