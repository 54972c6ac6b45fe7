"""Show the generation models: which there are, what they cost, which fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from obclip_gen.cli.notes import note_few_steps
from obclip_gen.cli.options import ComputeChoice
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
def pairs(
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="table, json or jsonl.")
    ] = Format.TABLE,
) -> None:
    """List pairs of public models that share their latents, for --pair."""
    from obclip_gen.backends.presets import PAIRS

    rows: list[dict[str, Json]] = [
        {
            "pair": name,
            "cloud": pair.cloud,
            "device": pair.device,
            "millions": list(pair.millions),
            "licences": list(pair.licences),
            "note": pair.note,
        }
        for name, pair in PAIRS.items()
    ]
    if output_format is Format.TABLE:
        cells = [
            (
                str(row["pair"]),
                f"{PAIRS[str(row['pair'])].cloud}\n{PAIRS[str(row['pair'])].device}",
                "\n".join(f"{size} M" for size in PAIRS[str(row["pair"])].millions),
                "\n".join(PAIRS[str(row["pair"])].licences),
                str(row["note"]),
            )
            for row in rows
        ]
        print_table(("pair", "cloud, device", "denoiser", "licence", "note"), cells)
    elif output_format is Format.JSON:
        print_json(rows)
    else:
        print_jsonl(rows)


@app.command()
def pull(
    model: Annotated[str, typer.Argument(help="hub:OWNER/NAME, or a pair's name.", show_default=False)],
) -> None:
    """Fetch a model, or both of a pair, from its hub: safetensors and configurations only.

    This is the only command that downloads models.
    """
    from obclip_gen.backends.hub import pull as fetch
    from obclip_gen.backends.presets import PAIRS
    from obclip_privacy.errors import BadInputError

    references = (PAIRS[model].cloud, PAIRS[model].device) if model in PAIRS else (model,)
    names = [reference.removeprefix("hub:") for reference in references if reference.startswith("hub:")]
    if not names:
        raise BadInputError(f"{model}: nothing to fetch; name hub:OWNER/NAME or a pair")
    for name in names:
        typer.echo(f"hub:{name} is in {fetch(name)}")


@app.command()
def info(
    model: Annotated[
        str,
        typer.Argument(help="SCHEME:MODEL, such as embedded:cloud, or FILE.safetensors.", show_default=False),
    ],
    rows: Annotated[int, typer.Option(min=1, help="Denoiser rows for the memory: 2 N with guidance.")] = 2,
    compute: Annotated[ComputeChoice, typer.Option(help="Arithmetic of the denoiser.")] = ComputeChoice.AUTO,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps, openvino.")] = "auto",
    no_t5: Annotated[
        bool, typer.Option("--no-t5", help="Stable Diffusion 3 without its T5 encoder.")
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="table or json.")] = Format.TABLE,
) -> None:
    """Load a model and show its fingerprint, its settings, its cost and its memory, without running it."""
    from obclip_gen.libs import load_torch, quiet_libraries

    load_torch()
    from obclip_gen.backends.entry import LoadOptions
    from obclip_gen.backends.registry import load_backend
    from obclip_gen.macs import RULE

    quiet_libraries()
    backend = load_backend(model, LoadOptions(compute=compute.value, device=device, t5=not no_t5))
    defaults = backend.defaults
    note_few_steps(backend)
    macs = backend.macs(defaults.height, defaults.width)
    memory = backend.memory(defaults.height, defaults.width, rows)
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
        "memory_bytes": {
            "weights": sum(memory.weights.values()),
            "working_at_most": memory.working,
            "rows": rows,
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
