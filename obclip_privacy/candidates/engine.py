"""The engine: a prompt in, a candidate set or a refusal out.

>>> from obclip_privacy.policy.loader import load_policy
>>> found = Engine(load_policy("obclip-paper")).candidates("portrait of a woman")
>>> found.status, found.n, found.candidates
('ok', 2, ('portrait of a man', 'portrait of a woman'))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from obclip_privacy.attributes.base import LEXICON, Attribute, Band, Generator, Pos
from obclip_privacy.attributes.safety import MINOR_VALUES
from obclip_privacy.candidates.builder import Built, Realiser, build
from obclip_privacy.candidates.candidate_set import (
    OK,
    PROTOCOL,
    REFUSED,
    CandidateSet,
    Cue,
    Detection,
    Mention,
    canonical_bytes,
    payload_of,
)
from obclip_privacy.candidates.closure import Reentry, check_closure
from obclip_privacy.candidates.columns import Column, Mode
from obclip_privacy.candidates.custom import blocks_of, strategy_function
from obclip_privacy.candidates.decisions import Decisions
from obclip_privacy.candidates.figures import NOTHING, Figures, figures_of
from obclip_privacy.candidates.overflow import MAX_MEMBERS, fit, given_up, reported
from obclip_privacy.candidates.plan import Plan, canonical_form, variations
from obclip_privacy.candidates.reports import column_reports, withheld_spans
from obclip_privacy.candidates.template import realise
from obclip_privacy.errors import BadInputError, PluginError
from obclip_privacy.language.analysis import Analysis, Link, analyse
from obclip_privacy.language.reader import Reader
from obclip_privacy.language.removal import cues_alike
from obclip_privacy.language.scan import Scan
from obclip_privacy.language.units import Part, Sense
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import AttributePolicy, NegativePromptAction, Overflow, Policy

__all__ = ["PROTOCOL", "CandidateSet", "Detection", "Engine"]

#: No prompt longer than this is read, whatever the policy says: the work is linear in the length.
HARD_MAX_PROMPT_CHARS = 20_000
#: A prompt that has no canonical form after so many readings is refused.
MAX_READINGS = 4
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
        return Detection(
            tuple(self._mentions(prompt, scan, analysis)), tuple(self._cues(prompt, scan, analysis))
        )

    def candidates(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """The candidate set of *prompt*, checked for closure; a refusal is a result, never an exception."""
        negative = negative_prompt or ""
        planned = self._plan(prompt, negative)
        if isinstance(planned, str):
            return self._refused(prompt, negative, planned)
        plan = planned.plan
        found = self._set(prompt, negative, planned)
        closure = check_closure(
            _reentry(planned, lambda: found.payload_bytes),
            found.candidates,
            lambda text: self._enter(text, negative),
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

    def _enter(self, prompt: str, negative: str) -> Reentry | None:
        """What :meth:`transform` makes of a prompt, for the closure check."""
        planned = self._plan(prompt, negative)
        if isinstance(planned, str):
            return None
        return _reentry(planned, lambda: _payload_bytes(planned.plan))

    def _plan(self, prompt: str, negative: str) -> _Planned | str:
        """The plan with what it was made from, or the reason of a refusal."""
        reason = self._unreadable(prompt) or self._unreadable(negative, empty_is_fine=True)
        if reason:
            return reason
        typed = self._read(prompt)
        stated, spared = self._checkable(self._settled(typed, prompt, cues=True)[0])
        sent, _ = self._settled(stated, "", cues=False) if stated.cue_spans else (stated, "")
        sent, columns = self._fitted(sent)
        refusal = typed.refusal or stated.refusal or sent.refusal
        if refusal:
            return refusal
        if columns is None:
            return f"the set would have more than {self.policy.limits.max_candidates} candidates"
        cloud_negative = self._cloud_negative(negative)
        if cloud_negative is None:
            return "the negative prompt states a sensitive attribute"
        plan = Plan(sent.template, columns, cloud_negative, stated.template, stated.columns)
        return self._unsendable(plan) or _Planned(plan, typed, stated, sent.real, spared)

    def _settled(self, built: Built, text: str, *, cues: bool) -> tuple[Built, str]:
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
            built = self._read(text)
        return replace(built, refusal="the prompt does not settle into a canonical form"), text

    def _fitted(self, sent: Built) -> tuple[Built, tuple[Column, ...] | None]:
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
            sent, _ = self._settled(self._read(text), text, cues=False)
        return replace(sent, refusal="the neutral wording does not settle"), ()

    def _checkable(self, stated: Built) -> tuple[Built, tuple[str, ...]]:
        """*stated* without the columns that would make the set too large to check; prompts to try besides.

        The prompts vary one of those columns each: they must all give what the prompt without them gives.
        """
        spared: list[str] = []
        for _ in range(MAX_READINGS):
            gone = given_up(stated.columns, self.policy)
            if stated.refusal or not gone:
                return stated, tuple(spared)
            if self.policy.limits.overflow is Overflow.REFUSE:
                return replace(stated, refusal=TOO_MANY_MEMBERS), ()
            spared.extend(variations(stated.template, stated.columns, gone))
            real = tuple(None if index in gone else value for index, value in enumerate(stated.real))
            text = canonical_form(stated.template, real, cues=True)
            stated, _ = self._settled(self._read(text), text, cues=True)
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

    def _cloud_negative(self, negative: str) -> str | None:
        """What the cloud gets of the negative prompt; ``None`` if the policy refuses it."""
        action = self.policy.negative_prompt
        if not negative or action is NegativePromptAction.DROP:
            return ""
        if action is NegativePromptAction.KEEP:
            return negative
        built = self._read(negative, bare_segments=True)
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

    # --- detection

    def _mentions(self, prompt: str, scan: Scan, analysis: Analysis) -> list[Mention]:
        found = []
        stated = {index: _stated(scan, index, link) for index, link in analysis.links.items()}
        minors = _ages_of_minors(analysis, stated)
        for index, link in sorted(analysis.links.items()):
            surface, sense = scan.surfaces[index], scan.surfaces[index].senses[link.pos]
            if link.person < 0 and self._says_nothing(prompt[surface.start : surface.end], sense):
                continue
            for attribute, value in stated[index]:
                if attribute == "age" and link.person in minors and value not in MINOR_VALUES:
                    value = minors[link.person]
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

    def _says_nothing(self, text: str, sense: Sense) -> bool:
        """Whether a pronoun of nobody in particular is the one that states no value (``they`` of a group)."""
        classes = self._reader.vocabulary.classes
        return sense.mask.pos is Pos.PRONOUN and text.lower() in classes[sense.mask.classes[0]].neutral

    def _value_id(self, attribute: str, value: str) -> str:
        policy = self.policy.attribute(attribute)
        index = self._reader.vocabulary.index_of(attribute, value)
        return value if policy is None or index is None else policy.values[index].id

    def _cues(self, prompt: str, scan: Scan, analysis: Analysis) -> list[Cue]:
        if not analysis.peopled:
            return []
        found: list[Cue] = []
        for index, unit in enumerate(scan.units):
            if (unit.cues or index in analysis.clothed) and analysis.is_cue(scan.units, index):
                start, end, _ = scan.surfaces[index]
                terms = {cue.term.attribute: cue.term for cue in reversed(cues_alike(scan.units, index))}
                found.extend(
                    Cue(start, end, prompt[start:end], attribute, term.reason, term.kind)
                    for attribute, term in sorted(terms.items())
                )
        return found


def _stated(scan: Scan, index: int, link: Link) -> list[tuple[str, str]]:
    """(attribute, value) of what the mention at *index* states."""
    sense = scan.surfaces[index].senses[link.pos]
    parts = [(part.attribute, part.value) for part in sense.parts if isinstance(part, Part)]
    return list(dict.fromkeys([*parts, *sense.states]))


def _ages_of_minors(analysis: Analysis, stated: Mapping[int, Sequence[tuple[str, str]]]) -> dict[int, str]:
    """What a word for an adult's age means of a minor: ``young`` of a girl is a child."""
    found = {person: "child" for person, who in enumerate(analysis.persons) if who.band is Band.MINOR}
    for index, link in analysis.links.items():
        for attribute, value in stated[index]:
            if attribute == "age" and link.person in found and value in MINOR_VALUES:
                found[link.person] = value
    return found


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
