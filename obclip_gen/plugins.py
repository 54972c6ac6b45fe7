"""Collects what plugins register for generation.

Which installed plugins may be imported is decided by :class:`obclip_privacy.plugins.manager.Selection`,
for both packages alike.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

import pluggy

from obclip_gen import hookspecs
from obclip_gen.accelerate import builtin as accelerations
from obclip_gen.accelerate.entry import Acceleration
from obclip_gen.backends import builtin as backends
from obclip_gen.backends.entry import BackendEntry
from obclip_privacy.errors import PluginError
from obclip_privacy.hookspecs import PROJECT
from obclip_privacy.plugins.local import load_local, named_sources
from obclip_privacy.plugins.manager import Selection, installed_candidates
from obclip_privacy.policy.local import LocalSource

Item = TypeVar("Item", BackendEntry, Acceleration)

_BUILTIN: tuple[tuple[str, ModuleType], ...] = (
    ("backends", backends),
    ("accelerations", accelerations),
)


@dataclass(frozen=True, slots=True)
class GenRegistry:
    """What is registered, by name, in alphabetical order.

    Attributes:
        backends: by scheme.
        accelerations: by the name that a request gives.
        broken: plugins that failed to load, with the reason.
    """

    backends: Mapping[str, BackendEntry]
    accelerations: Mapping[str, Acceleration]
    broken: Mapping[str, str]


def collect(plugins: Mapping[str, object], broken: Mapping[str, str]) -> GenRegistry:
    """Ask the built-in plugins and *plugins* what they register.

    Raises:
        PluginError: a hook raised or registered something of the wrong type or a name twice.
    """
    found_backends: dict[str, BackendEntry] = {}
    found_accelerations: dict[str, Acceleration] = {}
    for name, plugin in (*_BUILTIN, *sorted(plugins.items())):
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(hookspecs)
        manager.register(plugin, name=name)
        calls = (
            ("register_backends", _registrar(name, BackendEntry, "scheme", found_backends)),
            ("register_accelerations", _registrar(name, Acceleration, "name", found_accelerations)),
        )
        for hook, register in calls:
            try:
                getattr(manager.hook, hook)(register=register)
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(f"plugin {name}: {hook} raised {type(error).__name__}") from error
    return GenRegistry(
        backends=dict(sorted(found_backends.items())),
        accelerations=dict(sorted(found_accelerations.items())),
        broken=dict(sorted(broken.items())),
    )


def _registrar(plugin: str, kind: type[Item], key: str, found: dict[str, Item]) -> Callable[[object], None]:
    def register(item: object) -> None:
        if not isinstance(item, kind):
            raise PluginError(f"plugin {plugin}: registered a {type(item).__name__}, not a {kind.__name__}")
        name = getattr(item, key)
        if name in found:
            raise PluginError(f"plugin {plugin}: registered {name!r}, which is taken already")
        found[name] = item

    return register


@functools.cache
def _collected(selection: Selection, named: tuple[LocalSource, ...]) -> GenRegistry:
    plugins: dict[str, object] = {}
    broken: dict[str, str] = {}
    for candidate in installed_candidates():
        if selection.reason_against(candidate.name) is not None:
            continue
        try:
            plugins[candidate.name] = candidate.load()
        except Exception as error:  # noqa: BLE001  # reported by name; whoever needs the plugin stops
            broken[candidate.name] = f"{candidate.distribution}: {type(error).__name__}: {error}"
    for source in named:
        if not source.is_code:
            continue
        try:
            plugins[source.name] = load_local(source)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(f"--plugin {source.name}: {type(error).__name__}: {error}") from error
    return collect(plugins, broken)


def load_registry() -> GenRegistry:
    """Give what the built-in and the installed plugins register, and what ``--plugin`` names.

    One registry is kept for each choice.

    Raises:
        PluginError: a file that ``--plugin`` names cannot be used.
    """
    return _collected(Selection.from_environment(os.environ), named_sources(os.environ))
