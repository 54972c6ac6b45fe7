"""Detector disagreement: what installed detectors find that the policy does not use.

A mention that the policy's detectors miss is sent as it is in every candidate. Only detectors of attributes
that the policy hides are asked; an attribute that it does not name is not sensitive under it. How often what
they find is right is measured by the attacker of the same name
(:mod:`~obclip_privacy.audit.attackers.disagreement`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from obclip_privacy.attributes.base import Detector
from obclip_privacy.language.fold import fold
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import Policy, Strategy

#: Attribute, detector, and the values that it finds in every candidate.
Shared = tuple[str, str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class OtherDetectors:
    """Detectors that a policy leaves out, by attribute; they may be slow, so what they last found is kept."""

    detectors: tuple[tuple[str, Detector], ...]
    _last: dict[tuple[str, ...], tuple[Shared, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, policy: Policy, registry: Registry) -> OtherDetectors:
        """Those of *registry* that *policy* does not list."""
        found = []
        for settings in policy.attributes:
            attribute = registry.attributes.get(settings.id)
            if attribute is None or settings.strategy is Strategy.KEEP or settings.id in settings.detectors:
                continue
            found += [(settings.id, d) for d in attribute.detectors if d.name not in settings.detectors]
        return cls(tuple(found))

    def shared(self, candidates: Sequence[str]) -> tuple[Shared, ...]:
        """What each detector finds in all *candidates* alike: an empty set where it finds no such value."""
        key = tuple(candidates)
        if key not in self._last:
            texts = [fold(text) for text in key]
            found = []
            for attribute, detector in self.detectors:
                values = [frozenset(hit.value for hit in detector.find(text)) for text in texts]
                common = frozenset.intersection(*values) if values else frozenset()
                found.append((attribute, detector.name, common))
            self._last.clear()
            self._last[key] = tuple(found)
        return self._last[key]

    def missed(self, candidates: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """(attribute, detector) of every value that is found in all *candidates* alike."""
        return tuple(
            (attribute, detector) for attribute, detector, common in self.shared(candidates) if common
        )
