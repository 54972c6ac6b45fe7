"""The plugin: registers the recogniser of the model that the user named."""

from __future__ import annotations

import os
from collections.abc import Callable

from obclip_ner.labels import read_labels
from obclip_ner.recogniser import load_recogniser
from obclip_privacy.attributes.base import CueDetector
from obclip_privacy.errors import PluginError
from obclip_privacy.hookspecs import hookimpl

OBCLIP_HOOK_API = 1

#: Folder of the model; nothing is ever downloaded.
MODEL_VARIABLE = "OBCLIP_NER_MODEL"
#: What the labels mean, where the defaults do not do: ``PER=name,ORG=organisation:an organisation``.
LABELS_VARIABLE = "OBCLIP_NER_LABELS"


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the recogniser.

    Raises:
        PluginError: no model is named, or it cannot be used: what it would have found must not be sent in
            silence.
    """
    folder = os.environ.get(MODEL_VARIABLE)
    if not folder:
        raise PluginError(
            f"obclip-ner has no model; set {MODEL_VARIABLE} to the folder of a token-classification model, "
            "or block the plugin: OBCLIP_PLUGINS_DENY=obclip-ner"
        )
    labels = read_labels(os.environ.get(LABELS_VARIABLE, ""), LABELS_VARIABLE)
    recogniser = load_recogniser(folder, labels, MODEL_VARIABLE)
    register(CueDetector("ner", find=recogniser, kinds=recogniser.kinds))
