"""Explains a policy in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from obclip_privacy.authoring import wording
from obclip_privacy.authoring.facts import (
    AttributeFacts,
    JointFacts,
    joint_facts,
    policy_facts,
)
from obclip_privacy.candidates.candidate_set import OK, CandidateSet
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.model import CueAction, Policy
from obclip_privacy.policy.vocabulary import Vocabulary

#: Up to this many of the policy's own tests are shown as examples, with so many candidates each.
MAX_EXAMPLES = 3
_MAX_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer.

    Attributes:
        key: name in JSON.
        title: for people.
        lines: sentences.
    """

    key: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A policy in plain words, with the figures behind them.

    Attributes:
        policy: what is explained.
        attributes: its facts, in canonical order.
        together: a prompt about one person that states every attribute; one entry a band of age.
        cues: (kind, action), kinds that something detects and ``*`` last.
        sections: the sentences.
    """

    policy: Policy
    attributes: tuple[AttributeFacts, ...]
    together: tuple[JointFacts, ...]
    cues: tuple[tuple[str, CueAction], ...]
    sections: tuple[Section, ...]


def explain(policy: Policy, vocabulary: Vocabulary, examples: Sequence[CandidateSet] = ()) -> Explanation:
    """What *policy* does.

    Args:
        policy: a loaded policy.
        vocabulary: what the registered plugins detect; kinds of cue and attributes that the policy leaves
            out come from it.
        examples: candidate sets of the policy's own test prompts, to be shown.
    """
    facts = policy_facts(policy)
    together = joint_facts(policy, facts)
    cues = cue_actions(policy, vocabulary)
    sections = (
        Section("hidden", "What is hidden, and among how many", tuple(_hidden(policy, facts, together))),
        Section("cloud_sees", "What the cloud sees", tuple(_cloud_sees(facts))),
        Section("cues", "Words that give a value away (cues)", tuple(wording.cue_sentences(cues))),
        Section("outside", "Values that the policy does not list", tuple(wording.outside_sentences(facts))),
        Section("negative_prompt", "Negative prompt", (wording.NEGATIVE_PROMPTS[policy.negative_prompt],)),
        Section("leaks", "What still shows", tuple(_leaks(policy, facts, vocabulary))),
        Section("guarantee", "Guarantee", tuple(wording.guarantee_sentences(policy))),
        Section("limits", "Limits", tuple(wording.limit_sentences(policy, facts))),
        Section("detection", "Detection", tuple(_detection(policy, vocabulary))),
        Section("examples", "Examples, from the policy's tests", tuple(map(_example, examples))),
    )
    return Explanation(policy, facts, together, cues, tuple(section for section in sections if section.lines))


def cue_actions(policy: Policy, vocabulary: Vocabulary) -> tuple[tuple[str, CueAction], ...]:
    """What happens to every kind of cue that something detects or the policy lists; ``*`` last."""
    kinds = sorted({*vocabulary.cue_kinds, *policy.cues} - {"*"})
    return tuple((kind, policy.cue_action(kind)) for kind in [*kinds, "*"])


def _hidden(policy: Policy, facts: Sequence[AttributeFacts], together: Sequence[JointFacts]) -> Iterator[str]:
    for fact in facts:
        sentence = wording.attribute_sentence(fact)
        yield f"{sentence} {fact.policy.description}".strip()
    if not facts:
        yield "Nothing: the policy has no attributes."
    for joint in together:
        yield wording.joint_sentence(joint, policy)
    if any(fact.missing_band for fact in facts) or any(len(fact.groups) > 1 for fact in facts):
        yield "Adults and people under 18 never stand for one another."


def _cloud_sees(facts: Sequence[AttributeFacts]) -> Iterator[str]:
    yield "Every word that is neither exchanged nor withheld, as typed, and how many people there are."
    yield from wording.presence_sentences(facts)
    if any(fact.hides for fact in facts):
        yield "What kind of word a hidden value stood in: lady or gentleman, say, and not woman or man."


def _leaks(policy: Policy, facts: Sequence[AttributeFacts], vocabulary: Vocabulary) -> Iterator[str]:
    named = {fact.policy.id for fact in facts}
    unnamed = [identifier for identifier in sorted(vocabulary.attributes) if identifier not in named]
    yield from wording.leak_sentences(policy, facts, unnamed)


def _detection(policy: Policy, vocabulary: Vocabulary) -> Iterator[str]:
    """Only what differs from the default, which is everything that is there."""
    for attribute in policy.attributes:
        names = vocabulary.attributes.get(attribute.id)
        if names is None:
            continue
        if attribute.id not in attribute.detectors and set(attribute.detectors) != set(names.detectors):
            yield f"{attribute.id} is found by {wording.listed(attribute.detectors)} only."
        if attribute.generator != names.generators[0]:
            yield f"Values of {attribute.id} are written by the generator {attribute.generator}."
    if policy.plugins:
        yield f"Nothing is sent without the plugins {wording.listed(policy.plugins)}."


def _example(found: CandidateSet) -> str:
    if found.status != OK:
        return f'"{found.prompt}" is refused: {found.reason}.'
    shown = [f'"{text}"' for text in found.candidates[:_MAX_SHOWN]]
    more = f" and {found.n_sent - len(shown)} more" if found.n_sent > len(shown) else ""
    withheld = f"; withheld: {', '.join(span.text for span in found.withheld)}" if found.withheld else ""
    return f'"{found.prompt}" hides among n = {found.n} and is sent as {", ".join(shown)}{more}{withheld}.'


def as_json(explanation: Explanation) -> dict[str, Json]:
    """The explanation as plain JSON data; fractions as strings."""
    policy = explanation.policy
    return {
        "policy": policy.name,
        "description": policy.description,
        "sha256": policy.sha256,
        "attributes": [_attribute_json(fact) for fact in explanation.attributes],
        "together": [
            {
                "who": joint.who,
                "n": joint.n,
                "n_sent": joint.n_sent,
                "best_guess": str(joint.best_guess),
                "leakage_bits": joint.leakage_bits,
                "neutralised": list(joint.neutralised),
            }
            for joint in explanation.together
        ],
        "cues": {kind: action.value for kind, action in explanation.cues},
        "text": {section.key: list(section.lines) for section in explanation.sections},
    }


def _attribute_json(fact: AttributeFacts) -> dict[str, Json]:
    return {
        "attribute": fact.policy.id,
        "strategy": str(fact.policy.strategy),
        "hidden": fact.hides,
        "presence": fact.policy.presence.value,
        "out_of_domain": fact.policy.out_of_domain.value,
        "n": fact.least_n,
        "best_guess": str(fact.best_guess),
        "leakage_bits": fact.leakage_bits,
        "groups": [
            {"who": group.who, "blocks": [list(block) for block in group.blocks]} for group in fact.groups
        ],
    }
