"""How two policies differ in what they decide, and which of them is the more private in each respect.

Names, descriptions and tests are not compared: they decide nothing. Nor is how a policy is written: what is
inherited and what is a default counts like what is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from obclip_privacy.authoring.explain import cue_actions
from obclip_privacy.authoring.facts import AttributeFacts, policy_facts
from obclip_privacy.authoring.wording import bits
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.model import (
    AttributePolicy,
    CueAction,
    NegativePromptAction,
    OutOfDomain,
    Policy,
    Presence,
)
from obclip_privacy.policy.vocabulary import Vocabulary


class Effect(StrEnum):
    """What a change does to privacy, seen from the first policy to the second."""

    MORE = "more private"
    LESS = "less private"
    OTHER = "different"
    """Something else is sent or refused, and neither policy is the more private one for it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One decision that two policies make differently.

    Attributes:
        subject: ``attribute gender``, ``cue dress``, ``limit max_candidates``, ...
        key: the key of the policy that decides it; ``""`` for the subject as a whole.
        before: what the first policy says.
        after: what the second policy says.
        effect: what that does to privacy.
    """

    subject: str
    key: str
    before: str
    after: str
    effect: Effect


#: From the least to the most private.
_OUTSIDE = (OutOfDomain.GENERALISE, OutOfDomain.NEUTRALISE, OutOfDomain.REFUSE)
_PRESENCE = (Presence.VISIBLE, Presence.HIDDEN)
#: Of equal rank are those that keep the same from the cloud in different ways.
_CUES = {
    CueAction.KEEP: 0,
    CueAction.WARN: 0,
    CueAction.GENERALISE: 1,
    CueAction.WITHHOLD: 2,
    CueAction.REFUSE: 3,
}
_NEGATIVE = {
    NegativePromptAction.KEEP: 0,
    NegativePromptAction.WITHHOLD: 1,
    NegativePromptAction.REFUSE: 1,
    NegativePromptAction.DROP: 2,
}


def diff(before: Policy, after: Policy, vocabulary: Vocabulary) -> tuple[Change, ...]:
    """Every decision that the two policies make differently; empty if they decide alike."""
    return (
        *_attributes(before, after, vocabulary),
        *_cues(before, after, vocabulary),
        *_settings(before, after),
    )


def _attributes(before: Policy, after: Policy, vocabulary: Vocabulary) -> Iterator[Change]:
    old = {fact.policy.id: fact for fact in policy_facts(before)}
    new = {fact.policy.id: fact for fact in policy_facts(after)}
    for name in dict.fromkeys([*old, *new]):
        one, other = old.get(name), new.get(name)
        if _hides(one) != _hides(other):
            effect = _ranked(_hides(one), _hides(other))
            yield Change(f"attribute {name}", "", _treated(one), _treated(other), effect)
        elif one is not None and other is not None and one.hides:
            yield from _attribute(one, other, vocabulary)
    orders = [
        [name for name in facts if _hides(old.get(name)) and _hides(new.get(name))] for facts in (old, new)
    ]
    if orders[0] != orders[1]:
        yield Change("attributes", "order", ", ".join(orders[0]), ", ".join(orders[1]), Effect.OTHER)


def _hides(fact: AttributeFacts | None) -> bool:
    return fact is not None and fact.hides


def _treated(fact: AttributeFacts | None) -> str:
    """How an attribute is treated as a whole."""
    if fact is None:
        return "not named: sent as typed"
    if not fact.hides:
        return "keep: sent as typed"
    among = f" among {fact.least_n}" if fact.groups else ""
    return f"hidden{among} ({fact.policy.strategy})"


def _attribute(one: AttributeFacts, other: AttributeFacts, vocabulary: Vocabulary) -> Iterator[Change]:
    """Differences of an attribute that both policies hide."""
    old, new = one.policy, other.policy
    subject = f"attribute {old.id}"

    def change(key: str, show: Callable[[AttributePolicy], str], effect: Effect) -> Iterator[Change]:
        if show(old) != show(new):
            yield Change(subject, key, show(old), show(new), effect)

    yield from change("strategy", lambda policy: str(policy.strategy), Effect.OTHER)
    yield from change("values", _values, Effect.OTHER)
    sizes = [fact.least_n if fact.groups else None for fact in (one, other)]
    if sizes[0] != sizes[1]:
        counted = [size for size in sizes if size is not None]
        effect = _ranked(*counted) if len(counted) == 2 else Effect.OTHER
        shown = ["not counted" if size is None else str(size) for size in sizes]
        yield Change(subject, "n", shown[0], shown[1], effect)
    if one.leakage_bits != other.leakage_bits:
        shown = [bits(fact.leakage_bits) for fact in (one, other)]
        yield Change(subject, "leakage", shown[0], shown[1], _ranked(-one.leakage_bits, -other.leakage_bits))
    if one.missing_band != other.missing_band:
        effect = _ranked(not one.missing_band, not other.missing_band)
        yield Change(
            subject, "sent as typed", one.missing_band or "nobody's", other.missing_band or "nobody's", effect
        )
    yield from change("prior", _priors, Effect.OTHER)
    yield from change("options", lambda policy: repr(sorted(policy.options.items())), Effect.OTHER)
    yield from change(
        "out_of_domain",
        lambda policy: policy.out_of_domain.value,
        _ranked(_OUTSIDE.index(old.out_of_domain), _OUTSIDE.index(new.out_of_domain)),
    )
    yield from change(
        "presence",
        lambda policy: policy.presence.value,
        _ranked(_PRESENCE.index(old.presence), _PRESENCE.index(new.presence)),
    )
    found = [_detectors(policy, vocabulary) for policy in (old, new)]
    if found[0] != found[1]:
        # a set that has all of the other's detectors and more finds more
        effect = Effect.MORE if found[0] < found[1] else Effect.LESS if found[1] < found[0] else Effect.OTHER
        named = [", ".join(sorted(names)) for names in found]
        yield Change(subject, "detectors", named[0], named[1], effect)
    yield from change("generator", lambda policy: policy.generator, Effect.OTHER)


def _values(policy: AttributePolicy) -> str:
    return ", ".join("/".join(value.names) for value in policy.values) or "none"


def _priors(policy: AttributePolicy) -> str:
    if all(value.prior is None for value in policy.values):
        return "uniform"
    return ", ".join(f"{value.id} {value.prior}" for value in policy.values)


def _detectors(policy: AttributePolicy, vocabulary: Vocabulary) -> frozenset[str]:
    """Names of the detectors; the attribute's own id stands for all of them."""
    names = vocabulary.attributes.get(policy.id)
    everything = names.detectors if names is not None and policy.id in policy.detectors else ()
    return frozenset((*policy.detectors, *everything)) - {policy.id}


def _cues(before: Policy, after: Policy, vocabulary: Vocabulary) -> Iterator[Change]:
    kinds = [kind for kind, _ in (*cue_actions(before, vocabulary), *cue_actions(after, vocabulary))]
    for kind in sorted(set(kinds), key=lambda kind: (kind == "*", kind)):
        old, new = before.cue_action(kind), after.cue_action(kind)
        if old is not new:
            name = "other cues" if kind == "*" else f"cue {kind}"
            yield Change(name, "", old.value, new.value, _ranked(_CUES[old], _CUES[new]))


def _settings(before: Policy, after: Policy) -> Iterator[Change]:
    old, new = before.negative_prompt, after.negative_prompt
    if old is not new:
        yield Change("negative prompt", "", old.value, new.value, _ranked(_NEGATIVE[old], _NEGATIVE[new]))
    for key in ("max_candidates", "max_prompt_chars", "overflow"):
        one, other = str(getattr(before.limits, key)), str(getattr(after.limits, key))
        if one != other:
            yield Change("limit", key, one, other, Effect.OTHER)
    least, most = before.guarantee, after.guarantee
    if least.min_n != most.min_n:
        yield Change(
            "guarantee", "min_n", str(least.min_n), str(most.min_n), _ranked(least.min_n, most.min_n)
        )
    if least.max_posterior != most.max_posterior:
        yield Change(
            "guarantee",
            "max_posterior",
            str(least.max_posterior),
            str(most.max_posterior),
            _ranked(-least.max_posterior, -most.max_posterior),
        )
    if set(before.plugins) != set(after.plugins):
        shown = [", ".join(policy.plugins) or "none" for policy in (before, after)]
        yield Change("plugins", "", shown[0], shown[1], Effect.OTHER)


def _ranked(before: float | Fraction, after: float | Fraction) -> Effect:
    """The effect of going from one rank of privacy to another."""
    return Effect.MORE if after > before else Effect.LESS if after < before else Effect.OTHER


def summary(changes: Sequence[Change]) -> str:
    """One line that counts the changes by their effect."""
    if not changes:
        return "the two policies decide alike"
    counts = {effect: sum(change.effect is effect for change in changes) for effect in Effect}
    parts = [f"{effect} in {count}" for effect, count in counts.items() if count]
    return f"the second policy is {', '.join(parts)}"


def as_json(before: Policy, after: Policy, changes: Sequence[Change]) -> dict[str, Json]:
    """The differences as plain JSON data."""
    return {
        "before": {"policy": before.name, "sha256": before.sha256},
        "after": {"policy": after.name, "sha256": after.sha256},
        "same": not changes,
        "changes": [
            {
                "subject": change.subject,
                "key": change.key,
                "before": change.before,
                "after": change.after,
                "effect": change.effect.value,
            }
            for change in changes
        ],
    }
