"""Strategies: what happens to one column.

A strategy is a pure function of the column's policy, of the values that may stand for one another (for age:
adults or minors, never both) and, for ``block`` alone, of the real value. Plugins bring
further ones (:mod:`~obclip_privacy.candidates.custom`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from obclip_privacy.candidates.columns import Mode
from obclip_privacy.errors import PolicyError
from obclip_privacy.policy.model import AttributePolicy, Strategy


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a strategy decides of a column.

    Attributes:
        values: the values among which the real one is hidden, as indices into the policy's domain.
        mode: what the cloud gets.
        blocks: how many equally likely blocks there were to choose from.
    """

    values: tuple[int, ...]
    mode: Mode
    blocks: int = 1


#: (policy of the attribute, substitutable values, real value or ``None``) to treatment.
StrategyFunction = Callable[[AttributePolicy, Sequence[int], "int | None"], Treatment]

DEFAULT_BLOCK_SIZE = 4


def _enumerate(policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
    return Treatment(tuple(values), Mode.VALUES)


def _neutralise(policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
    return Treatment(tuple(values), Mode.NEUTRAL)


def _block(policy: AttributePolicy, values: Sequence[int], real: int | None) -> Treatment:
    """The block that holds the real value.

    Option ``block_size`` (default 4): consecutive values, as many blocks as make the sizes as equal as they
    can be. Option ``blocks``: lists of value ids that partition the domain. Either way the partition is a
    function of the policy alone.
    """
    blocks = partition(policy, values)
    chosen = next((block for block in blocks if real in block), blocks[0])
    return Treatment(chosen, Mode.VALUES, len(blocks))


def partition(policy: AttributePolicy, values: Sequence[int]) -> list[tuple[int, ...]]:
    """The blocks of a domain, in canonical order.

    Raises:
        PolicyError: the option ``blocks`` does not list every value once, or ``block_size`` is no number
            of at least 2.
    """
    listed = policy.options.get("blocks")
    if listed is not None:
        return _listed_blocks(policy, values, listed)
    wanted = policy.options.get("block_size", DEFAULT_BLOCK_SIZE)
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 2:
        raise PolicyError(
            f"attribute '{policy.id}': option 'block_size' must be a whole number of at least 2"
        )
    count = max(1, len(values) // wanted)
    base, extra = divmod(len(values), count)
    blocks, at = [], 0
    for index in range(count):
        end = at + base + (index < extra)
        blocks.append(tuple(values[at:end]))
        at = end
    return blocks


def _listed_blocks(policy: AttributePolicy, values: Sequence[int], listed: object) -> list[tuple[int, ...]]:
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise PolicyError(f"attribute '{policy.id}': option 'blocks' must be a list of lists of values")
    blocks = []
    for block in listed:
        if not isinstance(block, Sequence) or isinstance(block, str):
            raise PolicyError(f"attribute '{policy.id}': option 'blocks' must be a list of lists of values")
        indices = [policy.index_of(str(name)) for name in block]
        blocks.append(tuple(sorted(i for i in indices if i is not None and i in values)))
    flat = sorted(index for block in blocks for index in block)
    if flat != sorted(values):
        raise PolicyError(f"attribute '{policy.id}': option 'blocks' must name every value exactly once")
    return [block for block in blocks if block]


#: What each strategy does to a column. ``keep`` makes no column: nothing is hidden.
STRATEGIES: Mapping[Strategy, StrategyFunction] = {
    Strategy.ENUMERATE: _enumerate,
    Strategy.NEUTRALISE: _neutralise,
    Strategy.WITHHOLD: _neutralise,
    Strategy.GENERALISE: _enumerate,
    Strategy.BLOCK: _block,
}
