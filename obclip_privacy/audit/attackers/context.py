"""Context: guesses a person's value from the words that stay, which no candidate set can hide.

Multinomial naive Bayes with add-one smoothing. Captions are labelled by hand (``.jsonl`` with ``values`` by
attribute), or else by what the policy's detectors read in them; the words that are no mention are the
features. The second attacker also sees the cues that the policy withholds; the difference is what
withholding them buys.
Each guess is beside 1/(number of values); a training file whose values are not equally common gives the
prior an edge as well. Source: Manning, Raghavan and Schuetze, "Introduction to Information Retrieval",
chapter 13.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from obclip_privacy.audit.attackers.base import Attack, Attacker, Guess, Setting
from obclip_privacy.audit.attackers.ngram import read_lines
from obclip_privacy.audit.json_input import read_json_lines
from obclip_privacy.audit.observation import Observation, tokens_of
from obclip_privacy.audit.reading import is_withheld
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.model import Strategy

#: Captions beyond this many are not learnt from.
MAX_CAPTIONS = 50_000


@dataclass(slots=True)
class NaiveBayes:
    """Counts of words by value, for one attribute."""

    words: dict[str, Counter[str]] = field(default_factory=dict)
    documents: Counter[str] = field(default_factory=Counter)
    vocabulary: set[str] = field(default_factory=set)

    def learn(self, words: Sequence[str], value: str) -> None:
        """Note one labelled caption."""
        self.words.setdefault(value, Counter()).update(words)
        self.documents[value] += 1
        self.vocabulary.update(words)

    def score(self, words: Sequence[str], value: str) -> float:
        """Log-probability of *value* and *words*; words that were never seen say nothing."""
        seen = self.words.get(value, Counter())
        total = sum(seen.values()) + len(self.vocabulary)
        score = math.log(
            (self.documents[value] + 1) / (sum(self.documents.values()) + len(self.documents) + 1)
        )
        return score + math.fsum(math.log((seen[w] + 1) / total) for w in words if w in self.vocabulary)


def learn(setting: Setting, cues: bool) -> dict[str, NaiveBayes]:
    """One classifier an attribute, from the captions of ``--train``."""
    policy = setting.reading.engine.policy
    hidden = {a.id: a for a in policy.attributes if a.strategy is not Strategy.KEEP}
    models: dict[str, NaiveBayes] = {}
    for caption, labels in itertools.islice(read_captions(setting.files["train"]), MAX_CAPTIONS):
        detection = setting.reading.detect(caption)
        spans = [(mention.start, mention.end) for mention in detection.mentions]
        if not cues:
            spans += [(c.start, c.end) for c in detection.cues if is_withheld(policy, c.kind)]
        words = tokens_of(_without(caption, spans))
        stated = [(name, values) for (_, name), values in setting.reading.values(caption).items()]
        told = [(name, frozenset({value})) for name, value in labels.items()] if labels else stated
        for name, values in told:
            place = hidden[name].index_of(next(iter(values))) if name in hidden and len(values) == 1 else None
            if place is not None:
                models.setdefault(name, NaiveBayes()).learn(words, hidden[name].value_ids[place])
    return models


def read_captions(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Captions with their labels: a line each, or ``.jsonl`` objects with ``prompt`` and ``values``.

    Raises:
        BadInputError: the file cannot be read, or a line is malformed.
    """
    if path.suffix.lower() != ".jsonl":
        yield from ((line, {}) for line in read_lines(path))
        return
    for number, entry in read_json_lines(path):
        prompt = entry.get("prompt") if isinstance(entry, Mapping) else None
        values = entry.get("values", {}) if isinstance(entry, Mapping) else None
        if not isinstance(prompt, str) or not isinstance(values, Mapping):
            raise BadInputError(f"{path}:{number}: each line must be an object with 'prompt' and 'values'")
        yield prompt, {str(name): str(value) for name, value in values.items()}


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """*text* with a space in place of each span."""
    parts, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            parts.append(text[at:start])
            at = end
    return " ".join([*parts, text[at:]])


def _prepare(cues: bool) -> Callable[[Setting], Attack | None]:
    def prepare(setting: Setting) -> Attack | None:
        if "train" not in setting.files:
            return None
        models = learn(setting, cues)

        def attack(observation: Observation) -> Sequence[Guess]:
            words = observation.common_typed_words if cues else observation.common_words
            return [
                Guess(
                    column.key,
                    tuple(round(models[column.attribute].score(words, value), 9) for value in column.values),
                    "naive Bayes on the words that stay",
                )
                for column in observation.columns
                if column.attribute in models
            ]

        return attack

    return prepare


CONTEXT = Attacker(
    "context",
    "guesses each value from the words that stay, having learnt from the captions of --train",
    _prepare(cues=False),
    needs="train",
    hideable=False,
)
CONTEXT_WITH_CUES = Attacker(
    "context_with_cues",
    "the same with the cues that the policy withholds: what it would know if they were sent",
    _prepare(cues=True),
    needs="train",
    hideable=False,
)
