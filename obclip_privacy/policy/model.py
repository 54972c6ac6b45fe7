"""The policy as the rest of the program sees it: immutable, hashable, checked.

Only :mod:`obclip_privacy.policy.loader` makes a :class:`Policy`; whoever holds one may rely on everything
that the loader checks (ids unique, values claimed once, adults and minors apart, ...). Two policies are
equal when they decide alike; :attr:`Policy.sha256` identifies one in records and reports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from obclip_privacy.policy.frozen import FrozenMap, Json, thaw
from obclip_privacy.policy.local import LocalSource


class Strategy(StrEnum):
    """What happens to an attribute on its way to the cloud."""

    ENUMERATE = "enumerate"
    NEUTRALISE = "neutralise"
    WITHHOLD = "withhold"
    GENERALISE = "generalise"
    BLOCK = "block"
    KEEP = "keep"


class OutOfDomain(StrEnum):
    """What happens to a value of the attribute that the policy does not list."""

    NEUTRALISE = "neutralise"
    GENERALISE = "generalise"
    REFUSE = "refuse"


class Presence(StrEnum):
    """Whether the cloud may see that the attribute occurs at all (its value is hidden either way)."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


class CueAction(StrEnum):
    """What happens to a span that reveals a value but has no parallel for the others."""

    WITHHOLD = "withhold"
    GENERALISE = "generalise"
    WARN = "warn"
    REFUSE = "refuse"
    KEEP = "keep"


class NegativePromptAction(StrEnum):
    """What the cloud gets of the negative prompt; the device always uses the person's own.

    ``withhold`` drops mentions and cues and sends the rest, ``drop`` sends an empty one, ``refuse``
    refuses a negative prompt that states an attribute, ``keep`` sends it as it is (only for policies in
    which nothing in it is sensitive).
    """

    WITHHOLD = "withhold"
    DROP = "drop"
    REFUSE = "refuse"
    KEEP = "keep"


class Overflow(StrEnum):
    """What happens to a set that would have more than ``max_candidates`` members."""

    NEUTRALISE = "neutralise"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an attribute.

    Attributes:
        id: identifier in lower case, words joined by hyphens; what records and assignments name.
        aliases: other identifiers by which a lexicon may know the same value (``caucasian`` for
            ``white``), in the policy's order.
        prior: probability in [0, 1] that a user means this value, or ``None`` for the uniform prior.
    """

    id: str
    aliases: tuple[str, ...] = ()
    prior: Fraction | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The id and the aliases, in that order."""
        return (self.id, *self.aliases)


@dataclass(frozen=True, slots=True)
class AttributePolicy:
    """What the policy says of one attribute.

    Attributes:
        id: ``gender``, ``age``, ``ethnicity``, ...
        strategy: what happens to it; a name with a colon in it is a plugin's strategy.
        values: the domain, in canonical order.
        detectors: names of the registered detectors that find its mentions.
        generator: name of the registered candidate generator that realises its values.
        options: what the strategy, the detectors and the generator are told; checked by them.
        out_of_domain: what happens to a value that is not listed.
        presence: whether its occurrence is visible.
        description: why it is treated like this, for people; decides nothing.
    """

    id: str
    strategy: Strategy | str
    values: tuple[Value, ...]
    detectors: tuple[str, ...]
    generator: str
    options: Mapping[str, Json] = field(default_factory=FrozenMap)
    out_of_domain: OutOfDomain = OutOfDomain.NEUTRALISE
    presence: Presence = Presence.VISIBLE
    description: str = ""

    @property
    def value_ids(self) -> tuple[str, ...]:
        """The ids of the domain, in canonical order."""
        return tuple(value.id for value in self.values)

    def index_of(self, name: str) -> int | None:
        """Position in the domain of the value with this id or alias, or ``None`` if it has none."""
        for index, value in enumerate(self.values):
            if name in value.names:
                return index
        return None

    @property
    def priors(self) -> tuple[Fraction, ...]:
        """One probability a value, in canonical order, summing to 1; uniform where none is stated."""
        if any(value.prior is None for value in self.values):
            return (Fraction(1, max(len(self.values), 1)),) * len(self.values)
        return tuple(value.prior for value in self.values if value.prior is not None)


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, each at least 1.

    Attributes:
        max_candidates: distinct prompts in one set.
        max_prompt_chars: Unicode code points in a prompt or a negative prompt.
        overflow: what to do when a set would be larger; decided on the template alone.
    """

    max_candidates: int = 64
    max_prompt_chars: int = 2000
    overflow: Overflow = Overflow.NEUTRALISE


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a set must reach, or else the request is refused.

    Attributes:
        min_n: least size of the anonymity set of a prompt that states a sensitive attribute.
        max_posterior: greatest Bayes vulnerability of the joint assignment, in (0, 1], under the
            policy's prior.
    """

    min_n: int = 1
    max_posterior: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """An example that the policy promises, run by ``obclip policy test``.

    Attributes:
        prompt: what the person types.
        n: expected size of the anonymity set.
        candidates: expected prompts in canonical order, or ``None`` if not stated.
        withheld: expected withheld texts in text order, or ``None`` if not stated.
    """

    prompt: str
    n: int
    candidates: tuple[str, ...] | None = None
    withheld: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Policy:
    """A checked policy with ``extends`` resolved.

    Attributes:
        schema_version: version of the file format.
        name: what records and messages call it.
        description: one or two sentences for people.
        plugins: distributions or plugin names without which the policy must not run.
        attributes: in canonical order.
        cues: action per cue kind; :meth:`cue_action` answers for kinds that are not listed.
        negative_prompt: what the cloud gets of the negative prompt.
        limits: upper bounds.
        guarantee: what a set must reach.
        tests: examples that must hold.
        local: the lexicons and plugins that the policy brings along from beside it.
    """

    schema_version: int
    name: str
    description: str
    plugins: tuple[str, ...]
    attributes: tuple[AttributePolicy, ...]
    cues: Mapping[str, CueAction]
    negative_prompt: NegativePromptAction = NegativePromptAction.WITHHOLD
    limits: Limits = Limits()
    guarantee: Guarantee = Guarantee()
    tests: tuple[PolicyTest, ...] = ()
    local: tuple[LocalSource, ...] = ()

    def attribute(self, attribute_id: str) -> AttributePolicy | None:
        """The attribute's policy, or ``None`` where the policy does not name it."""
        return self._by_id.get(attribute_id)

    @cached_property
    def _by_id(self) -> dict[str, AttributePolicy]:
        return {attribute.id: attribute for attribute in self.attributes}

    def cue_action(self, kind: str) -> CueAction:
        """Action for cues of *kind*: its own entry, else that of ``*``, else ``withhold``."""
        return self.cues.get(kind, self.cues.get("*", CueAction.WITHHOLD))

    def as_json(self) -> dict[str, Json]:
        """The policy as plain JSON data, every default written out and priors as fractions."""
        local: dict[str, Json] = {source.name: source.sha256 for source in self.local}
        return {
            **({"local": local} if local else {}),
            "schema_version": self.schema_version,
            "name": self.name,
            "description": self.description,
            "plugins": list(self.plugins),
            "attributes": [_attribute_json(attribute) for attribute in self.attributes],
            "cues": {kind: action.value for kind, action in self.cues.items()},
            "negative_prompt": self.negative_prompt.value,
            "limits": {
                "max_candidates": self.limits.max_candidates,
                "max_prompt_chars": self.limits.max_prompt_chars,
                "overflow": self.limits.overflow.value,
            },
            "guarantee": {
                "min_n": self.guarantee.min_n,
                "max_posterior": _fraction_text(self.guarantee.max_posterior),
            },
            "tests": [_test_json(test) for test in self.tests],
        }

    @cached_property
    def sha256(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of :meth:`as_json`.

        Canonical: UTF-8, keys sorted, no white space. It covers the whole resolved policy: how a file
        writes it down does not matter, and any change of a decision changes it.
        """
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _attribute_json(attribute: AttributePolicy) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "id": attribute.id,
        "strategy": str(attribute.strategy),
        "values": [_value_json(value) for value in attribute.values],
        "detectors": list(attribute.detectors),
        "generator": attribute.generator,
        "options": thaw(attribute.options),
        "out_of_domain": attribute.out_of_domain.value,
        "presence": attribute.presence.value,
    }
    if attribute.description:
        entry["description"] = attribute.description
    return entry


def _value_json(value: Value) -> dict[str, Json]:
    entry: dict[str, Json] = {"id": value.id}
    if value.aliases:
        entry["aliases"] = list(value.aliases)
    if value.prior is not None:
        entry["prior"] = _fraction_text(value.prior)
    return entry


def _fraction_text(fraction: Fraction) -> str:
    return f"{fraction.numerator}/{fraction.denominator}"


def _test_json(test: PolicyTest) -> dict[str, Json]:
    entry: dict[str, Json] = {"prompt": test.prompt, "n": test.n}
    if test.candidates is not None:
        entry["candidates"] = list(test.candidates)
    if test.withheld is not None:
        entry["withheld"] = list(test.withheld)
    return entry
