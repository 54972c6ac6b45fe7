"""The plugin contract of obclip_privacy, whole, on one screen.

A plugin is a module (or any object) with one or more of the functions below, marked with ``hookimpl``
and named by an entry point of group ``obclip``::

    from obclip_privacy.hookspecs import hookimpl

    @hookimpl
    def register_attributes(register):
        register(MY_ATTRIBUTE)

Rules that hold for every hook:

* a hook is called once, when the plugins are collected; it calls ``register`` any number of times and
  returns nothing;
* what is registered is checked at once: wrong types and names that are already taken raise a
  :class:`~obclip_privacy.errors.PluginError` that names the plugin, the hook and the value;
* results never depend on the order of registration;
* no network, no file outside the plugin, no global state.

A plugin may set ``OBCLIP_HOOK_API = 1``; one that asks for another version than
:data:`HOOK_API_VERSION` is not loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from obclip_privacy.attributes.base import Attribute, CueDetector, Extension
    from obclip_privacy.audit.attackers.base import Attacker
    from obclip_privacy.audit.report.base import ReportFormat
    from obclip_privacy.candidates.custom import CustomStrategy

#: Name of the pluggy project and of the entry-point group.
PROJECT = "obclip"
#: Raised when a hook changes so that an existing plugin would no longer work.
HOOK_API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register attribute types: each with its lexicon, its detectors and its candidate generators."""


@hookspec
def register_extensions(register: Callable[[Extension], None]) -> None:
    """Register further words, detectors or generators for an attribute that another plugin registers."""


@hookspec
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register detectors of cues: spans that reveal a value and cannot be substituted."""


@hookspec
def register_strategies(register: Callable[[CustomStrategy], None]) -> None:
    """Register strategies: each decides among which values a policy hides the real one, and what is sent."""


@hookspec
def register_attackers(register: Callable[[Attacker], None]) -> None:
    """Register attackers of the audit: each guesses what is real from what the cloud has."""


@hookspec
def register_report_formats(register: Callable[[ReportFormat], None]) -> None:
    """Register formats of the audit's report: each turns the report's data into text."""
