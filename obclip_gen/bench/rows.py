"""The rows of the tables: ways to make a picture, and the plan of the cloud phase in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from obclip_gen.accelerate.presets import PAPER

#: ``cloud``: all steps by the cloud model; ``device``: all by the device's; ``neutral``: k steps on the
#: prompt without attributes; ``hybrid``: k steps on every candidate.
Kind = Literal["cloud", "device", "neutral", "hybrid"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is drawn.

    Attributes:
        name: of the row.
        title: for people.
        kind: how its pictures come to be.
        plan: of the cloud phase, by k; ``None`` where the row does not exist.
    """

    name: str
    title: str
    kind: Kind
    plan: Callable[[int], str | None]

    def exists(self, k: int | None) -> bool:
        """Whether there is such a row at k (``None`` for rows without a split)."""
        return (k is None) == (self.kind in ("cloud", "device")) and (k is None or self.plan(k) is not None)


def _cache(k: int) -> str | None:
    return f"attention-from={PAPER[k][0]}+skip-from={PAPER[k][1]}" if k in PAPER else None


ROWS = (
    Row("cloud", "cloud only (not private)", "cloud", lambda k: "none"),
    Row("device", "device only", "device", lambda k: "none"),
    Row("neutral", "neutral cloud phase", "neutral", lambda k: "none"),
    Row("obclip", "ObCLIP", "hybrid", lambda k: "none"),
    Row("cache", "ObCLIP + cache (paper)", "hybrid", _cache),
    Row("reuse", "ObCLIP + cache + reuse (paper)", "hybrid", lambda k: f"paper-k{k}" if k in PAPER else None),
    Row("ours", "ours", "hybrid", lambda k: "fast"),
)

#: Rows with the pictures of another and a cost of their own: (name, title, of, candidates that are paid for).
DERIVED: tuple[tuple[str, str, str, Literal["n", "one"]], ...] = (
    ("vanilla", "vanilla oblivious (cloud only x N)", "cloud", "n"),
    ("hybrid", "Hybrid SD (not private)", "obclip", "one"),
)


def extra_row(plan: str) -> Row:
    """Give the row of a plan that someone wants to compare."""
    return Row(plan, plan, "hybrid", lambda k: plan)
