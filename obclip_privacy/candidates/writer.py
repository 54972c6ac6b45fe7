"""Writes the nodes of a template: what stays as typed, what is left out, and what follows a slot.

Literal text is copied byte for byte. Articles before a slot, the separators of words that may be left out and
the words that go with them depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import Pos
from obclip_privacy.candidates.columns import Mode
from obclip_privacy.candidates.decisions import Decisions
from obclip_privacy.candidates.regions import Region
from obclip_privacy.candidates.slots import SlotWriter
from obclip_privacy.candidates.template import (
    Article,
    Lit,
    Modifiers,
    Node,
    Optional,
    Template,
    Withheld,
    is_empty,
)
from obclip_privacy.language import grammar, removal
from obclip_privacy.language.casing import Casing, casing_of
from obclip_privacy.language.units import Part

#: What may stand between an article and its word (``an (old:1.2) man``).
BEFORE_WORDS = frozenset("\"'([{*_")
_JOINERS = grammar.LIST_JOINERS | {","}


@dataclass(frozen=True)
class Writer:
    """Writes one prompt.

    Attributes:
        prompt: the text.
        decisions: made for this text.
        slots: writes the mentions.
        special: units that are not copied as they are.
    """

    prompt: str
    decisions: Decisions
    slots: SlotWriter
    special: frozenset[int]

    def template(self, regions: Sequence[Region]) -> Template:
        """The template of the whole prompt."""
        nodes = self._nodes(0, len(self.decisions.scan.units), regions)
        surfaces = self.decisions.scan.surfaces
        return Template((*nodes, Lit(self.prompt[surfaces[-1].end if surfaces else 0 :])))

    def _nodes(self, first: int, last: int, regions: Sequence[Region]) -> list[Node]:
        """The nodes of the units *first* to *last* (exclusive), with the white space before the first."""
        surfaces = self.decisions.scan.surfaces
        zones = {start: end for start, end in self.decisions.zones if first <= start and end <= last}
        starting = {
            region.first: region for region in regions if first <= region.first and region.last <= last
        }
        nodes: list[Node] = []
        written = surfaces[first - 1].end if first else 0
        index = first
        for index in sorted({*starting, *zones, *(i for i in self.special if first <= i < last)}):
            if index < first:
                continue  # inside what the last step wrote
            before = surfaces[index - 1].end if index else 0
            region = starting.get(index)
            if region is not None:
                nodes.append(Lit(self.prompt[written:before]))
                inner = [r for r in regions if r is not region]
                nodes.extend(
                    self._region(region, inner, self.prompt[max(written, before) : surfaces[index].start])
                )
                first, written = region.last, surfaces[region.last - 1].end
                if region.first == 0 and not region.text and not region.gone and region.last < len(surfaces):
                    # What goes from the start of the prompt takes the white space after it along.
                    written = surfaces[region.last].start
            elif index in zones:
                nodes.append(Lit(self.prompt[written : surfaces[index].start]))
                nodes.extend(self._article_without_name(index, zones[index]))
                nodes.append(self._modifiers(index, zones[index]))
                # The gap before the noun is the last separator of the modifiers.
                first, written = zones[index], surfaces[zones[index]].start
            else:
                nodes.append(Lit(self.prompt[written : surfaces[index].start]))
                column = self._column_before_noun(index)
                if column is None:
                    nodes.extend(self._unit(index))
                    first, written = index + 1, surfaces[index].end
                else:
                    item = Optional(column, tuple(self._unit(index)))
                    nodes.append(Modifiers(((item,),), (self._gap(index + 1),)))
                    first, written = index + 1, surfaces[index + 1].start
        if last:
            nodes.append(Lit(self.prompt[written : surfaces[last - 1].end]))
        return [node for node in nodes if not is_empty(node)]

    def _article_without_name(self, first: int, head: int) -> list[Node]:
        """The article that ``old uncle Bob`` gets once the name is gone, before its adjectives."""
        units = self.decisions.scan.units
        if not self.decisions.loses_name(head) or not removal.stands_bare(units, head, first):
            return []
        article = Article(removal.starts_sentence(units, first), upper=False)
        return [Withheld((), (article, Lit(" ")))]

    def _column_before_noun(self, index: int) -> int | None:
        """The column of a noun that another noun for the same person follows (``woman firefighter``).

        It goes as an adjective would where it states no value.
        """
        link = self.decisions.analysis.links.get(index)
        units, after = self.decisions.scan.units, index + 1
        if link is None or link.pos is not Pos.NOUN or after >= len(units) or not units[after].gap:
            return None
        other = self.decisions.analysis.links.get(after)
        if other is None:
            same = not units[after].cues and removal.names_person(units, after)
        else:
            same = other.pos is Pos.NOUN and other.person == link.person
        mask = units[index].noun
        if not same or mask is None or len(mask.attributes) != 1:
            return None
        return self._leavable(self.decisions.column_of.get((link.person, mask.attributes[0])))

    def _leavable(self, column: int | None) -> int | None:
        """*column*, unless its value is shown to everybody: then nothing of it is left out."""
        shown = column is not None and self.decisions.columns[column].mode is Mode.SHOWN
        return None if shown else column

    def _region(self, region: Region, others: Sequence[Region], gap: str) -> list[Node]:
        if region.gone:
            return []
        inner = self._nodes(region.first, region.last, [r for r in others if r.first >= region.first])
        typed = self._gap(region.first)
        if inner and isinstance(inner[0], Lit) and typed:
            inner = [Lit(inner[0].text[len(typed) :]), *inner[1:]]
        sent = region.text
        lead: Node = Lit(gap)
        if not region.text:
            inner = [Lit(gap), *inner, Lit(self._gap(region.last) if region.first == 0 else "")]
            lead = Lit("")
        if region.cue:
            return [lead, Withheld(tuple(inner), (Lit(sent),) if sent else ())]
        if region.column is None:
            return [lead, *inner]
        return [lead, Optional(region.column, tuple(inner), sent)]

    def _modifiers(self, first: int, last: int) -> Modifiers:
        items: list[tuple[Node, ...]] = []
        separators: list[str] = []
        current: list[Node] = []
        index = first
        while index < last:
            word = self.decisions.scan.units[index].word
            joins = index > first and word in _JOINERS
            gap = self._gap(index) if index > first else ""
            if joins:
                end = index + 1
                items.append(tuple(current))
                separators.append(gap + self.slots.text(index) + self._gap(end))
                current = []
                index = end
                if index < last:
                    index = self._take(index, current)
                continue
            if gap and current:
                items.append(tuple(current))
                separators.append(gap)
                current = []
            else:
                current.append(Lit(gap))
            index = self._take(index, current)
        items.append(tuple(current))
        separators.append(self._gap(last))
        return Modifiers(tuple(items), tuple(separators))

    def _take(self, index: int, item: list[Node]) -> int:
        """Add the modifier at *index* to *item*; the index after it."""
        end = self._suffix_end(index)
        item.extend(self._modifier(index) if end is None else self._with_suffix(index, end))
        return index + 1 if end is None else end

    def _suffix_end(self, index: int) -> int | None:
        """End of ``-looking`` after an adjective that states a value."""
        units = self.decisions.scan.units
        if index not in self.decisions.slotted or self.slots.near(index + 1) != "-":
            return None
        suffixed = self.slots.near(index + 2) in grammar.DESCRIPTIVE_SUFFIXES and not units[index + 1].gap
        return index + 3 if suffixed else None

    def _with_suffix(self, index: int, end: int) -> list[Node]:
        surfaces = self.decisions.scan.surfaces
        nodes = (
            *self._modifier(index),
            Lit(self.prompt[surfaces[index].end : surfaces[end - 1].end]),
        )
        part = next(part for part in self.decisions.slotted[index] if isinstance(part, Part))
        key = (self.decisions.analysis.links[index].person, part.attribute)
        column = self._leavable(self.decisions.column_of.get(key))
        return list(nodes) if column is None else [Optional(column, nodes)]

    def _modifier(self, index: int) -> list[Node]:
        nodes = self._unit(index)
        if index not in self.decisions.slotted and self.decisions.may_vanish(index):
            return [Withheld(tuple(nodes))]
        return nodes

    def _unit(self, index: int) -> list[Node]:
        unit = self.decisions.scan.units[index]
        if index in self.decisions.slotted:
            return self.slots.mention(index)
        if unit.word in grammar.ARTICLES and self._changes(self._article_word(index)):
            return [self._article(index)]
        verb = self.slots.verb(index)
        return [verb] if verb is not None else [Lit(self.slots.text(index))]

    def _changes(self, index: int) -> bool:
        """Whether what stands at *index* differs between candidates or from what was typed."""
        if index >= len(self.decisions.scan.units):
            return False
        return (
            index in self.decisions.slotted
            or self.decisions.may_vanish(index)
            or (self.decisions.is_cue(index) and self.decisions.analysis.peopled)
        )

    def _article_word(self, index: int) -> int:
        """Index of the word after the article at *index*: brackets and quotation marks do not hide it."""
        units = self.decisions.scan.units
        at = index + 1
        while at < len(units) and units[at].word in BEFORE_WORDS:
            at += 1
        return at

    def _article(self, index: int) -> Article:
        text = self.slots.text(index)
        surface = self.decisions.scan.surfaces[self._article_word(index)]
        upper = casing_of(self.prompt[surface.start : surface.end]) is Casing.UPPER
        return Article(text[:1].isupper(), upper)

    def _gap(self, index: int) -> str:
        """The text between the unit before *index* and *index*: white space."""
        surfaces = self.decisions.scan.surfaces
        start = surfaces[index - 1].end if index else 0
        end = surfaces[index].start if index < len(surfaces) else len(self.prompt)
        return self.prompt[start:end]
