"""The routes of a server. No response quotes a request, and nothing depends on which candidate is real.

========================  =========================================================================
``POST /v1/denoise``      a :class:`~obclip_gen.request.DenoiseRequest` up, safetensors down
``GET /v1/model``         fingerprint, defaults, limits, solvers and accelerations
``GET /healthz``          200 while the process lives
``GET /readyz``           200 while requests are taken, else 503
========================  =========================================================================

Statuses of ``/v1/denoise``: 400 unreadable body, 401 no or wrong token, 408 body too slow, 409 another
model, 413 body too large, 415 not JSON, 422 not a valid request or over a limit, 429 queue full (with
``Retry-After``), 500 failed, 503 shutting down. Every error body is
``{"error": {"code", "message"}}``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from obclip_gen.accelerate.plan import check_request
from obclip_gen.backends.protocol import Backend
from obclip_gen.canonical import sha256_hex
from obclip_gen.fingerprint import solvers_for
from obclip_gen.plugins import load_registry
from obclip_gen.request import PROTOCOL, DenoiseRequest
from obclip_gen.result import MEDIA_TYPE
from obclip_gen.server.access_log import AccessLog
from obclip_gen.server.settings import ServerSettings
from obclip_gen.server.worker import BusyError, FailedError, Job, StoppedError, Worker
from obclip_privacy.errors import BadInputError


class _RefusalError(Exception):
    """An error response; the message is ours and holds nothing of the request."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    def response(self) -> JSONResponse:
        body = {"error": {"code": self.code, "message": self.message}}
        return JSONResponse(body, status_code=self.status, headers=self.headers)


def create_app(backend: Backend, settings: ServerSettings) -> FastAPI:
    """Make the application that serves one model.

    Args:
        backend: the cloud model; used by the worker's thread only, once the application runs.
        settings: limits and token.
    """
    worker = Worker(backend, settings.max_queue)
    model = _model_card(backend, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker.start()
        try:
            yield
        finally:
            await asyncio.to_thread(worker.stop)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.wind_down = worker.wind_down
    app.add_middleware(AccessLog)

    @app.exception_handler(_RefusalError)
    async def refused(_: Request, error: _RefusalError) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, __: RequestValidationError) -> JSONResponse:
        return _RefusalError(422, "invalid_request", "not a valid request").response()

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> JSONResponse:
        message = "no such route" if error.status_code == 404 else "not possible here"
        return _RefusalError(error.status_code, "http_error", message).response()

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        if not worker.ready:
            raise _RefusalError(503, "not_ready", "not taking requests")
        return JSONResponse({"status": "ready"})

    @app.get("/v1/model")
    async def describe(request: Request) -> JSONResponse:
        _admit(request, settings)
        return JSONResponse(model)

    @app.post("/v1/denoise")
    async def denoise(request: Request) -> Response:
        _admit(request, settings)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise _RefusalError(415, "not_json", "content-type must be application/json")
        body = await _read_body(request, settings)
        asked = _parse(body, backend, settings)
        try:
            job = worker.submit(asked, sha256_hex(body))
        except BusyError as busy:
            headers = {"Retry-After": str(busy.retry_after)}
            raise _RefusalError(429, "busy", "the queue is full; try again later", headers) from None
        except StoppedError:
            raise _RefusalError(503, "stopping", "the server is shutting down") from None
        return Response(await _answer(job, request), media_type=MEDIA_TYPE)

    return app


def _model_card(backend: Backend, settings: ServerSettings) -> dict[str, object]:
    return {
        "protocol": PROTOCOL,
        "model": backend.fingerprint.model_id,
        "fingerprint": backend.fingerprint.to_json(),
        "defaults": backend.defaults.to_json(),
        "limits": settings.limits.to_json(),
        "solvers": list(solvers_for(backend.fingerprint.schedule)),
        "accelerations": list(load_registry().accelerations),
    }


def _admit(request: Request, settings: ServerSettings) -> None:
    if not settings.admits(request.headers.get("authorization")):
        headers = {"WWW-Authenticate": "Bearer"}
        raise _RefusalError(401, "unauthorised", "a valid bearer token is needed", headers)


async def _read_body(request: Request, settings: ServerSettings) -> bytes:
    """Read the body; stop at the limit, whatever its declared length."""
    limit = settings.limits.max_body_bytes
    body = bytearray()
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _RefusalError(413, "too_large", f"the body is larger than {limit} bytes")
    except TimeoutError:
        raise _RefusalError(408, "too_slow", "the body took too long") from None
    except ClientDisconnect:
        raise _RefusalError(400, "incomplete", "the body is incomplete") from None
    return bytes(body)


def _parse(body: bytes, backend: Backend, settings: ServerSettings) -> DenoiseRequest:
    try:
        asked = DenoiseRequest.from_bytes(body)
        asked.check(settings.limits)
        backend.latent_shape(asked.height, asked.width)
        check_request(asked)
    except BadInputError as error:
        raise _RefusalError(422, "invalid_request", str(error)) from None
    if asked.model_fingerprint != backend.fingerprint.sha256:
        raise _RefusalError(409, "other_model", "this server runs another model; ask /v1/model")
    return asked


async def _answer(job: Job, request: Request) -> bytes:
    """Wait for the job; stop it when the client goes away or the server stops."""
    finished = asyncio.wrap_future(job.done)
    gone = asyncio.create_task(_until_gone(request))
    try:
        either: set[asyncio.Future[Any]] = {finished, gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not finished.done():
            raise _RefusalError(400, "gone", "the client went away")
        return finished.result()
    except BadInputError as error:
        raise _RefusalError(422, "invalid_request", str(error)) from None
    except StoppedError:
        raise _RefusalError(503, "stopping", "the server is shutting down") from None
    except FailedError:
        raise _RefusalError(500, "failed", "denoising failed on the server") from None
    finally:
        job.cancelled.set()
        gone.cancel()
        finished.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
