"""What stands in every candidate alike: values with nothing beside them, cues, mentions that were missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from obclip_privacy.attributes.base import Attribute
from obclip_privacy.attributes.safety import AGE, MINOR_VALUES
from obclip_privacy.audit.disagreement import OtherDetectors
from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.observation import Observation
from obclip_privacy.audit.reading import Reading
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.policy.model import Strategy

_ANOTHER_AGE = (
    "adults and minors never stand for one another, so that this person is under 18 can be seen in every set;"
    ' to hide which age it is, list minors\' ages in the "values" of age too ("baby", "child", "teenager");'
    ' to send no prompt with a minor, set the "out_of_domain" of age to "refuse"'
)
_IN_A_WORD = (
    'a word that says the value along with another ("boy" is a gender and an age) is replaced within its age'
    ' only; say the value in words of its own ("a child", "9 years old")'
)


def neutral_wordings(attributes: Iterable[Attribute]) -> Mapping[str, frozenset[str]]:
    """By attribute, what its lexicon writes where no value is to be said, in lower case."""
    return FrozenMap(
        {
            attribute.id: frozenset(
                form.lower() for cls in attribute.lexicon.classes for form in cls.neutral if form
            )
            for attribute in attributes
        }
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Looks for it.

    Attributes:
        reading: reads candidates as the audit's policy does.
        others: installed detectors that the policy does not use.
        strict_values: whether a value of one of the policy's attributes that nothing stands beside is a
            failure (a policy is given) or may be meant so (sets made elsewhere).
        neutral: by attribute, the wordings without a value, in lower case.
    """

    reading: Reading
    others: OtherDetectors | None = None
    strict_values: bool = True
    neutral: Mapping[str, frozenset[str]] = field(default_factory=FrozenMap)

    def findings(self, row: int, seen: Observation, content: bytes) -> list[Finding]:
        """Everything that stands in all candidates of one set."""
        return [
            *self._values(row, seen, content),
            *self._missed(row, seen, content),
            *self._cues(row, seen, content),
        ]

    def _values(self, row: int, seen: Observation, content: bytes) -> list[Finding]:
        """A value of the policy's own domain is a leak; others (minors, outside it) are visible by design.

        Minors are a class of their own: that somebody is one is visible under every policy.
        """
        policy = self.reading.engine.policy
        first, *others = seen.candidates
        hidden = {attribute.id for attribute in policy.attributes if attribute.strategy is not Strategy.KEEP}
        ranging = {column.key for column in seen.columns if len(column.values) > 1}
        fixed = {
            (person, name): values
            for (person, name), values in self.reading.values(first).items()
            if name in hidden and f"{person}.{name}" not in ranging
        }
        for text in others:
            if not fixed:
                break
            stated = self.reading.values(text)
            fixed = {key: values for key, values in fixed.items() if stated.get(key) == values}
        found = []
        for (person, name), values in sorted(fixed.items()):
            attribute = policy.attribute(name)
            own = attribute is not None and any(attribute.index_of(value) is not None for value in values)
            minor = name == AGE and not MINOR_VALUES.isdisjoint(values)
            if own and self._is_neutral(first, person, name):
                continue
            in_a_word = own and self._in_a_class(first, person, name)
            alone = own and not minor and not in_a_word
            alone = alone and (self.strict_values or seen.n == 1)
            fix = _IN_A_WORD if in_a_word else _ANOTHER_AGE if minor and not own else ""
            found.append(
                finding(
                    "unhidden" if alone else "visible",
                    row=row,
                    attribute=name,
                    content=content,
                    detail=f"person {person}",
                    fix=fix,
                )
            )
        return found

    def _is_neutral(self, text: str, person: int, attribute: str) -> bool:
        """Whether the words are what the policy writes for every value: ``they``, where it neutralises."""
        policy = self.reading.engine.policy.attribute(attribute)
        if policy is None or policy.strategy not in (Strategy.NEUTRALISE, Strategy.WITHHOLD):
            return False
        neutral = self.neutral.get(attribute, frozenset())
        return all(
            mention.text.lower() in neutral
            for mention in self.reading.detect(text).mentions
            if (mention.person, mention.attribute) == (person, attribute)
        )

    def _in_a_class(self, text: str, person: int, attribute: str) -> bool:
        """Whether words of another attribute state the value along with their own (``boy``: a child)."""
        mentions = [m for m in self.reading.detect(text).mentions if m.person == person]
        others = {(m.start, m.end) for m in mentions if m.attribute != attribute}
        return all((m.start, m.end) in others for m in mentions if m.attribute == attribute)

    def _missed(self, row: int, seen: Observation, content: bytes) -> list[Finding]:
        missed = self.others.missed(seen.candidates) if self.others else ()
        return [
            finding("detectors", row=row, attribute=name, detail=f"detector '{detector}'", content=content)
            for name, detector in missed
        ]

    def _cues(self, row: int, seen: Observation, content: bytes) -> list[Finding]:
        first, *others = seen.candidates
        cues = [(cue.attribute, cue.kind) for cue in self.reading.detect(first).cues]
        for text in others:
            if not cues:
                break
            here = {(cue.attribute, cue.kind) for cue in self.reading.detect(text).cues}
            cues = [cue for cue in cues if cue in here]
        return [
            finding("cues", row=row, attribute=name, detail=f"kind '{kind}'", content=content, count=count)
            for (name, kind), count in sorted(Counter(cues).items())
        ]
