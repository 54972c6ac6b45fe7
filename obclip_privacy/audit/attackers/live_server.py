"""A device for measuring: sends request bodies as docs/protocol.md says, and notes sizes and times.

Of the standard library alone, so that an audit needs no torch; a test holds its bytes against the real
client's. It follows no redirect, uses no proxy, and speaks plain HTTP to this machine only.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from obclip_privacy.audit.json_input import parse_json
from obclip_privacy.candidates.candidate_set import PROTOCOL, canonical_bytes
from obclip_privacy.errors import BadInputError, NetworkError
from obclip_privacy.policy.frozen import Json

#: No answer is read beyond this many bytes.
MAX_ANSWER_BYTES = 1024 * 1024 * 1024
#: Seconds that one exchange may take.
TIMEOUT_SECONDS = 600
_MEDIA_TYPE = "application/vnd.obclip.denoise-result+safetensors"
#: One denoising step is enough: sizes do not depend on it, and times only grow with it.
_SPLIT = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """What somebody on the way sees of one request.

    Attributes:
        body: SHA-256 of the request body; what the server sees of it.
        bytes_up: size of the request body.
        bytes_down: size of the answer's body.
        seconds: from sending to having all of it.
    """

    body: bytes
    bytes_up: int
    bytes_down: int
    seconds: float


class LiveServer:
    """A server at an address.

    Args:
        address: ``https://HOST[:PORT]``, or ``http`` for this machine.
        token: bearer token, or ``""``.

    Raises:
        BadInputError: the address is none, or would send candidates in the clear.
        NetworkError: the server cannot be reached, or is no obclip server.
    """

    def __init__(self, address: str, token: str = "") -> None:
        self._parts = _checked(address)
        self._token = token
        if not token.isascii() or not (token.isprintable() or not token):
            raise BadInputError("token: must be plain ASCII text")
        answer = self._exchange("GET", "/v1/model", "application/json", None, 64 * 1024)
        try:
            described = parse_json(answer, "the server's description of its model")
        except BadInputError as error:
            raise NetworkError(str(error)) from None
        self._settings = _settings(described)

    def body(self, payload: Mapping[str, Json]) -> bytes:
        """The request body of a candidate set's payload, at this object's one seed."""
        return canonical_bytes({**payload, **self._settings})

    def send(self, payload: Mapping[str, Json]) -> Exchange:
        """Send a payload once and read the whole answer.

        Raises:
            NetworkError: the server does not answer with a result.
        """
        body = self.body(payload)
        started = time.perf_counter()
        answer = self._exchange("POST", "/v1/denoise", _MEDIA_TYPE, body, MAX_ANSWER_BYTES)
        seconds = time.perf_counter() - started
        return Exchange(hashlib.sha256(body).digest(), len(body), len(answer), seconds)

    def _exchange(self, method: str, path: str, accept: str, body: bytes | None, limit: int) -> bytes:
        headers = {"User-Agent": "obclip", "Accept-Encoding": "identity", "Accept": accept}
        if body is not None:
            headers |= {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        headers["Connection"] = "close"
        connection = self._connection()
        try:
            connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            answer = response.read(limit + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NetworkError(f"the server cannot be reached: {type(error).__name__}") from None
        finally:
            connection.close()
        if response.status != 200:
            raise NetworkError(f"the server answered with status {response.status}")
        if response.headers.get_content_type() != accept or len(answer) > limit:
            raise NetworkError("the server's answer is of the wrong kind; is this an obclip server?")
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)


def _checked(address: str) -> SplitResult:
    """The parts of an address; messages do not quote it, since it may hold a password."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.query or parts.fragment:
        raise BadInputError("--server: not an address; write https://HOST or http://127.0.0.1:PORT")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise BadInputError("--server: http would show the candidates to everybody on the way; use https")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _settings(described: Json) -> dict[str, Json]:
    """All of the body that does not come from the prompt: the model's defaults, and one seed.

    Raises:
        NetworkError: the description is none of this protocol version.
    """
    if not isinstance(described, Mapping) or described.get("protocol") != PROTOCOL:
        raise NetworkError(f"the server does not speak protocol version {PROTOCOL}")
    fingerprint, defaults = described.get("fingerprint"), described.get("defaults")
    schedule = fingerprint.get("schedule") if isinstance(fingerprint, Mapping) else None
    if (
        not isinstance(fingerprint, Mapping)
        or not isinstance(defaults, Mapping)
        or not isinstance(schedule, Mapping)
    ):
        raise NetworkError("the server's description of its model cannot be read")
    return {
        "model": fingerprint.get("model_id"),
        "model_fingerprint": hashlib.sha256(canonical_bytes(dict(fingerprint))).hexdigest(),
        "solver": {
            "name": "dpmsolver++",
            "timestep_spacing": schedule.get("timestep_spacing"),
            "karras": False,
        },
        "num_inference_steps": defaults.get("num_inference_steps"),
        "split": _SPLIT,
        "guidance_scale": defaults.get("guidance_scale"),
        "height": defaults.get("height"),
        "width": defaults.get("width"),
        "seed": secrets.randbelow(2**63),
        "acceleration": "none",
        "precision": "float32",
    }
