"""Derive the word lists of ``obclip_privacy/data/en`` from WordNet 3.0. Run once; the lists are checked in.

Usage::

    python tools/wordnet_lists.py WORDNET_DIR OUT_DIR [UNWANTED]

``WORDNET_DIR`` holds ``data.noun`` and ``index.sense`` (Debian: packages ``wordnet-base`` and
``wordnet-sense-index``, folder ``/usr/share/wordnet``).
``UNWANTED`` is a file of words to leave out of ``persons.txt``; the list in the package was made without
words of abuse for people. The licence permits use, modification and
redistribution with Princeton's notice, which ``NOTICE.wordnet`` in the output folder carries.

The lists, one lower-case word a line, sorted:

``persons.txt``
    Nouns whose *dominant* sense is a human being: the hyponyms (not the instances) of synset 00007846,
    where the tagged frequency of the person senses exceeds that of the other noun senses, or ties and
    sense 1 is a person, and the noun is at least as frequent as the verb and the adjective. Any-sense
    lists call dogs, hands and stars people.
``modifiers.txt``
    Adjectives that are not mainly nouns: what may stand between an adjective and its noun.
``activities.txt``
    Nouns mainly of acts, groups, events, fields and messages: what makes a compound with a person
    (``tennis player``, ``police officer``) and hardly ever has a colour or a nation of its own.
``animals.txt``
    Nouns whose dominant sense is an animal: what is young or little and no child.
``verbs.txt``
    Base forms of verbs that are not more often past forms of another verb (``saw``, ``found``).
``words.txt``
    Every single word; a token in it is not taken for a misspelling.
"""

from __future__ import annotations

import collections
import re
import sys
from pathlib import Path
from typing import NamedTuple

PERSON = "00007846"
NOUN, VERB, ADJECTIVES = "1", "2", ("3", "5")
#: Lexicographer files (lexnames(5WN)) of acts, cognition, communication, events, groups, possession, states.
ACTIVITY_FILES = (4, 9, 10, 11, 14, 21, 26)
#: Lexicographer file of animals.
ANIMAL_FILE = 5
WORD = re.compile(r"[a-z]+")


class Sense(NamedTuple):
    """One line of ``index.sense``."""

    pos: str
    offset: str
    number: int
    count: int


def read_nouns(path: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Lexicographer file by synset, and hyponyms by synset."""
    files: dict[str, int] = {}
    hyponyms: dict[str, list[str]] = collections.defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split(" | ")[0].split()
        offset, files[fields[0]] = fields[0], int(fields[1])
        at = 4 + 2 * int(fields[3], 16)
        for index in range(int(fields[at])):
            symbol, target = fields[at + 1 + 4 * index : at + 3 + 4 * index]
            if symbol == "@":
                hyponyms[target].append(offset)
    return files, hyponyms


def read_senses(path: Path) -> dict[str, list[Sense]]:
    """Senses by single-word lemma."""
    senses: dict[str, list[Sense]] = collections.defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        key, offset, number, count = line.split()
        lemma, _, rest = key.partition("%")
        if WORD.fullmatch(lemma):
            senses[lemma].append(Sense(rest[0], offset, int(number), int(count)))
    return senses


def closure(root: str, hyponyms: dict[str, list[str]]) -> frozenset[str]:
    """*root* and everything below it."""
    seen: set[str] = set()
    todo = [root]
    while todo:
        offset = todo.pop()
        if offset not in seen:
            seen.add(offset)
            todo.extend(hyponyms.get(offset, ()))
    return frozenset(seen)


def main(wordnet: Path, out: Path, unwanted: frozenset[str] = frozenset()) -> None:
    """Write the lists."""
    files, hyponyms = read_nouns(wordnet / "data.noun")
    humans = closure(PERSON, hyponyms)
    lists: dict[str, list[str]] = {
        name: [] for name in ("persons", "modifiers", "activities", "animals", "verbs", "words")
    }
    past = {line.split()[0] for line in (wordnet / "verb.exc").read_text("utf-8").splitlines()}
    for word, senses in sorted(read_senses(wordnet / "index.sense").items()):
        lists["words"].append(word)
        nouns = sorted((s for s in senses if s.pos == NOUN), key=lambda s: s.number)
        noun = sum(s.count for s in nouns)
        verb = sum(s.count for s in senses if s.pos == VERB)
        adjective = sum(s.count for s in senses if s.pos in ADJECTIVES)
        if nouns and noun >= max(verb, adjective):
            person = sum(s.count for s in nouns if s.offset in humans)
            other = noun - person
            dominant = max(nouns, key=lambda s: (s.count, -s.number))
            if person > other or (person == other and nouns[0].offset in humans):
                lists["persons"].append(word)
            elif files[dominant.offset] == ANIMAL_FILE:
                lists["animals"].append(word)
            elif files[dominant.offset] in ACTIVITY_FILES and noun > 0:
                lists["activities"].append(word)
        if any(s.pos == VERB for s in senses) and word not in past:
            lists["verbs"].append(word)
        if any(s.pos in ADJECTIVES for s in senses) and (not nouns or adjective >= noun):
            lists["modifiers"].append(word)
    lists["persons"] = [word for word in lists["persons"] if word not in unwanted]
    for name, words in lists.items():
        (out / f"{name}.txt").write_text("\n".join(words) + "\n", "utf-8")
        sys.stdout.write(f"{name}: {len(words)}\n")


if __name__ == "__main__":
    excluded = Path(sys.argv[3]).read_text("utf-8").split() if len(sys.argv) > 3 else ()
    main(Path(sys.argv[1]), Path(sys.argv[2]), frozenset(excluded))
