"""How the attackers' guesses at one set went."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from obclip_privacy.audit.attackers.base import JOINT, Attack, Guess
from obclip_privacy.audit.observation import Observation, Truth
from obclip_privacy.audit.record import Score


def scores_of_attacks(attacks: Mapping[str, Attack], seen: Observation, truth: Truth) -> list[Score]:
    """One score for each guess about something that has a right answer; none where nobody knows it."""
    if truth.member is None:
        return []
    found = []
    for name, attack in attacks.items():
        for guess in attack(seen):
            real = _right_answer(seen, truth.member, guess)
            if real is None or len(guess.scores) < 2:
                continue
            attacker = f"{name}.{guess.part}" if guess.part else name
            # of a column (0.gender) the attribute is what is tallied
            target = guess.target if guess.target == JOINT else guess.target.partition(".")[2] or guess.target
            chance = Fraction(1, len(guess.scores))
            found.append(Score(attacker, target, guess.hit(real), chance, guess.share))
    return found


def _right_answer(seen: Observation, member: int, guess: Guess) -> int | None:
    """Index of the right answer, or ``None`` where the guess is about something else."""
    if guess.target == JOINT:
        return member if len(guess.scores) == seen.n else None
    for index, column in enumerate(seen.columns):
        if column.key == guess.target and len(guess.scores) == len(column.values):
            return seen.assignments[member][index]
    return None
