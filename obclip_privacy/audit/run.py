"""Runs an audit: items in, records out in the same order, whatever the number of workers."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from obclip_privacy.audit.job import Auditor, Item, Job
from obclip_privacy.audit.record import Record

#: Items that one task of a worker process measures.
CHUNK = 64
#: With fewer items than this a second process costs more than it saves.
MIN_PARALLEL = 400

_auditor: Auditor | None = None


def _start(job: Job) -> None:
    global _auditor
    _auditor = Auditor(job)


def _measure(items: Sequence[Item]) -> list[Record]:
    assert _auditor is not None  # noqa: S101 - set by the pool's initialiser
    return [_auditor.audit(item) for item in items]


def worker_count(asked: int, items: int | None) -> int:
    """How many processes to use: as many as asked for, else one for each CPU if that is worth it."""
    if asked > 0:
        return asked
    if items is not None and items < MIN_PARALLEL:
        return 1
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run_job(
    job: Job, items: Iterable[Item], *, workers: int = 1, auditor: Auditor | None = None
) -> Iterator[Record]:
    """The records of *items*, in their order.

    Args:
        job: what to do.
        items: read one by one, never all at once.
        workers: processes; results do not depend on it.
        auditor: of this process, if there is one already.
    """
    if workers == 1:
        measure = auditor or Auditor(job)
        for item in items:
            yield measure.audit(item)
        return
    # spawned, not forked: the parent may hold threads and open progress bars
    context = multiprocessing.get_context("spawn")
    source = iter(items)
    chunks = iter(lambda: tuple(itertools.islice(source, CHUNK)), ())
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(job,)) as pool:
        waiting: deque[Future[list[Record]]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_measure, chunk))
                if len(waiting) > 2 * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
