"""Reads a prompt as a list of tags: which of its tags speak of somebody, and what each part of them says.

A prompt is a list of tags if it has a counting tag (``1girl``) or a tag that states a gender as only
tags do (``male focus``, ``muscular female``). The underscores of tags are folded into spaces before anything
is read. Everything here depends on the shape of the tags and never on the value in them: ``girl`` and ``boy``
are interchangeable in every pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from obclip_privacy.attributes.base import Finding
from obclip_privacy.language.wordlists import names_person

#: A prompt without this has no tag of ours: most prompts are done after one search.
_HINT = re.compile(
    r"\d\+?(?:girl|boy|other)|\bmultiple (?:girl|boy|other)s|\b(?:female|male|nonbinary)s?\b", re.IGNORECASE
)
_SEGMENT = re.compile(r"[^\s,;|(){}\[\]:\n][^,;|(){}\[\]:\n]*(?<!\s)")
_COUNT = re.compile(
    r"(?:(?P<one>1)(?P<who>girl|boy|other)|"
    r"(?P<number>6\+|[2-9]|1\d|20|(?P<multiple>multiple) )(?P<many>girl|boy|other)s)",
    re.IGNORECASE,
)
#: What may stand before the gendered word of a tag and says nothing of a gender, an age or an origin.
_PLAIN = (
    "muscular|faceless|fat|tall|short|shy|cute|beautiful|pretty|handsome|tomboyish|magical|monster|demon|angel|"
    "dragon|cat|dog|fox|wolf|rabbit|bunny|horse|cow|bird|bear|tiger|lion|sheep|goat|mouse|raccoon|squirrel|"
    "deer|spider|snake|plant|robot|slime|ghost|vampire|zombie|fairy|elf|goblin|mermaid|pointy-eared|armored"
)
_TONES = "very dark|medium-light|medium-dark|light|medium|dark|pale|white|fair|tan|tanned|brown|black"
_TAG = re.compile(
    rf"(?:(?P<tone>{_TONES})-skinned )?"
    r"(?:(?P<age>young|mature|old|elderly|aged) )?"
    rf"(?:(?:{_PLAIN}) )*"
    r"(?P<who>girl|boy|female|male|nonbinary|woman|man|women|men)(?P<plural>s?)"
    r"(?: focus)?",
    re.IGNORECASE,
)
_CHILD = re.compile(
    rf"(?:(?:{_PLAIN}) )*(?P<child>(?P<who>female|male|nonbinary) child(?P<plural>ren)?)", re.IGNORECASE
)
_SKIN = re.compile(rf"(?P<tone>{_TONES}) skin", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")

_VALUES = {
    **dict.fromkeys(("girl", "female", "woman", "women"), "female"),
    **dict.fromkeys(("boy", "male", "man", "men"), "male"),
    **dict.fromkeys(("other", "nonbinary"), "nonbinary"),
}
#: The ending of the classes of a gendered word.
_FAMILIES = {
    **dict.fromkeys(("girl", "boy"), "girl"),
    **dict.fromkeys(("female", "male", "nonbinary"), "female"),
    **dict.fromkeys(("woman", "man", "women", "men"), "woman"),
}
_NOUN_CLASSES = {"girl": "child", "female": "tag_noun_female", "woman": "tag_noun_woman"}
_PLURALS = {"girl": "tag_girls", "female": "tag_females", "woman": "tag_women"}
_TONE_VALUES = {
    **{tone: tone for tone in ("light", "medium-light", "medium", "medium-dark", "dark")},
    **dict.fromkeys(("pale", "white", "fair"), "light"),
    **dict.fromkeys(("tan", "tanned"), "medium"),
    "brown": "medium-dark",
    **dict.fromkeys(("black", "very dark"), "dark"),
}
_AGE_VALUES = {
    "young": "young",
    "mature": "middle-aged",
    "aged": "middle-aged",
    "old": "old",
    "elderly": "old",
}


@dataclass(frozen=True, slots=True)
class Tags:
    """What the tags of a prompt say.

    Attributes:
        findings: by attribute, what states a value.
        withheld: (start, end) of tags that name one of several persons by gender: of which one they speak
            can only be told by the value, so they must not be sent.
    """

    findings: dict[str, list[Finding]]
    withheld: list[tuple[int, int]]


def read_tags(text: str) -> Tags:
    """The tags of *text*, which is folded."""
    found = Tags({"gender": [], "age": [], "skin_tone": []}, [])
    if not _HINT.search(text):
        return found
    segments = [(match.start(), match[0]) for match in _SEGMENT.finditer(text)]
    counts = [match for _, tag in segments if (match := _COUNT.fullmatch(tag))]
    if not counts and not any(_is_gendered(tag) for _, tag in segments):
        return found
    numbered = [match for match in counts if not match["multiple"]]
    # Whom a tag describes is clear where one tag names somebody, and no other word does.
    clear = len(numbered) < 2 and not any(
        names_person(word.lower())
        for _, tag in segments
        if not (_COUNT.fullmatch(tag) or _TAG.fullmatch(tag) or _CHILD.fullmatch(tag))
        for word in _WORD.findall(tag)
    )
    named = bool(numbered)
    for start, tag in segments:
        if match := _COUNT.fullmatch(tag):
            repeats = named and bool(match["multiple"])
            if repeats and not clear:
                found.withheld.append((start, start + len(tag)))
                continue
            _counted(found, start, match, repeats=repeats)
            named = True
        elif match := _CHILD.fullmatch(tag):
            noun = "" if named and clear else "noun_"
            form = int(bool(match["plural"])) if noun else 0
            value = _VALUES[match["who"].lower()]
            _note(found, "gender", start, match.span("child"), f"tag_{noun}child", value, form)
            named = True
        elif match := _SKIN.fullmatch(tag):
            # the core reads most of them; here "white skin" is a skin tone too
            _note(found, "skin_tone", start, match.span("tone"), "shade", _TONE_VALUES[match["tone"].lower()])
        elif match := _TAG.fullmatch(tag):
            if named and not clear:
                found.withheld.append((start, start + len(tag)))
                continue
            _described(found, start, match, named=named)
            named = True
    return found


def _is_gendered(tag: str) -> bool:
    """Whether the tag states a gender as only tags do: ``muscular female``, not ``fox girl``."""
    match = _TAG.fullmatch(tag) or _CHILD.fullmatch(tag)
    return match is not None and _FAMILIES[match["who"].lower()] == "female"


def _counted(found: Tags, start: int, match: re.Match[str], *, repeats: bool) -> None:
    """A counting tag, in the class of its number, which is not sensitive."""
    cls = "tag_repeated" if repeats else "tag_multiple"
    if not match["multiple"]:
        cls = f"tag_count_{(match['one'] or match['number']).replace('+', '_or_more')}"
    value = _VALUES[(match["who"] or match["many"]).lower()]
    _note(found, "gender", start, match.span(), cls, value, int(not (match["one"] or repeats)))


def _described(found: Tags, start: int, match: re.Match[str], *, named: bool) -> None:
    """``dark-skinned female``, ``mature female``, ``cat girl``, ``male focus``."""
    if match["tone"]:
        span = (match.start("tone"), match.end("tone") + len("-skinned"))
        _note(found, "skin_tone", start, span, "tag_skinned", _TONE_VALUES[match["tone"].lower()])
    if match["age"]:
        _note(found, "age", start, match.span("age"), "tag", _AGE_VALUES[match["age"].lower()])
    word = match["who"].lower()
    family = _FAMILIES[word]
    plural = bool(match["plural"]) or word in ("women", "men")
    described = _PLURALS[family] if plural else f"tag_{family}"
    cls = described if named else _NOUN_CLASSES[family]
    span = (match.start("who"), match.end("plural"))
    _note(found, "gender", start, span, cls, _VALUES[word], int(plural and not named))


def _note(
    found: Tags, attribute: str, start: int, span: tuple[int, int], cls: str, value: str, form: int = 0
) -> None:
    found.findings[attribute].append(
        Finding(start + span[0], start + span[1], f"{attribute}.{cls}", value, form)
    )
