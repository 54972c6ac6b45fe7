"""Plugins: selection before import, checks with names in them, independence of order."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from obclip_privacy.attributes.base import Attribute, CueDetector, Lexicon
from obclip_privacy.errors import PluginError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.manager import (
    Candidate,
    Selection,
    builtin_candidates,
    collect,
    installed_candidates,
    load_plugins,
)
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.plugins.vocabulary import vocabulary_of


def attribute(name: str) -> Attribute:
    return Attribute(name, name.title(), Lexicon())


def plugin(*things: object, cues: tuple[object, ...] = ()) -> object:
    class Plugin:
        @hookimpl
        def register_attributes(self, register: Callable[[object], None]) -> None:
            for thing in things:
                register(thing)

        @hookimpl
        def register_cue_detectors(self, register: Callable[[object], None]) -> None:
            for thing in cues:
                register(thing)

    return Plugin()


def candidate(name: str, it: object, *, builtin: bool = False) -> Candidate:
    return Candidate(name, f"{name}_module", f"dist-{name}", "1.0", builtin=builtin, plugin=it)


def status(registry: Registry, name: str) -> tuple[PluginStatus, str]:
    record = next(record for record in registry.plugins if record.name == name)
    return record.status, record.reason


def test_what_is_registered_does_not_depend_on_order() -> None:
    candidates = [candidate(name, plugin(attribute(f"a_{name}"))) for name in ("three", "one", "two")]
    registries = [collect(order) for order in itertools.permutations(candidates)]
    assert list(registries[0].attributes) == ["a_one", "a_three", "a_two"]
    for registry in registries:
        assert list(registry.attributes) == list(registries[0].attributes)
        assert registry.owners == registries[0].owners
        assert [record.name for record in registry.plugins] == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("it", "reason"),
    [
        (
            plugin("gender"),
            "PluginError: plugin 'bad', register_attributes: register() takes an Attribute, not builtins.str",
        ),
        (
            plugin(cues=(attribute("x"),)),
            "PluginError: plugin 'bad', register_cue_detectors: register() takes a CueDetector, not "
            "obclip_privacy.attributes.base.Attribute",
        ),
        (
            plugin(attribute("kept"), attribute("first")),
            "PluginError: plugin 'bad', register_attributes: the attribute 'first' is already "
            "registered by plugin 'a-first'; choose another name or block one of the two plugins",
        ),
        (
            SimpleNamespace(),
            "PluginError: plugin 'bad': the object bad_module implements no hook; mark its functions with "
            "obclip_privacy.hookspecs.hookimpl",
        ),
        (
            SimpleNamespace(OBCLIP_HOOK_API=99),
            "PluginError: plugin 'bad' is written for hook API 99, this obclip has 1; install a release of "
            "dist-bad for this version",
        ),
    ],
)
def test_a_plugin_that_breaks_the_contract_is_named_and_registers_nothing(it: object, reason: str) -> None:
    registry = collect([candidate("a-first", plugin(attribute("first"))), candidate("bad", it)])
    assert status(registry, "bad") == (PluginStatus.FAILED, reason)
    assert list(registry.attributes) == ["first"]


def test_a_plugin_that_raises_has_its_traceback_recorded() -> None:
    class Raises:
        @hookimpl
        def register_attributes(self, register: Callable[[object], None]) -> None:
            register(attribute("half"))
            raise ZeroDivisionError("on purpose")

    registry = collect([candidate("raises", Raises()), candidate("good", plugin(attribute("good")))])
    record = registry.plugins[1]
    assert (record.name, record.distribution, record.reason) == (
        "raises",
        "dist-raises",
        "ZeroDivisionError: on purpose",
    )
    assert "in register_attributes" in record.traceback
    assert list(registry.attributes) == ["good"]
    with pytest.raises(PluginError, match="plugin 'raises' is failed: ZeroDivisionError: on purpose"):
        registry.require("raises")


def test_a_misspelt_hook_is_a_failure_and_a_hook_of_another_package_is_not() -> None:
    module = ModuleType("misspelt")

    @hookimpl
    def register_atributes(register: Callable[[object], None]) -> None:
        """Never called."""

    @hookimpl
    def register_backends(register: Callable[[object], None]) -> None:
        """Called by obclip_gen only."""

    module.register_atributes = register_atributes
    registry = collect([candidate("misspelt", module)])
    assert status(registry, "misspelt")[0] is PluginStatus.FAILED
    assert "unknown hook 'register_atributes'" in status(registry, "misspelt")[1]

    backend = ModuleType("backend")
    backend.register_backends = register_backends
    registry = collect([candidate("backend", backend)])
    assert registry.plugins[0].status is PluginStatus.LOADED
    assert registry.plugins[0].hooks == ("register_backends",)


def test_a_builtin_plugin_that_fails_stops_everything() -> None:
    with pytest.raises(PluginError, match=r"the built-in plugin 'gender' \(gender_module\) failed"):
        collect([candidate("gender", plugin("nothing"), builtin=True)])


def test_two_plugins_of_one_name() -> None:
    with pytest.raises(PluginError, match="two plugins are named 'same': same_module of dist-same"):
        collect([candidate("same", plugin()), candidate("same", plugin())])


@pytest.mark.parametrize(
    ("environment", "blocked"),
    [
        ({}, {}),
        ({"OBCLIP_PLUGINS": ""}, {"one": "OBCLIP_PLUGINS", "two": "OBCLIP_PLUGINS"}),
        ({"OBCLIP_PLUGINS": "one, other"}, {"two": "OBCLIP_PLUGINS"}),
        ({"OBCLIP_PLUGINS_DENY": "two"}, {"two": "OBCLIP_PLUGINS_DENY"}),
        ({"OBCLIP_PLUGINS": "one,two", "OBCLIP_PLUGINS_DENY": "one"}, {"one": "OBCLIP_PLUGINS_DENY"}),
    ],
)
def test_selection_acts_before_import(environment: dict[str, str], blocked: dict[str, str]) -> None:
    selection = Selection.from_environment(environment)
    candidates = [
        Candidate("builtin", "builtin", "obclip", "1", builtin=True, plugin=plugin(attribute("b"))),
        # importing these would fail, so a blocked one must never be imported
        Candidate("one", "no_such_module_one", "dist", "1"),
        Candidate("two", "no_such_module_two:plugin.it", "dist", "1"),
    ]
    registry = collect(candidates, selection)
    assert status(registry, "builtin")[0] is PluginStatus.LOADED
    for name in ("one", "two"):
        found, reason = status(registry, name)
        if name in blocked:
            assert found is PluginStatus.BLOCKED
            assert reason.endswith(blocked[name])
        else:
            assert found is PluginStatus.FAILED
            assert reason == f"ModuleNotFoundError: No module named 'no_such_module_{name}'"


def test_an_installed_plugin_is_found_by_its_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "throw_away.py").write_text(
        "from obclip_privacy.hookspecs import hookimpl\n"
        "from obclip_privacy.attributes.base import CueDetector\n"
        "class Nested:\n"
        "    @staticmethod\n"
        "    @hookimpl\n"
        "    def register_cue_detectors(register):\n"
        "        register(CueDetector('throw-away'))\n"
    )
    info = tmp_path / "throw_away-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: throw-away\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text("[obclip]\nthrow = throw_away:Nested\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {one.name: one for one in installed_candidates()}
    assert found["throw"] == Candidate("throw", "throw_away:Nested", "throw-away", "2.5")
    assert "throw_away" not in sys.modules
    registry = collect([found["throw"]])
    assert list(registry.cue_detectors) == ["throw-away"]
    assert registry.require("throw") == registry.require("throw-away")
    monkeypatch.delitem(sys.modules, "throw_away")


def test_the_builtin_attributes_come_in_through_the_hooks() -> None:
    registry = load_plugins(Selection(allow=()))
    assert {"age", "ethnicity", "gender", "skin_tone"} <= set(registry.attributes)
    for record in registry.plugins:
        assert record.builtin
        assert record.status is PluginStatus.LOADED
        assert record.hooks
    assert {one.name for one in builtin_candidates()} == {record.name for record in registry.plugins}


def test_require_tells_what_to_do() -> None:
    registry = collect([])
    with pytest.raises(PluginError, match=r"plugin 'obclip-x' is not installed; try: pip install obclip-x"):
        registry.require("obclip-x")


def test_vocabulary_knows_open_cue_kinds() -> None:
    closed = collect([candidate("c", plugin(cues=(CueDetector("closed"),)))])
    opened = collect([candidate("o", plugin(cues=(CueDetector("open", find=lambda text: ()),)))])
    assert not vocabulary_of(closed).open_cue_kinds
    assert vocabulary_of(opened).open_cue_kinds
