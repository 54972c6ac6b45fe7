"""Notes of the commands on standard error. Imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from obclip_gen.backends.protocol import Backend


def note_few_steps(backend: Backend) -> None:
    """Say where a model's name tells of few steps, and its own settings do not."""
    from obclip_gen.backends.recipes import few_steps_note

    defaults = backend.defaults
    note = few_steps_note(backend.fingerprint.model_id, defaults.num_inference_steps, defaults.guidance_scale)
    if note:
        typer.echo(f"note: {note}", err=True)
