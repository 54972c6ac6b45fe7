"""The plugin: registers the attribute ``genero``, and the cues that tell it."""

from __future__ import annotations

from collections.abc import Callable

from obclip_es.reader import find_cues, find_gender
from obclip_es.words import ATTRIBUTE, lexicon
from obclip_privacy.attributes.base import Attribute, CueDetector, Detector
from obclip_privacy.hookspecs import hookimpl

OBCLIP_HOOK_API = 1


@hookimpl
def register_attributes(register: Callable[[Attribute], None]) -> None:
    """Register the attribute: its words are found by the reader, which knows Spanish noun phrases."""
    register(Attribute(ATTRIBUTE, "Género", lexicon(), (Detector("espanol", find_gender),)))


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the cues."""
    register(CueDetector("rasgos", find=find_cues, kinds=("rasgo",)))
