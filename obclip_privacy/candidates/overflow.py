"""Sets that would grow too large: a rule that looks at the columns only, never at a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from obclip_privacy.candidates.columns import Column, Mode, size
from obclip_privacy.policy.model import Overflow, Policy


def fit(columns: Sequence[Column], policy: Policy) -> tuple[Column, ...] | None:
    """*columns* with as many of them neutralised as the limit asks for; ``None`` if that is to be refused.

    The attribute that the policy names last goes first, and within it the last person; then the one before
    it, and so on.
    """
    limit = policy.limits.max_candidates
    order = {attribute.id: rank for rank, attribute in enumerate(policy.attributes)}
    fitted = list(columns)
    doomed = sorted(
        range(len(columns)), key=lambda i: (order[columns[i].attribute], columns[i].person), reverse=True
    )
    for index in doomed:
        if size([column for column in fitted if column.mode is Mode.VALUES]) <= limit:
            break
        if fitted[index].mode is Mode.VALUES:
            if policy.limits.overflow is Overflow.REFUSE:
                return None
            fitted[index] = replace(fitted[index], mode=Mode.NEUTRAL)
    return tuple(fitted)
