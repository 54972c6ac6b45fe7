"""Output formats that all subcommands share: tables for people, JSON and JSONL for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from obclip_privacy.policy.frozen import Json


class Format(StrEnum):
    """How a command prints its result."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


def print_json(value: Json) -> None:
    """Print *value* as indented JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_jsonl(rows: Iterable[Mapping[str, Json]]) -> None:
    """Print one JSON object a line on standard output."""
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False))


def console_width() -> int:
    """Columns of the terminal, as ``COLUMNS`` or the terminal has it; 80 where there is none."""
    return shutil.get_terminal_size().columns


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """Print a table for people; text in cells is shown as it is, never read as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
