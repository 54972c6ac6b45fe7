"""What a policy may name, as the registered plugins have it."""

from __future__ import annotations

import functools

from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import PluginStatus, Registry
from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.policy.vocabulary import AgeBand, AttributeNames, Vocabulary

#: First year of age that counts as adult.
ADULT_FROM = 18


@functools.cache
def vocabulary_of(registry: Registry) -> Vocabulary:
    """The vocabulary of *registry*; computed once for each."""
    detected = {
        term.kind for detector in registry.cue_detectors.values() for term in detector.terms
    } | {cue.kind for attribute in registry.attributes.values() for cue in attribute.lexicon.cues}
    return Vocabulary(
        attributes=FrozenMap(
            {
                identifier: AttributeNames(
                    detectors=attribute.detector_names,
                    generators=attribute.generator_names,
                    values=attribute.value_ids,
                    bands=FrozenMap(
                        {
                            value.id: AgeBand.ADULT if value.years[0] >= ADULT_FROM else AgeBand.MINOR
                            for value in attribute.lexicon.values
                            if value.years is not None
                        }
                    ),
                )
                for identifier, attribute in registry.attributes.items()
            }
        ),
        cue_kinds=tuple(sorted(detected)),
        open_cue_kinds=any(detector.find is not None for detector in registry.cue_detectors.values()),
        plugins=FrozenMap(
            {
                name: "" if record.status is PluginStatus.LOADED else f"{record.status}: {record.reason}"
                for record in registry.plugins
                for name in (record.name, record.distribution)
            }
        ),
    )


def installed_vocabulary() -> Vocabulary:
    """The vocabulary of the built-in and installed plugins."""
    return vocabulary_of(load_plugins())
