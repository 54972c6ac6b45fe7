"""What a model's labels mean: which kind of cue each is, and what may stand in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from obclip_privacy.errors import PluginError

_SETTING = re.compile(r"([A-Za-z][\w-]*)=([a-z][a-z0-9-]*)(?::([^,]*))?")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one label means.

    Attributes:
        kind: kind of the cue; the policy's ``cues`` are keyed by this.
        generic: what may stand in its place; ``""``: it is left out.
        alone: whether it stands for somebody by itself.
    """

    kind: str
    generic: str
    alone: bool = False


_NAME = Meaning("name", "a person", alone=True)
_PLACE = Meaning("place", "a place")
_ORGANISATION = Meaning("organisation", "an organisation")
_GROUP = Meaning("group", "a group")
#: The labels of the usual schemes (CoNLL-2003, OntoNotes), without their ``B-``, ``I-``, ... in front.
DEFAULTS: Mapping[str, Meaning] = {
    "PER": _NAME,
    "PERSON": _NAME,
    "LOC": _PLACE,
    "LOCATION": _PLACE,
    "GPE": _PLACE,
    "ORG": _ORGANISATION,
    "ORGANIZATION": _ORGANISATION,
    "NORP": _GROUP,
}


def read_labels(setting: str, where: str) -> Mapping[str, Meaning]:
    """The meanings of labels: the defaults, or what *setting* says if it says anything.

    Args:
        setting: ``LABEL=kind`` or ``LABEL=kind:what stands in its place``, separated by commas.
        where: name of the setting, for messages.

    Raises:
        PluginError: it is not of this form.
    """
    if not setting:
        return DEFAULTS
    found = {}
    for item in setting.split(","):
        match = _SETTING.fullmatch(item.strip())
        if match is None:
            raise PluginError(f"{where}: '{item.strip()}' is not of the form LABEL=kind:what stands for it")
        default = DEFAULTS.get(match[1].upper(), Meaning("", ""))
        generic = match[3].strip() if match[3] is not None else default.generic
        found[match[1].upper()] = Meaning(match[2], generic, alone=match[2] == "name")
    return found
