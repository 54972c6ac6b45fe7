"""What a plan costs on a real architecture, without its weights.

The executor that runs requests runs here too, on an engine that books and computes nothing. By the counting
rule of :mod:`obclip_gen.macs`; denoiser only, the text's keys and values included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from obclip_gen.accelerate.executor import Executor, Texts
from obclip_gen.accelerate.plan import CachePlan
from obclip_gen.accelerate.program import Setting
from obclip_gen.backends.architectures import architecture
from obclip_gen.backends.engine import Cost, Engine
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.unet_meter import PriceList
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: ``ours``: both attention products. ``paper``: QK^T counted, AV not, which reproduces the paper's cloud
#: figures (its device figures count neither).
Rule = Literal["ours", "paper"]

#: Value counts of the attributes by N: the paper's are age 3, gender 2, ethnicity 5.
DOMAINS: dict[int, tuple[int, ...]] = {1: (), 2: (2,), 6: (3, 2), 30: (3, 2, 5)}


def assignments(n: int) -> tuple[tuple[int, ...], ...]:
    """Give N assignments: the paper's attributes where N is one of theirs, else one attribute of N values."""
    rows: list[tuple[int, ...]] = [()]
    for size in DOMAINS.get(n, (n,)):
        rows = [(*row, value) for row in rows for value in range(size)]
    return tuple(rows)


def counted(cost: Cost, rule: Rule) -> int:
    """Multiply-accumulates by a counting rule."""
    return cost.macs if rule == "ours" else cost.macs - cost.values


@dataclass(frozen=True, slots=True)
class PlanCost:
    """What one cloud phase costs, beside a plain cloud run of one prompt.

    Attributes:
        model: name of the architecture.
        n: candidates.
        k: steps of the cloud.
        steps: steps of the plain run, T.
        plan: the plan as asked for.
        expanded: what it stands for.
        macs_cloud: of the cloud phase on N candidates.
        macs_plain: of T steps of one prompt with guidance.
        rule: how both are counted.
    """

    model: str
    n: int
    k: int
    steps: int
    plan: str
    expanded: str
    macs_cloud: int
    macs_plain: int
    rule: Rule = "ours"

    @property
    def ratio(self) -> float:
        """Cloud phase over plain run."""
        return self.macs_cloud / self.macs_plain

    def to_json(self) -> dict[str, Json]:
        """Give the figures as plain JSON."""
        return {
            "model": self.model,
            "n": self.n,
            "k": self.k,
            "steps": self.steps,
            "plan": self.plan,
            "plan_expanded": self.expanded,
            "macs_cloud": self.macs_cloud,
            "macs_plain": self.macs_plain,
            "ratio": self.ratio,
            "rule": self.rule,
        }


def cloud_cost(
    plan: CachePlan, engine: Engine, n: int, k: int, *, guided: bool = True, channels: int = 4
) -> Cost:
    """Run a cloud phase of *k* steps on *n* candidates on an engine that books; give what it booked.

    Raises:
        BadInputError: the plan does not fit.
    """
    prompts = tuple(f"candidate {place}" for place in range(n))
    setting = Setting(prompts, assignments(n), 0, k, guided)

    def encode(texts: object) -> Conditioning:
        return Conditioning({"text": torch.empty(1, 1, 1, device="meta")})

    conditional = Conditioning({"text": torch.empty(n, 1, 1, device="meta")})
    texts = Texts(conditional, encode([""]), encode)
    executor = Executor(plan.program(setting), setting, engine, texts, 7.5 if guided else 1.0)
    latents = torch.empty(n, channels, 1, 1, device="meta")
    for index in range(k):
        executor(latents, torch.empty((), device="meta"), index)
    return engine.cost()


def plan_cost(
    model: str,
    n: int,
    k: int,
    steps: int,
    plan: str,
    rule: Rule = "ours",
    prices: PriceList | None = None,
) -> PlanCost:
    """Price a plan.

    Args:
        model: name of an architecture.
        n: candidates, at least 1.
        k: steps of the cloud, 1 to *steps*.
        steps: T.
        plan: text form of a plan.
        rule: counting rule.
        prices: the model's, when they are at hand.

    Raises:
        BadInputError: a figure is out of range, or the model or the plan is unknown or does not fit.
    """
    if not 1 <= n <= 10_000:
        raise BadInputError("n: must be from 1 to 10000")
    if not 1 <= k <= steps <= 1000:
        raise BadInputError("k: must be from 1 to the number of steps, which is at most 1000")
    known = prices or architecture(model).prices()
    parsed = CachePlan.parse(plan)
    cost = cloud_cost(parsed, known.engine(), n, k)
    setting = Setting(("",) * n, assignments(n), 0, k, guided=True)
    return PlanCost(
        model=model,
        n=n,
        k=k,
        steps=steps,
        plan=plan,
        expanded=str(parsed.expanded(setting)),
        macs_cloud=counted(cost, rule),
        macs_plain=2 * steps * counted(known.whole(), rule),
        rule=rule,
    )
