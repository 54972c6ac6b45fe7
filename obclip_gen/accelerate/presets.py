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


def fast(setting: Setting) -> str:
    """The shipped plan: everything exact, one run for all candidates in the first step and one for each value
    of the first attribute in the second, one unconditional row, and after that whatever lies below the first
    convolution computed at every fourth step. Calibration proposes it (docs/acceleration.md).
    """
    if setting.stop <= 1:
        return "exact"
    trunk = "1.2" if setting.stop > 2 else "1"
    return f"deep-branch=0-every=4-from={trunk[-1]}+exact+trunk-at={trunk}+uncond"
