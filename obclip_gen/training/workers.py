"""Data-parallel training with one single-threaded process a core.

On two AVX2 cores, two processes that average their gradients are half as fast again as one process with two
threads. Each worker draws its own batches; rank 0 alone keeps the time, writes and logs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import cycle
from pathlib import Path

import torch
import torch.distributed as dist

from obclip_gen.libs import library

#: A file system in memory, for what the workers exchange.
MEMORY = Path("/dev/shm")  # noqa: S108  # files are made in a private folder below it


class _Exchange:
    """Numbers that every worker writes and all read, in files below ``folder`` that all map into memory.

    Through the loopback socket of gloo, the mean of 28 million gradients took a sixth of a training step.
    There are two sets of files, used in turn: once all have written the second, all have read the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sets: dict[int, cycle[Sequence[torch.Tensor]]] = {}

    def slots(self, size: int) -> Sequence[torch.Tensor]:
        """One float32 tensor ``[size]`` a worker, in the order of their numbers; the same twice in a row
        never.
        """
        if size not in self._sets:
            self._sets[size] = cycle([self._mapped(size, half) for half in (0, 1)])
        return next(self._sets[size])

    def _mapped(self, size: int, half: int) -> Sequence[torch.Tensor]:
        names = [str(self._folder / f"{size}-{half}-{number}") for number in range(count())]
        return [torch.from_file(name, shared=True, size=size, dtype=torch.float32) for name in names]


_exchange: _Exchange


def run(count: int, function: Callable[..., object], *arguments: object) -> None:
    """Calls ``function(*arguments)`` in ``count`` processes of one thread each; with one, here and as it is.

    Raises:
        torch.multiprocessing.ProcessRaisedException: a worker raised; the others are ended.
    """
    if count == 1:
        function(*arguments)
        return
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        spawn: Callable[..., object] = library("torch.multiprocessing").spawn
        spawn(_work, (count, folder, function, arguments), nprocs=count)


def _work(
    number: int, count: int, folder: str, function: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    global _exchange
    torch.set_num_threads(1)
    meeting = (Path(folder) / "meeting").as_uri()
    dist.init_process_group("gloo", init_method=meeting, rank=number, world_size=count)
    _exchange = _Exchange(Path(folder))
    try:
        function(*arguments)
    finally:
        dist.destroy_process_group()


def count() -> int:
    """How many workers train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """This worker's number, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def agree(value: float) -> float:
    """Rank 0's ``value``, for every worker (so that all stop at the same step)."""
    if count() == 1:
        return value
    shared = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(shared, 0)
    return shared.item()


def wait() -> None:
    """Until every worker has come here."""
    if count() > 1:
        dist.barrier()


@torch.no_grad()
def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replaces every gradient by its mean over the workers."""
    if count() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    sizes = [gradient.numel() for gradient in gradients]
    slots = [torch.split(slot, sizes) for slot in _exchange.slots(sum(sizes))]
    for gradient, place in zip(gradients, slots[rank()], strict=True):
        _laid_out(place, gradient).copy_(gradient)
    dist.barrier()
    for gradient, *places in zip(gradients, *slots, strict=True):
        total = reduce(torch.add, [_laid_out(place, gradient) for place in places])
        gradient.copy_(total / count())


def _laid_out(place: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """``place`` with the shape and the order in memory of ``gradient`` (which is dense)."""
    return place.as_strided(gradient.size(), gradient.stride())
