"""The client against servers that misbehave: one clear error, never a crash, never a second request."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from obclip_gen.backends.analytic import AnalyticBackend
from obclip_gen.client.address import check_address
from obclip_gen.client.http import ClientSettings, RemoteCloud
from obclip_gen.cloud import LocalCloud
from obclip_gen.denoise.loop import Watch
from obclip_gen.request import DenoiseRequest
from obclip_gen.result import MEDIA_TYPE
from obclip_privacy.errors import BadInputError, NetworkError

BACKEND = AnalyticBackend()
SHAPE = (4, 8, 8)
JSON_TYPE = "application/json"


class Misbehaving:
    """A socket that records every request and sends one prepared reply to each."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.reply = b""
        self.drip = False
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        while len(body) < int(line.split(b":")[1]):
                            body += connection.recv(65536)
                self.requests.append(head + b"\r\n\r\n" + body)
                connection.sendall(self.reply)
                while self.drip:
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        break
                    time.sleep(0.05)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def misbehaving() -> Iterator[Misbehaving]:
    server = Misbehaving()
    yield server
    server.close()


@pytest.fixture
def request_(make_request: Callable[..., DenoiseRequest]) -> DenoiseRequest:
    return make_request(BACKEND)


def http(body: bytes, status: str = "200 OK", kind: str = MEDIA_TYPE, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def good_body(request: DenoiseRequest) -> bytes:
    from obclip_gen.denoise.phases import cloud_phase

    return cloud_phase(BACKEND, request, request.sha256, Watch()).to_bytes("float32")


def test_the_wire_log_holds_what_was_sent_and_no_token(misbehaving, request_, tmp_path) -> None:
    misbehaving.reply = http(good_body(request_))
    log = tmp_path / "wire.jsonl"
    for _ in range(2):
        ask(misbehaving, request_, wire_log=log, token="secret-token")
    for line, sent in zip(log.read_bytes().splitlines(), misbehaving.requests, strict=True):
        head, _, body = sent.partition(b"\r\n\r\n")
        assert line.startswith(b'{"body":' + body + b',"headers":')
        names = {name.partition(b":")[0].decode().lower() for name in head.split(b"\r\n")[1:]}
        assert names - set(json.loads(line)["headers"]) == {"authorization"}
    assert b"secret-token" not in log.read_bytes()
    assert log.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_logged_is_not_sent(misbehaving, request_, tmp_path) -> None:
    with pytest.raises(BadInputError, match="wire log: cannot write"):
        ask(misbehaving, request_, wire_log=tmp_path)
    assert not misbehaving.requests


def ask(server: Misbehaving, request: DenoiseRequest, **settings: object) -> object:
    with RemoteCloud(ClientSettings(server.url, **settings)) as remote:
        return remote.denoise(request.to_bytes(), request, SHAPE, Watch())


def test_exactly_the_hashed_bytes_are_sent_once(misbehaving, request_) -> None:
    misbehaving.reply = http(good_body(request_))
    ask(misbehaving, request_)
    assert len(misbehaving.requests) == 1
    head, _, body = misbehaving.requests[0].partition(b"\r\n\r\n")
    assert hashlib.sha256(body).hexdigest() == request_.sha256
    assert body == request_.to_bytes()
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert sorted(names) == [
        b"accept",
        b"accept-encoding",
        b"connection",
        b"content-length",
        b"content-type",
        b"host",
        b"user-agent",
    ]


def test_every_misbehaviour_is_one_clear_error(misbehaving, request_) -> None:
    good = good_body(request_)
    cases: dict[str, tuple[bytes, str]] = {
        "closes without a word": (b"", "broke"),
        "not HTTP": (b"hello\r\n\r\n", "broke"),
        "truncated by the connection": (http(good)[:-100], "broke"),
        "truncated and relabelled": (http(good[:-100]), "complete safetensors"),
        "empty": (http(b""), "complete safetensors"),
        "text": (http(b"hello", kind="text/html"), "wrong kind"),
        "JSON": (http(b"{}", kind=JSON_TYPE), "wrong kind"),
        "garbage": (http(b"\0" * 1000), "complete safetensors"),
        "compressed": (http(gzip.compress(good), extra="content-encoding: gzip\r\n"), "wrong kind"),
        "too large": (http(good + b"\0" * 200_000), "larger than any right answer"),
        "redirect": (
            http(b"", "307 Temporary Redirect", extra="location: http://example.org/\r\n"),
            "redirect",
        ),
        "401": (http(b"", "401 Unauthorized"), "token"),
        "429": (http(b"", "429 Too Many Requests", extra="retry-after: 12\r\n"), "in 12 s"),
        "429 with nonsense": (http(b"", "429 X", extra="retry-after: \x1b[31m\r\n"), "later|broke"),
        "500": (http(b"oops", "500 Internal Server Error"), r"refused \(500\)"),
        "500 with escapes": (
            http(b'{"error": {"message": "a\\u001b[31mb\\n"}}', "500 X", kind=JSON_TYPE),
            r"refused \(500\): a\[31mb$",
        ),
        "error that does not end": (http(b"x" * 100_000, "500 X"), "larger"),
        "endless headers": (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000, "broke"),
    }
    for name, (reply, message) in cases.items():
        misbehaving.reply = reply
        misbehaving.requests.clear()
        with pytest.raises(NetworkError, match=message) as caught:
            ask(misbehaving, request_)
        assert "\n" not in str(caught.value), name
        assert "\x1b" not in str(caught.value), name
        assert "127.0.0.1" not in str(caught.value), name
        assert len(misbehaving.requests) == 1, name


def test_a_silent_server_is_left(request_) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            RemoteCloud(ClientSettings(url, total_seconds=0.3)) as remote,
            pytest.raises(NetworkError, match="in time"),
        ):
            remote.denoise(request_.to_bytes(), request_, SHAPE, Watch())


def test_a_dripping_server_is_left(misbehaving, request_) -> None:
    """Each byte comes in time, the whole would take for ever."""
    misbehaving.reply = f"HTTP/1.1 200 OK\r\ncontent-type: {MEDIA_TYPE}\r\n\r\n".encode()
    misbehaving.drip = True
    started = time.monotonic()
    with pytest.raises(NetworkError, match="in time"):
        ask(misbehaving, request_, total_seconds=0.5)
    assert time.monotonic() - started < 3


def test_unreachable(request_) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{free.getsockname()[1]}"
    free.close()
    with RemoteCloud(ClientSettings(url)) as remote, pytest.raises(NetworkError, match="cannot be reached"):
        remote.describe()
    with (
        RemoteCloud(ClientSettings("https://name.invalid")) as remote,
        pytest.raises(NetworkError, match="cannot be reached"),
    ):
        remote.denoise(request_.to_bytes(), request_, SHAPE, Watch())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "protocol version"),
        (b'{"protocol": 1}', "description"),
        (b'{"protocol": 1, "fingerprint": {}, "defaults": {}}', "fingerprint"),
        (b"[]", "not a JSON object"),
        (b"x" * 100_000, "larger"),
    ],
)
def test_descriptions_are_checked(misbehaving, body: bytes, message: str) -> None:
    misbehaving.reply = http(body, kind=JSON_TYPE)
    with RemoteCloud(ClientSettings(misbehaving.url)) as remote, pytest.raises(NetworkError, match=message):
        remote.describe()


def test_the_environments_proxy_is_ignored(misbehaving, request_, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    misbehaving.reply = http(good_body(request_))
    ask(misbehaving, request_)
    assert len(misbehaving.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "https://example.org:8443/obclip/", "http://127.0.0.1:1", "http://[::1]:1"],
)
def test_good_addresses(url: str) -> None:
    assert check_address(url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("example.org", "not an address"),
        ("ftp://example.org", "not an address"),
        ("https://", "not an address"),
        ("https://a:b", "not an address"),
        ("http://[::1", "not an address"),
        ("https://user:secret@example.org", "user and password"),
        ("https://example.org?x=secret", "query"),
        ("https://example.org#secret", "query"),
        ("http://example.org", "insecure-http"),
        ("http://127.0.0.1.example.org", "insecure-http"),
    ],
)
def test_bad_addresses(url: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        check_address(url)
    assert "secret" not in str(caught.value)


def test_plain_http_can_be_allowed() -> None:
    assert check_address("http://example.org", allow_plain=True) == "http://example.org"


def test_tokens_stay_out_of_sight() -> None:
    settings = ClientSettings("https://example.org", token="open sesame")
    assert "sesame" not in repr(settings)
    for token in ("", "a\nb", "é"):
        with pytest.raises(BadInputError, match="token"):
            RemoteCloud(ClientSettings("https://example.org", token=token))


def test_local_cloud_does_not_need_http(request_) -> None:
    answer = LocalCloud(BACKEND).denoise(request_.to_bytes(), request_, SHAPE, Watch())
    assert answer.result.request_sha256 == request_.sha256
