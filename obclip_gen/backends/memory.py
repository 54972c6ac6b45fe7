"""How much memory a model takes, known before it runs.

Weights are counted as they are loaded. Working memory is the peak of all tensors alive during one pass of the
denoiser, measured on a copy without storage; attention is counted with its whole map, which fused kernels do
not keep, so it is an upper bound.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes.

    Attributes:
        weights: of each part, by name.
        working: at most, while the denoiser runs on a number of rows.
    """

    weights: Mapping[str, int]
    working: int

    @property
    def total(self) -> int:
        """Weights and working memory together."""
        return sum(self.weights.values()) + self.working


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Adds up the storages that are made inside the block and not yet dropped."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = 0
        self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(
                leaf, Tensor
            ):  # weights and inputs were there before: a view of them is nothing new
                self._known.add(leaf.untyped_storage()._cdata)  # noqa: SLF001  # see _meet
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self._meet(leaf.untyped_storage())
        return made

    def _meet(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata  # noqa: SLF001  # the one identity that two Python views of a storage share
        if key in self._known:
            return
        self._known.add(key)
        size = storage.nbytes()
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def estimate(
    modules: Mapping[str, nn.Module], blank: Callable[[], Callable[[], object]], rows: int
) -> Memory:
    """Estimate the memory of a model.

    Args:
        modules: the loaded parts.
        blank: makes a pass of one row on a copy without storage; called on the ``meta`` device.
        rows: rows of the denoiser's largest batch (2 N with guidance).
    """
    weights = {
        name: sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())
        for name, module in modules.items()
    }
    with torch.device("meta"), torch.no_grad():
        run = blank()
        with _Alive() as alive:
            run()
    return Memory(weights, alive.peak * rows)
