"""The built-in cue detector: words that reveal a value and have no parallel for the others."""

from __future__ import annotations

from collections.abc import Callable

from obclip_privacy.attributes.base import CueDetector
from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.hookspecs import hookimpl


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the detector of body, hair, dress and the like."""
    register(CueDetector("appearance", terms=read_lexicon("cues.jsonl").cues))
