"""Rewrites that use that candidates are alike. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast

from obclip_gen.accelerate.entry import OptionValue
from obclip_gen.accelerate.program import Setting, Step, numbered
from obclip_privacy.errors import BadInputError

Options = Mapping[str, OptionValue]


def exact(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """Identical prompts once, keys and values of the text once per prompt, and all of
    :func:`~obclip_gen.accelerate.program.finished`.
    """
    groups = numbered(setting.prompts)
    return tuple(replace(step, groups=groups, exact=True) for step in steps)


def trunk(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """One run for all until the first step in ``at``, then one for each value of the leading attributes,
    until after the last step in ``at`` every candidate runs by itself.

    With L steps in ``at`` and A attributes, the j-th branching tells ceil(A j / L) of the attributes apart.
    """
    at = cast("tuple[int, ...]", options["at"])
    if at[-1] >= setting.stop:
        raise BadInputError(f"trunk: at must stay below {setting.stop}, or the candidates would never differ")
    condition = cast('Literal["mean", "neutral"]', options["condition"])
    columns = len(setting.assignments[0]) if setting.assignments else 0
    made = []
    for index, step in enumerate(steps, start=setting.first):
        level = sum(index >= start for start in at)
        if level == len(at):
            made.append(step)
            continue
        told = math.ceil(columns * level / len(at))
        groups = numbered([row[:told] for row in setting.assignments])
        made.append(replace(step, groups=groups, condition=condition))
    return tuple(made)


def one_unconditional(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """One unconditional row, on the mean of all latents.

    ``every``: computed at every so many steps, its result taken again in between. ``refresh``: at every so
    many steps (and whenever the groups change) all groups have their own row, and how they differ from
    their mean is added to the one row until the next time; 0 is never.
    """
    every, refresh = cast("int", options["every"]), cast("int", options["refresh"])
    made: list[Step] = []
    since_one = since_all = 0
    for place, step in enumerate(steps):
        changed = not place or steps[place - 1].groups != step.groups
        since_one, since_all = (0, 0) if changed else (since_one + 1, since_all + 1)
        if step.unconditional != "each":
            made.append(step)
        elif refresh and step.size > 1 and since_all % refresh == 0:
            made.append(replace(step, anchor=True))
            since_one = 0
        else:
            made.append(replace(step, unconditional="one" if since_one % every == 0 else "kept"))
    return tuple(made)


def pivot(steps: tuple[Step, ...], options: Options, setting: Setting) -> tuple[Step, ...]:
    """The paper's batch reuse (algorithm 2): in the steps before ``until``, the attention maps of the first
    candidate serve all, and so for the unconditional rows; values stay each row's own.
    """
    until = cast("int", options["until"])
    return tuple(
        replace(step, self_attention="pivot", cross_attention="pivot") if index < until else step
        for index, step in enumerate(steps, start=setting.first)
    )
