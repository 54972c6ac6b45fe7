"""Sets of a policy: the engine's, re-run by the audit itself."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

from obclip_privacy.attributes.safety import band_of, substitutable
from obclip_privacy.audit.observation import (
    Again,
    ColumnView,
    Observation,
    Truth,
    marginal_of,
    normalised,
    product_prior,
)
from obclip_privacy.audit.prior import Prior
from obclip_privacy.audit.reading import Reading, is_withheld
from obclip_privacy.audit.sources.subject import OK, REFUSED, Subject
from obclip_privacy.audit.sources.watched_engine import WatchedEngine
from obclip_privacy.candidates.candidate_set import CandidateSet, ColumnReport
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.model import AttributePolicy, Strategy

#: Members beyond this many are not re-run one by one; their number is reported as the engine counted it.
MAX_RERUN = 512
_CLOSURE = "closure failed"
_ORDERED = frozenset({"age"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt of the input, with its negative prompt and, if the log names it, its user."""

    prompt: str = field(repr=False)
    negative_prompt: str = field(default="", repr=False)
    user: str = field(default="", repr=False)


class PolicySource:
    """Makes and re-runs the sets of one engine."""

    def __init__(self, engine: WatchedEngine, reading: Reading, prior: Prior) -> None:
        self._engine = engine
        self._reading = reading
        self._prior = prior
        self._joint: dict[tuple[ColumnView, ...], _Joint | None] = {}

    def subject(self, row: int, asked: Asked) -> Subject:
        """The set of a prompt, with every member fed back through the public entry."""
        prompt, negative_prompt = asked.prompt, asked.negative_prompt
        found = self._engine.candidates(prompt, negative_prompt)
        reports = [r for r in found.attributes if r.strategy != Strategy.KEEP]
        if found.status != "ok":
            lost = found.figures.n - found.figures.k_eff if found.reason.startswith(_CLOSURE) else 0
            if found.reason.startswith(_CLOSURE):
                lost = max(lost, 1)
            return Subject(
                row,
                REFUSED,
                found.reason,
                None,
                Truth(None, None),
                sensitive=True,
                open_members=lost,
                members_lost_of=found.figures.n,
                prompt=prompt,
            )
        members = found.members or found.candidates
        columns = self._columns(reports, len(members))
        joint = self._joint_prior(columns)
        columns = joint.columns if joint else columns
        assignments = (
            tuple(itertools.product(*(range(len(c.values)) for c in columns)))
            if columns
            else ((),) * len(members)
        )
        observation = Observation(
            candidates=found.candidates,
            members=members,
            columns=columns,
            assignments=assignments,
            prior=joint.members if joint else product_prior(columns, assignments),
            domain_prior=joint.domain if joint else (),
            survivors=found.figures.k_eff if len(members) > MAX_RERUN else None,
            negative_prompt=found.cloud_negative_prompt,
            outputs=self._engine.outputs(members, negative_prompt) if len(members) <= MAX_RERUN else None,
            output=found.payload_bytes,
            consistent=True,
            again=Again(
                partial(self._payload, prompt, negative_prompt),
                tuple(partial(self._payload, member, negative_prompt) for member in members),
            ),
        )
        truth = Truth(self._real_member(prompt, found, columns, members), found.real_index, prompt)
        cues = sum(is_withheld(self._engine.policy, cue.kind) for cue in self._reading.detect(prompt).cues)
        return Subject(
            row,
            OK,
            "",
            observation,
            truth,
            sensitive=bool(reports),
            cues_withheld=cues,
            prompt=prompt,
            withheld=tuple((span.start, span.end) for span in found.withheld),
            user=asked.user,
        )

    def _payload(self, prompt: str, negative_prompt: str) -> Mapping[str, Json] | None:
        found = self._engine.transform(prompt, negative_prompt)
        return found.payload() if found.status == OK else None

    def _columns(self, reports: Sequence[ColumnReport], n: int) -> tuple[ColumnView, ...]:
        """The columns, where they account for every member; else none, and only joint figures are given."""
        used = [report for report in reports if report.values]
        size = 1
        for report in used:
            size *= len(report.values)
        if size != n:
            return ()
        return tuple(self._column(report) for report in used)

    def _column(self, report: ColumnReport) -> ColumnView:
        policy = self._engine.policy.attribute(report.attribute)
        assert policy is not None  # noqa: S101 - the engine reports attributes of its policy only
        known = dict(zip(policy.value_ids, self._prior.of(policy), strict=True))
        # The domain is what may stand for the value: adults or minors, never both.
        places = substitutable(policy.id, policy.value_ids, band_of(policy.id, report.values[0]))
        band = [policy.value_ids[place] for place in places]
        blocks = self._blocks(policy, report, band)
        domain = tuple(band) if blocks else report.values
        return ColumnView(
            key=f"{report.person}.{report.attribute}",
            attribute=report.attribute,
            values=report.values,
            prior=normalised([known[value] for value in report.values]),
            domain=domain,
            domain_prior=normalised([known[value] for value in domain]),
            blocks=blocks,
            ordered=report.attribute in _ORDERED,
            strategy=report.strategy,
        )

    def _blocks(
        self, policy: AttributePolicy, report: ColumnReport, band: Sequence[str]
    ) -> tuple[tuple[int, ...], ...]:
        """The partition of *band* that a block was chosen from, as indices into *band*."""
        if report.strategy != Strategy.BLOCK and ":" not in report.strategy:
            return ()
        places = [policy.value_ids.index(value) for value in band]
        blocks = self._engine.blocks(policy, places)
        return tuple(tuple(places.index(value) for value in block) for block in blocks)

    def _joint_prior(self, columns: tuple[ColumnView, ...]) -> _Joint | None:
        """What a joint prior says of the columns, if one is stated for them; the same for all their sets."""
        if columns not in self._joint:
            self._joint[columns] = _joint_of(self._prior, columns)
        return self._joint[columns]

    def _real_member(
        self, prompt: str, found: CandidateSet, columns: Sequence[ColumnView], members: Sequence[str]
    ) -> int | None:
        if len(members) == len(found.candidates):
            return found.real_index
        if not columns:
            return None
        policy, stated = self._engine.policy, self._reading.values(prompt)
        index = 0
        for column in columns:
            person, _, attribute = column.key.partition(".")
            attribute_policy = policy.attribute(attribute)
            names = stated.get((int(person), attribute), frozenset())
            places = {attribute_policy.index_of(name) for name in names} if attribute_policy else set()
            place = places.pop() if len(places) == 1 else None
            identifier = attribute_policy.value_ids[place] if attribute_policy and place is not None else ""
            if identifier not in column.values:
                return None
            index = index * len(column.values) + column.values.index(identifier)
        return index


@dataclass(frozen=True, slots=True)
class _Joint:
    """A joint prior over the columns of a set.

    Attributes:
        columns: with its distributions.
        members: it, given that one of the set's members is real.
        domain: over the product of the columns' domains.
    """

    columns: tuple[ColumnView, ...]
    members: tuple[Fraction, ...]
    domain: tuple[Fraction, ...]


def _joint_of(prior: Prior, columns: tuple[ColumnView, ...]) -> _Joint | None:
    rows = list(itertools.product(*(column.values for column in columns)))
    combinations = list(itertools.product(*(column.domain for column in columns)))
    members, domain = prior.joint(columns, rows), prior.joint(columns, combinations)
    if members is None or domain is None:
        return None
    found = []
    for place, column in enumerate(columns):
        inside = [column.values.index(row[place]) for row in rows]
        whole = [column.domain.index(row[place]) for row in combinations]
        found.append(
            replace(
                column,
                prior=marginal_of(members, inside, len(column.values)),
                domain_prior=marginal_of(domain, whole, len(column.domain)),
            )
        )
    return _Joint(tuple(found), members, domain)
