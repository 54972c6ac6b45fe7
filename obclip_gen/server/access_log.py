"""The access log: method, route, status, size, time. Never a body, a query, a header or an address."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

_LOG = logging.getLogger("obclip.server.access")

#: A path is logged only if it is one of ours: a mistyped address may hold anything.
ROUTES = ("/v1/denoise", "/v1/model", "/healthz", "/readyz")


class AccessLog:
    """ASGI middleware that logs one line per request when the response is complete."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, size = 0, 0

        async def counted(message: MutableMapping[str, Any]) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            route = scope["path"] if scope["path"] in ROUTES else "other"
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "OTHER"
            seconds = time.perf_counter() - started
            _LOG.info("%s %s %s %d bytes %.3f s", method, route, status or "closed", size, seconds)
