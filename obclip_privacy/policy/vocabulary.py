"""What the registered plugins offer, as far as a policy can name it.

Policies are checked against this, so that the policy package knows nothing of how plugins work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from obclip_privacy.policy.frozen import FrozenMap


class AgeBand(StrEnum):
    """The two age classes that are never substituted for one another."""

    ADULT = "adults"
    MINOR = "minors"


@dataclass(frozen=True, slots=True)
class AttributeNames:
    """What may be said of one registered attribute.

    Attributes:
        detectors: names of its detectors, in the order of registration.
        generators: names of its generators; the first one is the default.
        values: ids that have surface forms.
        bands: the age band of each value that has one.
    """

    detectors: tuple[str, ...]
    generators: tuple[str, ...]
    values: tuple[str, ...]
    bands: Mapping[str, AgeBand] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every name that a policy may use.

    Attributes:
        attributes: by id.
        cue_kinds: kinds of cue that something detects.
        open_cue_kinds: whether some detector may report kinds that it did not declare.
        strategies: names of the strategies that plugins registered.
        plugins: per name of a plugin or distribution that was found, why it is not usable, or ``""``.
    """

    attributes: Mapping[str, AttributeNames]
    cue_kinds: tuple[str, ...] = ()
    open_cue_kinds: bool = False
    strategies: tuple[str, ...] = ()
    plugins: Mapping[str, str] = field(default_factory=FrozenMap)
