"""The cloud phase by a server.

The client does the same whichever candidate is real: it sends the request's exact bytes once, always reads
the whole answer, follows no redirect, and never asks again by itself. It uses no proxy and no setting of
the environment unless told to.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from obclip_gen.canonical import JsonError, parse_object
from obclip_gen.client.address import check_address
from obclip_gen.client.wire_log import WireLog
from obclip_gen.cloud import CloudAnswer, CloudModel
from obclip_gen.denoise.loop import Watch
from obclip_gen.request import DenoiseRequest
from obclip_gen.result import MEDIA_TYPE, largest_body, parse_result
from obclip_privacy.errors import BadInputError, NetworkError
from obclip_privacy.policy.frozen import Json

#: A description of a model is far smaller.
_MAX_DESCRIPTION = 64 * 1024
_MAX_ERROR = 4 * 1024

#: All headers that we set; none depends on anything but the settings.
_HEADERS = {"User-Agent": "obclip", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How to talk to a server.

    Attributes:
        url: its address (see :func:`~obclip_gen.client.address.check_address`).
        token: bearer token, if the server wants one.
        connect_seconds: time to reach it.
        total_seconds: time for a whole request, waiting included.
        allow_plain_http: send over ``http`` beyond this machine.
        use_environment: use the proxies that the environment names.
        ca_file: certificates to trust instead of the usual ones.
        wire_log: file that takes down every body that is sent; none by default.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    connect_seconds: float = 10.0
    total_seconds: float = 600.0
    allow_plain_http: bool = False
    use_environment: bool = False
    ca_file: Path | None = None
    wire_log: Path | None = None


class RemoteCloud:
    """A server; implements :class:`~obclip_gen.cloud.Cloud`. Use as a context manager."""

    def __init__(self, settings: ClientSettings) -> None:
        base = check_address(settings.url, allow_plain=settings.allow_plain_http)
        headers = dict(_HEADERS)
        if settings.token is not None:
            if not settings.token.isascii() or not settings.token.isprintable() or not settings.token:
                raise BadInputError("token: must be plain ASCII text")
            headers["Authorization"] = f"Bearer {settings.token}"
        self._settings = settings
        self._client = httpx.Client(
            base_url=base,
            headers=headers,
            timeout=httpx.Timeout(settings.total_seconds, connect=settings.connect_seconds),
            follow_redirects=False,
            trust_env=settings.use_environment,
            verify=_tls(settings.ca_file),
            event_hooks={"request": [WireLog(settings.wire_log)] if settings.wire_log else []},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def describe(self) -> CloudModel:
        """See :class:`~obclip_gen.cloud.Cloud`."""
        with self._open("GET", "/v1/model", "application/json", None) as response:
            body = self._read(response, _MAX_DESCRIPTION)
        try:
            return CloudModel.from_json(parse_object(body))
        except JsonError as error:
            raise NetworkError(f"the server's description of its model: {error}") from None

    def denoise(
        self, body: bytes, request: DenoiseRequest, shape: tuple[int, int, int], watch: Watch
    ) -> CloudAnswer:
        """See :class:`~obclip_gen.cloud.Cloud`; progress is known at both ends only."""
        started = time.perf_counter()
        watch.progress(0, request.split)
        with self._open("POST", "/v1/denoise", MEDIA_TYPE, body) as response:
            answer = self._read(response, largest_body(request, shape))
        result = parse_result(answer, request, shape)
        watch.progress(request.split, request.split)
        return CloudAnswer(result, len(body), len(answer), time.perf_counter() - started)

    @contextmanager
    def _open(self, method: str, path: str, accept: str, body: bytes | None) -> Iterator[httpx.Response]:
        """Send a request; give the response, of status 200 and of the right kind, its body unread."""
        headers = {"Accept": accept}
        if body is not None:
            # The connection ends with the answer: how long the device works afterwards is not to be seen.
            headers |= {"Content-Type": "application/json", "Connection": "close"}
        try:
            with self._client.stream(method, path, content=body, headers=headers) as response:
                if response.status_code != 200:
                    raise _refusal(response, self._read(response, _MAX_ERROR))
                kind = response.headers.get("content-type", "").partition(";")[0].strip()
                if kind != accept or "content-encoding" in response.headers:
                    raise NetworkError("the server's answer is of the wrong kind; is this an obclip server?")
                yield response
        except httpx.ConnectTimeout:
            raise NetworkError("the server cannot be reached: no answer in time") from None
        except httpx.ConnectError as error:
            raise NetworkError(f"the server cannot be reached: {_reason(error)}") from None
        except httpx.TimeoutException:
            raise NetworkError("the server did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NetworkError(f"the connection to the server broke: {_reason(error)}") from None

    def _read(self, response: httpx.Response, limit: int) -> bytes:
        """Read a whole body, never more than *limit* bytes and never longer than allowed."""
        deadline = time.monotonic() + self._settings.total_seconds
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > limit:
                raise NetworkError("the server's answer is larger than any right answer")
            if time.monotonic() > deadline:
                raise NetworkError("the server did not answer in time")
        return bytes(body)


def _refusal(response: httpx.Response, body: bytes) -> NetworkError:
    """Turn an error response into one clear line; what the server says is cut and made printable."""
    status = response.status_code
    if status in range(300, 400):
        return NetworkError("the server answered with a redirect, which is not followed")
    if status == 401:
        return NetworkError("the server wants a valid token: set OBCLIP_TOKEN or --token-file")
    if status == 429:
        wait = response.headers.get("retry-after", "")
        when = f"in {wait} s" if wait.isascii() and wait.isdigit() and len(wait) < 6 else "later"
        return NetworkError(f"the server is busy; try again {when}")
    said = ""
    try:
        error: Json = parse_object(body).get("error")
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            said = "".join(letter for letter in error["message"] if letter.isprintable())[:200]
    except JsonError:
        pass
    return NetworkError(f"the server refused ({status})" + (f": {said}" if said else ""))


def _reason(error: Exception) -> str:
    """Give an error's first line without the address in it."""
    text = "".join(letter for letter in str(error) if letter.isprintable() or letter == "\n")
    return text.strip().partition("\n")[0][:200] or type(error).__name__


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError):
        raise BadInputError(f"certificates: {ca_file} cannot be read") from None
