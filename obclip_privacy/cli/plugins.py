"""List the plugins: what is loaded, blocked or broken."""

from __future__ import annotations

from typing import Annotated

import typer

from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import PluginRecord, PluginStatus, Registry
from obclip_privacy.policy.frozen import Json

app = typer.Typer()


@app.callback()
def plugins() -> None:
    """Plugins bring attribute types, cue detectors, backends and accelerations.

    OBCLIP_PLUGINS is a comma list of the only ones to load (empty: built-in ones only),
    OBCLIP_PLUGINS_DENY of those never to load.
    """


@app.command("list")
def list_plugins(
    output: Annotated[
        Format, typer.Option("--format", help="Table for people, JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """List every plugin that was found, in the order in which they are asked."""
    registry = load_plugins()
    if output is Format.TABLE:
        print_table(
            ("plugin", "distribution", "status", "registers"),
            [_row(registry, record) for record in registry.plugins],
        )
        for record in registry.plugins:
            if record.status is PluginStatus.FAILED:
                typer.echo(
                    f"\nplugin '{record.name}' of {record.distribution} {record.version} failed:\n"
                    f"{record.traceback}",
                    err=True,
                )
        return
    rows = [_json(registry, record) for record in registry.plugins]
    if output is Format.JSONL:
        print_jsonl(rows)
    else:
        print_json(rows)


def _row(registry: Registry, record: PluginRecord) -> tuple[str, ...]:
    status = f"{record.status}: {record.reason}" if record.reason else str(record.status)
    origin = "built in" if record.builtin else f"{record.distribution} {record.version}"
    return record.name, origin, status, "\n".join(_registered(registry, record))


def _registered(registry: Registry, record: PluginRecord) -> list[str]:
    return [f"{kind} {name}" for (kind, name), owner in registry.owners.items() if owner == record.name]


def _json(registry: Registry, record: PluginRecord) -> dict[str, Json]:
    return {
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
