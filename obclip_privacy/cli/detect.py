"""Show what a prompt states of its persons, and what gives it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table
from obclip_privacy.cli.prompts import read_prompts
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy

if TYPE_CHECKING:
    from obclip_privacy.candidates.candidate_set import Detection

app = typer.Typer()


@app.command()
def detect(
    prompts: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="Prompts.")] = None,
    policy: Annotated[str, typer.Option("--policy", help="Shipped policy, or path of a file.")] = "default",
    source: Annotated[
        str | None,
        typer.Option("--input", help="File with a prompt a line, or .jsonl; '-' for standard input."),
    ] = None,
    output: Annotated[
        Format, typer.Option("--format", help="Table for people, JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """Show the mentions and cues of prompts, with their offsets."""
    from obclip_privacy.candidates.engine import Engine

    engine = Engine(load_policy(policy))
    rows: list[dict[str, Json]] = []
    for given in read_prompts(prompts or (), source):
        try:
            found = engine.detect(given.prompt)
        except BadInputError as error:
            raise BadInputError(f"{given.where}: {error}") from None
        row = detection_json(given.prompt, found)
        if output is Format.JSONL:
            print_jsonl([row])
        elif output is Format.JSON:
            rows.append(row)
        else:
            _print_detection(given.prompt, found)
    if output is Format.JSON:
        print_json(rows)


def detection_json(prompt: str, found: Detection) -> dict[str, Json]:
    """One line of ``obclip detect --format jsonl``."""
    return {
        "prompt": prompt,
        "mentions": [
            {
                "start": mention.start,
                "end": mention.end,
                "text": mention.text,
                "attribute": mention.attribute,
                "value": mention.value,
                "person": mention.person,
                "detector": mention.detector,
            }
            for mention in found.mentions
        ],
        "cues": [
            {
                "start": cue.start,
                "end": cue.end,
                "text": cue.text,
                "attribute": cue.attribute,
                "reason": cue.reason,
            }
            for cue in found.cues
        ],
    }


def _print_detection(prompt: str, found: Detection) -> None:
    typer.echo(prompt)
    rows = [
        (f"{m.start}-{m.end}", m.text, m.attribute, m.value, f"person {m.person}", m.detector)
        for m in found.mentions
    ]
    rows += [(f"{c.start}-{c.end}", c.text, c.attribute, "cue", "", c.reason) for c in found.cues]
    if rows:
        print_table(
            ("offsets", "text", "attribute", "value", "person", "detector or reason"),
            sorted(rows, key=_offset),
        )
    else:
        typer.echo("  nothing found")


def _offset(row: Sequence[str]) -> int:
    return int(row[0].partition("-")[0])
