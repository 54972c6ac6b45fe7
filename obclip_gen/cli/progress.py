"""The progress bars of a generation, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

if TYPE_CHECKING:
    from obclip_gen.denoise.loop import Watch
    from obclip_gen.pipeline import Phase

_LABELS: dict[Phase, str] = {
    "closure": "closure check",
    "cloud": "cloud steps",
    "device": "device steps",
    "decode": "pictures",
}


@contextmanager
def generation_progress(console: Console, *, server: bool) -> Iterator[Callable[[Phase], Watch]]:
    """Show one bar per phase while the block runs.

    Args:
        console: where to draw; nothing is drawn unless it is a terminal.
        server: the cloud phase goes over HTTP, so its progress is not known in between.
    """
    from obclip_gen.denoise.loop import Watch

    columns = (
        SpinnerColumn(finished_text="·"),
        TextColumn("{task.description:<14}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        running: list[tuple[TaskID, int]] = []

        def finish() -> None:
            for task, total in running:
                progress.update(task, total=total, completed=total)
            running.clear()

        def begin(phase: Phase) -> Watch:
            finish()
            task = progress.add_task(_LABELS[phase], total=None)
            running.append((task, 1))
            known = phase == "device" or not server

            def update(done: int, total: int) -> None:
                running[:] = [(task, total)]
                if known or done == total:
                    progress.update(task, completed=done, total=total)

            return Watch(progress=update)

        yield begin
        finish()


def print_note(console: Console, note: str) -> None:
    """Print a remark on standard error, in one line however long."""
    console.print("note:", style="yellow", end=" ")
    console.print(note, markup=False, highlight=False, soft_wrap=True)
