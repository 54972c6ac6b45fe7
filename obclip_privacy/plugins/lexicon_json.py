"""Attributes without code: a lexicon in JSON or TOML becomes a plugin.

The format is checked by a JSON Schema that ships beside this module; an error names the file, line:column
and JSON pointer. No code is run from a lexicon, whatever is in it.

>>> text = b'''{"attribute": "hair_colour", "classes": {"adjective": {"pos": "adjective",
...     "forms": {"dark": "dark-haired", "fair": "fair-haired"}}}}'''
>>> lexicon_plugin(text, "hair.json").attribute.value_ids
('dark', 'fair')
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from obclip_privacy.attributes.base import Attribute, CueDetector
from obclip_privacy.attributes.lexicon_file import parse_lexicon
from obclip_privacy.errors import PluginError, PolicyError
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.policy.json_source import read_json
from obclip_privacy.policy.schema import schema_problems

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_NEUTRAL = {"noun": ["person", "people"]}
_LISTS = ("not_before", "not_after", "only_before", "band", "base", "kin", "compound")


@dataclass(frozen=True)
class LexiconPlugin:
    """A plugin made of a lexicon: registers its attribute, or its cues alone where it has no classes."""

    attribute: Attribute

    @hookimpl
    def register_attributes(self, register: Callable[[Attribute], None]) -> None:
        """Register the attribute with its cues."""
        if self.attribute.lexicon.classes:
            register(self.attribute)

    @hookimpl
    def register_cue_detectors(self, register: Callable[[CueDetector], None]) -> None:
        """Register the cues of a lexicon that has nothing else."""
        if not self.attribute.lexicon.classes:
            register(CueDetector(self.attribute.id, terms=self.attribute.lexicon.cues))


def lexicon_schema() -> str:
    """The schema as it ships, for editors."""
    return resources.files("obclip_privacy.plugins").joinpath("lexicon.schema.json").read_text("utf-8")


def lexicon_plugin(data: bytes, source: str, attribute: str = "") -> LexiconPlugin:
    """The plugin that the lexicon *data* describes.

    Args:
        data: JSON, or TOML where *source* ends in ``.toml``.
        source: the file as messages name it.
        attribute: id of the attribute where the lexicon is written in a policy, which states it.

    Raises:
        PluginError: with everything that is wrong with the lexicon, each with its place.
    """
    text = _toml_as_json(data, source) if source.endswith(".toml") else data
    try:
        document = read_json(text, source)
    except PolicyError as error:
        raise PluginError(str(error)) from None
    value: Any = document.value
    if attribute and isinstance(value, Mapping):
        value = {"attribute": attribute, **value}
    problems = [*document.problems, *schema_problems(document, _validator(bool(attribute)))]
    if problems:
        raise PluginError("\n".join(str(problem) for problem in problems))
    if attribute and value["attribute"] != attribute:
        raise PluginError(f"{source}: the lexicon names the attribute '{value['attribute']}'")
    identifier: str = value["attribute"]
    lines = [json.dumps(entry) for entry in _entries(identifier, value)]
    if not lines:
        raise PluginError(f"{source}: the lexicon has neither 'classes' nor 'cues'; nothing would be found")
    lexicon = parse_lexicon(lines, f"{source} (entry)")
    title = value.get("title") or identifier.replace("_", " ").capitalize()
    return LexiconPlugin(Attribute(identifier, title, lexicon))


def read_attribute(package: str, name: str = "lexicon.json") -> Attribute:
    """The attribute in the lexicon *name* that ships in *package*: what most plugins register.

    Raises:
        PluginError: the lexicon is malformed.
    """
    data = resources.files(package).joinpath(name).read_bytes()
    return lexicon_plugin(data, f"{package}/{name}").attribute


@functools.cache
def _validator(inline: bool) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads(lexicon_schema())
    if inline:
        del schema["required"]
    return Draft202012Validator(schema)


def _toml_as_json(data: bytes, source: str) -> bytes:
    """TOML as indented JSON: places in messages are then those of the JSON; pointers stay right."""
    try:
        return json.dumps(tomllib.loads(data.decode("utf-8")), indent=2).encode()
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise PluginError(f"{source}: not TOML: {error}") from None


def _entries(attribute: str, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of a lexicon file (:mod:`~obclip_privacy.attributes.lexicon_file`) that say the same."""
    entries: list[dict[str, Any]] = []
    for name, info in value.get("values", {}).items():
        entries.append({"value": name, "parents": info.get("parents", [])})
    for name, cls in value.get("classes", {}).items():
        pos = cls["pos"]
        entry = {
            "class": f"{attribute}.{name}",
            "pos": pos,
            "forms": {key: _listed(forms) for key, forms in cls["forms"].items()},
            "neutral": _listed(cls["neutral"]) if "neutral" in cls else _NEUTRAL.get(pos, [""]),
            **{key: cls[key] for key in _LISTS if key in cls},
        }
        if "also" in cls:
            entry["also"] = {key: [_listed(one) for one in many] for key, many in cls["also"].items()}
        entries.append(entry)
    entries += [{**word, "word": _listed(word["word"])} for word in value.get("words", ())]
    for cue in value.get("cues", ()):
        entry = {"cue": _listed(cue["cue"]), "pos": cue.get("pos", "noun"), "attribute": attribute}
        entry.update({key: cue[key] for key in ("kind", "reason", "before") if key in cue})
        entry.update({key: _listed(cue[key]) for key in ("generic", "general") if key in cue})
        entries.append(entry)
    return entries


def _listed(forms: str | Sequence[str]) -> list[str]:
    return [forms] if isinstance(forms, str) else list(forms)
