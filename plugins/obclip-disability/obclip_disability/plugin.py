"""The plugin: registers disability and health, each with its lexicon."""

from __future__ import annotations

from collections.abc import Callable

from obclip_privacy.attributes.base import Attribute
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.lexicon_json import read_attribute

OBCLIP_HOOK_API = 1


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register both attributes."""
    register(read_attribute(__package__ or ""))
    register(read_attribute(__package__ or "", "health.json"))
