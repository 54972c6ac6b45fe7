"""Personal names by a spaCy pipeline that the user installed; nothing is ever downloaded.

``OBCLIP_NAMES_PIPELINE`` names it (a package or a folder). Where it is set and cannot be used, the plugin
fails to load, with the reason: names that it would have found must not be sent in silence.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from obclip_privacy.attributes.base import CueFinding
from obclip_privacy.errors import PluginError

VARIABLE = "OBCLIP_NAMES_PIPELINE"
#: Labels of persons in the schemes of spaCy's pipelines.
LABELS = frozenset({"PERSON", "PER"})


def find_with_pipeline() -> Callable[[str], Sequence[CueFinding]] | None:
    """The recogniser of the pipeline that the user named, or ``None`` where none is.

    Raises:
        PluginError: the pipeline is not installed, or finds no entities.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    import spacy

    try:
        pipeline = spacy.load(name)
    except OSError as error:
        raise PluginError(
            f"{VARIABLE}={name}: no such pipeline is installed; install it, or unset the variable"
        ) from error
    if not {"ner", "entity_ruler"} & set(pipeline.pipe_names):
        raise PluginError(f"{VARIABLE}={name}: the pipeline recognises no entities; name one with 'ner'")
    return _finder(pipeline)


def _finder(pipeline: Any) -> Callable[[str], Sequence[CueFinding]]:
    def find(text: str) -> Sequence[CueFinding]:
        with pipeline.memory_zone():
            spans = [(e.start_char, e.end_char) for e in pipeline(text).ents if e.label_ in LABELS]
        return tuple(
            CueFinding(start, end, "gender", "name", "name of a person", "a person")
            for start, end in spans
            if text[start:end].strip() == text[start:end]
        )

    return find
