"""Scores of rewriting: whether the counterpart with the other gender is among the candidates.

``verbatim``: one candidate is the counterpart, byte for byte. ``neutralised``: one candidate differs from it
only in words that state no gender (*they* for *she*, with its verb), so nothing wrong is said. ``withheld``:
one candidate is the counterpart without the cues that the policy withholds of it. ``wrong``: anything else.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from obclip_privacy.candidates.candidate_set import OK, CandidateSet
from obclip_privacy.evaluation.labelled import Labelled
from obclip_privacy.language.verbs import is_third_person, plural_of

_TOKEN = re.compile(r"\w+|[^\w\s]")
#: What may stand in the place of a withheld span: nothing, or two plain words.
_IN_PLACE = r" *(?:\w+ *){0,2}"
#: What may stand for a pronoun that states a gender.
_NEUTRAL = {
    "they": {"he", "she"},
    "them": {"him", "her"},
    # Also where it is not clear whether an object or a possessive is meant (``pay her tips``).
    "their": {"his", "her", "him"},
    "theirs": {"his", "hers"},
    "themselves": {"himself", "herself"},
    "themself": {"himself", "herself"},
}


@dataclass(slots=True)
class RewriteScores:
    """Scores over a file.

    Attributes:
        prompts: prompts with a counterpart.
        verbatim: see the module.
        neutralised: see the module.
        withheld: see the module.
        wrong: see the module.
        refused: prompts without a candidate set.
        seconds: CPU time of all candidate sets.
        errors: (where, what); may quote the prompt.
    """

    prompts: int = 0
    verbatim: int = 0
    neutralised: int = 0
    withheld: int = 0
    wrong: int = 0
    refused: int = 0
    seconds: float = 0.0
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Prompts per second of CPU time."""
        return self.prompts / self.seconds if self.seconds else 0.0

    def share(self, count: int) -> float:
        """*count* of all prompts."""
        return count / self.prompts if self.prompts else 0.0


def score_rewriting(prompts: Iterable[Labelled], candidates: Callable[[str], CandidateSet]) -> RewriteScores:
    """Look for the counterpart of every prompt that has one among its candidates."""
    scores = RewriteScores()
    for labelled in prompts:
        counterpart = labelled.counterpart
        if counterpart is None:
            continue
        start = time.process_time()
        found = candidates(labelled.prompt)
        scores.seconds += time.process_time() - start
        scores.prompts += 1
        if found.status != OK:
            scores.refused += 1
            scores.errors.append((labelled.where, f"refused: {found.reason}"))
        elif counterpart in found.candidates:
            scores.verbatim += 1
        elif any(says_no_gender_instead(text, counterpart) for text in found.candidates):
            scores.neutralised += 1
            scores.errors.append((labelled.where, "neutralised"))
        elif is_sent_without_cues(counterpart, candidates(counterpart), found.candidates):
            scores.withheld += 1
            scores.errors.append((labelled.where, "withheld"))
        else:
            scores.wrong += 1
            nearest = max(found.candidates, key=lambda text: _likeness(text, counterpart))
            scores.errors.append((labelled.where, f"wrong: {nearest}"))
    return scores


def says_no_gender_instead(candidate: str, counterpart: str) -> bool:
    """Whether *candidate* is *counterpart* with neutral pronouns in the place of some of its own.

    >>> says_no_gender_instead("they smile at her", "she smiles at her")
    True
    >>> says_no_gender_instead("he pays their tips", "he pays him tips")
    True
    >>> says_no_gender_instead("he smiles at her", "she smiles at her")
    False
    """
    ours, theirs = _TOKEN.findall(candidate.lower()), _TOKEN.findall(counterpart.lower())
    if len(ours) != len(theirs):
        return False
    neutral = False
    for one, other in zip(ours, theirs, strict=True):
        if one == other:
            continue
        if other in _NEUTRAL.get(one, ()):
            neutral = True
        elif not (neutral and is_third_person(other) and plural_of(other) == one):
            return False
    return neutral


def is_sent_without_cues(counterpart: str, of_counterpart: CandidateSet, texts: Iterable[str]) -> bool:
    """Whether one of *texts* is the counterpart but for what is withheld of it, and a word in its place.

    Everything around the withheld spans must be there, byte for byte.
    """
    if not of_counterpart.withheld:
        return False
    kept, end = [], 0
    for span in of_counterpart.withheld:
        kept.append(counterpart[end : span.start])
        end = span.end
    kept.append(counterpart[end:])
    pattern = re.compile(_IN_PLACE.join(re.escape(text.strip(" ")) for text in kept))
    return any(pattern.fullmatch(text) for text in texts)


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
