"""Decides which mentions are slots, and which columns there are.

Everything but one thing is decided on masked units. The real value of a column is looked up here, and goes
nowhere but into :attr:`Decisions.real`, into ``block`` (which reports it as leakage), and into what happens
to a value outside the policy's domain (which is visible as such).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from obclip_privacy.attributes.base import Band, CuePos, Pos
from obclip_privacy.attributes.safety import AGE
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.candidates.outside import outcomes, shown_value
from obclip_privacy.candidates.strategies import StrategyFunction
from obclip_privacy.language import grammar, removal
from obclip_privacy.language.analysis import Analysis, Link
from obclip_privacy.language.persons import start_of_phrase
from obclip_privacy.language.scan import Scan
from obclip_privacy.language.units import Kind, Part
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.policy.model import AttributePolicy, CueAction, OutOfDomain, Policy, Strategy

#: (person, attribute).
Key = tuple[int, str]


@dataclass
class Decisions:
    """The decisions for one prompt; made by :func:`decide`.

    Attributes:
        scan: the masked units and what stands behind them.
        analysis: what the rules found.
        vocabulary: the policy's.
        policy: the policy.
        strategies: the function of each attribute's strategy.
        slotted: parts of each mention that is exchanged, by index of its unit.
        columns: in canonical order, person first, then the policy's order of attributes.
        real: position of the real value in each column; ``None`` where it is outside the domain.
        column_of: index of the column by key.
        kept: keys of what is stated and not exchanged.
        consistent: whether all mentions of a column state one value.
        cues: indices of the units that are cues.
        zones: ranges of modifiers before a person's noun, some of which may be left out.
        refusal: why the prompt is refused, or ``""``.
    """

    scan: Scan
    analysis: Analysis
    vocabulary: Vocabulary
    policy: Policy
    strategies: Mapping[str, StrategyFunction]
    slotted: dict[int, tuple[str | Part, ...]] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    real: list[int | None] = field(default_factory=list)
    column_of: dict[Key, int] = field(default_factory=dict)
    kept: dict[Key, None] = field(default_factory=dict)
    consistent: bool = True
    cues: list[int] = field(default_factory=list)
    zones: list[tuple[int, int]] = field(default_factory=list)
    refusal: str = ""

    def decide(self) -> None:
        """Decide which mentions are slots, and make a column for each (person, attribute) among them."""
        stated: dict[Key, list[tuple[int, Part]]] = {}
        for index, link in self.analysis.links.items():
            sense = self.scan.surfaces[index].senses[link.pos]
            parts = tuple(part for part in sense.parts if isinstance(part, Part))
            self._refuse_unlisted([*((part.attribute, part.value) for part in parts), *sense.states])
            slots = [part for part in parts if self._is_slot(part, link)]
            if not slots:
                for part in parts:
                    self.kept.setdefault((link.person, part.attribute))
                continue
            self.slotted[index] = self._unrepeated(link, sense.parts)
            slots = [part for part in slots if part in self.slotted[index]]
            for part in slots if link.person >= 0 else ():
                stated.setdefault((link.person, part.attribute), []).append((index, part))
        order = {attribute.id: rank for rank, attribute in enumerate(self.policy.attributes)}
        for key in sorted(stated, key=lambda key: (key[0], order[key[1]])):
            self._add_column(key, stated[key])
        if self.analysis.shows_minor:
            self._refuse_minors()
        clothed = self.analysis.clothed
        self.cues = [
            i for i, unit in enumerate(self.scan.units) if (unit.cues or i in clothed) and self.is_cue(i)
        ]
        self.zones = self._modifier_zones()

    def _unrepeated(self, link: Link, parts: tuple[str | Part, ...]) -> tuple[str | Part, ...]:
        """*parts* without a gender that the person's noun states already (``a Latina woman``)."""
        if link.pos is not Pos.ADJECTIVE or len(parts) == 1 or link.person not in self._gendered:
            return parts
        rest = tuple(part for part in parts if isinstance(part, Part) and part.attribute != "gender")
        return rest if len(rest) == 1 else parts

    @cached_property
    def _gendered(self) -> frozenset[int]:
        """Persons of whom a noun states the gender."""
        masks = ((link, self.scan.units[index].noun) for index, link in self.analysis.links.items())
        return frozenset(
            link.person
            for link, mask in masks
            if link.pos is Pos.NOUN and mask is not None and "gender" in mask.attributes
        )

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
        policy = self.policy_of(attribute)
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
        treatment = self.strategies[attribute](policy, values, real)
        self.real.append(treatment.values.index(real) if real in treatment.values else None)
        self.columns.append(Column(person, attribute, treatment.values, treatment.mode, treatment.blocks))

    def policy_of(self, attribute: str) -> AttributePolicy:
        """What the policy says of an attribute that has a column."""
        found = self.policy.attribute(attribute)
        if found is None:
            raise LookupError(f"the policy does not name '{attribute}'")
        return found

    def _refuse_unlisted(self, stated: Sequence[tuple[str, str]]) -> None:
        """Refuse values that the policy does not list, those of minors among them, if it asks for that."""
        for attribute, value in stated:
            policy = self.policy.attribute(attribute)
            if (
                policy is not None
                and policy.values
                and policy.out_of_domain is OutOfDomain.REFUSE
                and policy.strategy is not Strategy.KEEP
                and self.vocabulary.index_of(attribute, value) is None
            ):
                self._refuse(policy)

    def _refuse_minors(self) -> None:
        """Refuse a minor where the policy lists adults only, if it asks for that."""
        policy = self.policy.attribute(AGE)
        if policy is None or not policy.values or policy.strategy is Strategy.KEEP:
            return
        if policy.out_of_domain is OutOfDomain.REFUSE and not self.vocabulary.substitutes[AGE, Band.MINOR]:
            self._refuse(policy)

    def _refuse(self, policy: AttributePolicy) -> None:
        self.refusal = self.refusal or f"a value of '{policy.id}' is outside the policy's domain"

    def _outside(self, key: Key, policy: AttributePolicy, part: Part) -> None:
        """A value that the policy does not list: it is left out, or shown by a broader one."""
        shown = shown_value(self.vocabulary, policy, part.value)
        self.real.append(None)
        self.columns.append(
            Column(
                key[0],
                policy.id,
                (),
                Mode.SHOWN if shown else Mode.NEUTRAL,
                outcomes(self.vocabulary, policy, self._band(key[0]), self.strategies[policy.id]),
            )
        )

    def is_stated(self, index: int) -> bool:
        """Whether the unit is a mention that is exchanged, or a cue that is taken out."""
        return index in self.slotted or self.is_cue(index)

    def is_cue(self, index: int) -> bool:
        """Whether the unit is a cue: what is linked to a person as a mention is none."""
        return self.analysis.is_cue(self.scan.units, index)

    def takes_out(self, index: int) -> bool:
        """Whether the policy takes out the cue at *index*; notes a refusal.

        A word that is a cue of several kinds is treated by the strictest of their actions.
        """
        kinds = {cue.term.kind for cue in removal.cues_alike(self.scan.units, index)}
        actions = {self.policy.cue_action(kind): kind for kind in sorted(kinds)}
        if CueAction.REFUSE in actions and not self.refusal:
            kind = actions[CueAction.REFUSE]
            self.refusal = f"the prompt has a cue of kind '{kind}', which the policy refuses"
        return not actions.keys().isdisjoint({CueAction.WITHHOLD, CueAction.GENERALISE})

    def loses_name(self, index: int) -> bool:
        """Whether the name after the title or noun at *index* is taken out (``Mr. and Mrs. Smith``)."""
        units, at = self.scan.units, index + 1
        while at < len(units) and (units[at].word == "." or self._another_title(at)):
            at += 1 if units[at].word == "." else 2
        if at >= len(units) or not self.is_cue(at):
            return False
        return removal.choose_cue(units, at).term.kind == "name" and self.takes_out(at)

    def _another_title(self, index: int) -> bool:
        units = self.scan.units
        if units[index].word not in grammar.LIST_JOINERS or index + 1 >= len(units):
            return False
        return units[index + 1].title is not None

    def generalises(self, index: int) -> bool:
        """Whether the policy wants a general word for the cue at *index*, and nothing stricter."""
        kinds = (cue.term.kind for cue in removal.cues_alike(self.scan.units, index))
        return CueAction.WITHHOLD not in {self.policy.cue_action(kind) for kind in kinds}

    def _modifier_zones(self) -> list[tuple[int, int]]:
        """The modifiers before each person's noun, where any of them may be left out."""
        zones = []
        for head in sorted(set(self.analysis.heads.values()) | self._nouns_after_cues()):
            start = start_of_phrase(self.scan.units, self.analysis.heads, head)
            if start < head and any(self.may_vanish(index) for index in range(start, head)):
                zones.append((start, head))
        return zones

    def _nouns_after_cues(self) -> set[int]:
        units = self.scan.units
        return {
            index + 1
            for index in self.cues
            if index + 1 < len(units)
            and (units[index + 1].is_noun or units[index + 1].kind is Kind.WORD)
            and removal.choose_cue(units, index).term.pos is CuePos.ADJECTIVE
            and (units[index + 1].is_noun or removal.names_person(units, index + 1))
        }

    def may_vanish(self, index: int) -> bool:
        """Whether the modifier at *index* is left out for the cloud, or where no value is stated."""
        unit = self.scan.units[index]
        if index in self.slotted:
            return unit.adjective is not None
        if not (self.analysis.peopled and self.is_cue(index)):
            return False
        return self.takes_out(index)
