"""Immutable, hashable counterparts of JSON's containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V", covariant=True)

#: A JSON value as :func:`json.loads` gives it.
Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


class FrozenMap(Mapping[K, V], Generic[K, V]):
    """A mapping that cannot change, keeps its order, and hashes by its items regardless of order.

    >>> FrozenMap({"a": 1}) == {"a": 1}
    True
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._items: dict[K, V] = dict(items or {})

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenMap({self._items!r})"


def freeze(value: Json) -> Json:
    """Give *value* with objects as :class:`FrozenMap` and arrays as tuples, all the way down."""
    if isinstance(value, Mapping):
        return FrozenMap({key: freeze(item) for key, item in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Json) -> Json:
    """Undo :func:`freeze`: plain ``dict`` and ``list`` for :mod:`json` and for schema validation."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [thaw(item) for item in value]
    return value
