"""Sets that would grow too large: rules that look at the columns only, never at a value.

Two numbers can be too large, and one order decides what goes: the attribute that the policy names last, and
within it the last person; then the one before it, and so on.

* More distinct prompts than the policy's limit: columns are neutralised (:func:`fit`). They still belong to
  the anonymity set, and the closure check still runs all of its members.
* More members than the closure check can run one by one: columns are given up (:func:`given_up`). Every
  prompt is then read as if it stated no value of them. No value of theirs is sent, but they are not counted
  in the anonymity set either: what is not checked member by member is not claimed. Their own values are
  checked in all combinations, or two by two (:func:`~obclip_privacy.candidates.plan.variations`), but not
  together with those of every other column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from obclip_privacy.candidates.columns import Column, Mode, size
from obclip_privacy.policy.model import Overflow, Policy

#: An anonymity set has no more members than this: each of them is run through the engine.
MAX_MEMBERS = 4096


def fit(columns: Sequence[Column], policy: Policy) -> tuple[Column, ...] | None:
    """*columns* with as many of them neutralised as the limit asks for; ``None`` if that is to be refused."""
    limit = policy.limits.max_candidates
    fitted = list(columns)
    for index in _last_first(columns, policy):
        if size([column for column in fitted if column.mode is Mode.VALUES]) <= limit:
            break
        if fitted[index].mode is Mode.VALUES:
            if policy.limits.overflow is Overflow.REFUSE:
                return None
            fitted[index] = replace(fitted[index], mode=Mode.NEUTRAL)
    return tuple(fitted)


def given_up(columns: Sequence[Column], policy: Policy) -> frozenset[int]:
    """Indices of the *columns* that are left out so that at most :data:`MAX_MEMBERS` members remain."""
    gone: set[int] = set()
    for index in _last_first(columns, policy):
        if size([column for at, column in enumerate(columns) if at not in gone]) <= MAX_MEMBERS:
            break
        if len(columns[index].values) > 1:
            gone.add(index)
    return frozenset(gone)


def reported(columns: Sequence[Column], policy: Policy) -> tuple[Column, ...]:
    """*columns* as they were treated: neutralised, or given up with no values left to count."""
    gone = given_up(columns, policy)
    fitted = fit(columns, policy) or columns
    return tuple(
        replace(column, mode=Mode.NEUTRAL, values=()) if index in gone else column
        for index, column in enumerate(fitted)
    )


def _last_first(columns: Sequence[Column], policy: Policy) -> list[int]:
    order = {attribute.id: rank for rank, attribute in enumerate(policy.attributes)}
    return sorted(
        range(len(columns)), key=lambda i: (order[columns[i].attribute], columns[i].person), reverse=True
    )
