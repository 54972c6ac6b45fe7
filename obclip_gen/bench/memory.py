"""How much memory a piece of work takes at its worst."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_REFERENCES = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc(5): resets the peak resident set size


@dataclass(slots=True)
class Peak:
    """Resident memory above what the process had before.

    Attributes:
        bytes: at its highest; ``None`` until the work is done, and where the kernel does not say (not Linux).
    """

    bytes: int | None = None


@contextmanager
def watched() -> Iterator[Peak]:
    """Watch the work inside; memory that an allocator keeps from earlier work is not counted again."""
    peak = Peak()
    before = _resident("VmRSS") if _reset() else None
    yield peak
    highest = _resident("VmHWM")
    if before is not None and highest is not None:
        peak.bytes = max(0, highest - before)


def _reset() -> bool:
    try:
        _REFERENCES.write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def _resident(name: str) -> int | None:
    """Bytes of one line of the process's status, which the kernel gives in units of 1024."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)
