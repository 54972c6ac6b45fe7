"""Builds a template from a prompt, what the rules found in it, and the policy.

The builder makes three decisions, all on masked units: which mentions are slots, which columns there are,
and which words depend on a slot (articles, verbs after pronouns, separators of words that may be left out).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from obclip_privacy.attributes.base import Band, Pos, SlotContext
from obclip_privacy.candidates import negative
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.candidates.strategies import STRATEGIES
from obclip_privacy.candidates.template import (
    Article,
    Lit,
    Modifiers,
    Node,
    Optional,
    Slot,
    Template,
    Withheld,
)
from obclip_privacy.language import grammar, removal, verbs, wordlists
from obclip_privacy.language.analysis import Analysis, Link, mask_at
from obclip_privacy.language.casing import Casing, apply_casing, casing_of
from obclip_privacy.language.persons import start_of_phrase
from obclip_privacy.language.scan import Scan
from obclip_privacy.language.units import CueSense, Kind, Part, Unit
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.policy.model import AttributePolicy, CueAction, OutOfDomain, Policy, Strategy

#: Realises a value in a slot; ``None`` for the lexicon's own forms.
Realiser = Callable[[SlotContext, str], str]
Key = tuple[int, str]

_ADVERBS = frozenset(
    {"also", "always", "often", "never", "just", "still", "now", "then", "only", "even", "both"}
)


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


@dataclass(slots=True)
class _Region:
    first: int
    last: int
    text: str
    column: int | None
    cue: bool
    gone: bool = False


@dataclass(slots=True)
class Builder:
    """Builds the template of one prompt."""

    prompt: str
    scan: Scan
    analysis: Analysis
    vocabulary: Vocabulary
    policy: Policy
    realisers: Mapping[str, Realiser]
    column_of: dict[Key, int] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    real: list[int | None] = field(default_factory=list)
    slotted: dict[int, tuple[str | Part, ...]] = field(default_factory=dict)
    kept: dict[Key, None] = field(default_factory=dict)
    consistent: bool = True
    zones: list[tuple[int, int]] = field(default_factory=list)
    refusal: str = ""

    def build(self, *, bare_segments: bool = False) -> Built:
        """The template with its columns.

        Args:
            bare_segments: leave out whole segments that say nothing but mentions (negative prompts).
        """
        self._columns()
        self.zones = self._modifier_zones()
        regions = self._regions()
        if bare_segments:
            bare = negative.bare_segments(self.scan.units, self._is_stated)
            regions = _apart([*regions, *(_Region(first, last, "", None, cue=True) for first, last in bare)])
        nodes = self._nodes(0, len(self.scan.units), regions)
        end = self.scan.surfaces[-1].end if self.scan.surfaces else 0
        nodes.append(Lit(self.prompt[end:]))
        spans: dict[int, list[tuple[int, int]]] = {}
        for index, link in self.analysis.links.items():
            for part in self.slotted.get(index, ()):
                if isinstance(part, Part) and link.person >= 0:
                    column = self.column_of.get((link.person, part.attribute))
                    if column is not None:
                        surface = self.scan.surfaces[index]
                        spans.setdefault(column, []).append((surface.start, surface.end))
        carriers: dict[int, list[tuple[int, int]]] = {}
        for region in regions:
            if region.column is not None and region.last - region.first > 1:
                carriers.setdefault(region.column, []).append(self._span(region.first, region.last))
        return Built(
            Template(tuple(nodes)),
            tuple(self.columns),
            tuple(self.real),
            self.consistent,
            tuple(self.kept),
            self.refusal,
            tuple(self._cue_spans(regions)),
            {column: tuple(found) for column, found in spans.items()},
            {column: tuple(found) for column, found in carriers.items()},
        )

    def _cue_spans(self, regions: Sequence[_Region]) -> list[tuple[int, int]]:
        """What is withheld as a cue: regions, and modifiers before a person's noun."""
        spans = [self._span(region.first, region.last) for region in regions if region.cue]
        for first, last in self.zones:
            spans += [
                self._span(index, index + 1)
                for index in range(first, last)
                if index not in self.slotted and self._may_vanish(index)
            ]
        return sorted(spans)

    # --- columns

    def _columns(self) -> None:
        """Decide which mentions are slots, and make a column for each (person, attribute) among them."""
        stated: dict[Key, list[tuple[int, Part]]] = {}
        for index, link in self.analysis.links.items():
            sense = self.scan.surfaces[index].senses[link.pos]
            parts = tuple(part for part in sense.parts if isinstance(part, Part))
            if not any(self._is_slot(part, link) for part in parts):
                for part in parts:
                    self.kept.setdefault((link.person, part.attribute))
                continue
            self.slotted[index] = sense.parts
            for part in parts:
                if link.person >= 0 and self._is_slot(part, link):
                    stated.setdefault((link.person, part.attribute), []).append((index, part))
        order = {attribute.id: rank for rank, attribute in enumerate(self.policy.attributes)}
        for key in sorted(stated, key=lambda key: (key[0], order[key[1]])):
            self._add_column(key, stated[key])

    def _is_slot(self, part: Part, link: Link) -> bool:
        """Whether the part is exchanged: its attribute is sensitive, and its class has every value's form."""
        policy = self.policy.attribute(part.attribute)
        if policy is None or policy.strategy is Strategy.KEEP:
            return False
        if link.person < 0:
            return True
        return not policy.values or self.vocabulary.writes(part.class_id, self._band(link.person))

    def _band(self, person: int) -> Band:
        return self.analysis.persons[person].band

    def _add_column(self, key: Key, stated: Sequence[tuple[int, Part]]) -> None:
        person, attribute = key
        policy = self._policy(attribute)
        values = self.vocabulary.substitutes[attribute, self._band(person)]
        nouns = [part for index, part in stated if self.analysis.links[index].pos is not Pos.PRONOUN]
        first = nouns[0] if nouns else stated[0][1]
        real = self.vocabulary.index_of(attribute, first.value)
        if any(self.vocabulary.index_of(attribute, part.value) != real for _, part in stated):
            self.consistent = False
        self.column_of[key] = len(self.columns)
        if policy.values and (real is None or real not in values):
            self._outside(key, policy, first)
            return
        treatment = STRATEGIES[policy.strategy](policy, values, real)
        self.real.append(treatment.values.index(real) if real in treatment.values else None)
        self.columns.append(Column(person, attribute, treatment.values, treatment.mode, treatment.blocks))

    def _policy(self, attribute: str) -> AttributePolicy:
        found = self.policy.attribute(attribute)
        if found is None:
            raise LookupError(f"the policy does not name '{attribute}'")
        return found

    def _outside(self, key: Key, policy: AttributePolicy, part: Part) -> None:
        """A value that the policy does not list: no wording of it is sent, or the prompt is refused."""
        if policy.out_of_domain is OutOfDomain.REFUSE and not self.refusal:
            self.refusal = f"a value of '{policy.id}' is outside the policy's domain"
        self.real.append(None)
        self.columns.append(Column(key[0], policy.id, (), Mode.NEUTRAL))

    def _is_stated(self, index: int) -> bool:
        """Whether the unit is a mention that is exchanged, or a cue that is taken out."""
        return index in self.slotted or self._is_cue(index)

    def _is_cue(self, index: int) -> bool:
        """Whether the unit is a cue: what is linked to a person as a mention is none."""
        return self.analysis.is_cue(self.scan.units, index)

    # --- regions that may be left out

    def _regions(self) -> list[_Region]:
        """Cues, and mentions that are left out with the words around them; in text order, apart."""
        found: list[_Region] = []
        units = self.scan.units
        inside = self.zones
        found.extend(
            _Region(first, last, "", None, cue=True)
            for first, last in self.analysis.groups
            if any(self._shows(index) for index in range(first, last))
        )
        if self.analysis.peopled:
            for index, _unit in enumerate(units):
                if self._is_cue(index) and self._cue_action(choice := removal.choose_cue(units, index)):
                    if any(first <= index < last for first, last in inside):
                        continue
                    cut = removal.remove_cue(units, index, choice)
                    region = _Region(cut.first, cut.last, cut.text, None, cue=True)
                    region.text = cut.text if cut.as_is else self._cased(region, cut.text)
                    found.append(region)
        for index, link in self.analysis.links.items():
            if link.merged and index in self.slotted:
                found.append(_Region(index - 1, index + 1, "", None, cue=False, gone=True))
            if index not in self.slotted or index in self.analysis.heads or link.person < 0:
                continue
            mask = mask_at(units[index], link.pos)
            if link.pos not in (Pos.ADJECTIVE, Pos.PHRASE) or mask is None:
                continue
            column = self.column_of.get((link.person, mask.attributes[0]))
            cut = removal.removal_of(units, index, link.pos)
            found.append(_Region(cut.first, cut.last, cut.text, column, cue=False))
        return _apart(found)

    def _shows(self, index: int) -> bool:
        """Whether a unit of prompt syntax could tell a value: linked or not, it is never exchanged there."""
        return self.scan.units[index].kind is Kind.MENTION or bool(self.scan.units[index].cues)

    def _cue_action(self, cue: CueSense) -> bool:
        """Whether the policy takes the cue out; notes a refusal."""
        action = self.policy.cue_action(cue.term.kind)
        if action is CueAction.REFUSE and not self.refusal:
            self.refusal = f"the prompt has a cue of kind '{cue.term.kind}', which the policy refuses"
        return action in (CueAction.WITHHOLD, CueAction.GENERALISE)

    def _modifier_zones(self) -> list[tuple[int, int]]:
        """The modifiers before each person's noun, where any of them may be left out."""
        zones = []
        for head in sorted(set(self.analysis.heads.values()) | self._nouns_after_cues()):
            start = start_of_phrase(self.scan.units, self.analysis.heads, head)
            if start < head and any(self._may_vanish(index) for index in range(start, head)):
                zones.append((start, head))
        return zones

    def _nouns_after_cues(self) -> set[int]:
        units = self.scan.units
        return {
            index + 1
            for index, unit in enumerate(units[:-1])
            if self._is_cue(index)
            and (units[index + 1].is_noun or units[index + 1].kind is Kind.WORD)
            and removal.choose_cue(units, index).term.pos == "adjective"
            and (units[index + 1].is_noun or removal.names_person(units, index + 1))
        }

    def _may_vanish(self, index: int) -> bool:
        unit = self.scan.units[index]
        if index in self.slotted:
            return unit.adjective is not None
        if not (self.analysis.peopled and self._is_cue(index)):
            return False
        return self._cue_action(removal.choose_cue(self.scan.units, index))

    # --- nodes

    def _nodes(self, first: int, last: int, regions: Sequence[_Region]) -> list[Node]:
        nodes: list[Node] = []
        zones = {start: end for start, end in self.zones if first <= start and end <= last}
        starting = {
            region.first: region for region in regions if first <= region.first and region.last <= last
        }
        index = first
        spaced = False
        while index < last:
            region = starting.get(index)
            if region is not None:
                inner = [r for r in regions if r is not region]
                nodes.extend(self._region(region, inner, "" if spaced else self._gap(index)))
                # What goes from the start of the prompt takes the white space after it along.
                index, spaced = region.last, region.first == 0 and not region.text and not region.gone
                continue
            gap, spaced = "" if spaced else self._gap(index), False
            if index in zones:
                nodes.append(Lit(gap))
                nodes.append(self._modifiers(index, zones[index]))
                # The gap before the noun is the last separator of the modifiers.
                index, spaced = zones[index], True
                continue
            nodes.append(Lit(gap))
            nodes.extend(self._unit(index))
            index += 1
        return [node for node in nodes if node != Lit("")]

    def _region(self, region: _Region, others: Sequence[_Region], gap: str) -> list[Node]:
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
            return [lead, Withheld(tuple(inner), sent)]
        if region.column is None:
            return [lead, *inner]
        return [lead, Optional(region.column, tuple(inner), sent)]

    def _cased(self, region: _Region, text: str) -> str:
        start, end = self._span(region.first, region.last)
        return apply_casing(text, casing_of(self.prompt[start:end])) if text else ""

    def _modifiers(self, first: int, last: int) -> Modifiers:
        items: list[tuple[Node, ...]] = []
        separators: list[str] = []
        current: list[Node] = []
        index = first
        while index < last:
            word = self.scan.units[index].word
            joins = word in grammar.LIST_JOINERS | {","} and index > first
            gap = self._gap(index) if index > first else ""
            if joins:
                end = index + 1
                items.append(tuple(current))
                separators.append(gap + self._text(index) + self._gap(end))
                current = []
                index = end
                if index < last:
                    current.extend(self._modifier(index))
                    index += 1
                continue
            if gap and current:
                items.append(tuple(current))
                separators.append(gap)
                current = []
            else:
                current.append(Lit(gap))
            current.extend(self._modifier(index))
            index += 1
        items.append(tuple(current))
        separators.append(self._gap(last))
        return Modifiers(tuple(items), tuple(separators))

    def _modifier(self, index: int) -> list[Node]:
        nodes = self._unit(index)
        if index not in self.slotted and self._may_vanish(index):
            return [Withheld(tuple(nodes), "")]
        return nodes

    def _unit(self, index: int) -> list[Node]:
        unit = self.scan.units[index]
        if index in self.slotted:
            return self._slots(index)
        if unit.word in grammar.ARTICLES and self._changes(index + 1):
            return [self._article(index)]
        verb = self._verb(index)
        return [verb] if verb is not None else [Lit(self._text(index))]

    def _changes(self, index: int) -> bool:
        """Whether what stands at *index* differs between candidates or from what was typed."""
        if index >= len(self.scan.units):
            return False
        return (
            index in self.slotted
            or self._may_vanish(index)
            or (self._is_cue(index) and self.analysis.peopled)
        )

    def _article(self, index: int) -> Article:
        text = self._text(index)
        surface = self.scan.surfaces[index + 1]
        upper = casing_of(self.prompt[surface.start : surface.end]) is Casing.UPPER
        return Article(text[:1].isupper(), upper)

    def _slots(self, index: int) -> list[Node]:
        """The nodes of a mention: the parts of its reading."""
        link = self.analysis.links[index]
        casing = casing_of(self._text(index))
        if link.merged:
            return []
        nodes: list[Node] = []
        for part in self.slotted[index]:
            own = Casing.UPPER if casing is Casing.UPPER else (casing if not nodes else Casing.PLAIN)
            if isinstance(part, str):
                nodes.append(Lit(apply_casing(part, own)))
                continue
            form = int(link.case) if link.case is not None else part.form
            nodes.append(self._slot(index, part, link, form, own))
        return _tidy(nodes)

    def _slot(self, index: int, part: Part, link: Link, form: int, casing: Casing) -> Node:
        cls = self.vocabulary.classes[part.class_id]
        column = self.column_of.get((link.person, part.attribute))
        neutral = apply_casing(cls.neutral[form], casing)
        if link.person < 0:
            return Lit(neutral)
        if column is not None and not self.columns[column].values:
            neutral = apply_casing(self._outside_wording(part, form) or cls.neutral[form], casing)
        row = self.vocabulary.forms.get(part.class_id, ())
        if column is None:
            return Lit(apply_casing(cls.forms.get(part.value, cls.neutral)[form], casing))
        realise = self.realisers.get(part.attribute)
        policy = self._policy(part.attribute)
        texts = []
        for value in self.columns[column].values:
            forms = row[value]
            text = forms[form] if forms is not None else cls.neutral[form]
            if realise is not None:
                context = SlotContext(cls, form, self._near(index - 1), self._near(index + 1))
                text = realise(context, policy.values[value].id)
            texts.append(apply_casing(text, casing))
        return Slot(column, tuple(texts), neutral)

    def _outside_wording(self, part: Part, form: int) -> str:
        """What is written for a value outside the domain that the policy generalises; ``""`` for nothing."""
        if self._policy(part.attribute).out_of_domain is not OutOfDomain.GENERALISE:
            return ""
        broader = self.vocabulary.broader[part.attribute].get(part.value, part.value)
        forms = self.vocabulary.classes[part.class_id].forms.get(broader)
        has_broader = broader != part.value or part.value in self.vocabulary.broader[part.attribute].values()
        return forms[form] if forms and has_broader else ""

    def _near(self, index: int) -> str:
        units = self.scan.units
        return units[index].word if 0 <= index < len(units) else ""

    def _verb(self, index: int) -> Node | None:
        """The verb of a pronoun that may become *they*."""
        units = self.scan.units
        subject = index - 1
        while subject >= 0 and (units[subject].word in _ADVERBS or units[subject].word.endswith("ly")):
            subject -= 1
        link = self.analysis.links.get(subject)
        if subject < 0 or subject not in self.slotted or link is None or link.pos is not Pos.PRONOUN:
            return None
        if link.case != 0 or index - subject > 3 or link.merged:
            return None
        return self._agree(index, link, units[index])

    def _agree(self, index: int, link: Link, unit: Unit) -> Node | None:
        """The verb at *index* as it agrees with each value's pronoun; ``None`` if it does not change."""
        text = self._text(index)
        casing = casing_of(text)
        if verbs.is_third_person(unit.word):
            singular, plural = text, apply_casing(verbs.plural_of(unit.word), casing)
        elif self._they(link) and (unit.word in verbs.PLURALS or unit.word in wordlists.verbs()):
            singular, plural = apply_casing(verbs.singular_of(unit.word), casing), text
        else:
            return None
        if link.person < 0:
            return Lit(plural)
        column = self.column_of.get((link.person, "gender"))
        if column is None:
            return None
        they = self._they(link)
        texts = tuple(plural if value in they else singular for value in self.columns[column].values)
        return Slot(column, texts, plural)

    def _they(self, link: Link) -> frozenset[int]:
        """Values whose pronoun takes a plural verb."""
        rows = self.vocabulary.forms.get("gender.pronoun", ())
        return frozenset(
            index for index, row in enumerate(rows) if row is not None and row[0].lower() == "they"
        )

    # --- text

    def _text(self, index: int) -> str:
        surface = self.scan.surfaces[index]
        return self.prompt[surface.start : surface.end]

    def _gap(self, index: int) -> str:
        """The text between the unit before *index* and *index*: white space."""
        surfaces = self.scan.surfaces
        start = surfaces[index - 1].end if index else 0
        end = surfaces[index].start if index < len(surfaces) else len(self.prompt)
        return self.prompt[start:end]

    def _span(self, first: int, last: int) -> tuple[int, int]:
        return self.scan.surfaces[first].start, self.scan.surfaces[last - 1].end


def _apart(regions: list[_Region]) -> list[_Region]:
    """Regions in text order without overlap: cues first, and of two cues their union."""
    kept: list[_Region] = []
    for region in sorted(regions, key=lambda r: (r.first, -r.last)):
        if kept and region.first < kept[-1].last:
            previous = kept[-1]
            if previous.cue and region.cue and not previous.text and not region.text:
                previous.last = max(previous.last, region.last)
            elif region.cue and not previous.cue and region.last <= previous.last:
                continue
            elif region.cue and not previous.cue:
                kept[-1] = region
            continue
        kept.append(region)
    return kept


def _tidy(nodes: list[Node]) -> list[Node]:
    """Let the space after a slot that may be empty go with it (``Irishwoman`` is two slots)."""
    tidied: list[Node] = []
    for node in nodes:
        before = tidied[-1] if tidied else None
        if isinstance(node, Lit) and isinstance(before, Slot) and not before.neutral and node.text[:1] == " ":
            tidied[-1] = Modifiers(((before,),), (" ",))
            node = Lit(node.text[1:])
        if node != Lit(""):
            tidied.append(node)
    return tidied
