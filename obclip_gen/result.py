"""``DenoiseResult``: what the cloud sends back, all candidates or nothing, as one safetensors body.

Layout: the tensor ``latents``, one tensor ``state.<field>`` for each tensor of the resume state,
and one metadata entry ``obclip`` that holds canonical JSON (a single entry, because the format
does not keep the order of several). For one kind of request the size is always the same, whatever
the values: the only text of variable length, the seconds, is written with a fixed width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from obclip_gen.canonical import JsonError, canonical_bytes, parse_object
from obclip_gen.denoise.solver import HandOver
from obclip_gen.denoise.space import SPACES, LatentSpace, rescale
from obclip_gen.denoise.state import ResumeState, check_finite, restore
from obclip_gen.fingerprint import Fingerprint
from obclip_gen.request import PROTOCOL, DenoiseRequest, Precision
from obclip_privacy.errors import BadInputError, NetworkError
from obclip_privacy.policy.frozen import Json

MEDIA_TYPE = "application/vnd.obclip.denoise-result+safetensors"

_METADATA_KEY = "obclip"
_MAX_HEADER = 64 * 1024
_DTYPES: Mapping[str, torch.dtype] = {"float32": torch.float32, "float16": torch.float16}
_TAGS = {"float32": "F32", "float16": "F16"}
_STATE_PREFIX = "state."
#: No supported solver's state holds more tensors than this.
_MAX_STATE_TENSORS = 3


@dataclass(frozen=True, slots=True)
class CostRecord:
    """What a phase cost.

    Attributes:
        denoiser_rows: rows that went through the denoiser.
        denoiser_macs: multiply-accumulates of these rows (:data:`obclip_gen.macs.RULE`).
        text_encoder_macs: those of the text encoder.
        seconds: wall-clock time of the computation, without waiting in a queue.
    """

    denoiser_rows: int
    denoiser_macs: int
    text_encoder_macs: int
    seconds: float

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        return {
            "denoiser_rows": self.denoiser_rows,
            "denoiser_macs": self.denoiser_macs,
            "text_encoder_macs": self.text_encoder_macs,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class DenoiseResult:
    """The answer to a :class:`~obclip_gen.request.DenoiseRequest`.

    Attributes:
        latents: of all candidates after ``split`` steps, ``[N, C, h, w]``, float32 in memory.
        space: scaling of the latents (:mod:`obclip_gen.denoise.space`).
        sigma: noise level of the latents.
        split: steps made, k.
        state: the solver's resume state, tensors ``[N, C, h, w]``.
        fingerprint: of the model that ran.
        cost: what it cost.
        request_sha256: hash of the request body that this answers.
        unread: how many characters at the end of each candidate, and last of the negative prompt, the model
            did not read, N + 1 numbers; 0 where all of it was read.
    """

    latents: Tensor
    space: LatentSpace
    sigma: float
    split: int
    state: ResumeState
    fingerprint: Fingerprint
    cost: CostRecord
    request_sha256: str
    unread: tuple[int, ...]

    def hand_over(self, index: int, restart: bool = False) -> HandOver:
        """Give candidate *index* alone, as a batch of one, to go on from; without the history to
        *restart*.
        """
        return HandOver(
            latents=self.latents[[index]],
            space=self.space,
            sigma=self.sigma,
            step=self.split,
            state=None if restart else self.state.rows([index]),
        )

    def viewable(self) -> Tensor:
        """Give the latents as a decoder can show them: variance preserving, so of ordinary size."""
        return rescale(self.latents, self.sigma, self.space, "vp")

    def estimates(self) -> Tensor | None:
        """Give the last predictions of the clean latents, ``[N, C, h, w]``, if the state holds them."""
        return self.state.tensors().get("previous_x0")

    def to_bytes(self, precision: Precision) -> bytes:
        """Write the body.

        Raises:
            BadInputError: a value is not finite, in memory or in the precision asked for.
        """
        dtype = _DTYPES[precision]
        named = {"latents": self.latents} | {
            _STATE_PREFIX + name: value for name, value in self.state.tensors().items()
        }
        tensors = {name: value.to(dtype).contiguous() for name, value in named.items()}
        for name, value in tensors.items():
            try:
                check_finite(name, value)
            except ValueError as error:
                hint = "" if precision == "float32" else f" in {precision}; use float32"
                raise BadInputError(f"{error}{hint}") from None
        header: dict[str, Json] = {
            "protocol": PROTOCOL,
            "space": self.space,
            "sigma": self.sigma,
            "split": self.split,
            "precision": precision,
            "solver": self.state.solver,
            "state_version": self.state.version,
            "state": self.state.scalars(),
            "fingerprint": self.fingerprint.to_json(),
            "cost": self.cost.to_json() | {"seconds": f"{min(self.cost.seconds, 1e8):012.3f}"},
            "request_sha256": self.request_sha256,
            "unread": list(self.unread),
        }
        return save(tensors, metadata={_METADATA_KEY: canonical_bytes(header).decode()})


def largest_body(request: DenoiseRequest, latent_shape: tuple[int, int, int]) -> int:
    """Give the most bytes that an honest answer to *request* can have."""
    one = request.n * math.prod(latent_shape) * _DTYPES[request.precision].itemsize
    return 8 + _MAX_HEADER + one * (1 + _MAX_STATE_TENSORS)


def parse_result(body: bytes, request: DenoiseRequest, latent_shape: tuple[int, int, int]) -> DenoiseResult:
    """Read an answer and check that it answers *request*.

    Args:
        body: at most :func:`largest_body` bytes.
        request: what was asked.
        latent_shape: ``(C, h, w)`` that the model's fingerprint implies.

    Raises:
        NetworkError: the body is malformed or truncated, a tensor has another shape or type or is
            not finite, or it answers something else (model, solver, step, request).
    """
    try:
        return _parse(body, request, latent_shape)
    except (ValueError, BadInputError) as error:
        raise NetworkError(f"the server's answer cannot be used: {error}") from None


def _parse(body: bytes, request: DenoiseRequest, latent_shape: tuple[int, int, int]) -> DenoiseResult:
    if len(body) > largest_body(request, latent_shape):
        raise ValueError("it is larger than any right answer")
    header, listed = _read_header(body)
    expected: dict[str, Json] = {
        "protocol": PROTOCOL,
        "split": request.split,
        "precision": request.precision,
        "solver": request.solver.name,
        "request_sha256": request.sha256,
    }
    for name, value in expected.items():
        if header.get(name) != value:
            raise ValueError(f"its {name} is not what was asked for")
    shape = [request.n, *latent_shape]
    for name, entry in listed.items():
        if not isinstance(entry, Mapping) or entry.get("dtype") != _TAGS[request.precision]:
            raise ValueError(f"a tensor is not of type {request.precision}")
        if entry.get("shape") != shape:
            raise ValueError(f"a tensor does not have the shape {shape}")
        if name != "latents" and not name.startswith(_STATE_PREFIX):
            raise ValueError("it has a tensor of an unknown name")
    try:
        tensors = {name: value.float() for name, value in load(body).items()}
    except SafetensorError:
        raise ValueError("it is not a complete safetensors body") from None
    if "latents" not in tensors:
        raise ValueError("it has no latents")
    for name, tensor in tensors.items():
        check_finite(name, tensor)
    fingerprint = Fingerprint.from_json(_object(header, "fingerprint"))
    if fingerprint.sha256 != request.model_fingerprint:
        raise ValueError("another model answered than the one that was asked")
    space = header.get("space")
    if space not in SPACES:
        raise ValueError("its latent scaling is unknown")
    version = header.get("state_version")
    return DenoiseResult(
        latents=tensors.pop("latents"),
        space=space,
        sigma=_level(header.get("sigma")),
        split=request.split,
        state=restore(
            request.solver.name,
            version if isinstance(version, int) else 0,
            _object(header, "state"),
            {name.removeprefix(_STATE_PREFIX): value for name, value in tensors.items()},
        ),
        fingerprint=fingerprint,
        cost=_cost(_object(header, "cost")),
        request_sha256=request.sha256,
        unread=_unread(header.get("unread"), request),
    )


def _read_header(body: bytes) -> tuple[dict[str, Json], dict[str, Json]]:
    """Give our metadata and the list of tensors, before any tensor is touched."""
    size = int.from_bytes(body[:8], "little")
    if len(body) < 8 or not 2 <= size <= min(_MAX_HEADER, len(body) - 8):
        raise ValueError("it is not a complete safetensors body")
    try:
        listed = parse_object(body[8 : 8 + size])
        metadata = listed.pop("__metadata__", None)
        if not isinstance(metadata, Mapping) or set(metadata) != {_METADATA_KEY}:
            raise ValueError("it is not a denoise result")
        text = metadata[_METADATA_KEY]
        if not isinstance(text, str):
            raise ValueError("it is not a denoise result")
        return parse_object(text.encode("utf-8", "surrogatepass")), listed
    except JsonError as error:
        raise ValueError(f"its header cannot be read: {error}") from None


def _object(header: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = header.get(name)
    if not isinstance(value, Mapping):
        raise ValueError(f"its {name} is missing")
    return value


def _unread(value: Json, request: DenoiseRequest) -> tuple[int, ...]:
    texts = (*request.prompts, request.negative_prompt)
    given = value if isinstance(value, list) else []
    counts = tuple(count for count in given if isinstance(count, int) and not isinstance(count, bool))
    fitting = len(counts) == len(given) == len(texts)
    if not fitting or not all(0 <= count <= len(text) for count, text in zip(counts, texts, strict=True)):
        raise ValueError("what it says was not read of the prompts cannot be so")
    return counts


def _level(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("its sigma is not a number")
    if not math.isfinite(value) or value < 0:
        raise ValueError("its sigma is not a noise level")
    return float(value)


def _cost(value: Mapping[str, Json]) -> CostRecord:
    seconds = value.get("seconds")
    try:
        elapsed = float(seconds) if isinstance(seconds, str) and len(seconds) <= 20 else math.nan
    except ValueError:
        elapsed = math.nan
    if not math.isfinite(elapsed) or elapsed < 0:
        raise ValueError("its cost record cannot be read")
    return CostRecord(
        denoiser_rows=_count(value, "denoiser_rows"),
        denoiser_macs=_count(value, "denoiser_macs"),
        text_encoder_macs=_count(value, "text_encoder_macs"),
        seconds=elapsed,
    )


def _count(value: Mapping[str, Json], name: str) -> int:
    count = value.get(name)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**63:
        raise ValueError("its cost record cannot be read")
    return count
