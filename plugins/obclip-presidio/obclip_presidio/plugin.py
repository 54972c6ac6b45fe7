"""The plugin: registers the Presidio recognisers that the user chose."""

from __future__ import annotations

import os
from collections.abc import Callable

from obclip_presidio.recognisers import load_recognisers
from obclip_presidio.settings import read_entities
from obclip_privacy.attributes.base import CueDetector
from obclip_privacy.hookspecs import hookimpl

OBCLIP_HOOK_API = 1

#: Which entities, and what stands in their place: ``EMAIL_ADDRESS,PHONE_NUMBER=,LOCATION=a place``.
ENTITIES_VARIABLE = "OBCLIP_PRESIDIO_ENTITIES"
#: Which recognisers: names of Presidio's own classes, or ``module:Class`` for any other.
RECOGNISERS_VARIABLE = "OBCLIP_PRESIDIO_RECOGNIZERS"
#: A spaCy pipeline for recognisers that need one; nothing is ever downloaded.
PIPELINE_VARIABLE = "OBCLIP_PRESIDIO_PIPELINE"


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the recognisers as one detector.

    Raises:
        PluginError: presidio-analyzer is not installed, or a setting names what is not there.
    """
    entities = read_entities(os.environ.get(ENTITIES_VARIABLE, ""), ENTITIES_VARIABLE)
    find = load_recognisers(
        entities,
        os.environ.get(RECOGNISERS_VARIABLE, ""),
        os.environ.get(PIPELINE_VARIABLE, ""),
        RECOGNISERS_VARIABLE,
    )
    register(CueDetector("presidio", find=find, kinds=find.kinds))
