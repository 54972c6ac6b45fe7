"""A JSON document in which every part remembers the file and place that it came from.

After ``extends`` is resolved, a policy is made of parts of several files; an error still names the right one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from obclip_privacy.errors import Problem
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.json_source import JsonSource, pointer_to


@dataclass(frozen=True)
class Tree:
    """One value with its origin.

    Attributes:
        source: the file that it stands in.
        pointer: where it stands there.
        members: the members of an object by key; empty for everything else.
        items: the items of an array; empty for everything else.
        scalar: the value itself if it is neither object nor array.
        broken: the schema has already complained about it; it must not be read.
    """

    source: JsonSource
    pointer: str
    members: Mapping[str, Tree]
    items: tuple[Tree, ...] = ()
    scalar: Json = None
    is_object: bool = False
    is_array: bool = False
    broken: bool = False

    @classmethod
    def of(cls, source: JsonSource, broken: Collection[str]) -> Tree:
        """The whole document of *source*; the values at the pointers of *broken* must not be read."""
        return cls._build(source, "", source.value, frozenset(broken))

    @classmethod
    def _build(cls, source: JsonSource, pointer: str, value: Json, broken: frozenset[str]) -> Tree:
        if pointer in broken:
            return cls(source, pointer, {}, broken=True)
        if isinstance(value, Mapping):
            members = {
                key: cls._build(source, pointer_to(pointer, key), item, broken) for key, item in value.items()
            }
            return cls(source, pointer, members, is_object=True)
        if isinstance(value, (list, tuple)):
            items = tuple(
                cls._build(source, pointer_to(pointer, index), item, broken)
                for index, item in enumerate(value)
            )
            return cls(source, pointer, {}, items=items, is_array=True)
        return cls(source, pointer, {}, scalar=value)

    def get(self, key: str) -> Tree | None:
        """The readable member *key*, or ``None``."""
        member = self.members.get(key)
        return None if member is None or member.broken else member

    def list(self, key: str) -> tuple[Tree, ...]:
        """The readable items of the array *key*; empty if there is none."""
        member = self.get(key)
        return tuple(item for item in member.items if not item.broken) if member else ()

    def text(self, key: str) -> str | None:
        """The string *key*, or ``None``."""
        member = self.get(key)
        return member.scalar if member and isinstance(member.scalar, str) else None

    def strings(self, key: str) -> tuple[str, ...]:
        """The strings of the array *key*."""
        return tuple(item.scalar for item in self.list(key) if isinstance(item.scalar, str))

    def plain(self) -> Json:
        """The value as plain Python data."""
        if self.is_object:
            return {key: member.plain() for key, member in self.members.items()}
        return [item.plain() for item in self.items] if self.is_array else self.scalar

    def problem(self, message: str, nearest: str | None = None, *, at_key: bool = False) -> Problem:
        """A problem at this value."""
        return self.source.problem(self.pointer, message, nearest, at_key=at_key)

    def with_members(self, members: Mapping[str, Tree]) -> Tree:
        """An object with *members* in the place of this one."""
        return replace(self, members=members)

    def with_items(self, items: Sequence[Tree]) -> Tree:
        """An array of *items* in the place of this one."""
        return replace(self, items=tuple(items))


#: What a child does not take over from the policy that it extends.
_NOT_INHERITED = ("$schema", "name", "tests", "extends")


def inherit(parent: Tree, child: Tree) -> Tree:
    """The policy *child* with what it does not state taken from *parent*, as the schema says.

    Objects merge key by key and ``attributes`` by id: the parent's come first, in its order. ``plugins``
    add up. All else replaces.
    """
    merged = {key: member for key, member in parent.members.items() if key not in _NOT_INHERITED}
    for key, member in child.members.items():
        inherited = merged.get(key)
        if inherited is None or inherited.broken or member.broken:
            merged[key] = member
        elif key == "attributes":
            merged[key] = _merge_attributes(inherited, member)
        elif key == "plugins":
            merged[key] = member.with_items((*inherited.items, *member.items))
        elif member.is_object:
            merged[key] = member.with_members({**inherited.members, **member.members})
        else:
            merged[key] = member
    return child.with_members(merged)


def _merge_attributes(parent: Tree, child: Tree) -> Tree:
    overrides = dict(_by_id(child))
    kept = [
        _merge_attribute(entry, overrides.pop(identifier)) if identifier in overrides else entry
        for identifier, entry in _by_id(parent)
    ]
    inherited = {identifier for identifier, _ in _by_id(parent)}
    own = [entry for entry in child.items if entry.text("id") not in inherited]
    return child.with_items((*kept, *own))


def _merge_attribute(parent: Tree, child: Tree) -> Tree:
    options, own = parent.get("options"), child.get("options")
    merged = {**parent.members, **child.members}
    if options and own:
        merged["options"] = own.with_members({**options.members, **own.members})
    return child.with_members(merged)


def _by_id(attributes: Tree) -> Iterator[tuple[str, Tree]]:
    for entry in attributes.items:
        identifier = entry.text("id")
        if identifier is not None:
            yield identifier, entry
