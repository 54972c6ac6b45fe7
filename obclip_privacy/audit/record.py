"""What the audit keeps of one prompt: figures and findings, no text unless it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from obclip_privacy.audit.findings import Finding, Severity
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
        l_distinct: distinct l-diversity.
        l_entropy: entropy l-diversity under the stated prior.
        t_closeness: against the domain, under the stated prior.
        block_bits: what the choice of the block gives away.
    """

    key: str
    attribute: str
    strategy: str
    posterior: Fraction
    l_distinct: int
    l_entropy: float
    t_closeness: Fraction
    block_bits: float


@dataclass(frozen=True, slots=True)
class Score:
    """How one guess went: its chance of being right, and that of a blind guess."""

    attacker: str
    target: str
    hit: Fraction
    chance: Fraction


@dataclass(frozen=True, slots=True)
class Links:
    """Digests by which sets of one log are compared; salted for each audit, so they are worth nothing later.

    Attributes:
        prompt: of the real candidate.
        members: of every candidate.
        sequence: of what was sent, in its order.
        varying: of what distinguishes the candidates, without an order; and in order.
        order: see ``varying``.
        real: of what distinguishes the real candidate.
        common: of the words that all candidates share.
        values: per attribute that varies, the values in the set, and the real one.
    """

    prompt: str
    members: tuple[str, ...]
    sequence: str
    varying: str
    order: str
    real: str
    common: str
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


def record_json(record: Record) -> dict[str, Json]:
    """A record as JSON data, for the file that keeps progress."""
    links = record.links
    return {
        "row": record.row,
        "status": record.status,
        "sensitive": record.sensitive,
        "figures": {name: _written(value) for name, value in record.figures.items()},
        "columns": [
            [
                c.key,
                c.attribute,
                c.strategy,
                str(c.posterior),
                c.l_distinct,
                c.l_entropy,
                str(c.t_closeness),
                c.block_bits,
            ]
            for c in record.columns
        ],
        "scores": [[s.attacker, s.target, str(s.hit), str(s.chance)] for s in record.scores],
        "findings": [
            [f.kind, f.severity.value, f.row, f.attribute, f.detail, f.content.hex(), f.count]
            for f in record.findings
        ],
        "position": list(record.position) if record.position else None,
        "links": None
        if links is None
        else [
            links.prompt,
            list(links.members),
            links.sequence,
            links.varying,
            links.order,
            links.real,
            links.common,
            [[name, list(values), real] for name, values, real in links.values],
        ],
        "wire": list(record.wire),
        "shown": record.shown,
    }


def record_from_json(data: Mapping[str, Json]) -> Record:
    """Undo :func:`record_json`.

    Raises:
        ValueError: the data is no record.
    """
    try:
        return _record(data)
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError("not a record of an audit") from error


def _record(data: Mapping[str, Json]) -> Record:
    def rows(name: str) -> list[list[Json]]:
        found = data[name]
        if not isinstance(found, list) or not all(isinstance(row, list) for row in found):
            raise TypeError(name)
        return [row for row in found if isinstance(row, list)]

    figures, position, links = data["figures"], data["position"], data["links"]
    shown, wire = data["shown"], data["wire"]
    if not isinstance(figures, Mapping) or not isinstance(data["row"], int):
        raise TypeError("figures")
    return Record(
        row=data["row"],
        status=str(data["status"]),
        sensitive=bool(data["sensitive"]),
        figures={name: _read(value) for name, value in figures.items()},
        columns=tuple(
            ColumnFigures(
                str(c[0]),
                str(c[1]),
                str(c[2]),
                Fraction(str(c[3])),
                int(str(c[4])),
                float(str(c[5])),
                Fraction(str(c[6])),
                float(str(c[7])),
            )
            for c in rows("columns")
        ),
        scores=tuple(
            Score(str(s[0]), str(s[1]), Fraction(str(s[2])), Fraction(str(s[3]))) for s in rows("scores")
        ),
        findings=tuple(
            Finding(
                str(f[0]),
                Severity(str(f[1])),
                None if f[2] is None else int(str(f[2])),
                str(f[3]),
                str(f[4]),
                bytes.fromhex(str(f[5])),
                int(str(f[6])),
            )
            for f in rows("findings")
        ),
        position=(int(str(position[0])), int(str(position[1]))) if isinstance(position, list) else None,
        links=_links(links) if isinstance(links, list) else None,
        wire=tuple(str(mark) for mark in wire) if isinstance(wire, list) else (),
        shown=shown if isinstance(shown, Mapping) else None,
    )


def _links(data: list[Json]) -> Links:
    prompt, members, sequence, varying, order, real, common, values = data
    if not isinstance(members, list) or not isinstance(values, list):
        raise TypeError("links")
    return Links(
        str(prompt),
        tuple(str(member) for member in members),
        str(sequence),
        str(varying),
        str(order),
        str(real),
        str(common),
        tuple(
            (str(row[0]), tuple(str(value) for value in row[1]), str(row[2]))
            for row in values
            if isinstance(row, list) and isinstance(row[1], list)
        ),
    )


def _written(value: Number) -> Json:
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else value


def _read(value: Json) -> Number:
    if isinstance(value, str):
        return Fraction(value)
    if isinstance(value, (int, float)):
        return value
    raise TypeError("figure")
