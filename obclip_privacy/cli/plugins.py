"""List plugins, write a new one, and check one against the whole promise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table
from obclip_privacy.errors import EXIT_REFUSED
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import PluginRecord, PluginStatus, Registry
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy

app = typer.Typer()


@app.callback()
def plugins() -> None:
    """Plugins bring attribute types, cue detectors, backends and accelerations.

    OBCLIP_PLUGINS is a comma list of the only ones to load (empty: built-in ones only),
    OBCLIP_PLUGINS_DENY of those never to load. Both act before anything of a plugin is imported.
    Code that a policy names by its path runs only if OBCLIP_ALLOW_CODE has the path of it or of its folder.
    """


@app.command("list")
def list_plugins(
    output: Annotated[
        Format, typer.Option("--format", help="Table for people, JSON for programs.")
    ] = Format.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    policy: Annotated[
        str | None, typer.Option("--policy", help="List also what this policy brings along.")
    ] = None,
) -> None:
    """List every plugin that was found, in the order in which they are asked."""
    output = Format.JSON if as_json else output
    registry = load_plugins(local=load_policy(policy).local if policy else ())
    if output is Format.TABLE:
        print_table(
            ("", "plugin", "distribution", "status", "registers"),
            [_row(registry, record, order) for order, record in enumerate(registry.plugins, 1)],
        )
        for record in registry.plugins:
            if record.status is PluginStatus.FAILED:
                typer.echo(
                    f"\nplugin '{record.name}' of {record.distribution} {record.version} failed:\n"
                    f"{record.traceback}",
                    err=True,
                )
        return
    rows = [_json(registry, record, order) for order, record in enumerate(registry.plugins, 1)]
    if output is Format.JSONL:
        print_jsonl(rows)
    else:
        print_json(rows)


@app.command("new")
def new_plugin(
    name: Annotated[str, typer.Argument(help="Name of the package, such as obclip-eye-colour.")],
    attribute: Annotated[
        str, typer.Option("--attribute", help="Id of its attribute; default: from the name.")
    ] = "",
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the folder of the package is made.")
    ] = Path(),
) -> None:
    """Write a new plugin: an installable package with lexicon, examples, policy and a test that passes."""
    from obclip_privacy.plugins.scaffold import write_plugin

    for path in write_plugin(name, attribute, folder):
        typer.echo(path)
    target = folder / name
    typer.echo(
        f"\nNext:\n  obclip plugins check {target}\n  pip install --editable {target}\n"
        f"Then put your own words into {name.replace('-', '_')}/lexicon.json and examples.jsonl."
    )


@app.command("check")
def check(
    plugin: Annotated[
        str,
        typer.Argument(
            help="An installed plugin, the folder of a package, a file, or a lexicon. Its code is run."
        ),
    ],
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Examples; default: examples.jsonl beside the plugin.")
    ] = None,
    output: Annotated[
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """Check a plugin against the whole promise. Exit code 1 if it does not conform."""
    from obclip_privacy.testing import run_checks

    report = run_checks(plugin, examples=examples)
    if output is Format.TABLE:
        typer.echo(str(report))
    elif output is Format.JSONL:
        print_jsonl([report.as_json()])
    else:
        print_json(report.as_json())
    if not report.passed:
        raise typer.Exit(EXIT_REFUSED)


def _row(registry: Registry, record: PluginRecord, order: int) -> tuple[str, ...]:
    status = f"{record.status}: {record.reason}" if record.reason else str(record.status)
    origin = "built in" if record.builtin else f"{record.distribution} {record.version}"
    return str(order), record.name, origin, status, "\n".join(_registered(registry, record))


def _registered(registry: Registry, record: PluginRecord) -> list[str]:
    return [f"{kind} {name}" for (kind, name), owner in registry.owners.items() if owner == record.name]


def _json(registry: Registry, record: PluginRecord, order: int) -> dict[str, Json]:
    return {
        "order": order,
        "name": record.name,
        "distribution": record.distribution,
        "version": record.version,
        "module": record.module,
        "builtin": record.builtin,
        "status": str(record.status),
        "reason": record.reason,
        "hooks": list(record.hooks),
        "registered": list(_registered(registry, record)),
        "traceback": record.traceback,
    }
