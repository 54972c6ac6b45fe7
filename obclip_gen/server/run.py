"""The server process: binds, announces its address, serves until it is told to stop."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from obclip_privacy.errors import BadInputError

#: Connections at one time; more are turned away with 503 before anything is read.
_MAX_CONNECTIONS = 256
#: Seconds that the running step may take when the server is told to stop; a second signal does not wait.
_LAST_STEP_SECONDS = 60


def bind(host: str, port: int) -> socket.socket:
    """Bind a TCP socket; port 0 takes a free one.

    Raises:
        BadInputError: the address cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise BadInputError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return bound


def _without_values(record: logging.LogRecord) -> bool:
    """Cut an unexpected error down to its type: its text and its traceback could quote a request."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg = f"unexpected error: {record.exc_info[0].__name__}"
        record.args = None
        record.exc_info = None
        record.exc_text = None
    return True


class _AnnouncingServer(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], wind_down: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._wind_down = wind_down

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._wind_down()  # before waiting for answers: who waits for one is told that the server stops
        await super().shutdown(sockets)


def serve(app: FastAPI, bound: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        app: the application.
        bound: the socket of :func:`bind`.
        announce: called once, when connections are accepted.
    """
    logging.getLogger("uvicorn.access").disabled = True
    errors = logging.getLogger("uvicorn.error")
    errors.setLevel(logging.WARNING)
    errors.addFilter(_without_values)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_LAST_STEP_SECONDS,
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once everything is closed
        _AnnouncingServer(config, announce, app.state.wind_down).run(sockets=[bound])
