"""Reads the fields of a JSON object strictly: no conversion, no default, nothing quoted in errors."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json


class Fields:
    """The fields of one object.

    Every method raises ``BadInputError`` with a message that names the field and what it must be.

    Args:
        value: the object.
        what: what it is, put before each message (``"request: "``); may be empty.
        names: the fields that it must have; there may be no others.
    """

    def __init__(self, value: Mapping[str, Json], what: str, names: Collection[str]) -> None:
        missing = sorted(set(names) - set(value))
        if missing:
            raise BadInputError(f"{what}missing {', '.join(missing)}")
        if len(value) > len(set(names)):
            raise BadInputError(f"{what}{len(value) - len(set(names))} unknown key(s)")
        self._value = value
        self._what = what

    def _error(self, name: str, must_be: str) -> BadInputError:
        return BadInputError(f"{self._what}{name}: must be {must_be}")

    def text(self, name: str) -> str:
        """Give a string."""
        value = self._value[name]
        if not isinstance(value, str):
            raise self._error(name, "text")
        return value

    def flag(self, name: str) -> bool:
        """Give a truth value."""
        value = self._value[name]
        if not isinstance(value, bool):
            raise self._error(name, "true or false")
        return value

    def whole(self, name: str) -> int:
        """Give an integer; ``5.0`` and ``true`` are none."""
        value = self._value[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._error(name, "a whole number")
        return value

    def number(self, name: str) -> float:
        """Give a finite number."""
        value = self._value[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(name, "a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._error(name, "a finite number")
        return number

    def part(self, name: str) -> Mapping[str, Json]:
        """Give an object."""
        value = self._value[name]
        if not isinstance(value, Mapping):
            raise self._error(name, "an object")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Give an array of strings."""
        items = self._array(self._value[name], name)
        if not all(isinstance(item, str) for item in items):
            raise self._error(name, "an array of text")
        return tuple(item for item in items if isinstance(item, str))

    def rows(self, name: str) -> tuple[tuple[int, ...], ...]:
        """Give an array of arrays of integers."""
        rows: list[tuple[int, ...]] = []
        for row in self._array(self._value[name], name):
            numbers = [
                item
                for item in self._array(row, name)
                if isinstance(item, int) and not isinstance(item, bool)
            ]
            if len(numbers) != len(self._array(row, name)):
                raise self._error(name, "arrays of whole numbers")
            rows.append(tuple(numbers))
        return tuple(rows)

    def _array(self, value: Json, name: str) -> Sequence[Json]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._error(name, "an array")
        return value
