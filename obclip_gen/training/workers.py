"""Data-parallel training with one single-threaded process a core.

On two AVX2 cores, two processes that average their gradients are half as fast again as one process with two
threads. Each worker draws its own batches; rank 0 alone keeps the time, writes and logs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.distributed as dist

from obclip_gen.libs import library


def run(count: int, function: Callable[..., object], *arguments: object) -> None:
    """Calls ``function(*arguments)`` in ``count`` processes of one thread each; with one, here and as it is.

    Raises:
        torch.multiprocessing.ProcessRaisedException: a worker raised; the others are ended.
    """
    if count == 1:
        function(*arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        spawn: Callable[..., object] = library("torch.multiprocessing").spawn
        spawn(_work, (count, meeting, function, arguments), nprocs=count)


def _work(
    number: int, count: int, meeting: str, function: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=number, world_size=count)
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


@torch.no_grad()
def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replaces every gradient by its mean over the workers."""
    if count() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(flat)
    flat.div_(count())
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()
