"""Detector disagreement: what installed detectors find that the policy does not use.

A mention that the policy's detectors miss is sent as it is in every candidate. Only detectors of attributes
that the policy hides are asked; an attribute that it does not name is not sensitive under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.attributes.base import Detector
from obclip_privacy.language.fold import fold
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import Policy, Strategy


@dataclass(frozen=True, slots=True)
class OtherDetectors:
    """Detectors that a policy leaves out, by attribute."""

    detectors: tuple[tuple[str, Detector], ...]

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

    def missed(self, candidates: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """(attribute, detector) of every value that is found in all *candidates* alike."""
        found = []
        for attribute, detector in self.detectors:
            values = [frozenset(hit.value for hit in detector.find(fold(text))) for text in candidates]
            if values and frozenset.intersection(*values):
                found.append((attribute, detector.name))
        return tuple(found)
