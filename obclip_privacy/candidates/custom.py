"""Strategies of plugins: what one is, and the checks that hold it to the promise.

A strategy is a pure function of the attribute's policy, of the values that may stand for one another and of
the real one. It must partition the domain: whichever value of a block is the real one, the strategy gives
that block. So nothing that it decides depends on the value beyond the choice of the block, which is counted
as leakage. The whole partition is asked for and checked before any of it is used.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from obclip_privacy.candidates.columns import Mode
from obclip_privacy.candidates.strategies import STRATEGIES, StrategyFunction, Treatment, partition
from obclip_privacy.errors import PluginError, PolicyError
from obclip_privacy.policy.model import AttributePolicy, Strategy

#: A plugin's strategy has a colon in its name, so that no later version of the core can take it.
STRATEGY_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*:[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class CustomStrategy:
    """A strategy that a plugin registers.

    Attributes:
        name: two names with a colon between, such as ``mine:pairs``; what a policy gives as ``strategy``.
        title: one sentence for people.
        treat: (policy of the attribute, indices of the substitutable values, index of the real one) to the
            :class:`~obclip_privacy.candidates.strategies.Treatment`: at least two values in canonical order
            with the real one among them (fewer only where there are fewer), what the cloud gets, and the
            number of equally likely blocks.
    """

    name: str
    title: str
    treat: StrategyFunction


def checked_strategy(thing: object, where: str) -> CustomStrategy:
    """*thing* as a strategy whose treatments are checked; *where* names plugin and hook.

    Raises:
        PluginError: it is none, or its name is not of the right shape.
    """
    if not isinstance(thing, CustomStrategy):
        kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
        raise PluginError(f"{where}: register() takes a CustomStrategy, not {kind}")
    name: object = thing.name
    if not isinstance(name, str) or not STRATEGY_NAME.fullmatch(name):
        raise PluginError(f"{where}: the strategy's name is {name!r}; give it two parts, such as mine:pairs")
    if not callable(thing.treat):
        raise PluginError(f"{where}: strategy '{name}': 'treat' is no function; give a pure function")
    return replace(thing, treat=_Checked(thing, f"{where}: strategy '{name}'"))


def strategy_function(policy: AttributePolicy, custom: Mapping[str, CustomStrategy]) -> StrategyFunction:
    """The function of the strategy that *policy* names, built in or among *custom*.

    Raises:
        PolicyError: nothing registers it.
    """
    if isinstance(policy.strategy, Strategy):
        return STRATEGIES.get(policy.strategy, STRATEGIES[Strategy.ENUMERATE])
    found = custom.get(policy.strategy)
    if found is None:
        raise PolicyError(
            f"attribute '{policy.id}': no installed plugin registers the strategy '{policy.strategy}'"
        )
    return found.treat


def blocks_of(
    policy: AttributePolicy, values: Sequence[int], custom: Mapping[str, CustomStrategy]
) -> list[tuple[int, ...]]:
    """The sets of values, in canonical order, of which the strategy hides a real value in one.

    Raises:
        PolicyError: nothing registers the strategy, or its blocks are no partition.
        PluginError: a plugin's strategy breaks the contract.
    """
    if policy.strategy is Strategy.BLOCK:
        return partition(policy, values)
    treat = strategy_function(policy, custom)
    if isinstance(policy.strategy, Strategy):
        return [tuple(values)]
    return list(dict.fromkeys(treat(policy, values, real).values for real in values))


class _Checked:
    """A strategy's function, asked for its whole partition and checked before any of it is used."""

    def __init__(self, strategy: CustomStrategy, where: str) -> None:
        self._treat = strategy.treat
        self._where = where
        self._table: Callable[[AttributePolicy, tuple[int, ...]], Mapping[int, Treatment]] = functools.cache(
            self._partition
        )

    def __call__(self, policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
        if not values:
            return Treatment((), Mode.NEUTRAL)
        return self._table(policy, tuple(values))[values[0] if real is None else real]

    def _partition(self, policy: AttributePolicy, values: tuple[int, ...]) -> Mapping[int, Treatment]:
        """The treatment of every value.

        Raises:
            PluginError: it raised, gave something else, or what it gave is no partition.
        """
        found = {real: self._one(policy, values, real) for real in values}
        blocks = len({treatment.values for treatment in found.values()})
        for real, treatment in found.items():
            if real not in treatment.values:
                self._wrong(f"the set for '{policy.values[real].id}' does not have that value")
            for other in treatment.values:
                if found[other] != treatment:
                    self._wrong(
                        f"'{policy.values[real].id}' is hidden with '{policy.values[other].id}', which is "
                        "treated differently: the difference would tell them apart"
                    )
            if treatment.blocks != blocks:
                self._wrong(f"it reports {treatment.blocks} blocks and makes {blocks}: the leakage is wrong")
        return found

    def _one(self, policy: AttributePolicy, values: tuple[int, ...], real: int) -> Treatment:
        try:
            found: object = self._treat(policy, values, real)
        except PolicyError:
            raise
        except Exception as error:  # noqa: BLE001 - reported with its place; nothing goes on
            raise PluginError(
                f"{self._where} raised {type(error).__name__} for the attribute '{policy.id}'; nothing is "
                "sent"
            ) from None
        if not isinstance(found, Treatment) or not isinstance(found.mode, Mode):
            self._wrong(f"it gave a {type(found).__name__}, not a Treatment with a Mode")
        if not set(found.values) <= set(values) or list(found.values) != sorted(set(found.values)):
            self._wrong("its values are not indices of substitutable values, each once, in canonical order")
        if len(found.values) < min(2, len(values)):
            self._wrong(f"it hides '{policy.values[real].id}' among itself only; give at least two values")
        return found

    def _wrong(self, what: str) -> NoReturn:
        raise PluginError(f"{self._where}: {what}; nothing is sent")
