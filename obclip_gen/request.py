"""``DenoiseRequest``: everything that leaves the device, as one strict, canonical JSON object.

What the cloud gets of the prompt comes from the candidate set alone
(:meth:`obclip_privacy.candidates.engine.CandidateSet.payload`); the rest are settings that do not
depend on it. :meth:`DenoiseRequest.to_bytes` is the body that is sent and that ``request_sha256``
hashes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, cast

from obclip_gen.canonical import JsonError, canonical_bytes, parse_object, sha256_hex
from obclip_gen.reading import Fields
from obclip_gen.solver_settings import SOLVERS, SolverSettings
from obclip_privacy.candidates.candidate_set import PROTOCOL
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

__all__ = ["PROTOCOL", "SOLVERS", "DenoiseRequest", "RequestLimits", "RequestSettings", "SolverSettings"]

Precision = Literal["float32", "float16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float16")

#: Seeds fit a signed 64-bit integer, which is what JSON readers and torch agree on.
MAX_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What a server accepts; each figure is inclusive.

    Attributes:
        max_body_bytes: size of the request body.
        max_candidates: N.
        max_steps: T.
        max_pixels: height times width.
        max_prompt_chars: characters of one prompt, and of the negative prompt.
        max_work: N times k times pixels, the cost of one request in "candidate pixels denoised
            once".
    """

    max_body_bytes: int = 1024 * 1024
    max_candidates: int = 256
    max_steps: int = 100
    max_pixels: int = 1024 * 1024
    max_prompt_chars: int = 2000
    max_work: int = 256 * 25 * 512 * 512

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, slots=True)
class RequestSettings:
    """The part of a request that is chosen without looking at the prompt.

    The attributes are those of :class:`DenoiseRequest`, which checks them.
    """

    model: str
    model_fingerprint: str
    solver: SolverSettings
    num_inference_steps: int
    split: int
    guidance_scale: float
    height: int
    width: int
    seed: int
    acceleration: str = "none"
    precision: Precision = "float32"

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        plain: dict[str, Json] = {item.name: getattr(self, item.name) for item in fields(self)}
        return plain | {"solver": self.solver.to_json()}


@dataclass(frozen=True, slots=True)
class DenoiseRequest:
    """One cloud phase: steps 0 to ``split`` - 1 of ``num_inference_steps`` on every candidate.

    Attributes:
        prompts: the N candidates in canonical order.
        assignments: for each candidate its value index per (person, attribute) column, N x A.
        negative_prompt: the one negative prompt that the cloud sees; may be empty.
        model: the name of the cloud model (for people; the fingerprint decides).
        model_fingerprint: :attr:`Fingerprint.sha256` of the model that must answer.
        solver: the solver and its noise levels.
        num_inference_steps: T, 1 to 1000; a step is one evaluation of the model.
        split: k, 1 to T.
        guidance_scale: of classifier-free guidance, 0 to 50; at most 1 means none (Ho & Salimans
            2022).
        height: of the picture in pixels.
        width: of the picture in pixels.
        seed: of the one initial noise z_T that all candidates start from, 0 to 2**63 - 1.
        acceleration: name of the acceleration plan; ``none`` is the plain computation.
        precision: of the latents in the answer.
        protocol: version of the message.

    Raises:
        BadInputError: a field is of the wrong kind or out of range. The message never quotes a
            prompt.
    """

    prompts: tuple[str, ...] = field(repr=False)
    assignments: tuple[tuple[int, ...], ...] = field(repr=False)
    negative_prompt: str = field(repr=False)
    model: str
    model_fingerprint: str
    solver: SolverSettings
    num_inference_steps: int
    split: int
    guidance_scale: float
    height: int
    width: int
    seed: int
    acceleration: str = "none"
    precision: Precision = "float32"
    protocol: int = PROTOCOL

    def __post_init__(self) -> None:
        if self.protocol != PROTOCOL:
            raise BadInputError(f"protocol: this side speaks version {PROTOCOL} only")
        if not self.prompts:
            raise BadInputError("prompts: at least one is needed")
        if not all(prompt.strip() for prompt in self.prompts):
            raise BadInputError("prompts: one of them is empty")
        for name, texts in (
            ("prompts", self.prompts),
            ("negative_prompt", (self.negative_prompt,)),
        ):
            if not all(_is_unicode(text) for text in texts):
                raise BadInputError(f"{name}: not valid Unicode text")
        columns = {len(row) for row in self.assignments}
        if len(self.assignments) != len(self.prompts) or len(columns) > 1:
            raise BadInputError("assignments: one row per prompt, all rows of one length")
        if not all(0 <= index < 10_000 for row in self.assignments for index in row):
            raise BadInputError("assignments: value indices run from 0 to 9999")
        _in_range("num_inference_steps", self.num_inference_steps, 1, 1000)
        _in_range("split", self.split, 1, self.num_inference_steps)
        _in_range("height", self.height, 8, 8192)
        _in_range("width", self.width, 8, 8192)
        _in_range("seed", self.seed, 0, MAX_SEED)
        if not math.isfinite(self.guidance_scale) or not 0 <= self.guidance_scale <= 50:
            raise BadInputError("guidance_scale: must be between 0 and 50")
        if self.precision not in PRECISIONS:
            raise BadInputError(f"precision: use one of {', '.join(PRECISIONS)}")
        for name in ("model", "acceleration"):
            if not 1 <= len(getattr(self, name)) <= 200:
                raise BadInputError(f"{name}: must be a name of 1 to 200 characters")
        if len(self.model_fingerprint) != 64:
            raise BadInputError("model_fingerprint: must be 64 hexadecimal digits")

    @property
    def n(self) -> int:
        """How many candidates there are, N."""
        return len(self.prompts)

    @property
    def work(self) -> int:
        """N times k times pixels (see :class:`RequestLimits`)."""
        return self.n * self.split * self.height * self.width

    def check(self, limits: RequestLimits) -> None:
        """Compare with what a server accepts.

        Raises:
            BadInputError: a limit is exceeded; the message names the limit and both figures.
        """
        longest = max(len(text) for text in (*self.prompts, self.negative_prompt))
        for name, value, limit in (
            ("candidates", self.n, limits.max_candidates),
            ("num_inference_steps", self.num_inference_steps, limits.max_steps),
            ("pixels", self.height * self.width, limits.max_pixels),
            ("characters of a prompt", longest, limits.max_prompt_chars),
            ("candidates x steps x pixels", self.work, limits.max_work),
        ):
            if value > limit:
                raise BadInputError(f"{name}: {value} is more than the limit of {limit}")

    def to_json(self) -> dict[str, Json]:
        """Give the message as plain JSON, keys as in the class."""
        plain: dict[str, Json] = {item.name: getattr(self, item.name) for item in fields(self)}
        return plain | {"solver": self.solver.to_json()}

    def to_bytes(self) -> bytes:
        """Give the request body: canonical JSON, equal bytes for equal requests."""
        return canonical_bytes(self.to_json())

    @classmethod
    def from_payload(
        cls,
        payload: Mapping[str, object],
        settings: RequestSettings,
    ) -> DenoiseRequest:
        """Build a request from a candidate set's payload and settings that do not depend on it.

        Args:
            payload: :meth:`CandidateSet.payload`; every key of it becomes a field.
            settings: all other fields.

        Raises:
            BadInputError: see the class.
        """
        plain = settings.to_json()
        both = sorted(set(plain) & set(payload))
        if both:
            raise BadInputError(f"payload and settings both give {', '.join(both)}")
        return cls.from_json({**cast("Mapping[str, Json]", payload), **plain})

    @classmethod
    def from_bytes(cls, body: bytes) -> DenoiseRequest:
        """Read a request body strictly.

        Raises:
            BadInputError: it is not a request of this protocol version. The message names the
                field and what it must be, and never quotes the body.
        """
        try:
            value = parse_object(body)
        except JsonError as error:
            raise BadInputError(f"request body: {error}") from None
        return cls.from_json(value)

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> DenoiseRequest:
        """Read what :meth:`to_json` wrote; the types are checked, nothing is converted or
        defaulted.
        """
        if value.get("protocol") != PROTOCOL:
            raise BadInputError(f"protocol: this side speaks version {PROTOCOL} only")
        read = Fields(value, "request: ", [item.name for item in fields(cls)])
        solver = Fields(read.part("solver"), "solver: ", [item.name for item in fields(SolverSettings)])
        return cls(
            prompts=read.texts("prompts"),
            assignments=read.rows("assignments"),
            negative_prompt=read.text("negative_prompt"),
            model=read.text("model"),
            model_fingerprint=read.text("model_fingerprint"),
            solver=SolverSettings(
                name=solver.text("name"),
                timestep_spacing=solver.text("timestep_spacing"),
                karras=solver.flag("karras"),
            ),
            num_inference_steps=read.whole("num_inference_steps"),
            split=read.whole("split"),
            guidance_scale=read.number("guidance_scale"),
            height=read.whole("height"),
            width=read.whole("width"),
            seed=read.whole("seed"),
            acceleration=read.text("acceleration"),
            precision=cast("Precision", read.text("precision")),
        )

    @property
    def sha256(self) -> str:
        """``request_sha256``: hash of the exact request body."""
        return sha256_hex(self.to_bytes())


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _in_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadInputError(f"{name}: must be from {low} to {high}")
