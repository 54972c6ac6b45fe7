"""Reads texts as a policy does: the audit's own look at what stands in a candidate."""

from __future__ import annotations

from dataclasses import dataclass, field

from obclip_privacy.candidates.candidate_set import Detection
from obclip_privacy.candidates.engine import HARD_MAX_PROMPT_CHARS, Engine
from obclip_privacy.policy.model import CueAction, Policy

#: Detections kept at most.
_KEPT = 4096


def is_withheld(policy: Policy, kind: str) -> bool:
    """Whether the cloud does not get cues of *kind*."""
    return policy.cue_action(kind) in (CueAction.WITHHOLD, CueAction.GENERALISE)


@dataclass(slots=True)
class Reading:
    """Detections of one engine, the last few kept.

    Attributes:
        engine: of the audit's policy.
    """

    engine: Engine
    _kept: dict[str, Detection] = field(default_factory=dict)

    def detect(self, text: str) -> Detection:
        """Mentions and cues of *text*; none for a text that is too long to be read."""
        found = self._kept.get(text)
        if found is None:
            if len(text) > HARD_MAX_PROMPT_CHARS:
                return Detection((), ())
            found = self.engine.detect(text)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[text] = found
        return found

    def values(self, text: str) -> dict[tuple[int, str], frozenset[str]]:
        """The values that *text* states, by person and attribute."""
        found: dict[tuple[int, str], frozenset[str]] = {}
        for mention in self.detect(text).mentions:
            key = (mention.person, mention.attribute)
            found[key] = found.get(key, frozenset()) | {mention.value}
        return found

    def contradictions(self, text: str) -> frozenset[str]:
        """Attributes of which one person has two values in *text*."""
        return frozenset(attribute for (_, attribute), values in self.values(text).items() if len(values) > 1)
