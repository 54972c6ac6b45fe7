"""The figures of one set: size, posterior, quantitative information flow, utility, cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from obclip_privacy.audit.figures.bayes_vulnerability import vulnerability_given
from obclip_privacy.audit.figures.block_leakage import (
    Choice,
    attribute_figures,
    choice_figures,
    product_choice,
)
from obclip_privacy.audit.figures.channel import deterministic, marginal_channel, uniform
from obclip_privacy.audit.figures.cost import set_macs
from obclip_privacy.audit.figures.edit_distance import edit_distance
from obclip_privacy.audit.figures.information import information, information_by_form
from obclip_privacy.audit.figures.l_diversity import distinct_l_diversity, entropy_l_diversity
from obclip_privacy.audit.figures.outside_text import outside_changed
from obclip_privacy.audit.figures.t_closeness import equal_distance, ordered_distance
from obclip_privacy.audit.figures.timing import uneven_times
from obclip_privacy.audit.findings import Finding
from obclip_privacy.audit.measuring.survivors import is_closed
from obclip_privacy.audit.observation import ColumnView, Observation, marginal, normalised
from obclip_privacy.audit.reading import Reading
from obclip_privacy.audit.record import ColumnFigures, Number
from obclip_privacy.audit.sources.subject import Subject
from obclip_privacy.policy.frozen import FrozenMap

_COUNTED = ("closure", "odd_one_out", "contradiction", "uneven", "unhidden", "visible", "cues")


def set_figures(
    reading: Reading,
    subject: Subject,
    seen: Observation,
    alive: Sequence[int],
    columns: Sequence[ColumnFigures],
    findings: Sequence[Finding],
) -> dict[str, Number]:
    """The figures by name, but for ``k_eff``.

    Args:
        reading: finds the mentions in what was typed.
        subject: what was audited.
        seen: its observation.
        alive: members that may still be real.
        columns: of :func:`column_figures`.
        findings: of this set, which are counted.
    """
    figures: dict[str, Number] = {
        "n": seen.n,
        "n_sent": len(seen.candidates),
        "posterior": vulnerability_given(seen.prior, alive),
        "posterior_uniform": vulnerability_given(uniform(seen.n), alive),
        **{kind: sum(found.count for found in findings if found.kind == kind) for kind in _COUNTED},
        "cues_withheld": subject.cues_withheld,
        "bytes": sum(len(text.encode("utf-8", "surrogatepass")) for text in seen.candidates),
        "macs": set_macs(len(seen.candidates)),
    }
    if seen.seconds:
        figures["timing"] = int(uneven_times(seen.seconds))
    if _is_known(seen):
        channel = None if _says_nothing(seen) else deterministic(seen.prior, seen.outputs or ())
        figures.update(information(seen.prior, channel, _block_figures(seen)))
    else:
        left = normalised([seen.prior[member] for member in alive])
        figures.update(information_by_form(seen.prior, left, uniform(len(alive))))
    if columns:
        figures["posterior_worst_attribute"] = max(column.posterior for column in columns)
        figures["l_diversity"] = min(column.l_distinct for column in columns)
        figures["t_closeness"] = max(column.t_closeness for column in columns)
    if subject.truth.prompt and subject.truth.candidate is not None:
        sent = seen.candidates[subject.truth.candidate]
        figures["edit_distance"] = edit_distance(subject.truth.prompt, sent)
        spans = [
            *subject.withheld,
            *((m.start, m.end) for m in reading.detect(subject.truth.prompt).mentions),
        ]
        figures["outside_changed"] = outside_changed(subject.truth.prompt, spans, sent)
    return figures


def column_figures(seen: Observation, index: int, alive: Sequence[int]) -> ColumnFigures:
    """The figures of one attribute of one person, given that one of *alive* is real."""
    if _is_known(seen) and _says_nothing(seen):
        return _closed_column_figures(
            seen.columns, index, seen.assignments, seen.prior, seen.domain_prior, tuple(alive)
        )
    return _column_figures(seen, index, alive)


# A closed set has the figures of every closed set with the same columns, whatever its words.
@lru_cache(maxsize=32)
def _closed_column_figures(
    columns: tuple[ColumnView, ...],
    index: int,
    assignments: tuple[tuple[int, ...], ...],
    prior: tuple[Fraction, ...],
    domain_prior: tuple[Fraction, ...],
    alive: tuple[int, ...],
) -> ColumnFigures:
    members, n = ("",) * len(assignments), len(assignments)
    seen = Observation(members, members, columns, assignments, prior, domain_prior, survivors=n)
    return _column_figures(seen, index, alive)


def _column_figures(seen: Observation, index: int, alive: Sequence[int]) -> ColumnFigures:
    column = seen.columns[index]
    found = marginal(seen, index, {member: seen.prior[member] for member in alive})
    by_value = dict(zip(column.values, found, strict=True))
    spread = [by_value.get(value, Fraction(0)) for value in column.domain]
    distance = ordered_distance if column.ordered else equal_distance
    blocks = _block_figures(seen, index)
    values = [assignment[index] for assignment in seen.assignments]
    prior, counts = marginal(seen, index), Counter(values[member] for member in alive)
    even = [Fraction(counts[value], len(alive)) for value in range(len(column.values))]
    if not _is_known(seen):
        figures = information_by_form(prior, found, even)
    elif _says_nothing(seen):
        figures = information(prior, None, blocks)
    else:
        channel = marginal_channel(seen.prior, values, len(column.values), seen.outputs or ())
        figures = information(prior, channel, blocks)
    return ColumnFigures(
        column.key,
        column.attribute,
        column.strategy,
        max(found),
        max(even),
        distinct_l_diversity(by_value),
        entropy_l_diversity(by_value),
        distance(spread, column.domain_prior),
        float(blocks.get("leakage_bits", 0.0)),
        figures,
    )


def _block_figures(seen: Observation, index: int | None = None) -> Mapping[str, Number]:
    """What the choice of the block gives away, of one attribute or of all; nothing if there are no blocks."""
    return _chosen(seen.columns, seen.domain_prior, index)


# A domain's blocks are those of every prompt that states it.
@lru_cache(maxsize=32)
def _chosen(
    columns: tuple[ColumnView, ...], domain_prior: tuple[Fraction, ...], index: int | None
) -> Mapping[str, Number]:
    choices = [
        Choice(column.domain_prior, column.blocks or (tuple(range(len(column.domain))),))
        for column in columns
    ]
    if not any(column.blocks for column in columns):
        return FrozenMap()
    if not domain_prior:
        alone = index is not None and not columns[index].blocks
        return FrozenMap() if alone else choice_figures(choices if index is None else [choices[index]])
    whole = product_choice(domain_prior, choices)
    return choice_figures([whole]) if index is None else attribute_figures(whole, choices, index)


def _is_known(seen: Observation) -> bool:
    """Whether somebody has run the members again: the audit, or for large sets the engine."""
    return seen.outputs is not None or seen.survivors is not None


def _says_nothing(seen: Observation) -> bool:
    """Whether all members send the same, or nobody can tell."""
    return seen.outputs is None or is_closed(seen)
