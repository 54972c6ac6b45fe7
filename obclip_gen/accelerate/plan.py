"""``CachePlan``: which accelerations a phase uses, as a value with a short text form.

The text is the accelerations with their options, joined by ``+``, for instance
``deep-branch=1-every=3+exact+trunk-at=3``. It is safe in file names and on a command line, is the same for
equal plans, and is what a request carries. Imports no torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from obclip_gen.accelerate.entry import GROUPING_RANK, Acceleration, Option, OptionValue
from obclip_gen.accelerate.program import Setting, Step, check, finished, plain_program
from obclip_gen.plugins import load_registry
from obclip_privacy.errors import BadInputError

if TYPE_CHECKING:
    from obclip_gen.accelerate.executor import Encode
    from obclip_gen.backends.protocol import Backend, Conditioning
    from obclip_gen.denoise.guidance import Predictor
    from obclip_gen.request import DenoiseRequest
    from obclip_privacy.policy.frozen import Json

NONE = "none"
#: The plan that ships as the choice of ``obclip bench cost``.
SHIPPED = "fast"

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One acceleration of a plan.

    Attributes:
        name: of the acceleration.
        options: all of its options with their values, by name.
    """

    name: str
    options: tuple[tuple[str, OptionValue], ...]

    def __str__(self) -> str:
        """Name the acceleration and the options that are not at their default."""
        known = {option.name: option.default for option in _entry(self.name).options}
        told = [f"-{name}={_text(value)}" for name, value in self.options if value != known[name]]
        return self.name + "".join(told)


@dataclass(frozen=True, slots=True)
class CachePlan:
    """Accelerations in alphabetical order, each at most once; none is the plain computation."""

    parts: tuple[PlanPart, ...] = ()

    def __str__(self) -> str:
        """The text form; :meth:`parse` reads it."""
        return "+".join(str(part) for part in self.parts) or NONE

    @classmethod
    def parse(cls, text: str) -> CachePlan:
        """Read the text form.

        Raises:
            BadInputError: an acceleration or option is unknown or named twice, or a value is out of range.
                The message names what is allowed and never quotes the text.
        """
        parts = []
        for part in text.split("+"):
            words = part.split("-")
            first = next((at for at, word in enumerate(words) if "=" in word), len(words))
            parts.append(_part("-".join(words[:first]), words[first:]))
        names = [part.name for part in parts]
        if len(set(names)) < len(names):
            raise BadInputError("acceleration: each may be named once")
        alone = [name for name in names if _entry(name).make or _entry(name).expand]
        if alone and len(names) > 1:
            raise BadInputError(f"acceleration: {alone[0]} cannot be combined with others")
        kept = [part for part in parts if part.name != NONE]
        return cls(tuple(sorted(kept, key=lambda part: part.name)))

    def to_json(self) -> dict[str, Json]:
        """Give all parts with all options as plain JSON."""
        plain: dict[str, Json] = {}
        for part in self.parts:
            plain[part.name] = {
                name: list(value) if isinstance(value, tuple) else value for name, value in part.options
            }
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Json]) -> CachePlan:
        """Read what :meth:`to_json` wrote.

        Raises:
            BadInputError: see :meth:`parse`.
        """
        parts = []
        for name, options in plain.items():
            if not isinstance(options, Mapping):
                raise BadInputError("acceleration: options must be an object")
            told = [f"-{key}={_text(value)}" for key, value in options.items() if value != []]
            parts.append(name + "".join(told))
        return cls.parse("+".join(parts) or NONE)

    def expanded(self, setting: Setting) -> CachePlan:
        """Give the plan that a preset stands for in a setting; any other plan is itself."""
        plan = self
        for _ in range(8):  # a preset may stand for another
            expand = _entry(plan.parts[0].name).expand if plan.parts else None
            if expand is None:
                return plan
            plan = CachePlan.parse(expand(setting))
        raise BadInputError("acceleration: this preset stands for itself")

    def program(self, setting: Setting) -> tuple[Step, ...]:
        """Give the steps of a phase.

        Raises:
            BadInputError: the accelerations cannot be combined, or an option does not fit the setting.
        """
        steps = plain_program(setting)
        parts = sorted(self.expanded(setting).parts, key=lambda part: (_entry(part.name).rank, part.name))
        grouping = [part for part in parts if _entry(part.name).rank <= GROUPING_RANK]
        for part in grouping:
            steps = _rewritten(part, steps, setting)
        steps = finished(steps)
        for part in parts[len(grouping) :]:
            steps = _rewritten(part, steps, setting)
        check(steps, setting.first)
        return steps


def _rewritten(part: PlanPart, steps: tuple[Step, ...], setting: Setting) -> tuple[Step, ...]:
    rewrite = _entry(part.name).rewrite
    if rewrite is None:
        raise BadInputError(f"acceleration: {part.name} is not told as a program")
    return rewrite(steps, dict(part.options), setting)


def _entry(name: str) -> Acceleration:
    known = load_registry().accelerations
    if name not in known:
        raise BadInputError(f"acceleration: use one of {', '.join(known)}")
    return known[name]


def _part(name: str, told: Sequence[str]) -> PlanPart:
    entry = _entry(name)
    known = {option.name: option for option in entry.options}
    given: dict[str, OptionValue] = {}
    for word in told:
        key, equals, value = word.partition("=")
        if key not in known or not equals or key in given:
            allowed = ", ".join(f"-{option}=" for option in known) or "no options"
            raise BadInputError(f"acceleration: {name} takes {allowed}, each once")
        given[key] = _value(name, known[key], value)
    for option in entry.options:
        if option.name in given:
            continue
        if option.default is None:
            raise BadInputError(f"acceleration: {name} needs -{option.name}=")
        given[option.name] = option.default
    return PlanPart(name, tuple(sorted(given.items())))


def _value(name: str, option: Option, text: str) -> OptionValue:
    if option.words:
        if text not in option.words:
            raise BadInputError(f"acceleration: {name}-{option.name} must be {' or '.join(option.words)}")
        return text
    many = option.default is None or isinstance(option.default, tuple)
    numbers = text.split(".") if many else [text]
    if not all(re.fullmatch(r"[0-9]{1,4}", number) for number in numbers):
        kind = "steps joined by points" if many else "a whole number"
        raise BadInputError(f"acceleration: {name}-{option.name} must be {kind}")
    values = tuple(int(number) for number in numbers)
    if not all(option.low <= value <= option.high for value in values):
        raise BadInputError(f"acceleration: {name}-{option.name} must be from {option.low} to {option.high}")
    if list(values) != sorted(set(values)):
        raise BadInputError(f"acceleration: {name}-{option.name} must ascend")
    return values if many else values[0]


def _text(value: object) -> str:
    return ".".join(str(item) for item in value) if isinstance(value, tuple | list) else str(value)


def check_acceleration(text: str) -> None:
    """Raise ``BadInputError`` when this is no plan."""
    CachePlan.parse(text)


def setting_of(request: DenoiseRequest) -> Setting:
    """Give what a program may depend on in a cloud phase."""
    return Setting(request.prompts, request.assignments, 0, request.split, request.guidance_scale > 1)


def check_request(request: DenoiseRequest) -> None:
    """Raise ``BadInputError`` when a request's plan is none, or does not fit its steps."""
    plan = CachePlan.parse(request.acceleration)
    if not (plan.parts and _entry(plan.parts[0].name).make):
        plan.program(setting_of(request))


def make_predictor(
    request: DenoiseRequest,
    backend: Backend,
    conditional: Conditioning,
    negative: Conditioning,
    encode: Encode | None = None,
) -> Predictor:
    """Make the predictor of one cloud phase.

    Args:
        request: the request.
        backend: the cloud model.
        conditional: of the N candidates, in order.
        negative: of the negative prompt, one row.
        encode: encodes words that candidates share; the backend's own by default.

    Raises:
        BadInputError: the plan is unknown or impossible, or this backend cannot do it.
    """
    plan = CachePlan.parse(request.acceleration)
    make = _entry(plan.parts[0].name if plan.parts else NONE).make
    if make is not None:
        return make(request, backend, conditional, negative)
    from obclip_gen.accelerate.executor import planned_predictor

    return planned_predictor(
        plan.program(setting_of(request)),
        setting_of(request),
        request,
        backend,
        conditional,
        negative,
        encode,
    )
