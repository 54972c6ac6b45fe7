"""What the plugins registered: checked, immutable, and the same whatever order they came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from obclip_privacy.errors import PluginError
from obclip_privacy.policy.frozen import FrozenMap

if TYPE_CHECKING:
    from obclip_privacy.attributes.base import Attribute, CueDetector, Extension
    from obclip_privacy.audit.attackers.base import Attacker
    from obclip_privacy.audit.report.base import ReportFormat
    from obclip_privacy.candidates.custom import CustomStrategy


class PluginStatus(StrEnum):
    """What became of a plugin that was found."""

    LOADED = "loaded"
    BLOCKED = "blocked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecord:
    """One plugin as ``obclip plugins list`` shows it.

    Attributes:
        name: name of the entry point.
        module: what the entry point refers to.
        distribution: the installed package that it belongs to.
        version: that package's version.
        builtin: whether it is part of the core.
        status: loaded, blocked by the user, or failed.
        hooks: names of the hooks that it implements; empty unless loaded.
        reason: why it was blocked or failed; empty if loaded.
        traceback: of the failure; empty unless failed.
    """

    name: str
    module: str
    distribution: str
    version: str
    builtin: bool
    status: PluginStatus
    hooks: tuple[str, ...] = ()
    reason: str = ""
    traceback: str = ""


@dataclass(frozen=True, eq=False)
class Registry:
    """Everything that the loaded plugins registered, sorted by name. Two registries are never equal.

    Attributes:
        attributes: attribute types by id.
        cue_detectors: cue detectors by name.
        owners: name of the plugin that registered a thing, by its kind (``"attribute"``,
            ``"cue detector"``, ``"strategy"``, ``"attacker"``, ...) and its name.
        plugins: every plugin that was found, built-in ones first, then by name.
        attackers: attackers of the audit by name.
        report_formats: formats of the audit's report by name.
        strategies: strategies beyond the built-in ones, by name.
        extensions: what plugins added to attributes of others, by ``attribute (plugin)``; the attributes
            above have it already.
    """

    attributes: Mapping[str, Attribute]
    cue_detectors: Mapping[str, CueDetector]
    owners: Mapping[tuple[str, str], str]
    plugins: tuple[PluginRecord, ...]
    attackers: Mapping[str, Attacker] = field(default_factory=FrozenMap)
    report_formats: Mapping[str, ReportFormat] = field(default_factory=FrozenMap)
    strategies: Mapping[str, CustomStrategy] = field(default_factory=FrozenMap)
    extensions: Mapping[str, Extension] = field(default_factory=FrozenMap)

    def require(self, name: str) -> PluginRecord:
        """The record of the loaded plugin *name* (of the plugin or of its distribution).

        Raises:
            PluginError: it is not installed, was blocked, or failed to load.
        """
        found = [record for record in self.plugins if name in (record.name, record.distribution)]
        for record in found:
            if record.status is PluginStatus.LOADED:
                return record
        if not found:
            raise PluginError(f"plugin '{name}' is not installed; try: pip install {name}")
        raise PluginError(f"plugin '{name}' is {found[0].status.value}: {found[0].reason}")


class RegistryBuilder:
    """Collects registrations one plugin at a time, and can take a plugin's back if it fails."""

    def __init__(self) -> None:
        self._things: dict[str, dict[str, tuple[str, Any]]] = {kind: {} for kind in _KINDS}
        self._records: list[PluginRecord] = []

    def register_function(self, plugin: str, hook: str) -> Callable[[object], None]:
        """The ``register`` argument for one call of *hook* by *plugin*."""
        kind = _KIND_OF_HOOK[hook]
        named = self._things[kind]

        def register(thing: object) -> None:
            name, kept = _KINDS[kind](thing, f"plugin '{plugin}', {hook}")
            if kind == "extension":
                name = f"{name} ({plugin})"
            if name in named:
                raise PluginError(
                    f"plugin '{plugin}', {hook}: the {kind} '{name}' is already registered by plugin "
                    f"'{named[name][0]}'; choose another name or block one of the two plugins"
                )
            named[name] = (plugin, kept)

        return register

    def discard(self, plugin: str) -> None:
        """Forget everything that *plugin* registered."""
        for kind, named in self._things.items():
            self._things[kind] = {
                name: (owner, thing) for name, (owner, thing) in named.items() if owner != plugin
            }

    def add_record(self, record: PluginRecord) -> None:
        """Note what became of a plugin."""
        self._records.append(record)

    def build(self) -> Registry:
        """The registry, with every mapping sorted by name, and extensions applied in the order of plugins.

        A plugin whose extension does not fit is recorded as failed, and all that it registered is discarded.
        """
        attributes = self._extended()
        while isinstance(attributes, PluginRecord):
            self.discard(attributes.name)
            self._records = [
                attributes if record.name == attributes.name else record for record in self._records
            ]
            attributes = self._extended()
        return Registry(
            attributes=attributes,
            cue_detectors=self._sorted("cue detector"),
            owners=FrozenMap(
                {
                    (kind, name): named[name][0]
                    for kind, named in self._things.items()
                    for name in sorted(named)
                }
            ),
            plugins=tuple(self._records),
            attackers=self._sorted("attacker"),
            report_formats=self._sorted("report format"),
            strategies=self._sorted("strategy"),
            extensions=self._sorted("extension"),
        )

    def _extended(self) -> FrozenMap[str, Attribute] | PluginRecord:
        """The attributes with their extensions, or the record of the first plugin whose one does not fit."""
        from obclip_privacy.plugins.checks import checked_extension

        attributes = dict(self._sorted("attribute"))
        extensions = self._things["extension"]
        for name in sorted(extensions, key=lambda name: (extensions[name][0], name)):
            plugin, extension = extensions[name]
            where = f"plugin '{plugin}', register_extensions"
            try:
                attributes[extension.attribute] = checked_extension(
                    extension, attributes.get(extension.attribute), where
                )
            except PluginError as error:
                record = next((one for one in self._records if one.name == plugin), None)
                if record is None or record.builtin:
                    raise
                return replace(
                    record, status=PluginStatus.FAILED, hooks=(), reason=f"PluginError: {error}", traceback=""
                )
        return FrozenMap(attributes)

    def _sorted(self, kind: str) -> FrozenMap[str, Any]:
        named = self._things[kind]
        return FrozenMap({name: named[name][1] for name in sorted(named)})


def _checked_attribute(thing: object, where: str) -> tuple[str, Any]:
    from obclip_privacy.plugins.checks import checked_attribute

    attribute = checked_attribute(thing, where)
    return attribute.id, attribute


def _checked_cue_detector(thing: object, where: str) -> tuple[str, Any]:
    from obclip_privacy.plugins.checks import checked_cue_detector

    detector = checked_cue_detector(thing, where)
    return detector.name, detector


def _checked_extension(thing: object, where: str) -> tuple[str, Any]:
    from obclip_privacy.attributes.base import Extension

    if not isinstance(thing, Extension):
        raise PluginError(f"{where}: register() takes an Extension, not {_type_name(thing)}")
    return str(thing.attribute), thing


def _checked_strategy(thing: object, where: str) -> tuple[str, Any]:
    from obclip_privacy.candidates.custom import checked_strategy

    strategy = checked_strategy(thing, where)
    return strategy.name, strategy


def _checked_attacker(thing: object, where: str) -> tuple[str, Any]:
    from obclip_privacy.audit.attackers.base import ATTACKER_NAME, Attacker

    if not isinstance(thing, Attacker):
        raise PluginError(f"{where}: register() takes an Attacker, not {_type_name(thing)}")
    if not ATTACKER_NAME.fullmatch(thing.name):
        raise PluginError(
            f"{where}: an attacker's name is in lower case with underscores, not '{thing.name}'"
        )
    return thing.name, thing


def _checked_report_format(thing: object, where: str) -> tuple[str, Any]:
    from obclip_privacy.audit.report.base import ReportFormat

    if not isinstance(thing, ReportFormat):
        raise PluginError(f"{where}: register() takes a ReportFormat, not {_type_name(thing)}")
    return thing.name, thing


def _type_name(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


#: Per kind of thing: the check that gives its name and what is kept of it.
_KINDS: Mapping[str, Callable[[object, str], tuple[str, Any]]] = {
    "attribute": _checked_attribute,
    "extension": _checked_extension,
    "cue detector": _checked_cue_detector,
    "strategy": _checked_strategy,
    "attacker": _checked_attacker,
    "report format": _checked_report_format,
}
_KIND_OF_HOOK: Mapping[str, str] = {
    "register_attributes": "attribute",
    "register_extensions": "extension",
    "register_cue_detectors": "cue detector",
    "register_strategies": "strategy",
    "register_attackers": "attacker",
    "register_report_formats": "report format",
}
#: The hooks of :mod:`obclip_privacy.hookspecs`.
HOOKS = frozenset(_KIND_OF_HOOK)
