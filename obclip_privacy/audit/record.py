"""What the audit keeps of one prompt: figures and findings, no text unless it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from obclip_privacy.audit.findings import Finding
from obclip_privacy.policy.frozen import Json

#: A figure: exact where it is a count or a probability.
Number = int | float | Fraction


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """Figures of one attribute of one person, given what was sent.

    Attributes:
        key: ``0.gender``.
        attribute: id.
        strategy: of the policy, or ``""``.
        posterior: best guess at the value under the stated prior.
        posterior_uniform: the same if all members are equally likely.
        l_distinct: distinct l-diversity.
        l_entropy: entropy l-diversity under the stated prior.
        t_closeness: against the domain, under the stated prior.
        block_bits: what the choice of the block gives away.
        information: figures of quantitative information flow by name.
    """

    key: str
    attribute: str
    strategy: str
    posterior: Fraction
    posterior_uniform: Fraction
    l_distinct: int
    l_entropy: float
    t_closeness: Fraction
    block_bits: float
    information: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Score:
    """How one guess went.

    Attributes:
        attacker: its name.
        target: what was guessed.
        hit: probability of being right.
        chance: that of a blind guess.
        share: share of the answers that it took for the best ones.
    """

    attacker: str
    target: str
    hit: Fraction
    chance: Fraction
    share: Fraction


@dataclass(frozen=True, slots=True)
class Links:
    """Digests by which sets of one log are compared; salted for each audit, so they are worth nothing later.

    Attributes:
        prompt: of the real candidate and its user.
        user: of whoever sent it, ``""`` where the log does not say.
        content: of what was sent, without a salt: it identifies findings, and stays inside the audit.
        members: of every candidate.
        sequence: of what was sent, in its order.
        varying: of what distinguishes the candidates, without an order.
        order: the same in the order that was sent.
        real: of what distinguishes the real candidate.
        words: of the words that all candidates share, sorted.
        columns: what ``rows`` are about: keys of columns, or one for the words that vary.
        rows: for each member its value in each column.
        row: index of the real member in ``rows``, or ``None``.
        values: per attribute that varies, the values in the set, and the real one.
    """

    prompt: str
    user: str
    content: str
    members: tuple[str, ...]
    sequence: str
    varying: str
    order: str
    real: str
    words: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row: int | None
    values: tuple[tuple[str, tuple[str, ...], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One audited prompt.

    Attributes:
        row: its number in the input.
        status: ``ok`` or ``refused``.
        sensitive: whether it states an attribute that is to be hidden.
        figures: by name.
        columns: per attribute.
        scores: of the attackers.
        findings: of this prompt.
        position: real index and number of candidates, or ``None``.
        links: for comparing sets with one another, or ``None``.
        wire: digests of settings, headers and seed of a recorded request; else empty.
        shown: prompt, candidates, spans, if they were asked for.
    """

    row: int
    status: str
    sensitive: bool
    figures: Mapping[str, Number] = field(default_factory=dict)
    columns: tuple[ColumnFigures, ...] = ()
    scores: tuple[Score, ...] = ()
    findings: tuple[Finding, ...] = ()
    position: tuple[int, int] | None = None
    links: Links | None = None
    wire: tuple[str, ...] = ()
    shown: Mapping[str, Json] | None = None
