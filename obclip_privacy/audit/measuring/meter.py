"""Measures one prompt: a subject in, a record out. Pure, so that rows can be audited in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.audit.attackers.base import Attack
from obclip_privacy.audit.findings import finding
from obclip_privacy.audit.form import Form
from obclip_privacy.audit.measuring.form_findings import form_findings
from obclip_privacy.audit.measuring.guesses import scores_of_attacks
from obclip_privacy.audit.measuring.links import Digests, links_of, wire_marks
from obclip_privacy.audit.measuring.set_figures import column_figures, set_figures
from obclip_privacy.audit.measuring.standing import Standing
from obclip_privacy.audit.measuring.survivors import closure_findings, is_closed, plausible, rerun_survivors
from obclip_privacy.audit.measuring.text import content_of, content_of_refusal, shown_text
from obclip_privacy.audit.record import Number, Record
from obclip_privacy.audit.sources.subject import OK, Subject


@dataclass(frozen=True, slots=True)
class Meter:
    """What measuring needs.

    Attributes:
        standing: looks for what stands in every candidate; has the reading of the audit's policy.
        form: traits in which candidates differ.
        attacks: prepared attackers by name.
        digests: of this audit.
        show: whether records keep text.
    """

    standing: Standing
    form: Form
    attacks: Mapping[str, Attack]
    digests: Digests
    show: bool = False

    def measure(self, subject: Subject) -> Record:
        """The record of one subject."""
        if subject.observation is None or subject.status != OK:
            return self._refused(subject)
        seen, truth, reading = subject.observation, subject.truth, self.standing.reading
        rerun_left = rerun_survivors(subject, seen)
        traits = self.form.of(seen)
        closed = is_closed(seen)
        telling = [trait for trait in traits if not closed or trait.name == "contradiction"]
        alive = rerun_left
        if len(seen.candidates) == seen.n:
            alive = plausible(telling, seen.n, rerun_left, truth.member)
        if seen.outputs is None:
            rerun_left = alive
        columns = tuple(column_figures(seen, index, alive) for index in range(len(seen.columns)))
        content = content_of(seen)
        findings = [
            *closure_findings(subject, seen, content),
            *form_findings(subject.row, traits, truth, content, closed=closed),
            *self.standing.findings(subject.row, seen, content),
        ]
        figures = set_figures(reading, subject, seen, alive, columns, findings)
        figures["k_eff"] = seen.survivors if seen.survivors is not None else len(rerun_left)
        return Record(
            row=subject.row,
            status=subject.status,
            sensitive=subject.sensitive and bool(seen.n > 1 or figures["visible"] or figures["unhidden"]),
            figures=figures,
            columns=columns,
            scores=tuple(scores_of_attacks(self.attacks, seen, truth)),
            findings=tuple(findings),
            position=(truth.candidate, len(seen.candidates)) if truth.candidate is not None else None,
            links=links_of(self.digests, reading, subject, seen, content),
            wire=wire_marks(self.digests, subject, seen),
            shown=shown_text(reading, subject, seen) if self.show else None,
        )

    def _refused(self, subject: Subject) -> Record:
        content = content_of_refusal(self.standing.reading, subject)
        figures: dict[str, Number] = {}
        if subject.open_members:
            lost = f"{subject.open_members} of {subject.members_lost_of} members; refused before sending"
            found = finding("closure", row=subject.row, detail=lost, content=content)
            alive = max(subject.members_lost_of - subject.open_members, 0)
            figures = {
                "closure": 1,
                "n": subject.members_lost_of,
                "n_sent": 0,
                "k_eff": alive,
                "posterior": Fraction(1, max(alive, 1)),
            }
        else:
            found = finding("refused", row=subject.row, detail=subject.reason, content=content)
        return Record(
            subject.row,
            subject.status,
            bool(subject.open_members),
            figures,
            findings=(found,),
            shown=shown_text(self.standing.reading, subject, None) if self.show else None,
        )
