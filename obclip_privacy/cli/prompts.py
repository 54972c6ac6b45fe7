"""Prompts from the command line: arguments, a file, or standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy.errors import BadInputError

#: A line longer than this is no prompt.
MAX_LINE_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class PromptInput:
    """One prompt of the input; *where* names it in messages without quoting it, *user* says whose it is."""

    prompt: str
    negative_prompt: str
    where: str
    user: str = ""


def read_prompts(
    arguments: Sequence[str], source: str | None, negative_prompt: str | None = None
) -> Iterator[PromptInput]:
    """The prompts of a command, one by one.

    Args:
        arguments: prompts given as arguments.
        source: path of a file, ``-`` for standard input, or ``None``. One prompt a line; a file that ends
            in ``.jsonl`` holds an object a line, with ``prompt`` and optionally ``negative_prompt``.
        negative_prompt: for prompts that bring none of their own.

    Raises:
        BadInputError: nothing was given, or both; a file that cannot be read; a line that is malformed.
    """
    if bool(arguments) == (source is not None):
        raise BadInputError("give prompts as arguments, or a file with --input FILE ('-' for standard input)")
    if source is None:
        for number, prompt in enumerate(arguments, 1):
            yield PromptInput(prompt, negative_prompt or "", f"argument {number}")
        return
    for number, line in _lines(source):
        where = f"{'standard input' if source == '-' else source}:{number}"
        if source.endswith(".jsonl"):
            yield _from_json(line, where, negative_prompt or "")
        else:
            yield PromptInput(line, negative_prompt or "", where)


def _lines(source: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    try:
        if source == "-":
            yield from _decoded(sys.stdin.buffer, "standard input")
        else:
            with Path(source).open("rb") as file:
                yield from _decoded(file, source)
    except OSError as error:
        raise BadInputError(f"{source}: {error.strerror or error}") from None


def _decoded(file: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(file, 1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise BadInputError(
                f"{name}:{number}:{error.start + 1}: not UTF-8; save the file as UTF-8"
            ) from None
        if len(line) > MAX_LINE_CHARS:
            raise BadInputError(f"{name}:{number}: the line has more than {MAX_LINE_CHARS} characters")
        if line.strip():
            yield number, line


def _from_json(line: str, where: str, negative_prompt: str) -> PromptInput:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        position = f":{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInputError(
            f"{where}{position}: not JSON; each line must be an object with 'prompt'"
        ) from None
    prompt = entry.get("prompt") if isinstance(entry, dict) else None
    negative = entry.get("negative_prompt", negative_prompt) if isinstance(entry, dict) else None
    user = (entry.get("user") or "") if isinstance(entry, dict) else ""
    if not isinstance(user, str):
        raise BadInputError(f"{where}: 'user' must be a string if it is there")
    if not isinstance(prompt, str) or not (negative is None or isinstance(negative, str)):
        raise BadInputError(
            f"{where}: 'prompt' must be a string, and 'negative_prompt' a string if it is there"
        )
    return PromptInput(prompt, negative or "", where, user)
