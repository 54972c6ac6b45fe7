"""How an acceleration is registered. Imports no torch.

Most accelerations *rewrite* the program of a phase (:mod:`obclip_gen.accelerate.program`): a pure function
from steps to steps, so that they compose. A *preset* is a plan under a name. One that cannot be told as a
program makes a predictor of its own, and then stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from obclip_gen.accelerate.program import Setting, Step
    from obclip_gen.backends.protocol import Backend, Conditioning
    from obclip_gen.denoise.guidance import Predictor
    from obclip_gen.request import DenoiseRequest

#: ``exact`` means equal in real arithmetic: bit-equal at equal batch shape, close in float32 otherwise.
Kind = Literal["exact", "approximate"]

#: What an option holds: a whole number, steps in ascending order, or one of some words.
OptionValue = int | tuple[int, ...] | str

#: Rewrites up to this rank say which candidates share a row; what is exact is settled after them, before
#: the rest.
GROUPING_RANK = 25

Rewrite = Callable[["tuple[Step, ...]", Mapping[str, OptionValue], "Setting"], "tuple[Step, ...]"]
Make = Callable[["DenoiseRequest", "Backend", "Conditioning", "Conditioning"], "Predictor"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an acceleration, written ``-name=value`` in a plan.

    Attributes:
        name: lower-case letters.
        default: its value when the plan does not name it, which also says its type; ``None`` for steps that
            must be named.
        summary: one line for people.
        low: least whole number or step.
        high: greatest whole number or step.
        words: the words that it may be, when it is a word.
    """

    name: str
    default: OptionValue | None
    summary: str
    low: int = 0
    high: int = 999
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceleration:
    """One way to save work; exactly one of ``make``, ``rewrite`` and ``expand`` is given.

    Attributes:
        name: what a plan calls it.
        summary: one line for people.
        kind: ``exact`` or ``approximate``.
        make: gives the predictor of one request from the backend, the conditioning of the N candidates
            and that of the negative prompt (one row). Cannot be combined with others.
        rewrite: gives the steps of a phase from the steps so far, the options and the setting.
        expand: gives the plan that a preset stands for.
        options: of ``rewrite``.
        rank: rewrites are applied by ascending rank, then name, whatever the order in which a plan names
            them.
    """

    name: str
    summary: str
    kind: Kind
    make: Make | None = None
    rewrite: Rewrite | None = None
    expand: Callable[[Setting], str] | None = None
    options: tuple[Option, ...] = ()
    rank: int = 50
