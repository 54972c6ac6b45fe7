"""Decides which mentions are slots, and which columns there are.

Everything but one thing is decided on masked units. The real value of a column is looked up here, and goes
nowhere but into :attr:`Decisions.real`, into ``block`` (which reports it as leakage), and into what happens
to a value outside the policy's domain (which is visible as such).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from obclip_privacy.attributes.base import Band, CuePos, Pos
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.candidates.strategies import STRATEGIES
from obclip_privacy.language import removal
from obclip_privacy.language.analysis import Analysis, Link
from obclip_privacy.language.persons import start_of_phrase
from obclip_privacy.language.scan import Scan
from obclip_privacy.language.units import CueSense, Kind, Part
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.policy.model import AttributePolicy, CueAction, OutOfDomain, Policy, Strategy

#: (person, attribute).
Key = tuple[int, str]


@dataclass(slots=True)
class Decisions:
    """The decisions for one prompt; made by :func:`decide`.

    Attributes:
        scan: the masked units and what stands behind them.
        analysis: what the rules found.
        vocabulary: the policy's.
        policy: the policy.
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
            slots = [part for part in parts if self._is_slot(part, link)]
            if not slots:
                for part in parts:
                    self.kept.setdefault((link.person, part.attribute))
                continue
            self.slotted[index] = sense.parts
            for part in slots if link.person >= 0 else ():
                stated.setdefault((link.person, part.attribute), []).append((index, part))
        order = {attribute.id: rank for rank, attribute in enumerate(self.policy.attributes)}
        for key in sorted(stated, key=lambda key: (key[0], order[key[1]])):
            self._add_column(key, stated[key])
        clothed = self.analysis.clothed
        self.cues = [
            i for i, unit in enumerate(self.scan.units) if (unit.cues or i in clothed) and self.is_cue(i)
        ]
        self.zones = self._modifier_zones()

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
        treatment = STRATEGIES[policy.strategy](policy, values, real)
        self.real.append(treatment.values.index(real) if real in treatment.values else None)
        self.columns.append(Column(person, attribute, treatment.values, treatment.mode, treatment.blocks))

    def policy_of(self, attribute: str) -> AttributePolicy:
        """What the policy says of an attribute that has a column."""
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

    def is_stated(self, index: int) -> bool:
        """Whether the unit is a mention that is exchanged, or a cue that is taken out."""
        return index in self.slotted or self.is_cue(index)

    def is_cue(self, index: int) -> bool:
        """Whether the unit is a cue: what is linked to a person as a mention is none."""
        return self.analysis.is_cue(self.scan.units, index)

    def takes_out(self, cue: CueSense) -> bool:
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
        return self.takes_out(removal.choose_cue(self.scan.units, index))
