"""The plugin: registers a detector of personal names, as cues of kind ``name``."""

from __future__ import annotations

from collections.abc import Callable

from obclip_names.rules import find_names
from obclip_names.spacy_names import find_with_pipeline
from obclip_privacy.attributes.base import CueDetector
from obclip_privacy.hookspecs import hookimpl

OBCLIP_HOOK_API = 1


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the rules and, where the user installed a spaCy pipeline, its recogniser of persons."""
    register(CueDetector("personal-names", find=find_names))
    pipeline = find_with_pipeline()
    if pipeline is not None:
        register(CueDetector("personal-names-spacy", find=pipeline))
