"""Show the generation models: which there are, what they cost, which fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table

if TYPE_CHECKING:
    from obclip_privacy.policy.frozen import Json

app = typer.Typer(no_args_is_help=True)


@app.callback()
def models() -> None:
    """Show the generation models: which there are, what they cost, which fit together."""


@app.command("list")
def list_models(
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="table, json or jsonl.")
    ] = Format.TABLE,
) -> None:
    """List the models that can be named, and the schemes that take a folder."""
    from obclip_gen.plugins import load_registry

    rows: list[dict[str, Json]] = []
    for entry in load_registry().backends.values():
        names = entry.list_models() or ("…",)
        rows.extend({"model": f"{entry.scheme}:{name}", "summary": entry.summary} for name in names)
    if output_format is Format.TABLE:
        print_table(("model", "what it is"), [(str(row["model"]), str(row["summary"])) for row in rows])
    elif output_format is Format.JSON:
        print_json(rows)
    else:
        print_jsonl(rows)


@app.command()
def info(
    model: Annotated[str, typer.Argument(help="SCHEME:MODEL, such as embedded:cloud.", show_default=False)],
    output_format: Annotated[Format, typer.Option("--format", "-f", help="table or json.")] = Format.TABLE,
) -> None:
    """Load a model and show its fingerprint, its settings and its cost."""
    from obclip_gen.libs import load_torch, quiet_libraries

    load_torch()
    from obclip_gen.backends.entry import LoadOptions
    from obclip_gen.backends.registry import load_backend
    from obclip_gen.macs import RULE

    quiet_libraries()
    backend = load_backend(model, LoadOptions())
    defaults = backend.defaults
    macs = backend.macs(defaults.height, defaults.width)
    shown: dict[str, Json] = {
        **backend.fingerprint.to_json(),
        "fingerprint": backend.fingerprint.sha256,
        "defaults": defaults.to_json(),
        "parameters": dict(backend.parameters),
        "macs": {
            "rule": RULE,
            "denoiser_row": macs.denoiser,
            "text_encoder_row": macs.text_encoder,
            "decoder": macs.decoder,
        },
    }
    if output_format is not Format.TABLE:
        print_json(shown)
        return
    print_table(("property", "value"), list(_flat("", shown)), title=model)


def _flat(prefix: str, value: dict[str, Json]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, item in value.items():
        if isinstance(item, dict):
            rows += _flat(f"{prefix}{key}.", item)
        else:
            number = isinstance(item, int) and not isinstance(item, bool)
            rows.append((f"{prefix}{key}", f"{item:,}" if number else str(item)))
    return rows
