"""Reads prompts under a policy: the vocabulary, the detectors that the policy names, and the scanner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from obclip_privacy.attributes.base import (
    LEXICON,
    Attribute,
    CueFinding,
    CuePos,
    CueTerm,
    Detector,
    Finding,
    Pos,
    SlotPart,
)
from obclip_privacy.errors import PluginError
from obclip_privacy.language.fold import fold
from obclip_privacy.language.scan import DetectedCue, DetectedSpan, Scan, Scanner
from obclip_privacy.language.units import CueSense, Sense
from obclip_privacy.language.vocabulary import Vocabulary, build_vocabulary
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import Policy

#: How many kinds of findings keep their senses: what a lexicon has of values and classes, many times over.
SENSES_KEPT = 1024


class Reader:
    """Turns prompts into masked units. Safe to share between threads."""

    def __init__(self, policy: Policy, attributes: Sequence[Attribute], registry: Registry) -> None:
        chosen = {
            attribute.id: _chosen(attribute, settings.detectors)
            for attribute, settings in zip(attributes, policy.attributes, strict=True)
        }
        lexical = frozenset(identifier for identifier, (lexicon, _) in chosen.items() if lexicon)
        self._detectors: tuple[tuple[str, Detector], ...] = tuple(
            (identifier, detector) for identifier, (_, found) in chosen.items() for detector in found
        )
        self._cue_finders: tuple[Callable[[str], Sequence[CueFinding]], ...] = tuple(
            detector.find for detector in registry.cue_detectors.values() if detector.find is not None
        )
        cues = [term for detector in registry.cue_detectors.values() for term in detector.terms]
        cues += [term for attribute in registry.attributes.values() for term in attribute.lexicon.cues]
        lexicons = [attribute.lexicon for attribute in registry.attributes.values()]
        always = tuple(text for lexicon in lexicons for text in lexicon.blocked)
        before = [group for lexicon in lexicons for group in lexicon.blocked_before]
        blocked = [(always, ("",)), *before]
        self.vocabulary: Vocabulary = build_vocabulary(policy, attributes, cues, lexical, blocked)
        self._scanner = Scanner(self.vocabulary)
        self._senses_of = lru_cache(maxsize=SENSES_KEPT)(self._make_senses)

    def scan(self, text: str) -> Scan:
        """The masked units of *text*, with what stands behind them."""
        folded = fold(text)
        spans = [
            DetectedSpan(finding.start, finding.end, self._senses(identifier, detector, finding))
            for identifier, detector in self._detectors
            for finding in detector.find(folded)
        ]
        cues = [
            DetectedCue(found.start, found.end, CueSense(_term(found), 0))
            for find in self._cue_finders
            for found in find(folded)
        ]
        return self._scanner(text, folded, spans, cues)

    def _senses(self, attribute: str, detector: Detector, finding: Finding) -> dict[Pos, Sense]:
        """What a finding can mean: an adjective may also be a noun (``a 70-year-old``).

        Raises:
            PluginError: the detector writes a lexeme class that its attribute does not have.
        """
        cls = self.vocabulary.classes.get(finding.class_id)
        if cls is None or cls.attribute != attribute or finding.start < 0 or finding.end <= finding.start:
            raise PluginError(
                f"detector '{detector.name}' of '{attribute}' gave a finding of class "
                f"'{finding.class_id}' at {finding.start}..{finding.end}; it must be a span of a class "
                "of its own attribute"
            )
        return self._senses_of(finding.class_id, finding.value, finding.form, detector.name)

    def _make_senses(self, class_id: str, value: str, form: int, detector: str) -> dict[Pos, Sense]:
        cls, slot = self.vocabulary.classes[class_id], SlotPart(class_id, value)
        inflected = form if cls.pos.form_count > 1 else 0
        senses = {cls.pos: self.vocabulary.sense(cls.pos, (slot,), inflected, detector)}
        if cls.pos is Pos.ADJECTIVE:
            noun = " people" if form else " person"
            senses[Pos.NOUN] = self.vocabulary.sense(Pos.NOUN, (slot, noun), form, detector)
        return senses


def _chosen(attribute: Attribute, names: Sequence[str]) -> tuple[bool, tuple[Detector, ...]]:
    """Whether the lexicon is used, and the detectors beyond it; no names means all.

    Raises:
        PluginError: the attribute has no detector of one of the names.
    """
    if not names or attribute.id in names:
        return True, attribute.detectors
    unknown = [name for name in names if name not in attribute.detector_names]
    if unknown:
        known = ", ".join(attribute.detector_names)
        raise PluginError(f"attribute '{attribute.id}' has no detector '{unknown[0]}'; it has: {known}")
    return LEXICON in names, tuple(found for found in attribute.detectors if found.name in names)


def _term(found: CueFinding) -> CueTerm:
    generic = (found.generic,) if found.generic else ()
    return CueTerm(("",), CuePos.NOUN, found.attribute, found.kind, found.reason, generic, alone=found.alone)
