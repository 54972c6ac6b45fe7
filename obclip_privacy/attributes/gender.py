"""The built-in attribute ``gender``."""

from __future__ import annotations

from collections.abc import Callable

from obclip_privacy.attributes.base import Attribute
from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.hookspecs import hookimpl


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute."""
    register(Attribute("gender", "Gender", read_lexicon("gender.jsonl")))
