"""What a policy may name, as the registered plugins have it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from obclip_privacy.attributes.base import Band
from obclip_privacy.attributes.safety import band_of
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.policy.local import LocalSource
from obclip_privacy.policy.vocabulary import AgeBand, AttributeNames, Vocabulary

#: Kinds that the built-in detectors of names and emoji report; functions do not declare theirs.
BUILTIN_FOUND_KINDS = frozenset({"emoji", "name"})
_BANDS = {Band.ADULT: AgeBand.ADULT, Band.MINOR: AgeBand.MINOR}


@functools.cache
def vocabulary_of(registry: Registry) -> Vocabulary:
    """The vocabulary of *registry*; computed once for each."""
    builtin = {record.name for record in registry.plugins if record.builtin}
    finders = [name for name, detector in registry.cue_detectors.items() if detector.find is not None]
    foreign = [
        name
        for name in finders
        if registry.owners.get(("cue detector", name)) not in builtin
        and not registry.cue_detectors[name].kinds
    ]
    declared = {kind for detector in registry.cue_detectors.values() for kind in detector.kinds}
    builtin_finders = [n for n in finders if registry.owners.get(("cue detector", n)) in builtin]
    detected = declared | {term.kind for d in registry.cue_detectors.values() for term in d.terms}
    detected |= {cue.kind for attribute in registry.attributes.values() for cue in attribute.lexicon.cues}
    return Vocabulary(
        attributes=FrozenMap(
            {
                identifier: AttributeNames(
                    detectors=attribute.detector_names,
                    generators=attribute.generator_names,
                    values=attribute.value_ids,
                    bands=FrozenMap(
                        {
                            value: _BANDS[band]
                            for value in attribute.value_ids
                            if (band := band_of(identifier, value)) in _BANDS
                        }
                    ),
                )
                for identifier, attribute in registry.attributes.items()
            }
        ),
        cue_kinds=tuple(sorted(detected | (BUILTIN_FOUND_KINDS if builtin_finders else set()))),
        open_cue_kinds=bool(foreign),
        strategies=tuple(registry.strategies),
        plugins=FrozenMap(
            {
                name: "" if record.status is PluginStatus.LOADED else f"{record.status}: {record.reason}"
                for record in registry.plugins
                for name in (record.name, record.distribution)
            }
        ),
    )


def installed_vocabulary(local: Sequence[LocalSource] = ()) -> Vocabulary:
    """The vocabulary of the built-in and installed plugins, and of what a policy brings along."""
    return vocabulary_of(load_plugins(local=local))
