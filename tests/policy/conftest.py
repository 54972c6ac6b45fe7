from __future__ import annotations

import pytest

from obclip_privacy.policy.frozen import FrozenMap
from obclip_privacy.policy.vocabulary import AgeBand, AttributeNames, Vocabulary

ADULTS = ("young", "middle-aged", "old")
MINORS = ("baby", "child", "teenager")


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """A fixed vocabulary, so that messages do not change with the lexicons."""
    bands = dict.fromkeys(ADULTS, AgeBand.ADULT) | dict.fromkeys(MINORS, AgeBand.MINOR)
    plain = {
        "gender": ("female", "male", "nonbinary"),
        "ethnicity": ("asian", "black", "caucasian", "indian", "south-asian", "white"),
        "skin_tone": ("dark", "light", "medium"),
    }
    attributes = {
        name: AttributeNames(detectors=("lexicon",), generators=("lexicon",), values=values)
        for name, values in plain.items()
    }
    attributes["age"] = AttributeNames(
        detectors=("lexicon", "years"),
        generators=("lexicon",),
        values=tuple(sorted(ADULTS + MINORS)),
        bands=FrozenMap(bands),
    )
    return Vocabulary(
        attributes=FrozenMap(attributes),
        cue_kinds=("body", "dress", "hair"),
        plugins=FrozenMap({"gender": "", "obclip": "", "obclip-broken": "failed: ImportError: no luck"}),
    )
