"""n-gram language model: ranks the candidates by how likely a text file makes them.

Interpolated word trigrams: ``P(w | u v) = a c(uvw)/c(uv) + b c(vw)/c(v) + c (c(w) + 1)/(N + V + 1)`` with
weights 0.5, 0.3 and 0.2. The score of a candidate is its log-likelihood a word. What it finds in a closed
set is the prior of the words, which no set can hide. Source: Jelinek and Mercer 1980.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy.audit.attackers.base import JOINT, Attack, Attacker, Guess, Setting
from obclip_privacy.audit.observation import Observation, tokens_of
from obclip_privacy.errors import BadInputError

MAX_TEXT_BYTES = 64 * 1024 * 1024
_WEIGHTS = (0.5, 0.3, 0.2)
_START, _END = "<s>", "</s>"


@dataclass(frozen=True, slots=True)
class NGrams:
    """Counts of word sequences of one to three words."""

    counts: Counter[tuple[str, ...]]
    words: int
    vocabulary: int

    @classmethod
    def of(cls, lines: Iterable[str]) -> NGrams:
        """Count the lines of a text."""
        counts: Counter[tuple[str, ...]] = Counter()
        for line in lines:
            tokens = (_START, _START, *tokens_of(line), _END)
            for index in range(2, len(tokens)):
                for length in (1, 2, 3):
                    counts[tokens[index - length + 1 : index + 1]] += 1
                counts["context", tokens[index - 1]] += 1
                counts["context", tokens[index - 2], tokens[index - 1], ""] += 1
        single = [key for key in counts if len(key) == 1]
        return cls(counts, sum(counts[key] for key in single), len(single))

    def log_likelihood(self, text: str) -> float:
        """Mean log-probability of a word of *text*, in nats."""
        tokens = (_START, _START, *tokens_of(text), _END)
        total = 0.0
        for index in range(2, len(tokens)):
            u, v, w = tokens[index - 2 : index + 1]
            wide = self.counts["context", u, v, ""]
            near = self.counts["context", v]
            total += math.log(
                _WEIGHTS[0] * (self.counts[u, v, w] / wide if wide else 0.0)
                + _WEIGHTS[1] * (self.counts[v, w] / near if near else 0.0)
                + _WEIGHTS[2] * (self.counts[w,] + 1) / (self.words + self.vocabulary + 1)
            )
        return total / (len(tokens) - 2)


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a text file that are not blank.

    Raises:
        BadInputError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise BadInputError(f"{path}: larger than {MAX_TEXT_BYTES} bytes")
        with path.open(encoding="utf-8-sig") as file:
            yield from (line.strip() for line in file if line.strip())
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadInputError(f"{path}: not UTF-8") from None


def _prepare(setting: Setting) -> Attack | None:
    path = setting.files.get("lm_text")
    if path is None:
        return None
    model = NGrams.of(read_lines(path))

    def attack(observation: Observation) -> Sequence[Guess]:
        if observation.n < 2 or len(observation.candidates) != observation.n:
            return ()
        scores = tuple(round(model.log_likelihood(text), 9) for text in observation.candidates)
        return (Guess(JOINT, scores, "likelihood under the n-gram model"),)

    return attack


NGRAM = Attacker(
    "ngram",
    "ranks the candidates by a trigram model of the text of --lm-text",
    _prepare,
    needs="lm_text",
    hideable=False,
)
