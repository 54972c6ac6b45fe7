"""Finds plugins, loads those that are allowed, and collects what they register.

Built-in attributes come in through the same hooks as any other plugin. Which installed plugins are loaded
is decided on their names, before any of their code is imported (:class:`Selection`). A plugin that fails
is recorded with its distribution and traceback and takes nothing else down; whoever needs it (a policy
that names it, an attribute that it would have detected) stops with a clear error.

The order of entry points does not matter: plugins are registered sorted by name, and the registry sorts
what they register.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import logging
import os
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import pluggy

from obclip_privacy import __version__, hookspecs
from obclip_privacy.errors import PluginError
from obclip_privacy.plugins.registry import HOOKS, PluginRecord, PluginStatus, Registry, RegistryBuilder
from obclip_privacy.policy.local import LocalSource

#: The attributes, attackers and report formats of the core: modules with the same hooks as any plugin.
BUILTIN_MODULES: tuple[str, ...] = (
    "obclip_privacy.attributes.age",
    "obclip_privacy.attributes.cues",
    "obclip_privacy.attributes.ethnicity",
    "obclip_privacy.attributes.gender",
    "obclip_privacy.attributes.skin_tone",
    "obclip_privacy.audit.attackers.core_attackers",
    "obclip_privacy.audit.report.core_formats",
)

#: Entry points of modules with hook specifications of other packages; read when a plugin uses one of them.
HOOKSPECS_GROUP = "obclip.hookspecs"

ALLOW_VARIABLE = "OBCLIP_PLUGINS"
DENY_VARIABLE = "OBCLIP_PLUGINS_DENY"


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which installed plugins may be imported. Built-in ones always may.

    Attributes:
        allow: names of the only plugins to load, or ``None`` for all of them.
        deny: names never to load; stronger than *allow*.
    """

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Selection:
        """Read ``OBCLIP_PLUGINS`` (unset: all; empty: none; else a list) and ``OBCLIP_PLUGINS_DENY``."""
        allow = environment.get(ALLOW_VARIABLE)
        return cls(
            allow=None if allow is None else _split(allow),
            deny=_split(environment.get(DENY_VARIABLE, "")),
        )

    def reason_against(self, name: str) -> str | None:
        """Why the plugin *name* must not be loaded, or ``None`` if it may."""
        if name in self.deny:
            return f"denied by {DENY_VARIABLE}"
        if self.allow is not None and name not in self.allow:
            return f"not in the list of {ALLOW_VARIABLE}"
        return None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that could be loaded: an entry point, a local file, or an object that a test hands in.

    Attributes:
        name: what lists, policies and messages call it.
        module: where it comes from.
        distribution: the installed package that it belongs to.
        version: that package's version.
        builtin: whether it is part of the core.
        plugin: the object itself, where it is there already.
        loader: gives the object, for what is no importable module.
        against: why it must not be loaded, or ``""``.
        local: whether it is no installed package.
    """

    name: str
    module: str
    distribution: str
    version: str
    builtin: bool = False
    plugin: object | None = None
    loader: Callable[[], object] | None = field(default=None, compare=False)
    against: str = ""
    local: bool = False

    def load(self) -> object:
        """Import the plugin, unless it was handed in."""
        if self.plugin is not None:
            return self.plugin
        if self.loader is not None:
            return self.loader()
        module, _, attribute = self.module.partition(":")
        loaded: object = importlib.import_module(module)
        for part in attribute.split(".") if attribute else ():
            loaded = getattr(loaded, part)
        return loaded


def builtin_candidates(modules: Sequence[str] = BUILTIN_MODULES) -> tuple[Candidate, ...]:
    """The plugins of the core, named by the last part of their module."""
    return tuple(
        Candidate(module.rpartition(".")[2], module, "obclip", __version__, builtin=True)
        for module in modules
    )


def installed_candidates() -> tuple[Candidate, ...]:
    """Every entry point of group ``obclip``; reads metadata only, imports nothing."""
    return tuple(
        Candidate(
            name=point.name,
            module=point.value,
            distribution=point.dist.name if point.dist else "unknown",
            version=point.dist.version if point.dist else "unknown",
        )
        for point in importlib.metadata.entry_points(group=hookspecs.PROJECT)
    )


def collect(candidates: Iterable[Candidate], selection: Selection = Selection()) -> Registry:
    """Load the *candidates* that *selection* allows and collect what they register.

    Raises:
        PluginError: two plugins of one name, or a built-in plugin that fails: nothing could be detected.
    """
    builder = RegistryBuilder()
    ordered = sorted(candidates, key=lambda candidate: (not candidate.builtin, candidate.name))
    _refuse_duplicates(ordered)
    for candidate in ordered:
        builder.add_record(_load_one(candidate, selection, builder))
    return builder.build()


@functools.cache
def _collected(selection: Selection, local: tuple[LocalSource, ...], allowed: str) -> Registry:
    # not at the top: lexicons and local plugins build on this module
    from obclip_privacy.plugins.local import ALLOW_CODE_VARIABLE, local_candidates

    found = local_candidates(local, {ALLOW_CODE_VARIABLE: allowed})
    registry = collect((*builtin_candidates(), *installed_candidates(), *found), selection)
    for record in registry.plugins:
        if record.status is PluginStatus.FAILED:
            # never silent: what the plugin would have detected is not detected
            _log.warning(
                "obclip: the plugin '%s' of %s %s is not used: %s; see: obclip plugins list",
                record.name,
                record.distribution,
                record.version,
                record.reason,
            )
    return registry


def load_plugins(selection: Selection | None = None, local: Sequence[LocalSource] = ()) -> Registry:
    """The registry of all built-in and installed plugins, of what ``--plugin`` names, and of *local*.

    Args:
        selection: which installed plugins may be imported; defaults to the environment's.
        local: what a policy brings along (:attr:`obclip_privacy.policy.model.Policy.local`).

    The registry is immutable, so one is kept for each choice.

    Raises:
        PluginError: a file that ``--plugin`` names cannot be used.
    """
    from obclip_privacy.plugins.local import ALLOW_CODE_VARIABLE, named_sources

    chosen = selection or Selection.from_environment(os.environ)
    named = named_sources(os.environ)
    registry = _collected(chosen, (*local, *named), os.environ.get(ALLOW_CODE_VARIABLE, ""))
    for source in named:
        record = next((one for one in registry.plugins if one.module == source.path), None)
        if record is not None and record.status is not PluginStatus.LOADED:
            raise PluginError(f"--plugin {source.name}: {record.reason}\n{record.traceback}".rstrip())
    return registry


def _split(names: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in names.split(",") if name.strip()}))


def _refuse_duplicates(candidates: Sequence[Candidate]) -> None:
    seen: dict[str, Candidate] = {}
    for candidate in candidates:
        other = seen.setdefault(candidate.name, candidate)
        if other is not candidate:
            raise PluginError(
                f"two plugins are named '{candidate.name}': {other.module} of {other.distribution} and "
                f"{candidate.module} of {candidate.distribution}; uninstall one of them"
            )


def _load_one(candidate: Candidate, selection: Selection, builder: RegistryBuilder) -> PluginRecord:
    record = functools.partial(
        PluginRecord,
        name=candidate.name,
        module=candidate.module,
        distribution=candidate.distribution,
        version=candidate.version,
        builtin=candidate.builtin,
    )
    against = candidate.against or _reason_against(candidate, selection)
    if against:
        return record(status=PluginStatus.BLOCKED, reason=against)
    try:
        plugin = candidate.load()
        _check_api(candidate, plugin)
        hooks = _call_hooks(candidate, plugin, builder)
    except Exception as error:
        builder.discard(candidate.name)
        if candidate.builtin:
            raise PluginError(
                f"the built-in plugin '{candidate.name}' ({candidate.module}) failed: {error}"
            ) from error
        return record(
            status=PluginStatus.FAILED,
            reason=f"{type(error).__name__}: {error}",
            traceback="".join(traceback.format_exception(error)),
        )
    return record(status=PluginStatus.LOADED, hooks=hooks)


def _reason_against(candidate: Candidate, selection: Selection) -> str | None:
    """What the user's lists say; a lexicon is part of the policy that names it, and no code."""
    if candidate.builtin or candidate.distribution == "lexicon":
        return None
    return selection.reason_against(candidate.name)


def _check_api(candidate: Candidate, plugin: object) -> None:
    wanted = getattr(plugin, "OBCLIP_HOOK_API", hookspecs.HOOK_API_VERSION)
    if wanted != hookspecs.HOOK_API_VERSION:
        raise PluginError(
            f"plugin '{candidate.name}' is written for hook API {wanted}, this obclip has "
            f"{hookspecs.HOOK_API_VERSION}; install a release of {candidate.distribution} for this version"
        )


def _call_hooks(candidate: Candidate, plugin: object, builder: RegistryBuilder) -> tuple[str, ...]:
    """Call the hooks of this package that *plugin* implements; give the names of all that it implements."""
    # one pluggy manager a plugin, so that what is registered has a known owner
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, candidate.name)
    hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()))
    if not HOOKS.issuperset(hooks):
        for point in importlib.metadata.entry_points(group=HOOKSPECS_GROUP):
            manager.add_hookspecs(point.load())
        manager.check_pending()
    if not hooks:
        kind = "module" if isinstance(plugin, ModuleType) else "object"
        raise PluginError(
            f"plugin '{candidate.name}': the {kind} {candidate.module} implements no hook; mark its "
            "functions with obclip_privacy.hookspecs.hookimpl"
        )
    for hook in sorted(HOOKS.intersection(hooks)):
        getattr(manager.hook, hook)(register=builder.register_function(candidate.name, hook))
    return hooks
