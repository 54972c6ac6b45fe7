"""Reads JSON that a user gives, with limits; every problem is one message with file and line."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: No file is read beyond this many bytes.
MAX_FILE_BYTES = 256 * 1024 * 1024
#: No line of a JSONL file is longer than this.
MAX_LINE_BYTES = 16 * 1024 * 1024


def parse_json(text: str | bytes, where: str) -> Json:
    """*text* as JSON data; *where* names it in messages without quoting it.

    Raises:
        BadInputError: it is not JSON, or nested too deep, or has a key twice, NaN or an infinity.
    """
    try:
        value: Json = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError:
        raise BadInputError(f"{where}: not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadInputError(f"{where}: not JSON: {error.msg} (column {error.colno})") from None
    except (ValueError, RecursionError) as error:
        detail = str(error) if isinstance(error, _RefusedError) else "cannot be read as JSON"
        raise BadInputError(f"{where}: {detail}") from None
    return value


class _RefusedError(ValueError):
    """A JSON text that is well-formed and not taken."""


def _no_constant(name: str) -> float:
    raise _RefusedError(f"{name} is no number")


def _no_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError("a key is there twice")
    return found


def read_json_file(path: Path) -> Json:
    """The JSON data of a whole file.

    Raises:
        BadInputError: it cannot be read, is too large, or is not JSON.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise BadInputError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
    return parse_json(data, str(path))


def read_json_lines(path: Path) -> Iterator[tuple[int, Json]]:
    """The JSON data of each line that is not blank, with its number from 1.

    Raises:
        BadInputError: the file cannot be read, or a line is too long or not JSON.
    """
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise BadInputError(f"{path}:{number}: the line has more than {MAX_LINE_BYTES} bytes")
                if line.strip():
                    yield (
                        number,
                        parse_json(line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n"), f"{path}:{number}"),
                    )
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None


def as_probability(value: Json, where: str) -> Fraction:
    """A number, or a fraction such as ``"1/3"``, in [0, 1].

    Raises:
        BadInputError: it is neither, or out of range.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)) or len(str(value)) > 40:
            raise ValueError
        found = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise BadInputError(f'{where}: not a probability; write 0.25 or "1/4"') from None
    if not 0 <= found <= 1:
        raise BadInputError(f"{where}: a probability is between 0 and 1")
    return found
