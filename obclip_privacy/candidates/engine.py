"""The engine: a prompt in, a candidate set or a refusal out.

>>> from obclip_privacy.policy.loader import load_policy
>>> found = Engine(load_policy("obclip-paper")).candidates("portrait of a woman")
>>> found.status, found.n, found.candidates
('ok', 2, ('portrait of a man', 'portrait of a woman'))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from obclip_privacy.attributes.base import LEXICON, Attribute, Generator
from obclip_privacy.candidates.builder import Built, build
from obclip_privacy.candidates.candidate_set import (
    OK,
    PROTOCOL,
    REFUSED,
    CandidateSet,
    Detection,
    canonical_bytes,
    payload_of,
)
from obclip_privacy.candidates.closure import Reentry, check_closure
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.candidates.custom import blocks_of, strategy_function
from obclip_privacy.candidates.decisions import Decisions
from obclip_privacy.candidates.detection import detection_of
from obclip_privacy.candidates.figures import NOTHING, Figures, figures_of
from obclip_privacy.candidates.overflow import MAX_MEMBERS, fit, given_up, reported
from obclip_privacy.candidates.plan import Plan, canonical_form, variations
from obclip_privacy.candidates.reports import column_reports, withheld_spans
from obclip_privacy.candidates.slots import Realiser
from obclip_privacy.candidates.template import realise
from obclip_privacy.errors import BadInputError, PluginError
from obclip_privacy.language.analysis import analyse
from obclip_privacy.language.reader import Reader
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import AttributePolicy, NegativePromptAction, Overflow, Policy

__all__ = ["PROTOCOL", "CandidateSet", "Detection", "Engine"]

#: No prompt longer than this is read, whatever the policy says: the work is linear in the length.
HARD_MAX_PROMPT_CHARS = 20_000
#: A prompt that has no canonical form after so many readings is refused.
MAX_READINGS = 4
#: How many readings a closure check keeps, at most: those of the members and the candidates of a set of 256.
READINGS_KEPT = 512
_SURROGATE = re.compile("[\ud800-\udfff]")
NOTHING_LEFT = "nothing is left of the prompt once its cues are withheld"

TOO_MANY_MEMBERS = f"the anonymity set has more than {MAX_MEMBERS} members; too many to check"


@dataclass(frozen=True, slots=True)
class _Planned:
    plan: Plan
    typed: Built
    stated: Built
    real: tuple[int | None, ...]
    spared: tuple[str, ...]


class Engine:
    """Makes candidate sets under one policy. Deterministic; safe to share between threads.

    Raises:
        PluginError: the policy names an attribute, a detector, a generator or a plugin that is not there,
            or a value that the lexicon cannot write.
    """

    def __init__(self, policy: Policy, plugins: Registry | None = None) -> None:
        registry = load_plugins(local=policy.local) if plugins is None else plugins
        for name in policy.plugins:
            registry.require(name)
        self.policy = policy
        attributes = tuple(_registered(registry, attribute.id) for attribute in policy.attributes)
        self._realisers = {
            attribute.id: realiser
            for attribute, settings in zip(attributes, policy.attributes, strict=True)
            if (realiser := _realiser(attribute, settings.generator)) is not None
        }
        self._custom = registry.strategies
        self._strategies = {one.id: strategy_function(one, self._custom) for one in policy.attributes}
        self._reader = Reader(policy, attributes, registry)
        self._they = self._reader.vocabulary.they

    def detect(self, prompt: str) -> Detection:
        """The mentions and the cues of *prompt*, in text order.

        Raises:
            BadInputError: the prompt is too long to be read.
        """
        if len(prompt) > HARD_MAX_PROMPT_CHARS:
            raise BadInputError(f"a prompt has more than {HARD_MAX_PROMPT_CHARS} characters; shorten it")
        scan = self._reader.scan(prompt)
        analysis = analyse(scan.units, they=self._they)
        return detection_of(prompt, scan, analysis, self._reader.vocabulary, self.policy)

    def candidates(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """The candidate set of *prompt*, checked for closure; a refusal is a result, never an exception."""
        negative = negative_prompt or ""
        planned = self._plan(prompt, negative)
        if isinstance(planned, str):
            return self._refused(prompt, negative, planned)
        plan = planned.plan
        found = self._set(prompt, negative, planned)
        # The check starts from nothing, and reads each text that would be typed or sent once.
        read = lru_cache(maxsize=READINGS_KEPT)(self._read)
        closure = check_closure(
            _reentry(planned, lambda: found.payload_bytes),
            found.candidates,
            lambda text: self._enter(text, negative, read),
            planned.spared,
        )
        sent = 0 if closure.reason else len(found.candidates)
        figures = figures_of(plan, self.policy, sent, closure.survivors, planned.typed.columns)
        if closure.reason:
            return self._refused(prompt, negative, closure.reason, figures)
        return replace(found, figures=figures, members=tuple(text for _, text in plan.members()))

    def blocks(self, attribute: AttributePolicy, values: Sequence[int]) -> list[tuple[int, ...]]:
        """The sets of values, of those at the indices *values*, of which the real one is hidden in one."""
        return blocks_of(attribute, values, self._custom)

    def transform(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """The candidate set without the closure check: what the check runs for every member.

        Its figures and members are not filled in.
        """
        negative = negative_prompt or ""
        planned = self._plan(prompt, negative)
        if isinstance(planned, str):
            return self._refused(prompt, negative, planned)
        return self._set(prompt, negative, planned)

    # --- planning

    def _enter(self, prompt: str, negative: str, read: Callable[..., Built]) -> Reentry | None:
        """What :meth:`transform` makes of a prompt, for the closure check."""
        planned = self._plan(prompt, negative, read)
        if isinstance(planned, str):
            return None
        return _reentry(planned, lambda: _payload_bytes(planned.plan))

    def _plan(self, prompt: str, negative: str, read: Callable[..., Built] | None = None) -> _Planned | str:
        """The plan with what it was made from, or a refusal; *read* stands in for :meth:`_read`."""
        read = read or self._read
        reason = self._unreadable(prompt) or self._unreadable(negative, empty_is_fine=True)
        if reason:
            return reason
        typed = read(prompt)
        stated, spared = self._checkable(self._settled(typed, prompt, cues=True, read=read)[0], read)
        sent, _ = self._settled(stated, "", cues=False, read=read) if stated.cue_spans else (stated, "")
        sent, columns = self._fitted(sent, read)
        refusal = typed.refusal or stated.refusal or sent.refusal
        if refusal:
            return refusal
        if columns is None:
            return f"the set would have more than {self.policy.limits.max_candidates} candidates"
        cloud_negative = self._cloud_negative(negative, read)
        if cloud_negative is None:
            return "the negative prompt states a sensitive attribute"
        plan = Plan(sent.template, columns, cloud_negative, stated.template, stated.columns)
        return self._unsendable(plan) or _Planned(plan, typed, stated, sent.real, spared)

    def _settled(
        self, built: Built, text: str, *, cues: bool, read: Callable[..., Built] | None = None
    ) -> tuple[Built, str]:
        """The template of the canonical form of a prompt, with or without its cues.

        A word that is no canonical form is read once more as what it is rewritten to, and what is left
        once the cues are taken out is read once more without them: the decisions are then those that every
        member of the set, and every candidate, will meet.
        """
        for _ in range(MAX_READINGS):
            canonical = canonical_form(built.template, built.real, cues=cues)
            if built.refusal or canonical == text:
                return built, text
            text = canonical
            if not text.strip():
                return replace(built, refusal=NOTHING_LEFT), text
            built = (read or self._read)(text)
        return replace(built, refusal="the prompt does not settle into a canonical form"), text

    def _fitted(self, sent: Built, read: Callable[..., Built]) -> tuple[Built, tuple[Column, ...] | None]:
        """*sent* with its columns as they fit the policy's limit; ``None`` if they are to be refused.

        A neutral wording may state a value of another attribute (``child`` for ``girl``): it is then read
        again, as every candidate will be.
        """
        for _ in range(MAX_READINGS):
            columns = fit(sent.columns, self.policy)
            if columns is None or sent.refusal:
                return sent, columns
            neutral = {i for i, column in enumerate(columns) if column.mode is not Mode.VALUES}
            if neutral.isdisjoint(sent.speaking):
                return sent, columns
            real = tuple(None if index in neutral else value for index, value in enumerate(sent.real))
            text = canonical_form(sent.template, real, cues=False)
            sent, _ = self._settled(read(text), text, cues=False, read=read)
        return replace(sent, refusal="the neutral wording does not settle"), ()

    def _checkable(self, stated: Built, read: Callable[..., Built]) -> tuple[Built, tuple[str, ...]]:
        """*stated* without the columns that would make the set too large to check; prompts to try besides.

        The prompts vary those columns: they must all give what the prompt without them gives.
        """
        spared: list[str] = []
        for _ in range(MAX_READINGS):
            gone = given_up(stated.columns, self.policy)
            if stated.refusal or not gone:
                return stated, tuple(spared)
            if self.policy.limits.overflow is Overflow.REFUSE:
                return replace(stated, refusal=TOO_MANY_MEMBERS), ()
            spared.extend(variations(stated.template, stated.columns, gone, MAX_MEMBERS))
            real = tuple(None if index in gone else value for index, value in enumerate(stated.real))
            text = canonical_form(stated.template, real, cues=True)
            stated, _ = self._settled(read(text), text, cues=True, read=read)
        return replace(stated, refusal=TOO_MANY_MEMBERS), ()

    def _set(self, prompt: str, negative: str, planned: _Planned) -> CandidateSet:
        plan, typed = planned.plan, planned.typed
        columns = reported(typed.columns, self.policy)
        sent = plan.sent()
        candidates = tuple(sent)
        return CandidateSet(
            status=OK,
            reason="",
            prompt=prompt,
            negative_prompt=negative,
            candidates=candidates,
            real_index=candidates.index(plan.sent_for(planned.real)),
            assignments=tuple(sent.values()),
            cloud_negative_prompt=plan.negative_prompt,
            attributes=column_reports(columns, typed, self.policy),
            withheld=withheld_spans(prompt, typed, columns, self.policy),
            figures=NOTHING,
            policy_sha256=self.policy.sha256,
        )

    # --- reading

    def _unreadable(self, text: str, *, empty_is_fine: bool = False) -> str:
        limit = min(self.policy.limits.max_prompt_chars, HARD_MAX_PROMPT_CHARS)
        if len(text) > limit:
            return f"the text has more than {limit} characters"
        if not text.strip() and not empty_is_fine:
            return "the prompt is empty"
        if not text.isascii() and _SURROGATE.search(text):
            return "the text is not valid Unicode (it has a lone surrogate)"
        return ""

    def _read(self, prompt: str, *, bare_segments: bool = False) -> Built:
        scan = self._reader.scan(prompt)
        analysis = analyse(scan.units, they=self._they)
        decisions = Decisions(scan, analysis, self._reader.vocabulary, self.policy, self._strategies)
        decisions.decide()
        return build(prompt, decisions, self._realisers, bare_segments=bare_segments)

    def _cloud_negative(self, negative: str, read: Callable[..., Built]) -> str | None:
        """What the cloud gets of the negative prompt; ``None`` if the policy refuses it."""
        action = self.policy.negative_prompt
        if not negative or action is NegativePromptAction.DROP:
            return ""
        if action is NegativePromptAction.KEEP:
            return negative
        built = read(negative, bare_segments=True)
        if action is NegativePromptAction.REFUSE:
            return None if built.columns or built.cue_spans else negative
        compiled = built.template.compile(frozenset(range(len(built.columns))), cues=False)
        return realise(compiled, ()).strip(" ,;|")

    def _unsendable(self, plan: Plan) -> str:
        """Why the plan must not be sent, or ``""``."""
        if not plan.sent_for((0,) * len(plan.columns)).strip():
            return NOTHING_LEFT
        if not plan.hidden:
            return ""
        guarantee = self.policy.guarantee
        if plan.n < guarantee.min_n:
            return f"the anonymity set has {plan.n} members, fewer than the {guarantee.min_n} guaranteed"
        if guarantee.max_posterior < 1:
            posterior = figures_of(plan, self.policy, 0, plan.n).posterior
            if posterior > guarantee.max_posterior:
                return (
                    f"the best guess would be right more often than the {guarantee.max_posterior} guaranteed"
                )
        return ""

    def _refused(self, prompt: str, negative: str, reason: str, figures: Figures = NOTHING) -> CandidateSet:
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
            figures=figures,
            policy_sha256=self.policy.sha256,
        )


def _reentry(planned: _Planned, write: Callable[[], bytes]) -> Reentry:
    return Reentry(planned.plan, planned.stated.real, planned.stated.consistent, write)


def _payload_bytes(plan: Plan) -> bytes:
    sent = plan.sent()
    return canonical_bytes(payload_of(sent, sent.values(), plan.negative_prompt))


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
