"""The cloud as the device sees it: one interface, whether it runs in this process or behind HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from obclip_gen.backends.entry import Defaults
from obclip_gen.backends.protocol import Backend
from obclip_gen.canonical import sha256_hex
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import cloud_phase
from obclip_gen.fingerprint import Fingerprint
from obclip_gen.request import PROTOCOL, DenoiseRequest, RequestLimits
from obclip_gen.result import DenoiseResult, parse_result
from obclip_privacy.errors import BadInputError, NetworkError
from obclip_privacy.policy.frozen import Json


@dataclass(frozen=True, slots=True)
class CloudModel:
    """What a cloud says of itself before any prompt is sent.

    Attributes:
        fingerprint: of its model.
        defaults: the settings that the model was made for.
    """

    fingerprint: Fingerprint
    defaults: Defaults

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> CloudModel:
        """Read a server's description of itself; keys beyond those needed are left alone.

        Raises:
            NetworkError: it is not one, or of another protocol version.
        """
        if value.get("protocol") != PROTOCOL:
            raise NetworkError(f"the server does not speak protocol version {PROTOCOL}")
        fingerprint, defaults = value.get("fingerprint"), value.get("defaults")
        if not isinstance(fingerprint, Mapping) or not isinstance(defaults, Mapping):
            raise NetworkError("the server's description of its model cannot be read")
        try:
            return cls(Fingerprint.from_json(fingerprint), Defaults.from_json(defaults))
        except BadInputError as error:
            raise NetworkError(f"the server's description of its model: {error}") from None


@dataclass(frozen=True, slots=True)
class CloudAnswer:
    """An answer and what it took to get it.

    Attributes:
        result: the latents of all candidates.
        bytes_up: size of the request body.
        bytes_down: size of the response body.
        seconds: from sending to having all of it.
    """

    result: DenoiseResult
    bytes_up: int
    bytes_down: int
    seconds: float


class Cloud(Protocol):
    """Runs the cloud phase. Does the same whichever candidate is real, which it is never told."""

    def describe(self) -> CloudModel:
        """Ask what it runs. Raises ``NetworkError``."""
        ...

    def denoise(
        self, body: bytes, request: DenoiseRequest, shape: tuple[int, int, int], watch: Watch
    ) -> CloudAnswer:
        """Run the cloud phase.

        Args:
            body: the exact bytes to send; ``request.to_bytes()``.
            request: what they say, to check the answer against.
            shape: ``(C, h, w)`` that the answer's latents must have; see :func:`latent_shape`.
            watch: callbacks; how fine the progress is depends on the cloud.

        Raises:
            NetworkError: it cannot be reached, or its answer cannot be used.
            BadInputError: it runs in this process and cannot do what is asked.
        """
        ...


def latent_shape(fingerprint: Fingerprint, height: int, width: int) -> tuple[int, int, int]:
    """Give the ``(C, h, w)`` of the latents of a picture of *height* x *width* pixels."""
    return fingerprint.latent_channels, height // fingerprint.downscale, width // fingerprint.downscale


class LocalCloud:
    """A cloud in this process. The bytes are the same as over HTTP, and are written and read back."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def describe(self) -> CloudModel:
        """See :class:`Cloud`."""
        return CloudModel(self._backend.fingerprint, self._backend.defaults)

    def denoise(
        self, body: bytes, request: DenoiseRequest, shape: tuple[int, int, int], watch: Watch
    ) -> CloudAnswer:
        """See :class:`Cloud`."""
        started = time.perf_counter()
        asked = DenoiseRequest.from_bytes(body)
        asked.check(RequestLimits())
        result = cloud_phase(self._backend, asked, sha256_hex(body), watch)
        answer = result.to_bytes(asked.precision)
        checked = parse_result(answer, request, shape)
        return CloudAnswer(checked, len(body), len(answer), time.perf_counter() - started)
