"""The sentences in which a policy is explained: one function a question, each of facts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from obclip_privacy.authoring.facts import AttributeFacts, Group, JointFacts
from obclip_privacy.candidates.columns import Mode
from obclip_privacy.candidates.overflow import MAX_MEMBERS
from obclip_privacy.policy.model import (
    CueAction,
    NegativePromptAction,
    OutOfDomain,
    Overflow,
    Policy,
    Presence,
    Strategy,
)

#: Up to this many values are named one by one.
_NAMED = 12

#: What becomes of a cue, by action.
CUE_ACTIONS: Mapping[CueAction, str] = {
    CueAction.WITHHOLD: "the words stay on the device (a general word takes their place where the sentence "
    "needs one)",
    CueAction.GENERALISE: "a general word that reveals nothing is sent where one is known, else the "
    "words stay "
    "on the device",
    CueAction.WARN: "the words are sent, and `obclip candidates` warns of them; what they reveal is visible",
    CueAction.REFUSE: "the prompt is refused and nothing is sent",
    CueAction.KEEP: "the words are sent as they are; what they reveal is visible",
}
#: What the cloud gets of the negative prompt, by action.
NEGATIVE_PROMPTS: Mapping[NegativePromptAction, str] = {
    NegativePromptAction.WITHHOLD: "The cloud gets the negative prompt without mentions and withheld "
    "cues, the "
    "same for all candidates.",
    NegativePromptAction.DROP: "The cloud gets no negative prompt.",
    NegativePromptAction.REFUSE: "A negative prompt that states an attribute or has a withheld cue is "
    "refused; "
    "any other is sent as typed.",
    NegativePromptAction.KEEP: "The cloud gets the negative prompt as typed, and with it whatever it states.",
}
#: What happens to a value outside the domain, by choice.
OUTSIDE: Mapping[OutOfDomain, str] = {
    OutOfDomain.NEUTRALISE: "the words stay on the device; nothing is sent of the value, and it hides "
    "among no others",
    OutOfDomain.GENERALISE: "the nearest broader word is sent where one is known, and the cloud sees it",
    OutOfDomain.REFUSE: "the prompt is refused and nothing is sent",
}


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _named(values: Sequence[str]) -> str:
    more = len(values) - _NAMED
    return ", ".join(values[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def attribute_sentence(fact: AttributeFacts) -> str:
    """What happens to an attribute, and among how many its value hides."""
    name, strategy = fact.policy.id, fact.policy.strategy
    if strategy is Strategy.KEEP:
        return f"{name} is not hidden: the cloud gets its words as they are typed."
    if not fact.groups:
        return (
            f"{name} stays on the device: the cloud's prompt goes without its words. No values are "
            "listed, so n "
            "does not count it."
        )
    return " ".join([f"{name} hides among {_among(fact.groups)}.", _sent(strategy), *_blocks(fact)])


def _among(groups: Sequence[Group]) -> str:
    parts = []
    for group in groups:
        who = f" for {group.who}" if group.who else ""
        count = str(group.least_n) if group.balanced else f"{group.least_n} to {group.most_n}"
        if len(group.blocks) > 1:
            parts.append(f"{count} of {len(group.values)} values{who}")
        else:
            parts.append(f"{count} values{who} ({_named(group.values)})")
    return " and ".join(parts)


def _sent(strategy: Strategy | str) -> str:
    if not isinstance(strategy, Strategy):
        return f"The strategy '{strategy}' of a plugin decides what the cloud gets of them."
    return {
        Strategy.ENUMERATE: "The cloud gets one prompt for each.",
        Strategy.NEUTRALISE: "The cloud gets one wording that states none of them; the device applies "
        "the value.",
        Strategy.WITHHOLD: "The cloud's prompt goes without the words; the device uses them.",
        Strategy.GENERALISE: "A narrower value is first widened to one of them; then the cloud gets "
        "one prompt for "
        "each.",
        Strategy.BLOCK: "The cloud gets one prompt for each value of the block that holds the real one.",
        Strategy.KEEP: "",
    }[strategy]


def _blocks(fact: AttributeFacts) -> list[str]:
    sentences = []
    for group in fact.groups:
        if len(group.blocks) < 2:
            continue
        who = f" for {group.who}" if group.who else ""
        shown = " | ".join(", ".join(block) for block in group.blocks)
        uneven = (
            ""
            if group.balanced
            else " The blocks differ in size, so they are not equally likely under a uniform prior and "
            "values "
            "of the smallest hide least."
        )
        sentences.append(
            f"The {len(group.blocks)} blocks{who}: {shown}. Which one is visible: "
            f"{bits(group.leakage_bits)} of "
            f"leakage if all are equally likely.{uneven}"
        )
    return sentences


def bits(number: float) -> str:
    """A number of bits with its unit."""
    return f"{number:.3g} {'bit' if number == 1 else 'bits'}"


def joint_sentence(joint: JointFacts, policy: Policy) -> str:
    """What a prompt about one person that states everything comes to."""
    who = {"adults": "one adult", "minors": "one minor"}.get(joint.who, "one person")
    prior = "the policy's priors" if _has_priors(policy) else "a uniform prior"
    sent = (
        f"the set would exceed {policy.limits.max_candidates} candidates and is refused"
        if not joint.n_sent
        else f"{joint.n_sent} {'prompt is' if joint.n_sent == 1 else 'prompts are'} sent"
    )
    less = (
        f" ({listed(joint.neutralised)} neutralised to stay within {policy.limits.max_candidates} candidates)"
        if joint.neutralised
        else ""
    )
    leak = f"; {bits(joint.leakage_bits)} of leakage" if joint.leakage_bits else ""
    return (
        f"A prompt about {who} that states all of them hides among n = {joint.n} assignments; "
        f"{sent}{less}; the "
        f"best guess is right with probability {joint.best_guess} under {prior}{leak}."
    )


def _has_priors(policy: Policy) -> bool:
    return any(value.prior is not None for attribute in policy.attributes for value in attribute.values)


def outside_sentences(facts: Sequence[AttributeFacts]) -> list[str]:
    """What happens to values that the domains do not list, attributes that are treated alike together."""
    chosen = {
        action: [f.policy.id for f in facts if f.groups and f.policy.out_of_domain is action]
        for action in OutOfDomain
    }
    return [f"{listed(names)}: {OUTSIDE[action]}." for action, names in chosen.items() if names]


def cue_sentences(cues: Sequence[tuple[str, CueAction]]) -> list[str]:
    """What happens to each kind of cue (``*``: all others), kinds that are treated alike together."""
    chosen = {action: [_kind(kind) for kind, own in cues if own is action] for action in CueAction}
    return [f"{listed(kinds)}: {CUE_ACTIONS[action]}." for action, kinds in chosen.items() if kinds]


def _kind(kind: str) -> str:
    return "all other kinds" if kind == "*" else kind


def presence_sentences(facts: Sequence[AttributeFacts]) -> list[str]:
    """Which attributes the cloud can see to occur, and which not even that."""
    hidden = [f for f in facts if f.hides]
    visible = [f.policy.id for f in hidden if f.policy.presence is Presence.VISIBLE]
    unseen = [f.policy.id for f in hidden if f.policy.presence is Presence.HIDDEN]
    sentences = []
    if visible:
        sentences.append(f"That the prompt states {listed(visible)}, where it does; not which value.")
    if unseen:
        sentences.append(
            f"Not even whether the prompt states {listed(unseen)}: a prompt that does and one that does not "
            "send the same bytes."
        )
    return sentences


def leak_sentences(policy: Policy, facts: Sequence[AttributeFacts], unnamed: Sequence[str]) -> list[str]:
    """What still shows, apart from the untouched words. *unnamed*: attributes that the policy leaves out."""
    sentences = []
    for fact in facts:
        name = fact.policy.id
        if not fact.hides:
            sentences.append(f"{name}: not hidden (strategy keep).")
        if fact.leakage_bits:
            sentences.append(f"{name}: which block, {bits(fact.leakage_bits)} if all are equally likely.")
        if fact.hides and fact.policy.out_of_domain is OutOfDomain.GENERALISE and fact.groups:
            sentences.append(
                f"{name}: of a value that is not listed, a broader word (out_of_domain generalise)."
            )
        if len(fact.groups) > 1:
            sentences.append(f"{name}: whether somebody is an adult or under 18, where a word says so.")
        if fact.missing_band:
            words = "child or teenager" if fact.missing_band == "minors" else "young or elderly"
            sentences.append(
                f"{name}: no values for {fact.missing_band} are listed, so words such as {words} are sent as "
                f"typed where they speak of {fact.missing_band}."
            )
    if unnamed:
        sentences.append(f"{listed(unnamed)}: not named in the policy, so its words are sent as typed.")
    shown = [kind for kind, action in policy.cues.items() if action in (CueAction.WARN, CueAction.KEEP)]
    if shown:
        kinds = listed([_kind(kind) for kind in shown])
        sentences.append(f"Cues that are sent ({kinds}): they can tell a value that is hidden elsewhere.")
    if policy.negative_prompt is NegativePromptAction.KEEP:
        sentences.append("The negative prompt, as typed.")
    if _has_priors(policy) or any(fact.hides for fact in facts):
        sentences.append(
            "What the untouched words suggest by themselves: a prior that is not uniform stays what it was."
        )
    return sentences


def guarantee_sentences(policy: Policy) -> list[str]:
    """What is refused because it hides too little."""
    least, most = policy.guarantee.min_n, policy.guarantee.max_posterior
    sentences = []
    if least > 1:
        sentences.append(
            f"A prompt that states an attribute and hides among fewer than {least} assignments is refused."
        )
    if most < Fraction(1):
        sentences.append(f"So is one whose best guess is right with probability above {most}.")
        if least <= 1:
            sentences[0] = f"A prompt whose best guess is right with probability above {most} is refused."
    return sentences or ["None: a prompt is sent however few assignments it hides among."]


def _too_many_members(overflow: Overflow) -> str:
    start = (
        f"Of a prompt that hides among more than {MAX_MEMBERS} assignments (several people of whom all is "
        "stated) each would be checked before anything is sent, and these are too many: "
    )
    if overflow is Overflow.REFUSE:
        return f"{start}it is refused."
    return f"{start}attributes give way in the same order, and are not counted as hidden."


def limit_sentences(policy: Policy, facts: Sequence[AttributeFacts]) -> list[str]:
    """The upper bounds, and what happens above them."""
    limits = policy.limits
    order = [fact.policy.id for fact in reversed(facts) if fact.mode is Mode.VALUES]
    if not order:
        above = "No prompt needs more than one, whatever it states."
    elif limits.overflow is Overflow.REFUSE:
        above = "A prompt that needs more is refused."
    else:
        above = (
            f"Where a prompt needs more, attributes give way to one neutral wording in this order: "
            f"{listed(order)}; they stay hidden. Decided on the masked prompt, never on a value."
        )
    return [
        f"At most {limits.max_candidates} candidates. {above}",
        _too_many_members(limits.overflow),
        f"At most {limits.max_prompt_chars} characters in a prompt or a negative prompt; a longer one "
        "is refused.",
    ]
