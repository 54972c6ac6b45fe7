"""The plugin: tags as further words of gender, age and skin tone, and tags that are cues."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from obclip_danbooru.tags import read_tags
from obclip_privacy.attributes.base import CueDetector, CueFinding, Detector, Extension, Finding
from obclip_privacy.attributes.lexicon_file import read_lexicon
from obclip_privacy.hookspecs import hookimpl

OBCLIP_HOOK_API = 1

_PACKAGE = "obclip_danbooru"


def find_tags(attribute: str, text: str) -> Sequence[Finding]:
    """What the tags of a folded text state of *attribute*."""
    return tuple(read_tags(text).findings[attribute])


def find_withheld(text: str) -> Sequence[CueFinding]:
    """Tags that name one of several persons by gender (``1girl, 1boy, male_focus``)."""
    return tuple(
        CueFinding(start, end, "gender", "tag", "names one of several persons by gender")
        for start, end in read_tags(text).withheld
    )


@hookimpl
def register_extensions(register: Callable[[Extension], None]) -> None:
    """Register the words of tags for the core's attributes."""
    for attribute in ("gender", "age", "skin_tone"):
        lexicon = read_lexicon(f"{attribute}.jsonl", _PACKAGE)
        find = functools.partial(find_tags, attribute)
        register(Extension(attribute, lexicon, (Detector("tags", find),)))


@hookimpl
def register_cue_detectors(register: Callable[[CueDetector], None]) -> None:
    """Register the tags that cannot be exchanged."""
    terms = read_lexicon("cues.jsonl", _PACKAGE).cues
    register(CueDetector("danbooru-tags", terms=terms, find=find_withheld, kinds=("tag",)))
