r"""Labelled prompts: JSON Lines, one prompt a line, with what a reader found in it.

``prompt``
    The text. Or ``source`` instead, for texts that may not be copied: ``file`` (a name in the folder of
    texts), ``line`` (from 1), ``start`` and ``end`` (offsets in the line; default: the whole line),
    ``remove`` (characters that are no part of the text, such as ``[]``), ``sha256`` (of the text in UTF-8).
``mentions``
    ``{"start", "end", "attribute", "value"?, "person"?}``: spans that state a value. Offsets are those of a
    Python string, end exclusive.
``cues``
    ``{"start", "end", "attribute"?}``: spans that reveal a value.
``either``
    ``{"start", "end"}``: spans that may be found or not; neither counts.
``people``
    Whether anybody is in the picture; by default, whether something is labelled.
``n``
    Size of the anonymity set, by the name of the policy.
``counterpart``
    The prompt with the other gender, as text or as a source.

A file that does not end in ``.jsonl`` holds a prompt a line, without labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from obclip_privacy.errors import BadInputError

_KEYS = frozenset(
    {"prompt", "source", "mentions", "cues", "either", "people", "n", "counterpart", "comment", "id"}
)
_SOURCE_KEYS = frozenset({"file", "line", "start", "end", "remove", "sha256"})


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled span.

    Attributes:
        start: offset of the first character.
        end: offset after the last character.
        attribute: id of the attribute; ``""`` if the label does not say.
        value: the value that it states; ``""`` if the label does not say.
        person: number of the person; ``None`` if the label does not say.
    """

    start: int
    end: int
    attribute: str = ""
    value: str = ""
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled prompt; see the module for the fields. *where* names it without quoting it."""

    prompt: str = field(repr=False)
    where: str
    mentions: tuple[Label, ...] = ()
    cues: tuple[Label, ...] = ()
    either: tuple[Label, ...] = ()
    people: bool = False
    n: Mapping[str, int] = field(default_factory=dict)
    counterpart: str | None = field(default=None, repr=False)
    has_labels: bool = True


def read_labelled(file: Path, texts: Path | None = None) -> tuple[Labelled, ...]:
    """The labelled prompts of *file*; *texts* is the folder of the files that its sources name.

    Raises:
        BadInputError: a file cannot be read, a line is malformed, or a text is not the one that was
            labelled. The message names the line and never quotes a prompt.
    """
    lines = _lines(file)
    if file.suffix != ".jsonl":
        return tuple(
            Labelled(line, f"{file.name}:{number}", has_labels=False)
            for number, line in enumerate(lines, 1)
            if line.strip()
        )
    sources = _Sources(texts)
    return tuple(
        _entry(line, f"{file.name}:{number}", sources)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    )


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise BadInputError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadInputError(f"{file}: not UTF-8; save the file as UTF-8") from None


class _Sources:
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files: dict[str, list[str]] = {}

    def text(self, source: Mapping[str, object], where: str) -> str:
        unknown = sorted(set(source) - _SOURCE_KEYS)
        name, line = source.get("file"), source.get("line")
        if unknown or not isinstance(name, str) or not _whole(line):
            problem = f"unknown key '{unknown[0]}'" if unknown else "'file' and 'line' are needed"
            raise BadInputError(f"{where}: bad 'source': {problem}")
        if self._folder is None:
            raise BadInputError(f"{where}: the text is in '{name}'; give its folder with --texts FOLDER")
        if Path(name).name != name:
            raise BadInputError(f"{where}: bad 'source': 'file' must be a plain file name")
        lines = self._files.setdefault(name, _lines(self._folder / name))
        if not 1 <= line <= len(lines):
            raise BadInputError(f"{where}: '{name}' has no line {line}")
        whole = lines[line - 1].rstrip("\r")
        start, end = source.get("start", 0), source.get("end", len(whole))
        if not _whole(start) or not _whole(end) or not 0 <= start <= end <= len(whole):
            raise BadInputError(f"{where}: bad 'source': 'start' and 'end' are no span of the line")
        text = whole[start:end].translate(dict.fromkeys(map(ord, str(source.get("remove", "")))))
        if source.get("sha256") != hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest():
            raise BadInputError(f"{where}: the text in '{name}' is not the one that was labelled (sha256)")
        return text


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _entry(line: str, where: str, sources: _Sources) -> Labelled:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise BadInputError(f"{where}: not JSON; each line must be an object") from None
    if not isinstance(entry, dict):
        raise BadInputError(f"{where}: each line must be an object")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise BadInputError(f"{where}: unknown key '{unknown[0]}'")
    if ("prompt" in entry) == ("source" in entry):
        raise BadInputError(f"{where}: give either 'prompt' or 'source'")
    prompt = _text(entry.get("prompt", entry.get("source")), where, sources)
    mentions = _labels(entry, "mentions", where, prompt)
    if any(not label.attribute for label in mentions):
        raise BadInputError(f"{where}: a mention needs an 'attribute'")
    cues = _labels(entry, "cues", where, prompt)
    sizes = entry.get("n", {})
    if not isinstance(sizes, dict) or not all(_whole(size) for size in sizes.values()):
        raise BadInputError(f"{where}: 'n' must be an object of whole numbers by policy")
    people = entry.get("people", bool(mentions or cues))
    if not isinstance(people, bool):
        raise BadInputError(f"{where}: 'people' must be true or false")
    counterpart = entry.get("counterpart")
    return Labelled(
        prompt,
        where,
        mentions,
        cues,
        _labels(entry, "either", where, prompt),
        people,
        sizes,
        None if counterpart is None else _text(counterpart, where, sources),
    )


def _text(value: object, where: str, sources: _Sources) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return sources.text(value, where)
    raise BadInputError(f"{where}: a text must be a string, or an object that says where it is")


def _labels(entry: Mapping[str, object], key: str, where: str, prompt: str) -> tuple[Label, ...]:
    rows = entry.get(key, [])
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise BadInputError(f"{where}: '{key}' must be a list")
    return tuple(_checked_labels(rows, key, where, prompt))


def _checked_labels(rows: Sequence[object], key: str, where: str, prompt: str) -> Iterator[Label]:
    for row in rows:
        if not isinstance(row, dict):
            raise BadInputError(f"{where}: '{key}' must be a list of objects")
        start, end, person = row.get("start"), row.get("end"), row.get("person")
        if not _whole(start) or not _whole(end) or not 0 <= start < end <= len(prompt):
            raise BadInputError(f"{where}: 'start' and 'end' of an entry of '{key}' are no span of the text")
        if prompt[start:end] != prompt[start:end].strip():
            raise BadInputError(f"{where}: a span of '{key}' begins or ends with white space")
        attribute, value = row.get("attribute", ""), row.get("value", "")
        if (
            not isinstance(attribute, str)
            or not isinstance(value, str)
            or not (person is None or _whole(person))
        ):
            raise BadInputError(f"{where}: an entry of '{key}' has a field of the wrong type")
        yield Label(start, end, attribute, value, person)
