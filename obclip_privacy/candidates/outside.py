"""Values outside the policy's domain: what is sent of them, and what that tells.

Such a value has no parallels to hide among, so that it is outside is visible. Under ``neutralise`` nothing
more is; under ``generalise`` so is the broader word that is sent. A word that has no broader one and is
itself the broader word of others (``Black`` of ``Jamaican``) is sent as it is: what is sent must, typed by
somebody, be sent again.
"""

from __future__ import annotations

from obclip_privacy.attributes.base import Band
from obclip_privacy.attributes.safety import band_of
from obclip_privacy.candidates.columns import Mode
from obclip_privacy.candidates.strategies import StrategyFunction
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.policy.model import AttributePolicy, OutOfDomain


def shown_value(vocabulary: Vocabulary, policy: AttributePolicy, value: str) -> str:
    """The value that is written for one outside the domain; ``""`` where no value is."""
    if policy.out_of_domain is not OutOfDomain.GENERALISE:
        return ""
    broader = vocabulary.broader[policy.id]
    if value in broader:
        return broader[value]
    return value if value in broader.values() else ""


def outcomes(vocabulary: Vocabulary, policy: AttributePolicy, band: Band, strategy: StrategyFunction) -> int:
    """How many different things can be sent of the attribute, over all values that the lexicon knows.

    The domain is one of them (with ``block`` each block is), each wording of an outside value another. That
    a value is outside tells log2 of their number in bits: the min-entropy leakage of that choice where the
    lexicon's values are equally likely (Smith 2009).
    """
    written = {
        value
        for cls in vocabulary.classes.values()
        if cls.attribute == policy.id
        for value in cls.forms
        if {band_of(policy.id, value), band} != {Band.ADULT, Band.MINOR}
    }
    values = vocabulary.substitutes[policy.id, band]
    outside = {
        shown_value(vocabulary, policy, value)
        for value in written
        if vocabulary.index_of(policy.id, value) not in values
    }
    if strategy(policy, values, None).mode is Mode.NEUTRAL:
        return len(outside | {""})
    return len(outside) + len({strategy(policy, values, real).values for real in values})
