"""Where a policy says what a finding is about: file, line and JSON pointer.

A key that the policy file itself lacks is looked for in the policies that it extends, nearest first; what
none of them has is placed where it would have to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy.audit.findings import Finding, Place
from obclip_privacy.policy.json_source import JsonSource, pointer_to, read_json
from obclip_privacy.policy.loader import MAX_CHAIN, is_path
from obclip_privacy.policy.shipped import policies_folder

#: By kind of finding, the keys of an attribute that decide, the first that is there.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "unhidden": ("strategy", "values"),
    "visible": ("values", "out_of_domain"),
    "detectors": ("detectors",),
    "value_missing": ("values",),
    "attackers": ("strategy",),
    "prior_attackers": ("strategy",),
}
#: By kind of finding that is about no attribute, the key of the policy that decides.
_TOP = {
    "closure": "attributes",
    "contradiction": "attributes",
    "odd_one_out": "attributes",
    "uneven": "attributes",
    "position_prior": "attributes",
    "edits": "attributes",
    "intersection": "attributes",
    "rule": "guarantee",
}
_CUE = re.compile(r"kind '([^']+)'")
_OUTSIDE = re.compile(r"a value of '([^']+)' is outside")
#: What a refusal says, and the key of the policy that decided.
_REFUSED = (
    ("guarantee", re.compile("guarantee")),
    ("negative_prompt", re.compile("negative prompt")),
    ("limits", re.compile("candidates|characters")),
)


@dataclass(frozen=True, slots=True)
class PolicyLines:
    """The files of a policy, nearest first."""

    sources: tuple[tuple[JsonSource, bool], ...]

    @classmethod
    def of(cls, name: str) -> PolicyLines:
        """The files of a policy that has been loaded before; a file that is gone since then is left out."""
        return cls(tuple(_chain(name)))

    def place_of(self, found: Finding) -> Place | None:
        """Where to change what was found; ``None`` where no line of a policy decides."""
        if found.kind == "cues":
            return self._cue(found.detail)
        if found.kind == "refused":
            return self._refusal(found.detail)
        if found.attribute and found.kind in _KEYS:
            inside = self._attribute(found.attribute, _KEYS[found.kind])
            return inside or self._first(["/attributes"])
        top = _TOP.get(found.kind)
        return self._first([f"/{top}"]) if top else None

    def _cue(self, detail: str) -> Place | None:
        kind = _CUE.search(detail)
        named = pointer_to("/cues", kind[1]) if kind else "/cues"
        return self._first([named, "/cues/*", "/cues"])

    def _refusal(self, reason: str) -> Place | None:
        """The line that a refusal rests on; ``None`` where the text itself cannot be read."""
        if outside := _OUTSIDE.search(reason):
            return self._attribute(outside[1], ("out_of_domain", "values"))
        if _CUE.search(reason):
            return self._cue(reason)
        key = next((key for key, said in _REFUSED if said.search(reason)), None)
        return self._first([f"/{key}"]) if key else None

    def _attribute(self, attribute: str, keys: tuple[str, ...]) -> Place | None:
        around: Place | None = None
        for source, shipped in self.sources:
            value = source.value
            entries = value.get("attributes") if isinstance(value, Mapping) else None
            for index, entry in enumerate(entries if isinstance(entries, list) else ()):
                if not isinstance(entry, Mapping) or entry.get("id") != attribute:
                    continue
                pointer = pointer_to("/attributes", index)
                key = next((key for key in keys if key in entry), None)
                if key is not None:
                    return _place(source, pointer_to(pointer, key), shipped)
                around = around or _place(source, pointer, shipped)
        return around

    def _first(self, pointers: list[str]) -> Place | None:
        """The first of *pointers* that a file has; else the beginning of the policy itself."""
        for pointer in pointers:
            for source, shipped in self.sources:
                if pointer in source.values:
                    return _place(source, pointer, shipped)
        return _place(self.sources[0][0], "", self.sources[0][1]) if self.sources else None


def _place(source: JsonSource, pointer: str, shipped: bool) -> Place:
    at = source.keys.get(pointer) or source.values[pointer]
    return Place(Path(source.file).name, at.line, pointer, shipped)


def _chain(name: str) -> Iterator[tuple[JsonSource, bool]]:
    path = Path(name) if is_path(name) else policies_folder() / f"{name}.json"
    for _ in range(MAX_CHAIN):
        try:
            source = read_json(path.read_bytes(), str(path))
        except OSError:
            return
        yield source, path.parent.resolve() == policies_folder().resolve()
        base = source.value.get("extends") if isinstance(source.value, Mapping) else None
        if not isinstance(base, str):
            return
        path = path.parent / base if is_path(base) else policies_folder() / f"{base}.json"
