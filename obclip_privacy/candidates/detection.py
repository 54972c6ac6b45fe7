"""What was found in a prompt, as it is reported: mentions and cues with their offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from obclip_privacy.attributes.base import Band, Pos
from obclip_privacy.attributes.safety import MINOR_VALUES
from obclip_privacy.candidates.candidate_set import Cue, Detection, Mention
from obclip_privacy.language.analysis import Analysis, Link
from obclip_privacy.language.removal import cues_alike
from obclip_privacy.language.scan import Scan
from obclip_privacy.language.units import Part, Sense
from obclip_privacy.language.vocabulary import Vocabulary
from obclip_privacy.policy.model import Policy


def detection_of(
    prompt: str, scan: Scan, analysis: Analysis, vocabulary: Vocabulary, policy: Policy
) -> Detection:
    """The mentions and the cues of *prompt*, in text order."""
    return Detection(
        tuple(_mentions(prompt, scan, analysis, vocabulary, policy)), tuple(_cues(prompt, scan, analysis))
    )


def _mentions(
    prompt: str, scan: Scan, analysis: Analysis, vocabulary: Vocabulary, policy: Policy
) -> list[Mention]:
    found = []
    stated = {index: _stated(scan, index, link) for index, link in analysis.links.items()}
    minors = _ages_of_minors(analysis, stated)
    for index, link in sorted(analysis.links.items()):
        surface, sense = scan.surfaces[index], scan.surfaces[index].senses[link.pos]
        if link.person < 0 and _says_nothing(prompt[surface.start : surface.end], sense, vocabulary):
            continue
        for attribute, value in stated[index]:
            if attribute == "age" and link.person in minors and value not in MINOR_VALUES:
                value = minors[link.person]
            found.append(
                Mention(
                    surface.start,
                    surface.end,
                    prompt[surface.start : surface.end],
                    attribute,
                    _value_id(attribute, value, vocabulary, policy),
                    max(link.person, 0),
                    f"{attribute}.{sense.detector}",
                )
            )
    return found


def _says_nothing(text: str, sense: Sense, vocabulary: Vocabulary) -> bool:
    """Whether a pronoun of nobody in particular is the one that states no value (``they`` of a group)."""
    return sense.mask.pos is Pos.PRONOUN and text.lower() in vocabulary.classes[sense.mask.classes[0]].neutral


def _value_id(attribute: str, value: str, vocabulary: Vocabulary, policy: Policy) -> str:
    listed = policy.attribute(attribute)
    index = vocabulary.index_of(attribute, value)
    return value if listed is None or index is None else listed.values[index].id


def _cues(prompt: str, scan: Scan, analysis: Analysis) -> list[Cue]:
    if not analysis.peopled:
        return []
    found: list[Cue] = []
    for index, unit in enumerate(scan.units):
        if (unit.cues or index in analysis.clothed) and analysis.is_cue(scan.units, index):
            start, end, _ = scan.surfaces[index]
            terms = {cue.term.attribute: cue.term for cue in reversed(cues_alike(scan.units, index))}
            found.extend(
                Cue(start, end, prompt[start:end], attribute, term.reason, term.kind)
                for attribute, term in sorted(terms.items())
            )
    return found


def _stated(scan: Scan, index: int, link: Link) -> list[tuple[str, str]]:
    """(attribute, value) of what the mention at *index* states."""
    sense = scan.surfaces[index].senses[link.pos]
    parts = [(part.attribute, part.value) for part in sense.parts if isinstance(part, Part)]
    return list(dict.fromkeys([*parts, *sense.states])) if len(parts) > 1 or sense.states else parts


def _ages_of_minors(analysis: Analysis, stated: Mapping[int, Sequence[tuple[str, str]]]) -> dict[int, str]:
    """What a word for an adult's age means of a minor: ``young`` of a girl is a child."""
    found = {person: "child" for person, who in enumerate(analysis.persons) if who.band is Band.MINOR}
    if not found:
        return found
    for index, link in analysis.links.items():
        for attribute, value in stated[index]:
            if attribute == "age" and link.person in found and value in MINOR_VALUES:
                found[link.person] = value
    return found
