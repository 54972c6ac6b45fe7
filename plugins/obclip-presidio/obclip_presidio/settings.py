"""Which of Presidio's entities are cues, and what may stand in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from obclip_privacy.errors import PluginError

_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)(?:=([^,=]*))?")
#: What stands in the place of an entity; the entities that are looked for where no setting says otherwise.
PLAIN: Mapping[str, str] = {
    "CREDIT_CARD": "a card number",
    "CRYPTO": "a wallet address",
    "EMAIL_ADDRESS": "an e-mail address",
    "IBAN_CODE": "a bank account",
    "IP_ADDRESS": "an IP address",
    "PHONE_NUMBER": "a phone number",
    "URL": "a web address",
    "US_SSN": "a number",
}
#: Further entities that only some recognisers find; looked for where a setting names them.
FURTHER: Mapping[str, str] = {
    "DATE_TIME": "a date",
    "LOCATION": "a place",
    "NRP": "a group",
    "ORGANIZATION": "an organisation",
    "PERSON": "a person",
}
#: Entities that do not stand for somebody by themselves: no cue where the prompt names nobody.
IMPERSONAL = frozenset({"DATE_TIME", "LOCATION", "NRP", "ORGANIZATION"})


def read_entities(setting: str, where: str) -> Mapping[str, str]:
    """What stands in the place of each entity; ``""``: it is left out.

    Args:
        setting: ``ENTITY`` (its default word) or ``ENTITY=word`` (``ENTITY=`` leaves it out), separated by
            commas; empty for :data:`PLAIN`.
        where: name of the setting, for messages.

    Raises:
        PluginError: it is not of this form.
    """
    if not setting:
        return PLAIN
    found = {}
    for item in setting.split(","):
        match = _SETTING.fullmatch(item.strip())
        if match is None:
            raise PluginError(f"{where}: '{item.strip()}' is not of the form ENTITY or ENTITY=word")
        default = {**PLAIN, **FURTHER}.get(match[1], "")
        found[match[1]] = default if match[2] is None else match[2].strip()
    return found


def kind_of(entity: str) -> str:
    """The kind of cue: ``name`` for persons, else the entity in lower case with hyphens."""
    return "name" if entity == "PERSON" else entity.lower().replace("_", "-")
