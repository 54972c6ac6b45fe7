"""Builds a template from a prompt, what the rules found in it, and the policy's decisions.

Literal text is copied byte for byte. What depends on a slot is made to follow it: articles before it, verbs
after pronouns, and the separators of words that may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import Pos
from obclip_privacy.candidates import negative
from obclip_privacy.candidates.columns import Column
from obclip_privacy.candidates.decisions import Decisions, Key
from obclip_privacy.candidates.regions import Region, apart, find_regions
from obclip_privacy.candidates.slots import VERB_REACH, Realiser, SlotWriter
from obclip_privacy.candidates.template import Template
from obclip_privacy.candidates.writer import BEFORE_WORDS, Writer
from obclip_privacy.language import grammar
from obclip_privacy.language.units import Part


@dataclass(frozen=True, slots=True)
class Built:
    """A template with its columns.

    Attributes:
        template: the nodes.
        columns: in canonical order, person first, then the policy's order of attributes.
        real: position of the real value in each column; ``None`` where it is outside the domain.
        consistent: whether all mentions of a column state one value. People do write ``a man and her dog``;
            what is sent does not depend on it, but no member of a set may be like that.
        kept: (person, attribute) of what is stated and not exchanged.
        refusal: why the prompt is refused, or ``""``.
        cue_spans: (start, end) of what is withheld as a cue.
        column_spans: (start, end) of the mentions of each column.
        carrier_spans: (start, end) of what goes with a column's mentions where they are left out (``of Asian
            descent``).
        speaking: columns with a neutral wording that states something itself (``child`` for ``girl``).
    """

    template: Template
    columns: tuple[Column, ...]
    real: tuple[int | None, ...]
    consistent: bool
    kept: tuple[Key, ...]
    refusal: str
    cue_spans: tuple[tuple[int, int], ...]
    column_spans: Mapping[int, tuple[tuple[int, int], ...]]
    carrier_spans: Mapping[int, tuple[tuple[int, int], ...]]
    speaking: frozenset[int]


def build(
    prompt: str, decisions: Decisions, realisers: Mapping[str, Realiser], *, bare_segments: bool = False
) -> Built:
    """The template of *prompt* with its columns.

    Args:
        prompt: the text.
        decisions: made for this text.
        realisers: by attribute, what writes its values if not the lexicon.
        bare_segments: leave out whole segments that say nothing but mentions (negative prompts).
    """
    slots = SlotWriter(prompt, decisions, realisers)
    writer = Writer(prompt, decisions, slots, _special_units(decisions))
    regions = find_regions(decisions, prompt)
    if bare_segments:
        bare = negative.bare_segments(decisions.scan.units, decisions.is_stated)
        gone = (Region(first, last, "", None, cue=True) for first, last in bare)
        regions = apart([*regions, *gone], decisions.scan.units)
    carriers: dict[int, list[tuple[int, int]]] = {}
    for region in regions:
        if region.column is not None and region.last - region.first > 1:
            carriers.setdefault(region.column, []).append(_span(decisions, region.first, region.last))
    return Built(
        writer.template(regions),
        tuple(decisions.columns),
        tuple(decisions.real),
        decisions.consistent,
        tuple(decisions.kept),
        decisions.refusal,
        tuple(_cue_spans(decisions, regions)),
        _column_spans(decisions),
        {column: tuple(found) for column, found in carriers.items()},
        _speaking(decisions),
    )


def _speaking(decisions: Decisions) -> frozenset[int]:
    keys = (
        (decisions.analysis.links[index].person, part.attribute)
        for index, parts in decisions.slotted.items()
        for part in parts
        if isinstance(part, Part) and part.class_id in decisions.vocabulary.speaking
    )
    return frozenset(decisions.column_of[key] for key in keys if key in decisions.column_of)


def _special_units(decisions: Decisions) -> frozenset[int]:
    """Units that are not copied as they are: slots, what stands before and after them, cues."""
    units, links = decisions.scan.units, decisions.analysis.links
    changing = {*decisions.slotted, *decisions.cues}
    found = set(changing)
    for index in changing:
        at = index - 1
        while at > 0 and units[at].word in BEFORE_WORDS:
            at -= 1
        if at >= 0 and units[at].word in grammar.ARTICLES:
            found.add(at)
        if index in links and links[index].pos is Pos.PRONOUN:
            found.update(range(index + 1, min(index + 1 + VERB_REACH, len(units))))
    return frozenset(found)


def _span(decisions: Decisions, first: int, last: int) -> tuple[int, int]:
    surfaces = decisions.scan.surfaces
    return surfaces[first].start, surfaces[last - 1].end


def _cue_spans(decisions: Decisions, regions: Sequence[Region]) -> list[tuple[int, int]]:
    """What is withheld as a cue: regions, and modifiers before a person's noun."""
    spans = [_span(decisions, region.first, region.last) for region in regions if region.cue]
    for first, last in decisions.zones:
        spans += [
            _span(decisions, index, index + 1)
            for index in range(first, last)
            if index not in decisions.slotted and decisions.may_vanish(index)
        ]
    return sorted(spans)


def _column_spans(decisions: Decisions) -> dict[int, tuple[tuple[int, int], ...]]:
    """The mentions of each column."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for index, parts in decisions.slotted.items():
        person = decisions.analysis.links[index].person
        for part in parts:
            key = None if isinstance(part, str) else (person, part.attribute)
            column = None if key is None else decisions.column_of.get(key)
            if column is not None:
                spans.setdefault(column, []).append(_span(decisions, index, index + 1))
    return {column: tuple(found) for column, found in spans.items()}
