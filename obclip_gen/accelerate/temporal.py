"""Rewrites that use that steps are alike. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast

from obclip_gen.accelerate.entry import OptionValue
from obclip_gen.accelerate.program import Setting, Step
from obclip_privacy.errors import BadInputError

Options = Mapping[str, OptionValue]


def deep(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """Deep features are computed at some steps and kept in between (DeepCache, Ma et al. 2023).

    Computed at every step before ``from`` (warm-up), when the groups change, and then at ``every`` so many
    steps; or at the steps that ``full`` names. ``order`` extrapolates in between (TaylorSeer, Liu et al.
    2025).
    """
    warm = cast("int", options["from"])
    full = cast("tuple[int, ...]", options["full"])
    every, branch, order = (cast("int", options[name]) for name in ("every", "branch", "order"))
    deep_of = cast('Literal["rows", "mean"]', options["of"])
    made: list[Step] = []
    since = 0
    for index, step in enumerate(steps, start=setting.first):
        changed = not made or made[-1].groups != step.groups
        since = 0 if changed or index <= warm else since + 1
        fresh = index in full if full else since % every == 0
        made.append(
            replace(step, branch=branch, deep="fresh" if fresh else "kept", deep_of=deep_of, order=order)
        )
    return tuple(made)


def skip(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """The paper's block skip (section 4.2.2): from step ``from`` on only the way up is computed, on what
    the last step before it left on the rungs and below.
    """
    place = cast("int", options["from"]) - setting.first
    if not 1 <= place < len(steps):
        raise BadInputError(f"skip: from must be from {setting.first + 1} to {setting.stop - 1} here")
    made = [replace(step, rungs="kept") if at >= place else step for at, step in enumerate(steps)]
    made[place - 1] = replace(made[place - 1], rungs="keep")
    return tuple(made)


def attention(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """From step ``from`` on attention outputs are kept, and computed again when they are ``every`` steps
    old or when the rows change (T-GATE's schedule; the paper's attention cache), always in a step that
    computes every layer.

    ``what`` says whose: ``self``, ``cross`` or ``both``.
    """
    start, every = cast("int", options["from"]), cast("int", options["every"])
    what = options["what"]
    made = list(steps)
    kept_at: int | None = None

    def keep(place: int) -> None:
        made[place] = replace(
            made[place], keep_self=what in ("self", "both"), keep_cross=what in ("cross", "both")
        )

    for place, step in enumerate(steps):
        if setting.first + place < start:
            continue
        if kept_at is None:
            before = [at for at in range(place) if steps[at].whole and steps[at].layout == step.layout]
            if before:
                kept_at = before[-1]
                keep(kept_at)
        stale = kept_at is None or place - kept_at > every or steps[kept_at].layout != step.layout
        if stale and step.whole:
            kept_at = place
            keep(place)
        elif kept_at is not None and steps[kept_at].layout == step.layout:
            made[place] = replace(
                step,
                self_attention="kept" if what in ("self", "both") else step.self_attention,
                cross_attention="kept" if what in ("cross", "both") else step.cross_attention,
            )
    return tuple(made)


def gate(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """From step ``at`` on no guidance; with ``cross=frozen`` cross-attention is the mean of both halves' at
    the step before (T-GATE, Liu et al. 2024). For the device, whose steps are late ones.
    """
    place = max(cast("int", options["at"]) - setting.first, 1)
    if place >= len(steps) or not setting.guided:
        return steps
    frozen = options["cross"] == "frozen"
    made = [replace(step, unconditional="none") if at >= place else step for at, step in enumerate(steps)]
    if frozen:
        whole = [at for at in range(place) if steps[at].whole and steps[at].unconditional != "kept"]
        if not whole:
            raise BadInputError("gate: no step before it computes cross-attention for every layer")
        made[whole[-1]] = replace(made[whole[-1]], keep_cross=True)
        for at in range(place, len(steps)):
            made[at] = replace(made[at], cross_attention="kept", blend=True)
    return tuple(made)
