"""Sets made elsewhere: a JSONL file with ``candidates`` and ``real_index``, and perhaps values and a prior.

``values`` has one entry a candidate: an object of values by attribute (``{"gender": "female"}``), a list, or
one string. ``prior`` is a list of probabilities, one a candidate, or an object by attribute and value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from obclip_privacy.audit.json_input import as_probability, read_json_lines
from obclip_privacy.audit.observation import (
    Again,
    ColumnView,
    Observation,
    Truth,
    marginal_of,
    normalised,
    product_prior,
    set_digest,
)
from obclip_privacy.audit.sources.generator import Generator, check_candidates, not_unicode, rerun
from obclip_privacy.audit.sources.subject import OK, REFUSED, Subject
from obclip_privacy.candidates.candidate_set import payload_of
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json


@dataclass(frozen=True, slots=True)
class GivenSet:
    """One line of the file, checked.

    Attributes:
        candidates: as sent.
        real_index: of the real one.
        negative_prompt: that goes with them.
        values: per candidate, the value of each attribute; or ``None``.
        prior: per candidate, or by attribute and value, or ``None``.
        prompt: what the person typed, if the file says it.
        refused: the reason, if the tool refused the prompt.
        user: who asked, if the file says it.
    """

    candidates: tuple[str, ...]
    real_index: int
    negative_prompt: str = ""
    values: tuple[Mapping[str, str], ...] | None = None
    prior: tuple[Fraction, ...] | Mapping[str, Mapping[str, Fraction]] | None = None
    prompt: str = ""
    refused: str = ""
    user: str = ""


def read_sets(path: Path) -> Iterator[tuple[int, GivenSet]]:
    """The sets of a file with their line numbers.

    Raises:
        BadInputError: the file cannot be read, or a line is malformed.
    """
    for number, entry in read_json_lines(path):
        yield number, parse_set(entry, f"{path}:{number}")


def parse_set(entry: Json, where: str) -> GivenSet:
    """One line of the file as a set.

    Raises:
        BadInputError: it is malformed.
    """
    if not isinstance(entry, Mapping):
        raise BadInputError(f"{where}: each line must be an object with 'candidates' and 'real_index'")
    if entry.get("status") == REFUSED:
        return GivenSet((), -1, refused="the tool refused the prompt")
    candidates = check_candidates(entry.get("candidates"), where)
    real = entry.get("real_index")
    if isinstance(real, bool) or not isinstance(real, int) or not 0 <= real < len(candidates):
        raise BadInputError(f"{where}: 'real_index' must be a whole number from 0 to {len(candidates) - 1}")
    negative, prompt, user = (entry.get(name) or "" for name in ("negative_prompt", "prompt", "user"))
    if not isinstance(negative, str) or not isinstance(prompt, str) or not isinstance(user, str):
        raise BadInputError(f"{where}: 'negative_prompt', 'prompt' and 'user' must be strings")
    if not_unicode(negative + prompt):
        raise BadInputError(f"{where}: a prompt has half of a surrogate pair, which no request can carry")
    values = _values(entry["values"], candidates, where) if entry.get("values") is not None else None
    prior = entry.get("prior")
    # `obclip candidates` names the prior that its figures are under; the values are not in the line.
    stated = (
        _prior(prior, candidates, where) if prior is not None and prior not in ("uniform", "policy") else None
    )
    if isinstance(stated, Mapping):
        _check_names(stated, values or (), where)
    return GivenSet(candidates, real, negative, values, stated, prompt, user=user)


def _values(given: Json, candidates: Sequence[str], where: str) -> tuple[Mapping[str, str], ...]:
    if not isinstance(given, list) or len(given) != len(candidates):
        raise BadInputError(f"{where}: 'values' must be a list with one entry for each candidate")
    rows: list[Mapping[str, str]] = []
    for entry in given:
        if isinstance(entry, str):
            row = {"value": entry}
        elif isinstance(entry, list) and all(isinstance(value, str) for value in entry):
            row = {str(index): str(value) for index, value in enumerate(entry)}
        elif isinstance(entry, Mapping) and all(isinstance(value, str) for value in entry.values()):
            row = {str(key): str(value) for key, value in entry.items()}
        else:
            raise BadInputError(f"{where}: each of 'values' must be an object of values by attribute")
        rows.append(row)
    if any(set(row) != set(rows[0]) for row in rows):
        raise BadInputError(f"{where}: all of 'values' must name the same attributes")
    return tuple(rows)


def _prior(
    given: Json, candidates: Sequence[str], where: str
) -> tuple[Fraction, ...] | Mapping[str, Mapping[str, Fraction]]:
    if isinstance(given, list):
        found = [as_probability(p, f"{where}: 'prior'") for p in given]
        if len(found) != len(candidates) or abs(float(sum(found)) - 1) > 1e-9:
            raise BadInputError(
                f"{where}: 'prior' must have one probability for each candidate, summing to 1"
            )
        return normalised(found)
    if isinstance(given, Mapping) and all(isinstance(row, Mapping) for row in given.values()):
        return {
            str(attribute): {
                str(value): as_probability(p, f"{where}: 'prior' of '{attribute}'")
                for value, p in row.items()
            }
            for attribute, row in given.items()
            if isinstance(row, Mapping)
        }
    raise BadInputError(
        f"{where}: 'prior' must be a list of probabilities, or an object by attribute and value"
    )


def _check_names(
    prior: Mapping[str, Mapping[str, Fraction]], values: Sequence[Mapping[str, str]], where: str
) -> None:
    """A prior that says nothing of the set would silently be a uniform one."""
    for attribute, stated in prior.items():
        if not any(attribute in row for row in values):
            raise BadInputError(f"{where}: 'prior' names '{attribute}', which is no attribute of 'values'")
        if not any(stated.get(row[attribute]) for row in values):
            raise BadInputError(f"{where}: 'prior' of '{attribute}' gives no value of the set a probability")


def subject_of(row: int, given: GivenSet, generator: Generator | None, *, repeats: int = 1) -> Subject:
    """The subject of a set, re-run if a generator is given."""
    if given.refused:
        return Subject(row, REFUSED, given.refused, None, Truth(None, None), False)
    members = tuple(dict.fromkeys(given.candidates))
    first = {text: index for index, text in reversed(list(enumerate(given.candidates)))}
    columns, assignments = _columns(given, [first[text] for text in members])
    if isinstance(given.prior, tuple):
        weights: dict[str, Fraction] = {}
        for text, p in zip(given.candidates, given.prior, strict=True):
            weights[text] = weights.get(text, Fraction(0)) + p
        prior = normalised([weights[text] for text in members])
        columns = tuple(
            _under(column, marginal_of(prior, [row[place] for row in assignments], len(column.values)))
            for place, column in enumerate(columns)
        )
    else:
        prior = product_prior(columns, assignments)
    again = rerun(generator, members, repeats=repeats) if generator else None
    observation = Observation(
        candidates=given.candidates if len(members) == len(given.candidates) else members,
        members=members,
        columns=columns,
        assignments=assignments,
        prior=prior,
        negative_prompt=given.negative_prompt,
        outputs=again.outputs if again else None,
        output=set_digest(given.candidates),
        seconds=again.seconds if again and repeats > 1 else (),
        again=_device(generator, given, members) if generator else None,
    )
    real = members.index(given.candidates[given.real_index])
    return Subject(
        row,
        OK,
        "",
        observation,
        Truth(real, real, given.prompt),
        sensitive=True,
        asked_again=again.sets[real] if again else None,
        prompt=given.prompt,
        user=given.user,
    )


def _device(generator: Generator, given: GivenSet, members: Sequence[str]) -> Again:
    """The generator as a device; of assignments it knows nothing."""

    def payload(prompt: str) -> Mapping[str, Json] | None:
        found = generator(prompt)
        return None if found is None else payload_of(found, [()] * len(found), given.negative_prompt)

    own = given.prompt or given.candidates[given.real_index]
    return Again(partial(payload, own), tuple(partial(payload, member) for member in members))


def _columns(
    given: GivenSet, places: Sequence[int]
) -> tuple[tuple[ColumnView, ...], tuple[tuple[int, ...], ...]]:
    if given.values is None:
        return (), ((),) * len(places)
    columns = []
    for name in given.values[0]:
        values = tuple(dict.fromkeys(row[name] for row in given.values))
        stated = given.prior.get(name) if isinstance(given.prior, Mapping) else None
        weights = [stated.get(value, Fraction(0)) if stated else Fraction(1) for value in values]
        prior = normalised(weights)
        attribute = name.partition(".")[2] if name[:1].isdigit() and "." in name else name
        columns.append(ColumnView(name, attribute, values, prior, values, prior, ordered=attribute == "age"))
    assignments = tuple(
        tuple(column.values.index(given.values[place][column.key]) for column in columns) for place in places
    )
    return tuple(columns), assignments


def _under(column: ColumnView, prior: tuple[Fraction, ...]) -> ColumnView:
    """*column* with the distribution that a prior of whole candidates gives it."""
    return replace(column, prior=prior, domain_prior=prior)
