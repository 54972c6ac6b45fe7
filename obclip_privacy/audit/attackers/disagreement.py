"""Disagreement: a detector that the policy does not use reads the value in what all candidates share.

For a detector and a column (a person's attribute) with ``m`` values, let ``V`` be the column's values that
the detector finds in *every* candidate sent. The guess is drawn evenly from ``V``, or from all ``m`` where
``V`` is empty::

    G = V if V else all values        hit = [real in G] / |G|        chance = 1 / m

Accuracy is the mean of ``hit`` over the columns of the attribute, each detector by itself; range 0 to 1,
lower is better, and chance where the detector finds no more than the policy's own. A detector does not say
whom a value is about: it is taken to be about each person that has the attribute. A policy defeats it by
using the detector. The real value is that which the policy's own detectors read; of a person of whom they
read none nobody knows it, and the finding ``detectors`` is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.audit.attackers.base import Attack, Attacker, Guess, Setting
from obclip_privacy.audit.observation import ColumnView, Observation
from obclip_privacy.policy.model import Policy


def _prepare(setting: Setting) -> Attack:
    policy, others = setting.reading.engine.policy, setting.others

    def attack(observation: Observation) -> Sequence[Guess]:
        if others is None:
            return ()
        return [
            Guess(column.key, guess_scores(policy, column, values), f"detector '{detector}'", detector)
            for attribute, detector, values in others.shared(observation.candidates)
            for column in observation.columns
            if column.attribute == attribute
        ]

    return attack


def guess_scores(policy: Policy, column: ColumnView, found: frozenset[str]) -> tuple[float, ...]:
    """1 for the column's values that were found, under their own name or one that *policy* knows them by."""
    attribute = policy.attribute(column.attribute)
    names = set(found)
    if attribute is not None:
        places = (attribute.index_of(name) for name in found)
        names |= {attribute.value_ids[place] for place in places if place is not None}
    return tuple(float(value in names) for value in column.values)


DISAGREEMENT = Attacker(
    "disagreement",
    "guesses the value that a detector which the policy does not use finds in every candidate",
    _prepare,
)
