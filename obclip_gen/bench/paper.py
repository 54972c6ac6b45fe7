"""The cost figures that the paper prints, and ours of the same plans under its counting rule.

ObCLIP (arXiv 2510.04153), table 7, 25 steps with guidance, 10**12 operations. The figures fit a count of
multiply-accumulates with QK^T and without AV (``rule="paper"``): 370.1 G for a forward of Stable Diffusion
v1.4. They also say what is counted where the text does not: cached attention is bypassed whole, in every
layer, and is not refreshed within the ten steps; a skipped step computes the up blocks without attention;
one of the N prompts is the pivot of each half of the guidance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from obclip_gen.accelerate.presets import PAPER
from obclip_gen.backends.architectures import architecture
from obclip_gen.backends.unet_meter import PriceList
from obclip_gen.bench.cost import plan_cost
from obclip_privacy.policy.frozen import Json

STEPS = 25

#: Printed operations in 10**12, by model, row, k and N.
PRINTED: dict[tuple[str, str, int, int], float] = {
    ("sd14", "plain", 25, 1): 18.53,
    ("sd14", "obclip", 5, 4): 14.82,
    ("sd14", "obclip", 5, 6): 22.23,
    ("sd14", "obclip", 10, 4): 29.64,
    ("sd14", "obclip", 10, 6): 44.46,
    ("sd14", "cache", 5, 4): 12.25,
    ("sd14", "cache", 5, 6): 18.38,
    ("sd14", "cache", 10, 4): 23.36,
    ("sd14", "cache", 10, 6): 35.04,
    ("sd14", "reuse", 5, 4): 11.13,
    ("sd14", "reuse", 5, 6): 16.64,
    ("sd14", "reuse", 10, 4): 21.86,
    ("sd14", "reuse", 10, 6): 32.72,
    ("sdxl", "plain", 25, 1): 159.35,
    ("sdxl", "obclip", 5, 4): 127.48,
    ("sdxl", "obclip", 5, 6): 191.22,
    ("sdxl", "obclip", 10, 4): 254.96,
    ("sdxl", "obclip", 10, 6): 382.44,
    ("sdxl", "cache", 5, 4): 97.62,
    ("sdxl", "cache", 5, 6): 146.44,
    ("sdxl", "cache", 10, 4): 180.42,
    ("sdxl", "cache", 10, 6): 270.62,
    ("sdxl", "reuse", 5, 4): 86.32,
    ("sdxl", "reuse", 5, 6): 128.38,
    ("sdxl", "reuse", 10, 4): 165.34,
    ("sdxl", "reuse", 10, 6): 246.55,
}


def paper_plan(row: str, k: int) -> str:
    """Give the plan of a row of the paper's table.

    Args:
        row: ``plain``, ``obclip``, ``cache`` or ``reuse``.
        k: split, 5 or 10 for the last two.
    """
    if row in ("plain", "obclip"):
        return "none"
    if row == "reuse":
        return f"paper-k{k}"
    r, s = PAPER[k]
    return f"attention-every=5-from={r}+skip-from={s}"


@dataclass(frozen=True, slots=True)
class Reproduced:
    """One printed figure and ours.

    Attributes:
        model: name of the architecture.
        row: of the paper's table.
        k: split.
        n: candidates.
        plan: what it stands for.
        printed: in 10**12 operations.
        measured: by the meter, under the paper's rule.
        ratio_ours: the same plan by our rule, of a plain cloud run.
    """

    model: str
    row: str
    k: int
    n: int
    plan: str
    printed: float
    measured: float
    ratio_ours: float

    @property
    def error(self) -> float:
        """Ours over theirs, less one."""
        return self.measured / self.printed - 1

    def to_json(self) -> dict[str, Json]:
        """Give the figures as plain JSON."""
        return {
            "model": self.model,
            "row": self.row,
            "k": self.k,
            "n": self.n,
            "plan": self.plan,
            "printed_tera": self.printed,
            "measured_tera": self.measured,
            "error": self.error,
            "ratio_ours": self.ratio_ours,
        }


def reproduced(model: str, prices: PriceList | None = None) -> Iterator[Reproduced]:
    """Price every printed figure of a model (``sd14`` or ``sdxl``; nothing for others)."""
    known = prices or architecture(model).prices()
    for (name, row, k, n), printed in PRINTED.items():
        if name != model:
            continue
        plan = paper_plan(row, k)
        cost = plan_cost(model, n, k, STEPS, plan, "paper", known)
        ours = plan_cost(model, n, k, STEPS, plan, "ours", known)
        yield Reproduced(model, row, k, n, plan, printed, cost.macs_cloud / 1e12, ours.ratio)
