"""Odd one out: casing, spacing, punctuation, a/an, agreement, Unicode form, words without a parallel.

Works on the candidates as they are sent (see :mod:`~obclip_privacy.audit.form`); a candidate's score goes to
every member that it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.audit.attackers.base import JOINT, Attack, Attacker, Guess, Setting
from obclip_privacy.audit.form import scores_of
from obclip_privacy.audit.observation import Observation


def _prepare(setting: Setting) -> Attack:
    def attack(observation: Observation) -> Sequence[Guess]:
        if len(observation.candidates) != observation.n or observation.n < 2:
            return ()
        traits = setting.form.of(observation)
        names = ", ".join(trait.name for trait in traits if trait.differs)
        scores = scores_of(traits, observation.n)
        return (Guess(JOINT, tuple(float(score) for score in scores), names),)

    return attack


ODD_ONE_OUT = Attacker("odd_one_out", "looks for the candidate that a person typed, by its form", _prepare)
