"""Reads a prompt as a list of tags: which of its tags speak of somebody, and what each part of them says.

A prompt is a list of tags if it has a counting tag (``1girl``, ``2boys``) or a gendered tag that is joined by
underscores (``male_focus``). Everything here depends on the shape of the tags and never on the value in
them: ``girl`` and ``boy`` are interchangeable in every pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from obclip_privacy.attributes.base import Finding
from obclip_privacy.language.wordlists import names_person

#: A prompt without this has no tag of ours: most prompts are done after one search.
_HINT = re.compile(
    r"\d\+?(?:girl|boy|other)|(?:_|\b)(?:girl|boy|(?:fe)?male|nonbinary|(?:wo)?man|(?:wo)?men)s?(?:_|\b)|_skin(?:ned)?\b",
    re.IGNORECASE,
)
_SEGMENT = re.compile(r"[^\s,;|(){}\[\]:\n][^,;|(){}\[\]:\n]*(?<!\s)")
_COUNT = re.compile(
    r"(?:(?P<one>1)(?P<who>girl|boy|other)|"
    r"(?P<number>6\+|[2-9]|1\d|20|multiple(?P<joint>[ _]))(?P<many>girl|boy|other)s)",
    re.IGNORECASE,
)
#: What may stand before the gendered word of a tag and says nothing of a gender, an age or an origin.
_PLAIN = (
    "muscular|faceless|fat|tall|short|shy|cute|beautiful|pretty|handsome|tomboyish|magical|monster|demon|angel|"
    "dragon|cat|dog|fox|wolf|rabbit|bunny|horse|cow|bird|bear|tiger|lion|sheep|goat|mouse|raccoon|squirrel|"
    "deer|spider|snake|plant|robot|slime|ghost|vampire|zombie|fairy|elf|goblin|mermaid|pointy-eared|armored"
)
_TONES = (
    "very_dark|very dark|medium-light|medium-dark|light|medium|dark|pale|white|fair|tan|tanned|brown|black"
)
_TAG = re.compile(
    rf"(?:(?P<tone>{_TONES})[- _]skinned(?P<after_tone>[ _]))?"
    r"(?:(?P<age>young|mature|old|elderly|aged)(?P<after_age>[ _]))?"
    rf"(?:(?:{_PLAIN})[ _])*"
    r"(?P<who>girl|boy|other|female|male|nonbinary|woman|man|women|men)(?P<plural>s?)"
    r"(?:[ _]focus)?",
    re.IGNORECASE,
)
_CHILD = re.compile(r"(?P<who>female|male|nonbinary)(?P<joint>[ _])child(?P<plural>ren)?", re.IGNORECASE)
_SKIN = re.compile(rf"(?P<tone>{_TONES})_skin", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")

_VALUES = {
    **dict.fromkeys(("girl", "female", "woman", "women"), "female"),
    **dict.fromkeys(("boy", "male", "man", "men"), "male"),
    **dict.fromkeys(("other", "nonbinary"), "nonbinary"),
}
#: The ending of the classes of a gendered word.
_FAMILIES = {
    **dict.fromkeys(("girl", "boy", "other"), "girl"),
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
    **dict.fromkeys(("black", "very dark", "very_dark"), "dark"),
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
    counts = [(start, match) for start, tag in segments if (match := _COUNT.fullmatch(tag))]
    numbered = [start for start, match in counts if not match["joint"]]
    listed = bool(numbered) or any(_joined(tag) for _, tag in segments)
    for start, tag in segments:
        if match := _SKIN.fullmatch(tag):
            _note(found, "skin_tone", start, match.span(), "tag_skin", _TONE_VALUES[match["tone"].lower()])
    if not listed:
        return found
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
            repeats = named and bool(match["joint"])
            if repeats and not clear:
                found.withheld.append((start, start + len(tag)))
                continue
            value = _VALUES[(match["who"] or match["many"]).lower()]
            form = int(not (match["one"] or repeats))
            _note(found, "gender", start, match.span(), _counting(match, repeats), value, form)
            named = True
        elif match := _CHILD.fullmatch(tag):
            joined = "_joined" if match["joint"] == "_" else ""
            noun = "" if named and clear else "noun_"
            form = int(bool(match["plural"])) if noun else 0
            value = _VALUES[match["who"].lower()]
            _note(found, "gender", start, match.span(), f"tag_{noun}child{joined}", value, form)
            named = True
        elif (match := _TAG.fullmatch(tag)) and _tells(match):
            if named and not clear:
                found.withheld.append((start, start + len(tag)))
                continue
            _described(found, start, match, named=named)
            named = True
    return found


def _joined(tag: str) -> bool:
    """Whether the tag states a gender and has an underscore in it."""
    if "_" not in tag:
        return False
    return any(pattern.fullmatch(tag) for pattern in (_TAG, _CHILD, _COUNT))


def _tells(match: re.Match[str]) -> bool:
    """Whether the word states a gender: ``other`` does so only as what ``cat_girl`` is exchanged for."""
    first = match.start("who")
    return not match["who"].lower().startswith("other") or match.string[first - 1 : first] == "_"


def _described(found: Tags, start: int, match: re.Match[str], *, named: bool) -> None:
    """``dark-skinned_female``, ``mature female``, ``cat_girl``, ``male focus``."""
    for group, after, attribute, cls, values in (
        ("tone", "after_tone", "skin_tone", "tag_skinned", _TONE_VALUES),
        ("age", "after_age", "age", "tag", _AGE_VALUES),
    ):
        if match[group] is None:
            continue
        joined = match[after] == "_"
        end = match.end(after) if joined else match.start(after)
        span = (match.start(group), end)
        _note(
            found, attribute, start, span, cls + ("_joined" if joined else ""), values[match[group].lower()]
        )
    word = match["who"].lower()
    family = _FAMILIES[word]
    plural = bool(match["plural"]) or word in ("women", "men")
    first = match.start("who")
    if family == "girl" and match.string[first - 1 : first] == "_":
        # "cat_girl" is no child, as "cat girl" may be: the underscore belongs to the word
        first -= 1
        cls = "tag_noun_girl_joined" if not named else f"{_PLURALS[family] if plural else 'tag_girl'}_joined"
    elif named:
        cls = _PLURALS[family] if plural else f"tag_{family}"
    else:
        cls = _NOUN_CLASSES[family]
    form = int(plural and not named)
    _note(found, "gender", start, (first, match.end("plural")), cls, _VALUES[word], form)


def _counting(match: re.Match[str], repeats: bool) -> str:
    """The class of a counting tag: by its number, which is not sensitive."""
    if match["joint"]:
        return ("tag_repeated" if repeats else "tag_multiple") + ("_joined" if match["joint"] == "_" else "")
    return f"tag_count_{(match['one'] or match['number']).replace('+', '_or_more')}"


def _note(
    found: Tags, attribute: str, start: int, span: tuple[int, int], cls: str, value: str, form: int = 0
) -> None:
    found.findings[attribute].append(
        Finding(start + span[0], start + span[1], f"{attribute}.{cls}", value, form)
    )
