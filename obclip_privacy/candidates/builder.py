"""Builds a template from a prompt, what the rules found in it, and the policy's decisions.

Literal text is copied byte for byte. What depends on a slot is made to follow it: articles before it, verbs
after pronouns, and the separators of words that may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from obclip_privacy.attributes.base import LexemeClass, Pos, SlotContext
from obclip_privacy.candidates import negative
from obclip_privacy.candidates.columns import Column
from obclip_privacy.candidates.decisions import Decisions, Key
from obclip_privacy.candidates.outside import shown_value
from obclip_privacy.candidates.regions import Region, apart, find_regions
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
from obclip_privacy.language.analysis import Link
from obclip_privacy.language.casing import Casing, apply_casing, casing_of
from obclip_privacy.language.units import Part, Unit

#: Realises a value in a slot, instead of the lexicon's own forms.
Realiser = Callable[[SlotContext, str], str]

_ADVERBS = frozenset(
    {"also", "always", "often", "never", "just", "still", "now", "then", "only", "even", "both", "'"}
)

#: A verb stands no further behind its pronoun than this, in units.
_VERB_REACH = 3
#: What may stand between an article and its word (``an (old:1.2) man``).
_BEFORE_WORDS = frozenset("\"'([{*_")


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
    writer = _Writer(prompt, decisions, realisers, _special_units(decisions))
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
        while at > 0 and units[at].word in _BEFORE_WORDS:
            at -= 1
        if at >= 0 and units[at].word in grammar.ARTICLES:
            found.add(at)
        if index in links and links[index].pos is Pos.PRONOUN:
            found.update(range(index + 1, min(index + 1 + _VERB_REACH, len(units))))
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


@dataclass(frozen=True)
class _Writer:
    prompt: str
    decisions: Decisions
    realisers: Mapping[str, Realiser]
    special: frozenset[int]

    @cached_property
    def _sexual(self) -> bool:
        return any(unit.word in grammar.SEXUAL for unit in self.decisions.scan.units)

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
        return [node for node in nodes if node != Lit("")]

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
        return self.decisions.column_of.get((link.person, mask.attributes[0]))

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
            suffixed = self._suffix_end(index)
            current.extend(self._modifier(index) if suffixed is None else self._with_suffix(index, suffixed))
            index = index + 1 if suffixed is None else suffixed
        items.append(tuple(current))
        separators.append(self._gap(last))
        return Modifiers(tuple(items), tuple(separators))

    def _suffix_end(self, index: int) -> int | None:
        """End of ``-looking`` after an adjective that states a value."""
        units = self.decisions.scan.units
        if index not in self.decisions.slotted or self._near(index + 1) != "-":
            return None
        suffixed = self._near(index + 2) in grammar.DESCRIPTIVE_SUFFIXES and not units[index + 1].gap
        return index + 3 if suffixed else None

    def _with_suffix(self, index: int, end: int) -> list[Node]:
        surfaces = self.decisions.scan.surfaces
        nodes = (
            *self._modifier(index),
            Lit(self.prompt[surfaces[index].end : surfaces[end - 1].end]),
        )
        part = next(part for part in self.decisions.slotted[index] if isinstance(part, Part))
        key = (self.decisions.analysis.links[index].person, part.attribute)
        column = self.decisions.column_of.get(key)
        return list(nodes) if column is None else [Optional(column, nodes)]

    def _modifier(self, index: int) -> list[Node]:
        nodes = self._unit(index)
        if index not in self.decisions.slotted and self.decisions.may_vanish(index):
            return [Withheld(tuple(nodes))]
        return nodes

    def _unit(self, index: int) -> list[Node]:
        unit = self.decisions.scan.units[index]
        if index in self.decisions.slotted:
            return self._slots(index)
        if unit.word in grammar.ARTICLES and self._changes(self._article_word(index)):
            return [self._article(index)]
        verb = self._verb(index)
        return [verb] if verb is not None else [Lit(self._text(index))]

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
        while at < len(units) and units[at].word in _BEFORE_WORDS:
            at += 1
        return at

    def _article(self, index: int) -> Article:
        text = self._text(index)
        surface = self.decisions.scan.surfaces[self._article_word(index)]
        upper = casing_of(self.prompt[surface.start : surface.end]) is Casing.UPPER
        return Article(text[:1].isupper(), upper)

    def _slots(self, index: int) -> list[Node]:
        """The nodes of a mention: the parts of its reading."""
        link = self.decisions.analysis.links[index]
        casing = casing_of(self._text(index))
        if link.merged:
            return []
        nodes: list[Node] = []
        for part in self.decisions.slotted[index]:
            own = Casing.UPPER if casing is Casing.UPPER else (casing if not nodes else Casing.PLAIN)
            if isinstance(part, str):
                nodes.append(Lit(apply_casing(part, own)))
                continue
            form = int(link.case) if link.case is not None else part.form
            nodes.append(self._slot(index, part, link, form, own))
        return self._without_name(index, link, _tidy(nodes))

    def _without_name(self, index: int, link: Link, nodes: list[Node]) -> list[Node]:
        """*nodes* of a title or a noun, and what is sent of them once the name after it is gone.

        ``Mr. Lee`` becomes ``a man``, ``Queen Anne`` ``a Queen``.
        """
        units = self.decisions.scan.units
        if link.pos not in (Pos.TITLE, Pos.NOUN) or not self.decisions.loses_name(index):
            return nodes
        article: tuple[Node, ...] = ()
        if removal.stands_bare(units, index):
            article = (Article(removal.starts_sentence(units, index), upper=False), Lit(" "))
        if link.pos is Pos.NOUN:
            return [Withheld((), article), *nodes] if article else nodes
        attribute = next(part.attribute for part in self.decisions.slotted[index] if isinstance(part, Part))
        cls = self.decisions.vocabulary.classes.get(f"{attribute}.adult")
        if cls is None:
            return nodes
        noun = self._slot(index, Part(cls.id, attribute, "", 0), link, 0, Casing.PLAIN)
        return [Withheld(tuple(nodes), (*article, noun))]

    def _slot(self, index: int, part: Part, link: Link, form: int, casing: Casing) -> Node:
        cls = self.decisions.vocabulary.classes[part.class_id]
        column = self.decisions.column_of.get((link.person, part.attribute))
        neutral = apply_casing(self._neutral(index, cls, form), casing)
        if link.person < 0:
            return Lit(neutral)
        if column is not None and not self.decisions.columns[column].values:
            neutral = apply_casing(self._outside_wording(part, form) or cls.neutral[form], casing)
        row = self.decisions.vocabulary.forms.get(part.class_id, ())
        if column is None:
            return Lit(apply_casing(cls.forms.get(part.value, cls.neutral)[form], casing))
        realise = self.realisers.get(part.attribute)
        policy = self.decisions.policy_of(part.attribute)
        texts = []
        for value in self.decisions.columns[column].values:
            forms = row[value]
            text = forms[form] if forms is not None else cls.neutral[form]
            if realise is not None:
                context = SlotContext(cls, form, self._near(index - 1), self._near(index + 1))
                text = realise(context, policy.values[value].id)
            texts.append(apply_casing(text, casing))
        return Slot(column, tuple(texts), neutral)

    def _neutral(self, index: int, cls: LexemeClass, form: int) -> str:
        """The wording without a value. A *girl* in a bikini, or in the tag *1girl*, is called no child."""
        wording = cls.neutral[form]
        units = self.decisions.scan.units
        tag = index > 0 and units[index - 1].word.isdigit() and not units[index].gap
        if wording not in ("child", "children") or not (tag or self._sexual):
            return wording
        return "person" if wording == "child" else "people"

    def _outside_wording(self, part: Part, form: int) -> str:
        """What is written for a value outside the domain that the policy generalises; ``""`` for nothing."""
        shown = shown_value(self.decisions.vocabulary, self.decisions.policy_of(part.attribute), part.value)
        forms = self.decisions.vocabulary.classes[part.class_id].forms.get(shown)
        return forms[form] if forms else ""

    def _near(self, index: int) -> str:
        units = self.decisions.scan.units
        return units[index].word if 0 <= index < len(units) else ""

    def _verb(self, index: int) -> Node | None:
        """The verb of a pronoun that may become *they*."""
        units = self.decisions.scan.units
        subject = index - 1
        while subject >= 0 and (units[subject].word in _ADVERBS or units[subject].word.endswith("ly")):
            subject -= 1
        link = self.decisions.analysis.links.get(subject)
        if (
            subject < 0
            or subject not in self.decisions.slotted
            or link is None
            or link.pos is not Pos.PRONOUN
        ):
            return None
        if link.case != 0 or index - subject > _VERB_REACH or link.merged:
            return None
        return self._agree(index, link, units[index])

    def _agree(self, index: int, link: Link, unit: Unit) -> Node | None:
        """The verb at *index* as it agrees with each value's pronoun; ``None`` if it does not change."""
        text = self._text(index)
        casing = casing_of(text)
        if unit.word == "s" and index > 0 and self._near(index - 1) == "'":
            singular, plural = text, apply_casing("re", casing_of(text))
        elif verbs.is_third_person(unit.word):
            singular, plural = text, apply_casing(verbs.plural_of(unit.word), casing)
        elif self._they(link) and (unit.word in verbs.PLURALS or unit.word in wordlists.verbs()):
            singular, plural = apply_casing(verbs.singular_of(unit.word), casing), text
        else:
            return None
        if link.person < 0:
            return Lit(plural)
        column = self.decisions.column_of.get((link.person, "gender"))
        if column is None:
            return None
        they = self._they(link)
        texts = tuple(
            plural if value in they else singular for value in self.decisions.columns[column].values
        )
        return Slot(column, texts, plural)

    def _they(self, link: Link) -> frozenset[int]:
        """Values whose pronoun takes a plural verb."""
        rows = self.decisions.vocabulary.forms.get("gender.pronoun", ())
        return frozenset(
            index for index, row in enumerate(rows) if row is not None and row[0].lower() == "they"
        )

    def _text(self, index: int) -> str:
        surface = self.decisions.scan.surfaces[index]
        return self.prompt[surface.start : surface.end]

    def _gap(self, index: int) -> str:
        """The text between the unit before *index* and *index*: white space."""
        surfaces = self.decisions.scan.surfaces
        start = surfaces[index - 1].end if index else 0
        end = surfaces[index].start if index < len(surfaces) else len(self.prompt)
        return self.prompt[start:end]


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
