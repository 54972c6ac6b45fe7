"""What a candidate set says of itself: what happened to each attribute, and what was withheld.

For the device only: both tell the real value of some prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.candidates.builder import Built
from obclip_privacy.candidates.candidate_set import ColumnReport, Span
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.policy.model import AttributePolicy, Policy, Strategy


def column_reports(columns: Sequence[Column], built: Built, policy: Policy) -> tuple[ColumnReport, ...]:
    """What happened to each attribute of each person, in canonical order."""
    reports = [
        ColumnReport(
            column.person,
            column.attribute,
            _strategy_name(column, _policy_of(policy, column.attribute)),
            column.value_ids(_policy_of(policy, column.attribute)),
        )
        for column in columns
    ]
    taken = {(report.person, report.attribute) for report in reports}
    for person, attribute in built.kept:
        if (person, attribute) not in taken and person >= 0:
            reports.append(ColumnReport(person, attribute, Strategy.KEEP.value, ()))
    order = {attribute.id: rank for rank, attribute in enumerate(policy.attributes)}
    return tuple(sorted(reports, key=lambda report: (report.person, order[report.attribute])))


def _strategy_name(column: Column, policy: AttributePolicy) -> str:
    if column.mode is Mode.SHOWN:
        return Strategy.GENERALISE.value
    told = (Strategy.NEUTRALISE, Strategy.WITHHOLD)
    built_in = isinstance(policy.strategy, Strategy)
    if column.mode is Mode.NEUTRAL and built_in and policy.strategy not in told:
        return Strategy.NEUTRALISE.value
    return str(policy.strategy)


def withheld_spans(prompt: str, built: Built, columns: Sequence[Column], policy: Policy) -> tuple[Span, ...]:
    """Spans that the cloud does not get.

    Cues, mentions that are withheld or outside the domain, and the words that carry a mention which is left
    out (``of Asian descent``). A mention of which the cloud gets a broader word, or itself, is none.
    """
    spans = list(built.cue_spans)
    for index, column in enumerate(columns):
        if column.mode is not Mode.NEUTRAL:
            continue
        spans.extend(built.carrier_spans.get(index, ()))
        outside = not built.columns[index].values
        if outside or _policy_of(policy, column.attribute).strategy is Strategy.WITHHOLD:
            spans.extend(built.column_spans.get(index, ()))
    return tuple(Span(start, end, prompt[start:end]) for start, end in _merged(spans))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those inside another left out."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not merged or end > merged[-1][1]:
            merged.append((start, end))
    return merged


def _policy_of(policy: Policy, attribute: str) -> AttributePolicy:
    found = policy.attribute(attribute)
    if found is None:
        raise LookupError(f"the policy does not name '{attribute}'")
    return found
