"""Regions: what may be left out of a prompt together with the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import Pos
from obclip_privacy.candidates.columns import Mode
from obclip_privacy.candidates.decisions import Decisions
from obclip_privacy.language import removal
from obclip_privacy.language.analysis import mask_at
from obclip_privacy.language.casing import apply_casing, casing_of
from obclip_privacy.language.units import Kind, Unit


@dataclass(slots=True)
class Region:
    """Units *first* to *last* (exclusive), which give way to *text*.

    Attributes:
        first: index of the first unit.
        last: index after the last unit.
        text: what stands in their place; may be empty.
        column: the column whose value they state: they give way where none is stated. ``None`` for others.
        cue: they are a cue: they give way in what the cloud gets.
        gone: they are left out of every wording.
    """

    first: int
    last: int
    text: str
    column: int | None
    cue: bool
    gone: bool = False


def find_regions(decisions: Decisions, prompt: str) -> list[Region]:
    """Cues, and mentions that are left out with the words around them; in text order, apart."""
    found: list[Region] = []
    units, analysis = decisions.scan.units, decisions.analysis
    inside = decisions.zones
    found.extend(
        Region(first, last, "", None, cue=True)
        for first, last in analysis.groups
        if any(_shows(units[index]) for index in range(first, last))
    )
    if analysis.peopled:
        for index in decisions.cues:
            if not decisions.takes_out(index) or any(first <= index < last for first, last in inside):
                continue
            choice = removal.choose_cue(units, index)
            cut = removal.remove_cue(units, index, choice, generalise=decisions.generalises(index))
            region = Region(cut.first, cut.last, cut.text, None, cue=True)
            region.text = cut.text if cut.as_is else _cased(decisions, prompt, region)
            found.append(region)
    for index, link in analysis.links.items():
        if link.merged and index in decisions.slotted:
            found.append(Region(index - 1, index + 1, "", None, cue=False, gone=True))
        bound = index in analysis.heads or link.nounless
        if index not in decisions.slotted or bound or link.person < 0:
            continue
        mask = mask_at(units[index], link.pos)
        if link.pos not in (Pos.ADJECTIVE, Pos.PHRASE) or mask is None:
            continue
        column = decisions.column_of.get((link.person, mask.attributes[0]))
        if column is not None and decisions.columns[column].mode is Mode.SHOWN:
            continue
        cut = removal.removal_of(units, index, link.pos)
        found.append(Region(cut.first, cut.last, cut.text, column, cue=False))
    return apart(found, units)


def _shows(unit: Unit) -> bool:
    """Whether a unit of prompt syntax could tell a value: linked or not, it is never exchanged there."""
    return unit.kind is Kind.MENTION or bool(unit.cues)


def _cased(decisions: Decisions, prompt: str, region: Region) -> str:
    """The text of *region* in the letter case of what it replaces."""
    surfaces = decisions.scan.surfaces
    typed = prompt[surfaces[region.first].start : surfaces[region.last - 1].end]
    return apply_casing(region.text, casing_of(typed)) if region.text else ""


def apart(regions: list[Region], units: Sequence[Unit]) -> list[Region]:
    """Regions in text order without overlap: cues first, and of two cues their union."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (r.first, -r.last)):
        if kept and region.first < kept[-1].last:
            previous = kept[-1]
            if previous.cue and region.cue and not previous.text and not region.text:
                cut = removal.join_cues(units, previous.first, max(previous.last, region.last))
                previous.first, previous.last = cut.first, cut.last
            elif region.cue and not previous.cue and region.last <= previous.last:
                continue
            elif region.cue and not previous.cue:
                kept[-1] = region
            continue
        kept.append(region)
    return kept
