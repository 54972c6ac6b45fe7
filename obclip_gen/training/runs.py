"""What every training stage shares: learning-rate schedule, averaged weights, checkpoints, a log line now
and then.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from pathlib import Path
from typing import Generic, TypeVar

import torch
from safetensors.torch import load_file, save_file

from obclip_gen.training.parts import Part

P = TypeVar("P", bound=Part)


def cooled(progress: float, *, floor: float = 0.05, cooldown: float = 0.3) -> float:
    """Share of the peak learning rate at ``progress`` (0 to 1) of a run: all of it, then over the last
    ``cooldown`` a line down to ``floor``.

    A run that goes on from shipped weights starts at the peak again, as if the last one had not been cooled
    (Hu et al. 2024, MiniCPM, section 4: warm-up, stable, decay).
    """
    return 1 - (1 - floor) * min(1.0, max(0.0, (progress - 1 + cooldown) / cooldown))


class Averaged(Generic[P]):
    """An exponential moving average of a module's weights (the weights that are shipped)."""

    def __init__(self, module: P, decay: float) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module: P, step: int) -> None:
        """Moves the average towards ``module``; early on the decay is smaller, so that the start is
        forgotten.
        """
        decay = min(self.decay, (1 + step) / (10 + step))
        ours: list[torch.Tensor] = list(self.module.parameters())
        torch._foreach_lerp_(ours, list(module.parameters()), 1 - decay)


def save(path: Path, tensors: dict[str, torch.Tensor], **numbers: float) -> None:
    """Writes a checkpoint (safetensors) and its counters, each replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(
        {name: tensor.detach().contiguous() for name, tensor in tensors.items()},
        partial,
        {"counters": json.dumps(numbers)},
    )
    partial.rename(path)


def load(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """What :func:`save` wrote."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    return load_file(path), json.loads(metadata.get("counters", "{}"))


def fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (AVX512-BF16, AMX, Arm BF16).

    Where it does, mixed precision is 3.5 times as fast as float32; where it does not, it is emulated and was
    measured 13 times slower.
    """
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def mixed_precision() -> torch.autocast:
    """bfloat16 autocast where the CPU has it, else float32 throughout."""
    return torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16())


def say(line: object) -> None:
    """One line of a stage's log, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Clock:
    """Seconds since the start and since the last ``lap``, for limits and log lines."""

    def __init__(self) -> None:
        self.start = self.last = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.start

    def lap(self) -> float:
        """Seconds since the last lap."""
        now = time.monotonic()
        elapsed, self.last = now - self.last, now
        return elapsed
