"""The built-in cue detectors: words that reveal a value and have no parallel for the others."""

from __future__ import annotations

from collections.abc import Callable

from obclip_privacy.attributes.base import CueDetector
from obclip_privacy.attributes.emoji import find_emoji
from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.attributes.names import find_names
from obclip_privacy.hookspecs import hookimpl


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the detectors of looks and well-known people, of names, and of emoji."""
    register(CueDetector("appearance", terms=read_lexicon("cues.jsonl").cues))
    register(CueDetector("names", find=find_names))
    register(CueDetector("emoji", find=find_emoji))
