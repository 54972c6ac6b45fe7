"""The engine: a prompt in, a candidate set or a refusal out.

>>> from obclip_privacy.policy.loader import load_policy
>>> found = Engine(load_policy("obclip-paper")).candidates("portrait of a woman")
>>> found.status, found.n, found.candidates
('ok', 2, ('portrait of a man', 'portrait of a woman'))
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from obclip_privacy.attributes.base import LEXICON, Attribute, Generator
from obclip_privacy.candidates.builder import Builder, Built, Realiser
from obclip_privacy.candidates.candidate_set import (
    OK,
    PROTOCOL,
    REFUSED,
    CandidateSet,
    ColumnReport,
    Cue,
    Detection,
    Mention,
    Span,
)
from obclip_privacy.candidates.closure import check_closure
from obclip_privacy.candidates.columns import Column, Mode, size
from obclip_privacy.candidates.figures import Figures, figures_of
from obclip_privacy.candidates.overflow import fit
from obclip_privacy.candidates.template import Template, realise
from obclip_privacy.errors import BadInputError, PluginError
from obclip_privacy.language.analysis import Analysis, analyse
from obclip_privacy.language.reader import Reader
from obclip_privacy.language.removal import choose_cue
from obclip_privacy.language.scan import Scan
from obclip_privacy.language.units import Part
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import NegativePromptAction, Policy, Strategy

__all__ = ["PROTOCOL", "CandidateSet", "Detection", "Engine"]

#: No prompt longer than this is read, whatever the policy says: the work is linear in the length.
HARD_MAX_PROMPT_CHARS = 20_000

@dataclass(frozen=True, slots=True)
class _Read:
    scan: Scan
    analysis: Analysis
    built: Built


class Engine:
    """Makes candidate sets under one policy. Deterministic; safe to share between threads.

    Raises:
        PluginError: the policy names an attribute, a detector, a generator or a plugin that is not there,
            or a value that the lexicon cannot write.
    """

    def __init__(self, policy: Policy, plugins: Registry | None = None) -> None:
        registry = load_plugins() if plugins is None else plugins
        for name in policy.plugins:
            registry.require(name)
        self.policy = policy
        attributes = tuple(_registered(registry, attribute.id) for attribute in policy.attributes)
        self._realisers = {
            attribute.id: realiser
            for attribute, settings in zip(attributes, policy.attributes, strict=True)
            if (realiser := _realiser(attribute, settings.generator)) is not None
        }
        self._reader = Reader(policy, attributes, registry)

    def detect(self, prompt: str) -> Detection:
        """The mentions and the cues of *prompt*, in text order.

        Raises:
            BadInputError: the prompt is too long to be read.
        """
        if len(prompt) > HARD_MAX_PROMPT_CHARS:
            raise BadInputError(f"a prompt has more than {HARD_MAX_PROMPT_CHARS} characters; shorten it")
        scan = self._reader.scan(prompt)
        analysis = analyse(scan.units)
        return Detection(tuple(self._mentions(prompt, scan, analysis)), tuple(self._cues(prompt, scan, analysis)))

    def candidates(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """The candidate set of *prompt*, checked for closure; a refusal is a result, never an exception."""
        found = self.transform(prompt, negative_prompt)
        if found.status != OK:
            return found
        closure = check_closure(found, found.members, self.transform)
        if closure.reason:
            figures = replace(found.figures, k_eff=closure.survivors)
            return self._refused(prompt, negative_prompt or "", closure.reason, figures)
        return found

    def transform(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """The candidate set without the closure check: what the check runs for every member."""
        negative = negative_prompt or ""
        reason = self._unreadable(prompt) or (negative and self._unreadable(negative))
        if reason:
            return self._refused(prompt, negative, reason)
        built = self._read(prompt).built
        if built.refusal:
            return self._refused(prompt, negative, built.refusal)
        columns = fit(built.columns, self.policy)
        if columns is None:
            limit = self.policy.limits.max_candidates
            return self._refused(prompt, negative, f"the set would have more than {limit} candidates")
        try:
            cloud_negative = self._cloud_negative(negative)
        except _NegativeRefused as error:
            return self._refused(prompt, negative, str(error))
        return self._set(prompt, negative, cloud_negative, built, columns)

    # --- reading

    def _unreadable(self, text: str) -> str:
        limit = min(self.policy.limits.max_prompt_chars, HARD_MAX_PROMPT_CHARS)
        if len(text) > limit:
            return f"the text has more than {limit} characters"
        if not text.strip():
            return "the prompt is empty"
        if any(0xD800 <= ord(char) < 0xE000 for char in text):
            return "the text is not valid Unicode (it has a lone surrogate)"
        return ""

    def _read(self, prompt: str, *, bare_segments: bool = False) -> _Read:
        scan = self._reader.scan(prompt)
        analysis = analyse(scan.units)
        builder = Builder(prompt, scan, analysis, self._reader.vocabulary, self.policy, self._realisers)
        return _Read(scan, analysis, builder.build(bare_segments=bare_segments))

    def _cloud_negative(self, negative: str) -> str:
        action = self.policy.negative_prompt
        if not negative or action is NegativePromptAction.DROP:
            return ""
        if action is NegativePromptAction.KEEP:
            return negative
        read = self._read(negative, bare_segments=True)
        if action is NegativePromptAction.REFUSE:
            if read.built.columns or read.built.cue_spans:
                raise _NegativeRefused("the negative prompt states a sensitive attribute")
            return negative
        return realise(read.built.template, [None] * len(read.built.columns), cues=False)

    # --- the set

    def _set(
        self, prompt: str, negative: str, cloud_negative: str, built: Built, columns: Sequence[Column]
    ) -> CandidateSet:
        sent_ranges = [
            range(len(column.values)) if column.mode is Mode.VALUES else (None,) for column in columns
        ]
        real = tuple(
            column.real if column.mode is Mode.VALUES else None for column in columns
        )
        texts: dict[str, tuple[int, ...]] = {}
        for assignment in itertools.product(*sent_ranges):
            text = realise(built.template, assignment, cues=False)
            texts.setdefault(text, tuple(index for index in assignment if index is not None))
        candidates = tuple(texts)
        if any(not text.strip() for text in candidates):
            return self._refused(prompt, negative, "nothing is left of the prompt once its cues are withheld")
        members = self._members(built.template, columns)
        figures = figures_of(columns, size(columns), len(candidates), size(columns))
        reason = self._guarantee_broken(columns, figures)
        if reason:
            return self._refused(prompt, negative, reason, figures)
        return CandidateSet(
            status=OK,
            reason="",
            prompt=prompt,
            negative_prompt=negative,
            candidates=candidates,
            real_index=candidates.index(realise(built.template, real, cues=False)),
            assignments=tuple(texts.values()),
            cloud_negative_prompt=cloud_negative,
            attributes=_reports(columns, built, self.policy),
            withheld=_withheld(prompt, built, columns),
            figures=figures,
            policy_sha256=self.policy.sha256,
            members=members,
        )

    def _members(self, template: Template, columns: Sequence[Column]) -> tuple[str, ...]:
        """Every member of the anonymity set, as a person would type it; lazily one too many to check."""
        from obclip_privacy.candidates.closure import MAX_MEMBERS

        ranges = [range(len(column.values)) if column.values else (None,) for column in columns]
        assignments = itertools.islice(itertools.product(*ranges), MAX_MEMBERS + 1)
        return tuple(realise(template, assignment, cues=True) for assignment in assignments)

    def _guarantee_broken(self, columns: Sequence[Column], figures: Figures) -> str:
        if not columns:
            return ""
        guarantee = self.policy.guarantee
        if figures.n < guarantee.min_n:
            return f"the anonymity set has {figures.n} members, fewer than the {guarantee.min_n} guaranteed"
        if figures.posterior > guarantee.max_posterior:
            return f"the best guess would be right more often than the {guarantee.max_posterior} guaranteed"
        return ""

    def _refused(
        self, prompt: str, negative: str, reason: str, figures: Figures | None = None
    ) -> CandidateSet:
        return CandidateSet(
            status=REFUSED,
            reason=reason,
            prompt=prompt,
            negative_prompt=negative,
            candidates=(),
            real_index=-1,
            assignments=(),
            cloud_negative_prompt="",
            attributes=(),
            withheld=(),
            figures=figures or figures_of((), 1, 0, 0),
            policy_sha256=self.policy.sha256,
        )

    # --- detection

    def _mentions(self, prompt: str, scan: Scan, analysis: Analysis) -> list[Mention]:
        found = []
        for index, link in sorted(analysis.links.items()):
            surface, sense = scan.surfaces[index], scan.surfaces[index].senses[link.pos]
            stated = [(part.attribute, part.value) for part in sense.parts if isinstance(part, Part)]
            for attribute, value in dict.fromkeys([*stated, *sense.states]):
                found.append(
                    Mention(
                        surface.start,
                        surface.end,
                        prompt[surface.start : surface.end],
                        attribute,
                        self._value_id(attribute, value),
                        max(link.person, 0),
                        f"{attribute}.{sense.detector}",
                    )
                )
        return found

    def _value_id(self, attribute: str, value: str) -> str:
        policy = self.policy.attribute(attribute)
        index = self._reader.vocabulary.index_of(attribute, value)
        return value if policy is None or index is None else policy.values[index].id

    def _cues(self, prompt: str, scan: Scan, analysis: Analysis) -> list[Cue]:
        if not analysis.peopled:
            return []
        found = []
        for index, unit in enumerate(scan.units):
            if unit.cues:
                surface, term = scan.surfaces[index], choose_cue(scan.units, index).term
                text = prompt[surface.start : surface.end]
                found.append(Cue(surface.start, surface.end, text, term.attribute, term.reason, term.kind))
        return found


class _NegativeRefused(Exception):
    pass


def _registered(registry: Registry, attribute: str) -> Attribute:
    found = registry.attributes.get(attribute)
    if found is None:
        raise PluginError(f"no installed plugin registers the attribute '{attribute}' that the policy names")
    return found


def _realiser(attribute: Attribute, name: str) -> Realiser | None:
    """The function that writes the values; ``None`` for the lexicon.

    Raises:
        PluginError: the attribute has no generator of this name.
    """
    if name in ("", attribute.id, LEXICON):
        return None
    found: Generator | None = next((g for g in attribute.generators if g.name == name), None)
    if found is None:
        known = ", ".join(attribute.generator_names)
        raise PluginError(f"attribute '{attribute.id}' has no generator '{name}'; it has: {known}")
    return found.realise


def _reports(columns: Sequence[Column], built: Built, policy: Policy) -> tuple[ColumnReport, ...]:
    reports = [
        ColumnReport(
            column.person,
            column.attribute.id,
            _strategy_name(column),
            column.value_ids,
        )
        for column in columns
    ]
    taken = {(report.person, report.attribute) for report in reports}
    for person, attribute in built.kept:
        if (person, attribute) not in taken and person >= 0:
            reports.append(ColumnReport(person, attribute, Strategy.KEEP.value, ()))
    order = {attribute.id: rank for rank, attribute in enumerate(policy.attributes)}
    return tuple(sorted(reports, key=lambda report: (report.person, order[report.attribute])))


def _strategy_name(column: Column) -> str:
    strategy = column.attribute.strategy
    if column.mode is Mode.NEUTRAL and strategy not in (Strategy.NEUTRALISE, Strategy.WITHHOLD):
        return Strategy.NEUTRALISE.value
    return strategy.value


def _withheld(prompt: str, built: Built, columns: Sequence[Column]) -> tuple[Span, ...]:
    """Spans that the cloud does not get: cues, and mentions that are withheld or outside the domain."""
    spans = list(built.cue_spans)
    for index, column in enumerate(columns):
        if column.mode is Mode.NEUTRAL and (column.attribute.strategy is Strategy.WITHHOLD or not column.values):
            spans.extend(built.column_spans.get(index, ()))
    return tuple(Span(start, end, prompt[start:end]) for start, end in sorted(set(spans)))


