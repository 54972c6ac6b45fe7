r"""Turns prompts with labels written into them into the labelled format that ``obclip evaluate`` reads.

    python tools/label_markup.py < prompts.txt > labelled.jsonl

One prompt a line, in which braces hold what states something, with codes behind them:

    A {young}ay {Black}eb {woman}gf and {her}gf {elderly}ao1 {father}gm1, in a red {dress}c

A code is an attribute's letter, its value's letter (``?`` where no value of the default policy is meant)
and the number of the person (0 if left out); several may follow each other (``{girl}gfan``). ``c`` is a
cue, ``x`` may be found or not. A line may begin with ``P `` (people, and nothing to find) or with ``@12 ``
(``n`` under ``default``; ``@? `` for none); else ``n`` is the product of the labelled domains. ``\n`` is a
line break; ``#`` begins a comment.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from math import prod

ATTRIBUTES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "g": ("gender", {"f": "female", "m": "male"}),
    "a": ("age", {"y": "young", "m": "middle-aged", "o": "old", "n": ""}),
    "e": (
        "ethnicity",
        {
            "a": "asian",
            "b": "black",
            "h": "hispanic",
            "m": "middle-eastern",
            "s": "south-asian",
            "w": "white",
        },
    ),
    "s": ("skin_tone", {"l": "light", "m": "medium", "d": "dark"}),
}
SIZES = {"gender": 2, "age": 3, "ethnicity": 6, "skin_tone": 3}
_MARK = re.compile(r"\{([^{}]+)\}((?:[gaes][a-z?]\d?|[cx](?![a-z]))+)")
_CODE = re.compile(r"([gaes])([a-z?])(\d?)|([cx])")


def convert(line: str) -> dict[str, object]:
    """The entry of one marked-up line.

    Raises:
        ValueError: a code that is unknown, or a brace that is no mark.
    """
    size = re.match(r"@(\d+|\?) ", line)
    people = line.startswith("P ")
    line = line[size.end() :] if size else line[2:] if people else line
    line = line.replace("\\n", "\n")
    prompt, mentions = "", []
    others: dict[str, list[dict[str, object]]] = {"cues": [], "either": []}
    domains: dict[tuple[int, str], int] = {}
    known, end = True, 0
    for mark in _MARK.finditer(line):
        prompt += line[end : mark.start()]
        span = {"start": len(prompt), "end": len(prompt) + len(mark[1])}
        prompt += mark[1]
        end = mark.end()
        for letter, value, person, other in _CODE.findall(mark[2]):
            if other:
                others["cues" if other == "c" else "either"].append(span)
                continue
            attribute, values = ATTRIBUTES[letter]
            if value != "?" and value not in values:
                raise ValueError(f"unknown code '{letter}{value}' in: {line}")
            number = int(person or 0)
            entry = {**span, "attribute": attribute, "person": number}
            mentions.append(entry | ({"value": values[value]} if values.get(value) else {}))
            known &= value != "?"
            domains[number, attribute] = 1 if value == "n" else SIZES[attribute]
    prompt += line[end:]
    if "{" in prompt or "}" in prompt:
        raise ValueError(f"a brace without a code in: {line}")
    result: dict[str, object] = {"prompt": prompt}
    result |= {"mentions": mentions} if mentions else {}
    result |= {key: spans for key, spans in others.items() if spans}
    result |= {"people": True} if people else {}
    n = size[1] if size else str(prod(domains.values())) if known else "?"
    return result | ({"n": {"default": int(n)}} if n != "?" else {})


def convert_all(lines: Iterable[str]) -> Iterator[str]:
    """The lines of the labelled file; a comment stays a comment."""
    for line in lines:
        text = line.rstrip("\n")
        if text.startswith("#"):
            yield text
        elif text:
            yield json.dumps(convert(text), ensure_ascii=False)


if __name__ == "__main__":
    for row in convert_all(sys.stdin):
        sys.stdout.write(f"{row}\n")
