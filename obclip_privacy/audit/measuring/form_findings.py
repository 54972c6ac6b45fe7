"""What the form of the candidates gives away."""

from __future__ import annotations

from collections.abc import Sequence

from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.form import Trait, odd_one
from obclip_privacy.audit.observation import Truth


def form_findings(
    row: int, traits: Sequence[Trait], truth: Truth, content: bytes, *, closed: bool
) -> list[Finding]:
    """One finding for each trait in which the candidates differ. Of recorded requests nobody knows the truth.

    In a *closed* set every member looks as it does whichever is real, so a difference is uneven at worst;
    but a candidate that contradicts itself is implausible all the same.
    """
    found: list[Finding] = []
    real = truth.candidate
    for trait in traits:
        if not trait.differs:
            continue
        if trait.error:
            regular = trait.regular in trait.codes
            inside = regular if real is None else trait.codes[real] == trait.regular
            kind = "odd_one_out" if inside and not closed else "uneven"
            if inside and trait.name == "contradiction":
                kind = "contradiction"
            wrong = sum(code != trait.regular for code in trait.codes)
            found.append(finding(kind, row=row, content=content, detail=f"{trait.name}: {wrong} ruled out"))
        else:
            odd = real is not None and odd_one(trait) == real and not closed
            kind = "odd_one_out" if odd else "uneven"
            found.append(finding(kind, row=row, content=content, detail=trait.name))
    return found
