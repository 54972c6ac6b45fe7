"""What the audit looks at: one set as the cloud has it, and apart from it what only the audit knows."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache

from obclip_privacy.language.fold import fold
from obclip_privacy.policy.frozen import Json

#: A word: letters and digits, with hyphens and apostrophes inside.
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class ColumnView:
    """An attribute of a person, with the values among which the real one is hidden.

    Attributes:
        key: ``0.gender``: person and attribute.
        attribute: id of the attribute.
        values: ids in canonical order.
        prior: stated probability of each value given that it is one of them; sums to 1.
        domain: ids of the whole domain, in canonical order.
        domain_prior: stated probability of each value of the domain.
        blocks: partition of the domain's indices, if the set is a block of it; else empty.
        ordered: whether the values have an order (ages).
        strategy: of the policy; ``""`` for sets made elsewhere.
    """

    key: str
    attribute: str
    values: tuple[str, ...]
    prior: tuple[Fraction, ...]
    domain: tuple[str, ...]
    domain_prior: tuple[Fraction, ...]
    blocks: tuple[tuple[int, ...], ...] = ()
    ordered: bool = False
    strategy: str = ""


#: Makes what the device would send, as a request's payload; ``None``: the device refuses.
Payload = Callable[[], "Mapping[str, Json] | None"]


@dataclass(frozen=True, slots=True)
class Again:
    """The device at work, for attackers that watch it.

    Attributes:
        own: asks for what the person typed; which member that is it does not say.
        members: ask for each member.
    """

    own: Payload = field(repr=False)
    members: tuple[Payload, ...] = field(repr=False)


@dataclass(frozen=True)
class Observation:
    """What the cloud has of one request, and can compute from it. Nothing here says which member is real.

    Attributes:
        candidates: the prompts that were sent, in the order in which they were sent.
        members: the prompts that may stand behind them, in canonical order. Where an attribute is
            neutralised many members share a candidate; for sets made elsewhere both are the same.
        columns: attributes of persons; empty where only the joint figures can be given.
        assignments: for each member the index of its value in each column.
        prior: stated probability of each member; sums to 1.
        domain_prior: of each combination of the columns' domains, in the order of their product, if a joint
            prior is stated; empty if the columns are independent.
        negative_prompt: the one that was sent.
        outputs: for each member a digest of what the generator sends when it is asked for that member
            (``None``: it refuses); ``None`` where the generator cannot be run.
        output: digest of what was sent.
        survivors: how many members the generator's own re-run left, where there are too many to run here.
        seconds: for each member the least time that the generator took in even and in odd rounds; empty
            unless it was measured.
        consistent: whether the engine has checked that no member contradicts itself in the words it moves.
        again: the device, where it can be asked again.
    """

    candidates: tuple[str, ...] = field(repr=False)
    members: tuple[str, ...] = field(repr=False)
    columns: tuple[ColumnView, ...]
    assignments: tuple[tuple[int, ...], ...] = field(repr=False)
    prior: tuple[Fraction, ...] = field(repr=False)
    domain_prior: tuple[Fraction, ...] = field(default=(), repr=False)
    negative_prompt: str = field(default="", repr=False)
    outputs: tuple[bytes | None, ...] | None = field(default=None, repr=False)
    output: bytes = field(default=b"", repr=False)
    survivors: int | None = None
    seconds: tuple[tuple[float, float], ...] = ()
    consistent: bool = False
    again: Again | None = field(default=None, repr=False, compare=False)

    @property
    def n(self) -> int:
        """Size of the anonymity set."""
        return len(self.members)

    @cached_property
    def common_words(self) -> tuple[str, ...]:
        """Words that all candidates share, in text order: what no candidate set can hide."""
        return common_words(self.candidates)

    @cached_property
    def common_typed_words(self) -> tuple[str, ...]:
        """Words that all members share: as :attr:`common_words`, with the cues that are withheld."""
        return common_words(self.members)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the cloud must not learn.

    Attributes:
        member: index of the real member, or ``None`` if it is not known.
        candidate: index of the real candidate, or ``None``.
        prompt: what the person typed, or ``""`` if it is not known.
    """

    member: int | None
    candidate: int | None
    prompt: str = field(default="", repr=False)


def tokens_of(text: str) -> list[str]:
    """The lower-case words of *text*."""
    return _WORD.findall(fold(text).lower())


def common_words(texts: Sequence[str]) -> tuple[str, ...]:
    """The words that every text has, as often as the text that has them least often."""
    return _common_words(tuple(texts))


# The attackers, the form and the links of one set all ask for them.
@lru_cache(maxsize=4)
def _common_words(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts:
        return ()
    first = tokens_of(texts[0])
    left = Counter(first)
    for text in texts[1:]:
        left &= Counter(tokens_of(text))
    kept = []
    for token in first:
        if left[token]:
            left[token] -= 1
            kept.append(token)
    return tuple(kept)


def set_digest(candidates: Sequence[str], negative_prompt: str = "", extra: object = None) -> bytes:
    """SHA-256 of a set as it is sent: the prompts in their order, and what goes with them."""
    text = json.dumps([list(candidates), negative_prompt, extra], separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).digest()


def normalised(weights: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """*weights* scaled to sum to 1; uniform if they are all 0."""
    total = sum(weights, Fraction(0))
    if not total:
        return (Fraction(1, len(weights)),) * len(weights)
    return tuple(weight / total for weight in weights)


def product_prior(
    columns: Sequence[ColumnView], assignments: Sequence[Sequence[int]]
) -> tuple[Fraction, ...]:
    """The prior of each member if the columns are independent."""
    weights = []
    for assignment in assignments:
        weight = Fraction(1)
        for column, value in zip(columns, assignment, strict=True):
            weight *= column.prior[value]
        weights.append(weight)
    return normalised(weights)


def marginal(
    observation: Observation, column: int, weights: Mapping[int, Fraction] | None = None
) -> tuple[Fraction, ...]:
    """Distribution of a column's values over members, weighted by *weights* or by the prior; sums to 1."""
    weighed = [
        observation.prior[member] if weights is None else weights.get(member, Fraction(0))
        for member in range(len(observation.assignments))
    ]
    size = len(observation.columns[column].values)
    return marginal_of(weighed, [assignment[column] for assignment in observation.assignments], size)


def marginal_of(weights: Sequence[Fraction], values: Sequence[int], size: int) -> tuple[Fraction, ...]:
    """Distribution of *values* of ``range(size)`` under *weights*; sums to 1."""
    totals = [Fraction(0)] * size
    for weight, value in zip(weights, values, strict=True):
        totals[value] += weight
    return normalised(totals)
