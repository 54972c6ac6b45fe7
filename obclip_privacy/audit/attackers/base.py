"""The attacker contract: what a plugin registers with ``register_attackers``.

An attacker is prepared once with what the user gave (files, the policy, the generator) and then looks at one
observation after the other. It never gets the truth; the audit compares afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from obclip_privacy.audit.form import Form
from obclip_privacy.audit.observation import Observation
from obclip_privacy.policy.frozen import FrozenMap

if TYPE_CHECKING:
    from obclip_privacy.audit.disagreement import OtherDetectors
    from obclip_privacy.audit.reading import Reading

#: Names of attackers.
ATTACKER_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: The target of a guess at the whole assignment.
JOINT = "joint"


@dataclass(frozen=True, slots=True)
class Guess:
    """Scores of one target's possible answers; the greatest is the guess, ties are drawn.

    Attributes:
        target: :data:`JOINT` (one score a member), or the key of a column (one score a value).
        scores: finite numbers; all equal means that nothing was learnt.
        evidence: why, for findings; says nothing of the prompt.
        part: which of several guesses of one attacker, or ``""``; each part is tallied by itself.
    """

    target: str
    scores: tuple[float, ...]
    evidence: str = ""
    part: str = ""

    def hit(self, real: int) -> Fraction:
        """Probability that the guess is *real*."""
        return Fraction(1, self._tied) if self.scores[real] == max(self.scores) else Fraction(0)

    @property
    def share(self) -> Fraction:
        """Share of the answers that are the best ones; 1 if nothing was learnt."""
        return Fraction(self._tied, len(self.scores))

    @property
    def _tied(self) -> int:
        return self.scores.count(max(self.scores))


@dataclass(frozen=True, slots=True)
class Setting:
    """What an attacker may use.

    Attributes:
        form: traits in which the members of a set differ, by what the installed lexicons know.
        reading: reads a text as the audit's policy does.
        files: files that the user gave, by option (``lm_text``, ``train``, ``prior_table``, ``lm_model``).
        server: address of a live server, or ``""``.
        others: installed detectors that the policy does not use, if they are known.
    """

    form: Form
    reading: Reading
    files: Mapping[str, Path] = field(default_factory=FrozenMap)
    server: str = ""
    others: OtherDetectors | None = None

    def has(self, need: str) -> bool:
        """Whether the user gave what the option *need* is for."""
        return bool(self.server) if need == "server" else need in self.files


#: Looks at one observation.
Attack = Callable[[Observation], Sequence[Guess]]


@dataclass(frozen=True, slots=True)
class Attacker:
    """An attacker.

    Attributes:
        name: as in reports and ``--attackers``.
        title: one line for people.
        prepare: gives the attack, or ``None`` if what it needs was not given.
        needs: the option without which it does not run (a file's, or ``server``), or ``""``.
        hideable: whether an honest set defeats it. Beating chance is then a leak of the set; else it is
            what the words that stay, or the prior, give away under any set, and is reported as a warning.
        slow: runs only when it is named, or what it needs is given (neural models, live servers).
        noisy: its guesses are drawn by chance even on an honest set, so that only a rate that is very
            unlikely is a finding.
    """

    name: str
    title: str
    prepare: Callable[[Setting], Attack | None]
    needs: str = ""
    hideable: bool = True
    slow: bool = False
    noisy: bool = False
