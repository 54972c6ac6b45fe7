"""Re-run: feed every member back into the generator and keep those that send the same thing.

Members whose output differs cannot be real. The members that remain are ``k_eff``.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.audit.attackers.base import JOINT, Attack, Attacker, Guess, Setting
from obclip_privacy.audit.observation import Observation


def attack(observation: Observation) -> Sequence[Guess]:
    """Score 1 for members that survive, 0 for the others; no guess where nothing can be run."""
    if observation.outputs is None:
        return ()
    scores = tuple(float(output == observation.output) for output in observation.outputs)
    return (Guess(JOINT, scores, "members whose own set differs are ruled out"),)


def _prepare(setting: Setting) -> Attack:
    return attack


RERUN = Attacker("rerun", "feeds every member back and rules out those that send something else", _prepare)
