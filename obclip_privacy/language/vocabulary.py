"""The vocabulary of a policy: which surface forms mean what, and how each value of the policy is written.

Built once for an engine from the policy and the registered attributes. What it guarantees, or refuses to
be built:

* every value that the policy lists has a form in every lexeme class that can occur; a noun class that has
  none for some value is written by its base class, or else by the adjective and its neutral form for all
  values (``female server``, ``male server``, ``nonbinary server``);
* no form belongs to two classes of one part of speech, so that reading a candidate gives back the slot
  that wrote it;
* a value that is no value of the policy is taken for the nearest broader one that is (``Korean`` for
  ``asian``).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from obclip_privacy.attributes.base import (
    LEXICON,
    Attribute,
    Band,
    CueTerm,
    LexemeClass,
    Pos,
    Reading,
    SlotPart,
    Word,
)
from obclip_privacy.attributes.safety import band_of, substitutable
from obclip_privacy.errors import PluginError
from obclip_privacy.language.fold import fold
from obclip_privacy.language.lexer import term_key
from obclip_privacy.language.units import Case, CueSense, Mask, Part, Sense
from obclip_privacy.policy.model import AttributePolicy, Policy, Strategy

#: Stands in for a noun class: the attribute's adjective and the class's neutral form.
ANALYTIC = "analytic"

_CASES = (Case.SUBJECT, Case.OBLIQUE, Case.OBLIQUE, Case.OBLIQUE, Case.REFLEXIVE)


@dataclass(frozen=True)
class Vocabulary:
    """See the module.

    Attributes:
        classes: lexeme classes by id, of the policy's attributes only.
        redirects: by class, the class that stands in for it, or :data:`ANALYTIC`.
        domains: per attribute, index in the policy's domain by value name; narrower values included.
        forms: per class, one tuple of forms for each value of the policy's domain, in canonical order;
            ``None`` for a value that is not for the class's band (adult classes have no minors).
        substitutes: by attribute and band, the values that may stand for one another.
        broader: per attribute, the next broader value of a value, where there is one.
        senses: by key (:func:`~obclip_privacy.language.lexer.term_key`), what a term can mean.
        cues: by key, the cues that a term can be.
        blocked: by key of a phrase that speaks of nobody, the tokens of which some must follow; none of them
            for a phrase that does so wherever it stands.
    """

    classes: Mapping[str, LexemeClass]
    redirects: Mapping[str, str]
    domains: Mapping[str, Mapping[str, int]]
    forms: Mapping[str, tuple[tuple[str, ...] | None, ...]]
    broader: Mapping[str, Mapping[str, str]]
    substitutes: Mapping[tuple[str, Band], tuple[int, ...]]
    senses: Mapping[str, tuple[Sense, ...]]
    cues: Mapping[str, tuple[CueSense, ...]]
    blocked: Mapping[str, frozenset[tuple[str, ...]]]
    _writes: dict[tuple[str, Band], bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def writes(self, class_id: str, band: Band) -> bool:
        """Whether the class has a form for every value that may stand for another in *band*."""
        key = (class_id, band)
        if key not in self._writes:
            values = self.substitutes[self.classes[class_id].attribute, band]
            row = self.forms.get(class_id, ())
            self._writes[key] = bool(values) and bool(row) and all(row[value] is not None for value in values)
        return self._writes[key]

    def index_of(self, attribute: str, value: str) -> int | None:
        """Index in the policy's domain of a lexicon's value, or ``None`` if it is outside."""
        return self.domains[attribute].get(value)

    @cached_property
    def speaking(self) -> frozenset[str]:
        """Ids of the noun classes whose neutral forms state a value of another attribute (``child``)."""
        return frozenset(
            cls.id
            for cls in self.classes.values()
            if cls.pos is Pos.NOUN
            and any(
                set(sense.mask.attributes) - {cls.attribute}
                for form in cls.neutral
                for sense in self.senses.get(term_key(fold(form)), ())
            )
        )

    @cached_property
    def they(self) -> bool:
        """Whether *they* is among the pronouns that state a value of the policy."""
        rows = self.forms.get("gender.pronoun", ())
        return any(row is not None and row[0].lower() == "they" for row in rows)

    def sense(self, pos: Pos, reading: Reading, form: int, detector: str) -> Sense:
        """The sense of a reading (see :func:`make_sense`)."""
        return make_sense(self.domains, self.classes, self.redirects, pos, reading, form, detector)


def make_sense(
    attributes: Collection[str],
    classes: Mapping[str, LexemeClass],
    redirects: Mapping[str, str],
    pos: Pos,
    reading: Reading,
    form: int,
    detector: str,
) -> Sense:
    """The sense of a reading; slots of attributes that the policy does not name become plain text."""
    parts: list[str | Part] = []
    states: dict[str, str] = {}
    masks: list[LexemeClass] = []
    bands: list[Band] = []
    kin = False
    for part in reading:
        own = None if isinstance(part, str) else classes.get(part.class_id)
        if isinstance(part, str) or own is None:
            parts.append(part if isinstance(part, str) else part.value)
            continue
        target = redirects.get(own.id, own.id)
        cls = classes[f"{own.attribute}.adjective" if target == ANALYTIC else target]
        masks.append(cls)
        bands.append(own.band)
        kin = kin or own.kin
        inflects = cls.pos in (Pos.NOUN, Pos.PRONOUN)
        parts.append(Part(cls.id, cls.attribute, part.value, form if inflects else 0))
        if target == ANALYTIC:
            parts.append(f" {own.neutral[form]}")
        states.update({a: v for a, v in own.states.items() if a in attributes})
    last = masks[-1] if masks else None
    mask = Mask(
        pos=pos,
        classes=tuple(cls.id for cls in masks),
        attributes=tuple(dict.fromkeys(cls.attribute for cls in masks)),
        form=_CASES[form] if pos is Pos.PRONOUN else form,
        band=next((band for band in bands if band is not Band.OPEN), Band.OPEN),
        kin=kin,
        needs_band=last.needs_band if last else None,
    )
    return Sense(mask, tuple(parts), tuple(states.items()), detector)


#: Phrases that speak of nobody, and words of which one must follow.
Blocked = tuple[Sequence[str], Sequence[str]]


def build_vocabulary(
    policy: Policy,
    attributes: Sequence[Attribute],
    cues: Iterable[CueTerm],
    lexical: frozenset[str],
    blocked: Iterable[Blocked] = (),
) -> Vocabulary:
    """The vocabulary of *attributes* (those that the policy names, in its order), of *cues* and *blocked*:
    phrases that speak of nobody, and words of which one must follow (``""``: none has to).

    *lexical* are the ids of the attributes whose words are looked for; of the others only detectors beyond
    the lexicon find mentions.

    Raises:
        PluginError: a value of the policy has no form, or a form is ambiguous.
    """
    builder = _Builder(policy, attributes, lexical)
    return builder.build(cues, blocked)


class _Builder:
    def __init__(self, policy: Policy, attributes: Sequence[Attribute], lexical: frozenset[str]) -> None:
        self.attributes = attributes
        self.lexical = lexical
        self.policies: dict[str, AttributePolicy] = {a.id: a for a in policy.attributes}
        self.classes = {c.id: c for a in attributes for c in a.lexicon.classes}
        self.domains = {a.id: _domain(a, self.policies[a.id]) for a in attributes}
        self.forms: dict[str, tuple[tuple[str, ...] | None, ...]] = {}
        self.redirects: dict[str, str] = {}
        self.parallels: dict[str, list[tuple[str, ...]]] = {}

    def build(self, cues: Iterable[CueTerm], blocked: Iterable[Blocked]) -> Vocabulary:
        for cls in self.classes.values():
            self._realise(cls)
        self._separate()
        self.parallels = self._parallel_forms()
        senses: dict[str, list[Sense]] = {}
        for surface, sense in self._senses():
            if not sense.mask.classes:
                continue
            for key in _keys(surface):
                known = senses.setdefault(key, [])
                if all(other.mask.pos is not sense.mask.pos for other in known):
                    known.append(sense)
        return Vocabulary(
            self.classes,
            self.redirects,
            self.domains,
            self.forms,
            {attribute.id: _broader(attribute) for attribute in self.attributes},
            {
                (identifier, band): substitutable(identifier, policy.value_ids, band)
                for identifier, policy in self.policies.items()
                for band in Band
            },
            {key: tuple(found) for key, found in senses.items()},
            _cue_senses(cues),
            self._blocked(blocked),
        )

    def _blocked(self, groups: Iterable[Blocked]) -> dict[str, frozenset[tuple[str, ...]]]:
        found: dict[str, frozenset[tuple[str, ...]]] = {}
        for phrases, words in groups:
            after = frozenset(tuple(key.split()) for word in words for key in _keys(word))
            for phrase in phrases:
                for alike in self._alike(phrase):
                    for key in _keys(alike):
                        found[key] = found[key] | after if key in found else after
        return found

    def _alike(self, phrase: str) -> Iterator[str]:
        """*phrase* with every other form of a class in the place of the one that it has.

        Only where a candidate may show it: under a policy that writes ``White`` for all of Europe, ``German
        shepherd`` is a dog and ``Romanian shepherd`` somebody.
        """
        yield phrase
        words = phrase.split(" ")
        padded = f" {phrase} "
        ranges = itertools.combinations(range(len(words) + 1), 2)
        for surface in dict.fromkeys(" ".join(words[first:last]) for first, last in ranges):
            for others in self.parallels.get(surface, ()):
                for other in others:
                    yield padded.replace(f" {surface} ", f" {other} ").strip()

    def _parallel_forms(self) -> dict[str, list[tuple[str, ...]]]:
        """For each form that a candidate may show, in lower case, that form of all values of its class."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for class_id, rows in self.forms.items():
            columns = [
                tuple(form.lower() for form in column)
                for column in zip(*self.classes[class_id].forms.values(), strict=True)
            ]
            for row in rows:
                for form, surface in enumerate(row or ()):
                    found.setdefault(surface.lower(), []).append(columns[form])
        return found

    def _realise(self, cls: LexemeClass) -> None:
        """Fill in the forms of *cls* for the policy's domain, or the class that stands in for it."""
        policy = self.policies[cls.attribute]
        if policy.strategy is Strategy.GENERALISE and cls.detected and cls.base:
            self.redirects[cls.id] = cls.base
            return
        bands = {value: band_of(cls.attribute, value) for value in policy.value_ids}
        row: list[tuple[str, ...] | None] = []
        for value in policy.values:
            if _apart(cls.band, bands[value.id]):
                row.append(None)
                continue
            found = next((cls.forms[name] for name in value.names if name in cls.forms), None)
            replaceable = cls.pos is Pos.NOUN and f"{cls.attribute}.adjective" in self.classes
            if found is None and (cls.base or replaceable):
                self.redirects[cls.id] = cls.base or ANALYTIC
                return
            row.append(found)
            if found is None and cls.id == f"{cls.attribute}.adjective":
                raise PluginError(
                    f"attribute '{cls.attribute}': the lexicon has no form for the policy's value "
                    f"'{value.id}' in '{cls.id}'; name a value that it knows as an alias"
                )
        self.forms[cls.id] = tuple(row)

    def _separate(self) -> None:
        """Let a class whose forms collide with an earlier one be realised by that one."""
        owner: dict[tuple[Pos, str], str] = {}
        for class_id in list(self.forms):
            cls = self.classes[class_id]
            spoken = [form.lower() for row in self.forms[class_id] if row for form in row]
            taken = next((owner[(cls.pos, f)] for f in spoken if (cls.pos, f) in owner), None)
            if taken is not None and cls.pos is not Pos.PRONOUN:
                del self.forms[class_id]
                self.redirects[class_id] = taken
                continue
            for form in spoken:
                owner.setdefault((cls.pos, form), class_id)

    def _senses(self) -> Iterator[tuple[str, Sense]]:
        """Every surface with its sense: forms of the policy's values first, then other forms, then words."""
        spoken = [cls for cls in self.classes.values() if cls.attribute in self.lexical and not cls.detected]
        for cls in spoken:
            policy = self.policies[cls.attribute]
            for value, row in zip(policy.values, self.forms.get(cls.id, ()), strict=False):
                yield from self._class_senses(cls, value.id, row or ())
        for cls in spoken:
            for name, row in cls.forms.items():
                # They, them and their are words like any other unless the policy has a value that uses them.
                if cls.pos is Pos.PRONOUN and name not in self.domains[cls.attribute]:
                    continue
                yield from self._class_senses(cls, name, row)
            yield from self._analytic_twins(cls)
        for attribute in self.attributes:
            for word in attribute.lexicon.words if attribute.id in self.lexical else ():
                for index, (surface, reading) in enumerate(zip(word.surfaces, word.readings, strict=True)):
                    if surface:
                        yield surface, self._word_sense(word, reading, index)

    def _analytic_twins(self, cls: LexemeClass) -> Iterator[tuple[str, Sense]]:
        """``female child`` where a form is ``nonbinary child``: it must read as the same class."""
        adjectives = self.classes.get(f"{cls.attribute}.adjective")
        if adjectives is None or cls.pos is not Pos.NOUN:
            return
        written = {value: row[0] for value, row in adjectives.forms.items()}
        for value, row in cls.forms.items():
            start = f"{written.get(value, '')} "
            for form, surface in enumerate(row):
                if value in written and surface.startswith(start):
                    for other, adjective in written.items():
                        twin = f"{adjective} {surface.removeprefix(start)}"
                        yield twin, self._sense(cls.pos, (SlotPart(cls.id, other),), form)

    def _class_senses(self, cls: LexemeClass, value: str, row: Sequence[str]) -> Iterator[tuple[str, Sense]]:
        for form, surface in enumerate(row):
            yield surface, self._sense(cls.pos, (SlotPart(cls.id, value),), form)

    def _word_sense(self, word: Word, reading: Reading, index: int) -> Sense:
        form = index if word.pos in (Pos.NOUN, Pos.PRONOUN) else 0
        return replace(self._sense(word.pos, reading, form), word=word)

    def _sense(self, pos: Pos, reading: Reading, form: int) -> Sense:
        return make_sense(self.policies, self.classes, self.redirects, pos, reading, form, LEXICON)


def _domain(attribute: Attribute, policy: AttributePolicy) -> dict[str, int]:
    """Index by value name: the policy's own names, then everything narrower, by the nearest parent."""
    own = {name: index for index, value in enumerate(policy.values) for name in value.names}
    parents = {info.id: info.parents for info in attribute.lexicon.values}
    found = dict(own)
    for value in sorted({*parents, *(v for c in attribute.lexicon.classes for v in c.forms)}):
        todo, seen = [value], {value}
        while todo and value not in found:
            name = todo.pop(0)
            if name in own:
                found[value] = own[name]
            for parent in parents.get(name, ()):
                if parent not in seen:
                    seen.add(parent)
                    todo.append(parent)
    return found


def _broader(attribute: Attribute) -> dict[str, str]:
    """The first parent of each value that is not in turn narrower than it."""
    parents = {info.id: info.parents for info in attribute.lexicon.values}
    found = {}
    for value, above in parents.items():
        strict = [parent for parent in above if value not in parents.get(parent, ())]
        if strict:
            found[value] = strict[0]
    return found


def _apart(one: Band, other: Band) -> bool:
    return {one, other} == {Band.ADULT, Band.MINOR}


def _keys(surface: str) -> Iterator[str]:
    """The key of a surface, and of its variant with spaces for hyphens."""
    folded = fold(surface)
    yield term_key(folded)
    if "-" in folded:
        yield term_key(folded.replace("-", " "))


def _cue_senses(cues: Iterable[CueTerm]) -> dict[str, tuple[CueSense, ...]]:
    found: dict[str, tuple[CueSense, ...]] = {}
    for term in cues:
        for index, surface in enumerate(term.surfaces):
            for key in _keys(surface):
                found[key] = (*found.get(key, ()), CueSense(term, index))
    return found
