"""Records as JSON data and back, for the file that keeps progress and for worker processes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from obclip_privacy.audit.findings import Finding, Severity
from obclip_privacy.audit.record import ColumnFigures, Links, Number, Record, Score
from obclip_privacy.policy.frozen import Json


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
                str(c.posterior_uniform),
                c.l_distinct,
                c.l_entropy,
                str(c.t_closeness),
                c.block_bits,
                {name: _written(value) for name, value in c.information.items()},
            ]
            for c in record.columns
        ],
        "scores": [[s.attacker, s.target, str(s.hit), str(s.chance), str(s.share)] for s in record.scores],
        "findings": [
            [f.kind, f.severity.value, f.row, f.attribute, f.detail, f.content.hex(), f.count, f.fix]
            for f in record.findings
        ],
        "position": list(record.position) if record.position else None,
        "links": None
        if links is None
        else [
            links.prompt,
            links.user,
            links.content,
            list(links.members),
            links.sequence,
            links.varying,
            links.order,
            links.real,
            list(links.words),
            list(links.columns),
            [list(row) for row in links.rows],
            links.row,
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
    if not isinstance(data["row"], int):
        raise TypeError("row")
    return Record(
        row=data["row"],
        status=str(data["status"]),
        sensitive=bool(data["sensitive"]),
        figures=_numbers(figures),
        columns=tuple(
            ColumnFigures(
                str(c[0]),
                str(c[1]),
                str(c[2]),
                Fraction(str(c[3])),
                Fraction(str(c[4])),
                int(str(c[5])),
                float(str(c[6])),
                Fraction(str(c[7])),
                float(str(c[8])),
                _numbers(c[9]),
            )
            for c in rows("columns")
        ),
        scores=tuple(
            Score(str(s[0]), str(s[1]), *(Fraction(str(s[place])) for place in (2, 3, 4)))
            for s in rows("scores")
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
                fix=str(f[7]),
            )
            for f in rows("findings")
        ),
        position=(int(str(position[0])), int(str(position[1]))) if isinstance(position, list) else None,
        links=_links(links) if isinstance(links, list) else None,
        wire=tuple(str(mark) for mark in wire) if isinstance(wire, list) else (),
        shown=shown if isinstance(shown, Mapping) else None,
    )


def _links(data: list[Json]) -> Links:
    if len(data) != 13:
        raise TypeError("links")
    prompt, user, content, members, sequence, varying, order, real, words, columns, rows, row, values = data
    if not isinstance(rows, list) or not isinstance(values, list):
        raise TypeError("links")
    return Links(
        str(prompt),
        str(user),
        str(content),
        _texts(members),
        str(sequence),
        str(varying),
        str(order),
        str(real),
        _texts(words),
        _texts(columns),
        tuple(_texts(each) for each in rows),
        row if isinstance(row, int) else None,
        tuple((str(each[0]), _texts(each[1]), str(each[2])) for each in values if isinstance(each, list)),
    )


def _texts(data: Json) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise TypeError("links")
    return tuple(str(text) for text in data)


def _numbers(data: Json) -> dict[str, Number]:
    if not isinstance(data, Mapping):
        raise TypeError("figures")
    return {name: _read(value) for name, value in data.items()}


def _written(value: Number) -> Json:
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else value


def _read(value: Json) -> Number:
    if isinstance(value, str):
        return Fraction(value)
    if isinstance(value, (int, float)):
        return value
    raise TypeError("figure")
