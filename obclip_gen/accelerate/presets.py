"""Plans under a name. Imports no torch."""

from __future__ import annotations

from obclip_gen.accelerate.program import Setting

#: The published plan (ObCLIP, section 5.1): cache point r, skip point s, by split k. Attention is computed
#: again when it is five steps old.
PAPER = {5: (3, 3), 10: (4, 6)}


def paper(k: int) -> str:
    """The published plan for k = 5 or 10: pivot maps before r, attention outputs kept from r, blocks
    skipped from s. The first candidate is the pivot: this plan is not symmetric.
    """
    r, s = PAPER[k]
    return f"attention-every=5-from={r}+pivot-until={r}+skip-from={s}"


def paper_k5(setting: Setting) -> str:
    """The published plan for k = 5."""
    return paper(5)


def paper_k10(setting: Setting) -> str:
    """The published plan for k = 10."""
    return paper(10)


def trunk_steps(k: int) -> int:
    """Steps that all candidates share in ``fast``: 3 of 5, 4 of 10, 5 of 15; never all."""
    return max(0, min(k - 1, 2 + round(k / 5)))


def fast(setting: Setting) -> str:
    """The shipped plan: everything exact, a trunk, one unconditional row, and after the trunk deep features
    kept for three steps.
    """
    steps = trunk_steps(setting.stop)
    trunk = [f"trunk-at={steps}"] if steps else []
    return "+".join([f"deep-branch=1-every=3-from={steps}", "exact", *trunk, "uncond"])
