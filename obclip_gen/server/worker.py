"""The thread that owns the model: one request at a time, a bounded queue before it.

Schedulers and tokenizers are not thread-safe, and a batch of N candidates fills the machine anyway, so
there is one worker. A request that nobody waits for any more is stopped between two steps.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from obclip_gen.backends.protocol import Backend
from obclip_gen.denoise.loop import CancelledError, Watch
from obclip_gen.denoise.phases import cloud_phase
from obclip_gen.request import DenoiseRequest
from obclip_privacy.errors import BadInputError

_LOG = logging.getLogger("obclip.server")

#: What ``Retry-After`` may say, in seconds.
_RETRY_BOUNDS = (1, 600)


class BusyError(Exception):
    """The queue is full.

    Attributes:
        retry_after: seconds after which a place is likely, a whole number from 1 to 600.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("the queue is full")
        self.retry_after = retry_after


class StoppedError(Exception):
    """The server is shutting down."""


class FailedError(Exception):
    """The computation failed for a reason that is the server's; details are not for clients."""


@dataclass(frozen=True, slots=True)
class Job:
    """One admitted request.

    Attributes:
        request: what to do.
        request_sha256: hash of the body that asked for it.
        done: gives the response body, or one of the errors above or ``BadInputError``.
        cancelled: set by whoever no longer waits for it.
    """

    request: DenoiseRequest
    request_sha256: str
    done: Future[bytes] = field(default_factory=Future)
    cancelled: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Runs jobs in their order of arrival, in a thread of its own."""

    def __init__(self, backend: Backend, max_queue: int) -> None:
        self._backend = backend
        self._max_queue = max_queue
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pending: list[Job] = []
        self._seconds_per_work: float | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="denoise-worker", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether jobs are taken."""
        return self._thread.is_alive() and not self._stopping

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Do as :meth:`wind_down`, and wait for the thread."""
        self.wind_down()
        self._queue.put(None)
        self._thread.join(timeout=60)

    def wind_down(self) -> None:
        """Take no more jobs, and stop the running one between two steps."""
        with self._lock:
            self._stopping = True
            for job in self._pending:
                job.cancelled.set()

    def submit(self, request: DenoiseRequest, request_sha256: str) -> Job:
        """Queue a request.

        Raises:
            BusyError: one is running and ``max_queue`` wait already.
            StoppedError: the server is shutting down.
        """
        with self._lock:
            if self._stopping:
                raise StoppedError
            waiting = [job for job in self._pending if not job.cancelled.is_set()]
            if len(waiting) > self._max_queue:
                raise BusyError(self._expected_seconds(waiting))
            job = Job(request, request_sha256)
            self._pending.append(job)
            self._queue.put(job)
            return job

    def _expected_seconds(self, jobs: list[Job]) -> int:
        """Guess when the first of the jobs will be done, from the speed so far."""
        low, high = _RETRY_BOUNDS
        seconds = (self._seconds_per_work or 0.0) * jobs[0].request.work
        return max(low, min(high, math.ceil(seconds)))

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                self._finish(job)
            finally:
                with self._lock:
                    self._pending.remove(job)

    def _finish(self, job: Job) -> None:
        if not job.done.set_running_or_notify_cancel():
            return
        try:
            watch = Watch(cancelled=job.cancelled.is_set)
            result = cloud_phase(self._backend, job.request, job.request_sha256, watch)
            body = result.to_bytes(job.request.precision)
        except (BadInputError, CancelledError) as error:
            job.done.set_exception(error if isinstance(error, BadInputError) else StoppedError())
        except Exception as error:  # noqa: BLE001  # one bad request must not end the worker
            # The type and the place only: a message could quote a prompt.
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown place"
            _LOG.error("denoising failed: %s at %s", type(error).__name__, where)
            job.done.set_exception(FailedError())
        else:
            speed = result.cost.seconds / job.request.work
            known = self._seconds_per_work
            self._seconds_per_work = speed if known is None else 0.7 * known + 0.3 * speed
            job.done.set_result(body)
