"""What a policy comes down to for one attribute: who hides among whom, what is sent, and what shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.attributes.base import Band
from obclip_privacy.attributes.safety import AGE, substitutable
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.candidates.custom import CustomStrategy, blocks_of, strategy_function
from obclip_privacy.candidates.overflow import fit
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.policy.model import AttributePolicy, Policy, Strategy

#: How messages call the bands of age.
BAND_NAMES = {Band.ADULT: "adults", Band.MINOR: "minors"}


@dataclass(frozen=True, slots=True)
class Group:
    """Values of which each may stand for every other: for age adults or minors, else the whole domain.

    Attributes:
        who: ``adults`` or ``minors``; ``""`` where the attribute has no bands.
        blocks: ids of the values, in canonical order, one tuple a block. Strategies other than ``block``
            have one block.
        priors: probability of each value of the same place in *blocks*, given its block.
    """

    who: str
    blocks: tuple[tuple[str, ...], ...]
    priors: tuple[tuple[Fraction, ...], ...]

    @property
    def values(self) -> tuple[str, ...]:
        """All values of the group."""
        return tuple(value for block in self.blocks for value in block)

    @property
    def least_n(self) -> int:
        """Size of the smallest block: what every value hides among at least."""
        return min(len(block) for block in self.blocks)

    @property
    def most_n(self) -> int:
        """Size of the largest block."""
        return max(len(block) for block in self.blocks)

    @property
    def best_guess(self) -> Fraction:
        """Bayes vulnerability of the worst block, in (0, 1], under the policy's prior."""
        return max(max(block) for block in self.priors)

    @property
    def leakage_bits(self) -> float:
        """What the choice of a block gives away, in bits, if all blocks are equally likely."""
        return math.log2(len(self.blocks))

    @property
    def balanced(self) -> bool:
        """Whether all blocks have equally many values."""
        return self.least_n == self.most_n


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """One attribute of a policy.

    Attributes:
        policy: what the policy says of it.
        groups: who hides among whom; empty for ``keep`` and where no domain is listed.
        mode: what the cloud gets; ``None`` for ``keep``.
    """

    policy: AttributePolicy
    groups: tuple[Group, ...]
    mode: Mode | None

    @property
    def hides(self) -> bool:
        """Whether the value is kept from the cloud at all."""
        return self.mode is not None

    @property
    def least_n(self) -> int:
        """Values that each value of the domain hides among at least; 1 where no domain is listed."""
        return min((group.least_n for group in self.groups), default=1)

    @property
    def leakage_bits(self) -> float:
        """Greatest leakage of a group, in bits."""
        return max((group.leakage_bits for group in self.groups), default=0.0)

    @property
    def best_guess(self) -> Fraction:
        """Bayes vulnerability of the worst group, in (0, 1]."""
        return max((group.best_guess for group in self.groups), default=Fraction(1))

    @property
    def missing_band(self) -> str:
        """``minors`` or ``adults`` if the domain of age lists the others only, else ``""``."""
        if self.policy.id != AGE or not self.groups:
            return ""
        there = {group.who for group in self.groups}
        return next((who for who in BAND_NAMES.values() if who not in there), "")


@dataclass(frozen=True, slots=True)
class JointFacts:
    """A prompt about one person that states every attribute.

    Attributes:
        who: the band that the person is of, or ``""`` where the policy has none.
        n: size of the anonymity set: of its smallest blocks.
        n_sent: prompts sent, before equal ones merge; 0 where the set is refused as too large.
        best_guess: Bayes vulnerability of the joint assignment, under the policy's prior.
        neutralised: attributes that the limit turns to one neutral wording.
        leakage_bits: of the choice of blocks.
    """

    who: str
    n: int
    n_sent: int
    best_guess: Fraction
    neutralised: tuple[str, ...]
    leakage_bits: float


def attribute_facts(
    policy: AttributePolicy, custom: Mapping[str, CustomStrategy] = FrozenMap()
) -> AttributeFacts:
    """The facts of one attribute; *custom* are the strategies of plugins.

    Raises:
        PolicyError: the blocks are no partition (the loader reports this with its place).
    """
    if policy.strategy is Strategy.KEEP:
        return AttributeFacts(policy, (), None)
    bands = (Band.ADULT, Band.MINOR) if policy.id == AGE else (Band.OPEN,)
    groups = [
        _group(policy, BAND_NAMES.get(band, ""), indices, custom)
        for band in bands
        if (indices := substitutable(policy.id, policy.value_ids, band))
    ]
    mode = (
        strategy_function(policy, custom)(policy, range(len(policy.values)), None).mode
        if groups
        else Mode.NEUTRAL
    )
    return AttributeFacts(policy, tuple(groups), mode)


def _group(
    policy: AttributePolicy, who: str, indices: Sequence[int], custom: Mapping[str, CustomStrategy]
) -> Group:
    blocks = blocks_of(policy, indices, custom)
    return Group(
        who,
        tuple(tuple(policy.values[index].id for index in block) for block in blocks),
        tuple(Column(0, policy.id, block, Mode.VALUES).priors(policy) for block in blocks),
    )


def policy_facts(policy: Policy) -> tuple[AttributeFacts, ...]:
    """The facts of every attribute, in canonical order."""
    custom = load_plugins(local=policy.local).strategies
    return tuple(attribute_facts(attribute, custom) for attribute in policy.attributes)


def joint_facts(policy: Policy, facts: Sequence[AttributeFacts]) -> tuple[JointFacts, ...]:
    """What a prompt about one person that states every attribute comes to: one entry a band of age."""
    hidden = [fact for fact in facts if fact.hides and fact.groups]
    bands = [group.who for fact in hidden for group in fact.groups if group.who] or [""]
    return tuple(_joint(policy, hidden, who) for who in bands) if hidden else ()


def _joint(policy: Policy, hidden: Sequence[AttributeFacts], who: str) -> JointFacts:
    groups = [(fact, group) for fact in hidden for group in fact.groups if group.who in ("", who)]
    columns = [
        Column(0, fact.policy.id, tuple(range(group.least_n)), fact.mode or Mode.NEUTRAL)
        for fact, group in groups
    ]
    fitted = fit(columns, policy)
    sent = () if fitted is None else tuple(column for column in fitted if column.mode is Mode.VALUES)
    neutralised = [
        before.attribute
        for before, after in zip(columns, fitted or columns, strict=True)
        if before.mode is not after.mode
    ]
    return JointFacts(
        who=who,
        n=math.prod(group.least_n for _, group in groups),
        n_sent=0 if fitted is None else math.prod(len(column.values) for column in sent),
        best_guess=math.prod((group.best_guess for _, group in groups), start=Fraction(1)),
        neutralised=tuple(neutralised),
        leakage_bits=sum(group.leakage_bits for _, group in groups),
    )
