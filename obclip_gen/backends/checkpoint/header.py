"""The header of a safetensors file: what it holds, before anything of it is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obclip_privacy.errors import BadInputError

#: Bytes. Stable Diffusion XL, with every extra that is in circulation, has 0.5 MB.
_MAX_HEADER = 16 * 1024 * 1024
_MAX_TENSORS = 20_000
_MAX_SIDE = 2**31
#: Number formats of weights that are computed with as they are; others are quantised.
_FORMATS = frozenset({"F32", "F16", "BF16"})
_COUNTS = ("position_ids", "num_updates")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file holds.

    Attributes:
        shapes: of the tensors, by name.
        formats: of their numbers, by name, as safetensors writes them (``F16``).
        metadata: what the author wrote beside them.
    """

    shapes: Mapping[str, tuple[int, ...]]
    formats: Mapping[str, str]
    metadata: Mapping[str, str]

    def under(self, prefix: str) -> dict[str, tuple[int, ...]]:
        """Give the shapes of the tensors whose names start so, without that start."""
        return {
            name.removeprefix(prefix): shape for name, shape in self.shapes.items() if name.startswith(prefix)
        }

    def quantised(self, prefix: str) -> str | None:
        """Give the number format of a tensor under *prefix* that is not 16 or 32 bits wide, if any is.

        Positions and counters of training steps are not weights.
        """
        weights = (
            kind
            for name, kind in self.formats.items()
            if name.startswith(prefix) and not name.endswith(_COUNTS)
        )
        return next((kind for kind in weights if kind not in _FORMATS), None)


def read_header(file: Path) -> Header:
    """Read the header.

    Raises:
        BadInputError: there is no such file, it is not a safetensors file or is cut short, or its header is
            larger than any model's.
    """
    try:
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if not 2 <= size <= _MAX_HEADER:
                raise BadInputError(f"file: {file.name} is not a safetensors file")
            raw = stream.read(size)
            stream.seek(0, 2)
            room = stream.tell() - 8 - size
    except OSError as error:
        raise BadInputError(f"file: {file} cannot be read: {error.strerror or error}") from None
    try:
        listed = json.loads(raw)
        if not isinstance(listed, dict):
            raise TypeError
        metadata = listed.pop("__metadata__", {})
        if not isinstance(metadata, dict) or len(listed) > _MAX_TENSORS:
            raise TypeError
        entries = list(_entries(listed))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadInputError(f"file: {file.name} is not a safetensors file") from None
    if max((end for *_, end in entries), default=0) != room:
        raise BadInputError(f"file: {file.name} is cut short or has something behind its end")
    return Header(
        {name: shape for name, shape, _, _ in entries},
        {name: kind for name, _, kind, _ in entries},
        {str(key): value for key, value in metadata.items() if isinstance(value, str)},
    )


def _entries(listed: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, ...], str, int]]:
    for name, entry in listed.items():
        shape, kind, end = tuple(entry["shape"]), entry["dtype"], entry["data_offsets"][1]
        if not isinstance(kind, str) or not kind or type(end) is not int:
            raise TypeError
        if not all(type(side) is int and 0 <= side < _MAX_SIDE for side in shape):
            raise TypeError
        yield name, shape, kind, end
