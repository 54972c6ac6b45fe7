"""Measures one prompt: a subject in, a record out. Pure, so that rows can be audited in any order."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from obclip_privacy.attributes.safety import AGE, MINOR_VALUES
from obclip_privacy.audit.attackers.base import JOINT, Attack, Guess
from obclip_privacy.audit.disagreement import OtherDetectors
from obclip_privacy.audit.figures.bayes_vulnerability import vulnerability_given
from obclip_privacy.audit.figures.block_leakage import block_min_entropy_leakage
from obclip_privacy.audit.figures.channel import deterministic, uniform
from obclip_privacy.audit.figures.cost import set_macs
from obclip_privacy.audit.figures.edit_distance import edit_distance
from obclip_privacy.audit.figures.guessing_entropy import posterior_guessing_entropy, prior_guessing_entropy
from obclip_privacy.audit.figures.intersection import survivors as intersection
from obclip_privacy.audit.figures.l_diversity import distinct_l_diversity, entropy_l_diversity
from obclip_privacy.audit.figures.min_entropy_leakage import min_entropy_leakage
from obclip_privacy.audit.figures.multiplicative_capacity import multiplicative_capacity
from obclip_privacy.audit.figures.mutual_information import mutual_information
from obclip_privacy.audit.figures.t_closeness import equal_distance, ordered_distance
from obclip_privacy.audit.figures.timing import uneven_times
from obclip_privacy.audit.findings import Finding, finding
from obclip_privacy.audit.form import Trait, Words, odd_one, scores_of, traits_of
from obclip_privacy.audit.observation import Observation, Truth, common_words, marginal, tokens_of
from obclip_privacy.audit.reading import Reading
from obclip_privacy.audit.record import ColumnFigures, Links, Number, Record, Score
from obclip_privacy.audit.sources.subject import OK, Subject
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.model import Strategy


@dataclass(frozen=True, slots=True)
class Meter:
    """What measuring needs.

    Attributes:
        reading: reads candidates as the audit's policy does.
        words: what the installed lexicons know.
        attacks: prepared attackers by name.
        salt: of this audit, for digests that compare sets with one another.
        show: whether records keep text.
        others: installed detectors that the policy does not use.
        strict_values: whether a value of one of the policy's attributes that nothing stands beside is a
            failure (a policy is given) or may be meant so (sets made elsewhere).
    """

    reading: Reading
    words: Words
    attacks: Mapping[str, Attack]
    salt: bytes
    show: bool = False
    others: OtherDetectors | None = None
    strict_values: bool = True

    def measure(self, subject: Subject) -> Record:
        """The record of one subject."""
        if subject.observation is None or subject.status != OK:
            return self._refused(subject)
        seen, truth = subject.observation, subject.truth
        rerun_left = _survivors(subject, seen)
        # The engine has checked that no member of its sets contradicts itself in the words that it moves.
        check = None if subject.checked else self.reading.contradictions
        traits = traits_of(seen.candidates, self.words, check) if len(seen.candidates) > 1 else ()
        # In a closed set every member looks as it does whichever is real; what contradicts itself is
        # implausible all the same.
        closed = _closed(seen)
        telling = [trait for trait in traits if not closed or trait.name == "contradiction"]
        alive = rerun_left
        if len(seen.candidates) == seen.n:
            alive = _plausible(telling, seen.n, rerun_left, truth.member)
        if seen.outputs is None:
            rerun_left = alive
        columns = tuple(self._column(seen, index, alive) for index in range(len(seen.columns)))
        content = _content(seen)
        findings = [
            *self._closure(subject, seen, content),
            *_form_findings(subject.row, traits, truth, content, closed=closed),
            *self._visible(subject, seen, content),
        ]
        figures = self._figures(subject, seen, alive, columns, findings)
        figures["k_eff"] = seen.survivors if seen.survivors is not None else len(rerun_left)
        return Record(
            row=subject.row,
            status=subject.status,
            sensitive=subject.sensitive and bool(seen.n > 1 or figures["visible"] or figures["unhidden"]),
            figures=figures,
            columns=columns,
            scores=tuple(self._scores(seen, truth)),
            findings=tuple(findings),
            position=(truth.candidate, len(seen.candidates)) if truth.candidate is not None else None,
            links=self._links(seen, truth),
            wire=self._wire(subject, seen),
            shown=self._shown(subject, seen) if self.show else None,
        )

    def _refused(self, subject: Subject) -> Record:
        content = hashlib.sha256(
            f"{subject.reason}\x01{self._masked(subject.prompt)}".encode("utf-8", "surrogatepass")
        ).digest()
        if subject.open_members:
            found = finding(
                "closure",
                row=subject.row,
                detail=f"{subject.open_members} of {subject.members_lost_of} members; refused before sending",
                content=content,
            )
            alive = max(subject.members_lost_of - subject.open_members, 0)
            figures: dict[str, Number] = {
                "closure": 1,
                "n": subject.members_lost_of,
                "n_sent": 0,
                "k_eff": alive,
                "posterior": Fraction(1, max(alive, 1)),
            }
        else:
            found = finding("refused", row=subject.row, detail=subject.reason, content=content)
            figures = {}
        shown: dict[str, Json] | None = {"prompt": subject.prompt, "candidates": []} if self.show else None
        return Record(
            subject.row, subject.status, bool(subject.open_members), figures, findings=(found,), shown=shown
        )

    def _masked(self, prompt: str) -> str:
        """*prompt* with its mentions and cues named, not quoted, so that its digest tells no value."""
        detection = self.reading.detect(prompt)
        spans = sorted(
            {
                *((mention.start, mention.end, mention.attribute) for mention in detection.mentions),
                *((cue.start, cue.end, cue.attribute) for cue in detection.cues),
            }
        )
        parts, at = [], 0
        for start, end, attribute in spans:
            if start >= at:
                parts += [prompt[at:start], f"<{attribute}>"]
                at = end
        return "".join([*parts, prompt[at:]])

    # --- figures

    def _figures(
        self,
        subject: Subject,
        seen: Observation,
        alive: Sequence[int],
        columns: Sequence[ColumnFigures],
        findings: Sequence[Finding],
    ) -> dict[str, Number]:
        flat = uniform(seen.n)
        counts = {
            kind: sum(found.count for found in findings if found.kind == kind)
            for kind in ("closure", "odd_one_out", "contradiction", "uneven", "unhidden", "visible", "cues")
        }
        figures: dict[str, Number] = {
            "n": seen.n,
            "n_sent": len(seen.candidates),
            "posterior": vulnerability_given(seen.prior, alive),
            "posterior_uniform": vulnerability_given(flat, alive),
            **counts,
            "cues_withheld": subject.cues_withheld,
            "bytes": sum(len(text.encode("utf-8", "surrogatepass")) for text in seen.candidates),
            "macs": set_macs(len(seen.candidates)),
        }
        if seen.seconds:
            figures["timing"] = int(uneven_times(seen.seconds))
        blocks = sum(column.block_bits for column in columns)
        figures.update(_information(seen, blocks))
        if columns:
            figures["posterior_worst_attribute"] = max(column.posterior for column in columns)
            figures["l_diversity"] = min(column.l_distinct for column in columns)
            figures["t_closeness"] = max(column.t_closeness for column in columns)
        if subject.truth.prompt and subject.truth.candidate is not None:
            sent = seen.candidates[subject.truth.candidate]
            figures["edit_distance"] = edit_distance(subject.truth.prompt, sent)
        return figures

    def _column(self, seen: Observation, index: int, alive: Sequence[int]) -> ColumnFigures:
        column = seen.columns[index]
        found = marginal(seen, index, {member: seen.prior[member] for member in alive})
        by_value = dict(zip(column.values, found, strict=True))
        spread = [by_value.get(value, Fraction(0)) for value in column.domain]
        distance = ordered_distance if column.ordered else equal_distance
        bits = block_min_entropy_leakage(column.domain_prior, column.blocks) if column.blocks else 0.0
        return ColumnFigures(
            column.key,
            column.attribute,
            column.strategy,
            max(found),
            distinct_l_diversity(by_value),
            entropy_l_diversity(by_value),
            distance(spread, column.domain_prior),
            bits,
        )

    # --- findings

    def _closure(self, subject: Subject, seen: Observation, content: bytes) -> list[Finding]:
        found = []
        if seen.outputs is not None:
            lost = sum(output != seen.output for output in seen.outputs)
            if lost:
                detail = f"{lost} of {seen.n} members"
                found.append(finding("closure", row=subject.row, detail=detail, content=content))
        if subject.asked_again is not None and set(subject.asked_again) != set(seen.candidates):
            left = len(intersection([set(seen.candidates), set(subject.asked_again)]))
            detail = f"asked again, {left} of {seen.n} candidates are in both sets"
            found.append(finding("intersection", row=subject.row, detail=detail, content=content))
        return found

    def _visible(self, subject: Subject, seen: Observation, content: bytes) -> list[Finding]:
        """Values and cues that stay in every candidate."""
        policy = self.reading.engine.policy
        first, *others = seen.candidates
        fixed = self.reading.values(first)
        cues = [(cue.attribute, cue.kind) for cue in self.reading.detect(first).cues]
        for text in others:
            stated = self.reading.values(text)
            fixed = {key: values for key, values in fixed.items() if stated.get(key) == values}
            here = {(cue.attribute, cue.kind) for cue in self.reading.detect(text).cues}
            cues = [cue for cue in cues if cue in here]
        found = []
        hidden = {attribute.id for attribute in policy.attributes if attribute.strategy is not Strategy.KEEP}
        ranging = {column.key for column in seen.columns if len(column.values) > 1}
        # A detector that reads a value of the policy's own domain in every candidate has found a leak. Other
        # values (of the other age band, outside the domain) are visible by design, and said to be.
        for (person, name), values in sorted(fixed.items()):
            if name not in hidden or f"{person}.{name}" in ranging:
                continue
            attribute = policy.attribute(name)
            own = attribute is not None and any(attribute.index_of(value) is not None for value in values)
            # Minors are a class of their own: that somebody is one is visible under every policy.
            minor = name == AGE and not MINOR_VALUES.isdisjoint(values)
            alone = own and not minor and not self._in_a_class(first, person, name)
            alone = alone and (self.strict_values or seen.n == 1)
            kind = "unhidden" if alone else "visible"
            found.append(
                finding(kind, row=subject.row, attribute=name, content=content, detail=f"person {person}")
            )
        missed = self.others.missed(seen.candidates) if self.others else ()
        for attribute_id, detector in missed:
            found.append(
                finding(
                    "detectors",
                    row=subject.row,
                    attribute=attribute_id,
                    detail=f"detector '{detector}'",
                    content=content,
                )
            )
        tally: dict[str, int] = {}
        for attribute_id, kind in cues:
            tally[f"{attribute_id}: {kind}"] = tally.get(f"{attribute_id}: {kind}", 0) + 1
        for name, count in sorted(tally.items()):
            attribute_id, _, kind = name.partition(": ")
            found.append(
                finding(
                    "cues",
                    row=subject.row,
                    attribute=attribute_id,
                    detail=f"kind '{kind}'",
                    content=content,
                    count=count,
                )
            )
        return found

    def _in_a_class(self, text: str, person: int, attribute: str) -> bool:
        """Whether words of another attribute state the value along with their own (``boy``: a child)."""
        mentions = [m for m in self.reading.detect(text).mentions if m.person == person]
        others = {(m.start, m.end) for m in mentions if m.attribute != attribute}
        return all((m.start, m.end) in others for m in mentions if m.attribute == attribute)

    # --- attackers and linkage

    def _scores(self, seen: Observation, truth: Truth) -> list[Score]:
        if truth.member is None:
            return []
        found = []
        for name, attack in self.attacks.items():
            for guess in attack(seen):
                real = _real(seen, truth.member, guess)
                if real is not None and len(guess.scores) > 1:
                    chance = Fraction(1, len(guess.scores))
                    target = guess.target if guess.target == JOINT else guess.target.partition(".")[2]
                    found.append(Score(name, target or guess.target, guess.hit(real), chance))
        return found

    def _digest(self, *texts: str) -> str:
        return hmac.new(self.salt, "\x00".join(texts).encode("utf-8", "surrogatepass"), "sha256").hexdigest()[
            :24
        ]

    def _links(self, seen: Observation, truth: Truth) -> Links | None:
        if len(seen.candidates) < 2:
            return None
        shared = common_words(seen.candidates)
        whole = "\n".join(sorted(seen.candidates))
        real = seen.candidates[truth.candidate] if truth.candidate is not None else whole
        left = [_varying(text, shared) for text in seen.candidates]
        marks = [self._digest(*words) for words in left]
        return Links(
            prompt=self._digest("prompt", real, seen.negative_prompt),
            members=tuple(self._digest("member", text) for text in seen.candidates),
            sequence=self._digest(*seen.candidates, seen.negative_prompt),
            varying=self._digest(*sorted(marks)),
            order=self._digest(*marks),
            real=marks[truth.candidate] if truth.candidate is not None else self._digest(*marks),
            common=self._digest(*shared),
            values=self._values(seen, truth.candidate) if truth.candidate is not None else (),
        )

    def _wire(self, subject: Subject, seen: Observation) -> tuple[str, ...]:
        wire = subject.wire
        if wire is None:
            return ()
        seed = "" if wire.seed is None else self._digest("seed", str(wire.seed))
        content = self._digest("set", *sorted(seen.candidates))
        return self._digest(wire.settings), self._digest(wire.headers), seed, content

    def _values(self, seen: Observation, real: int) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        """Per attribute that varies in a set made elsewhere, its values there and the real one."""
        if seen.outputs is not None:
            return ()
        stated = [self.reading.values(text) for text in seen.candidates]
        keys = sorted({key for values in stated for key in values})
        found = []
        for key in keys:
            values = [next(iter(row[key])) if len(row.get(key, ())) == 1 else "" for row in stated]
            if len(set(values)) > 1:
                found.append((key[1], tuple(sorted(set(values))), values[real]))
        return tuple(found)

    def _shown(self, subject: Subject, seen: Observation) -> dict[str, Json]:
        prompt = subject.prompt
        spans: list[Json] = []
        if prompt:
            detection = self.reading.detect(prompt)
            spans += [
                {"start": m.start, "end": m.end, "what": f"{m.attribute}: {m.value}", "cue": False}
                for m in detection.mentions
            ]
            spans += [
                {"start": c.start, "end": c.end, "what": f"{c.attribute}: {c.reason}", "cue": True}
                for c in detection.cues
            ]
        return {
            "prompt": prompt,
            "spans": spans,
            "candidates": list(seen.candidates),
            "real_index": subject.truth.candidate,
        }


def _survivors(subject: Subject, seen: Observation) -> list[int]:
    """The members that may still be real after the re-run attack."""
    if seen.outputs is None:
        return list(range(seen.n))
    alive = [index for index, output in enumerate(seen.outputs) if output == seen.output]
    if subject.asked_again is not None and set(subject.asked_again) != set(seen.candidates):
        both = intersection([set(seen.candidates), set(subject.asked_again)])
        again = [index for index, member in enumerate(seen.members) if member in both]
        alive = [index for index in alive if index in again] or again
    return alive or ([subject.truth.member] if subject.truth.member is not None else [0])


def _plausible(traits: Sequence[Trait], n: int, alive: Sequence[int], real: int | None) -> list[int]:
    """What form leaves where nothing can be re-run; the real one is never ruled out."""
    scores = scores_of(traits, n)
    best = max(scores)
    if real is None or scores[real] < best:
        return list(alive)
    return [index for index in alive if scores[index] == best]


def _information(seen: Observation, block_bits: float) -> dict[str, Number]:
    """Quantitative information flow of the set's channel; closed sets have one output."""
    closed = seen.outputs is None or all(output == seen.output for output in seen.outputs)
    guesses = prior_guessing_entropy(seen.prior)
    if closed:
        return {
            "leakage_bits": block_bits,
            "capacity_bits": 0.0,
            "mutual_information_bits": 0.0,
            "guessing_entropy": guesses,
            "prior_guessing_entropy": guesses,
        }
    channel = deterministic(seen.prior, seen.outputs or ())
    return {
        "leakage_bits": block_bits + min_entropy_leakage(channel),
        "capacity_bits": multiplicative_capacity(channel),
        "mutual_information_bits": mutual_information(channel),
        "guessing_entropy": posterior_guessing_entropy(channel),
        "prior_guessing_entropy": guesses,
    }


def _closed(seen: Observation) -> bool:
    """Whether every member was fed back and sends the same."""
    return seen.outputs is not None and all(output == seen.output for output in seen.outputs)


def _form_findings(
    row: int, traits: Sequence[Trait], truth: Truth, content: bytes, *, closed: bool
) -> list[Finding]:
    """What the form of the candidates gives away; of recorded requests nobody knows the real one."""
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


def _content(seen: Observation) -> bytes:
    """Digest of what was sent, without its order, so that it never tells the real one."""
    text = "\x00".join(sorted(seen.candidates)) + "\x01" + seen.negative_prompt
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _varying(text: str, shared: Sequence[str]) -> list[str]:
    left = list(shared)
    rest = []
    for token in tokens_of(text):
        if token in left:
            left.remove(token)
        else:
            rest.append(token)
    return rest


def _real(seen: Observation, member: int, guess: Guess) -> int | None:
    """Index of the right answer of a guess, or ``None`` where it is about something else."""
    if guess.target == JOINT:
        return member if len(guess.scores) == seen.n else None
    for index, column in enumerate(seen.columns):
        if column.key == guess.target and len(guess.scores) == len(column.values):
            return seen.assignments[member][index]
    return None
