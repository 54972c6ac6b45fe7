"""Digests by which the sets of one log are compared with one another."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.audit.observation import Observation, Truth, tokens_of
from obclip_privacy.audit.reading import Reading
from obclip_privacy.audit.record import Links
from obclip_privacy.audit.sources.subject import Subject

#: The one column of sets that carry no values: the words in which a member differs from the others.
WORDS = "words"


@dataclass(frozen=True, slots=True)
class Digests:
    """Keyed digests; with a salt for each audit, so that they are worth nothing later."""

    salt: bytes

    def of(self, *texts: str) -> str:
        """24 hexadecimal digits."""
        data = "\x00".join(texts).encode("utf-8", "surrogatepass")
        return hmac.digest(self.salt, data, "sha256").hex()[:24]


def links_of(
    digests: Digests, reading: Reading, subject: Subject, seen: Observation, content: bytes
) -> Links | None:
    """What one set is compared by; ``None`` for a set of one prompt, which says nothing."""
    if len(seen.candidates) < 2:
        return None
    truth, candidate = subject.truth, subject.truth.candidate
    shared = seen.common_words
    whole = "\n".join(sorted(seen.candidates))
    real = seen.candidates[candidate] if candidate is not None else whole
    marks = [digests.of(*_varying(text, shared)) for text in seen.candidates]
    user = digests.of("user", subject.user) if subject.user else ""
    columns, rows = _rows(digests, reading, seen, marks)
    return Links(
        prompt=digests.of("prompt", user, real, seen.negative_prompt),
        user=user,
        content=content.hex(),
        members=tuple(digests.of("member", text) for text in seen.candidates),
        sequence=digests.of(*seen.candidates, seen.negative_prompt),
        varying=digests.of(*sorted(marks)),
        order=digests.of(*marks),
        real=marks[candidate] if candidate is not None else digests.of(*marks),
        words=tuple(sorted({digests.of("word", word)[:12] for word in shared})),
        columns=columns,
        rows=rows,
        row=truth.member if rows else None,
        values=_values(reading, seen, truth),
    )


def wire_marks(digests: Digests, subject: Subject, seen: Observation) -> tuple[str, ...]:
    """Digests of settings, headers, seed and content of a recorded request; empty for anything else."""
    wire = subject.wire
    if wire is None:
        return ()
    seed = "" if wire.seed is None else digests.of("seed", str(wire.seed))
    return (
        digests.of(wire.settings),
        digests.of(wire.headers),
        seed,
        digests.of("set", *sorted(seen.candidates)),
    )


def _rows(
    digests: Digests, reading: Reading, seen: Observation, marks: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns, and each member's values in them: stated, else read from the candidates, else their words."""
    if seen.columns:
        names = tuple(column.key for column in seen.columns)
        told = [
            [c.values[value] for c, value in zip(seen.columns, row, strict=True)] for row in seen.assignments
        ]
    elif len(marks) != seen.n:
        return (), ()
    else:
        stated = [reading.values(text) for text in seen.candidates]
        keys = sorted(key for key in stated[0] if all(len(row.get(key, ())) == 1 for row in stated))
        names = tuple(f"{person}.{attribute}" for person, attribute in keys)
        told = [[next(iter(row[key])) for key in keys] for row in stated]
        if len({tuple(row) for row in told}) < seen.n:
            return (WORDS,), tuple((mark,) for mark in marks)
    short = {value: digests.of("value", value)[:12] for row in told for value in row}
    return names, tuple(tuple(short[value] for value in row) for row in told)


def _values(
    reading: Reading, seen: Observation, truth: Truth
) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """Per attribute that varies in a set that cannot be re-run, its values there and the real one."""
    if seen.outputs is not None or truth.candidate is None:
        return ()
    stated = [reading.values(text) for text in seen.candidates]
    found = []
    for key in sorted({key for values in stated for key in values}):
        values = [next(iter(row[key])) if len(row.get(key, ())) == 1 else "" for row in stated]
        if len(set(values)) > 1:
            found.append((key[1], tuple(sorted(set(values))), values[truth.candidate]))
    return tuple(found)


def _varying(text: str, shared: Sequence[str]) -> list[str]:
    left = list(shared)
    rest = []
    for token in tokens_of(text):
        if token in left:
            left.remove(token)
        else:
            rest.append(token)
    return rest
