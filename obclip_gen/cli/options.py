"""Options and small helpers that the generation commands share. Imports no torch."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from obclip_privacy.errors import BadInputError

TOKEN_VARIABLE = "OBCLIP_TOKEN"  # noqa: S105  # the variable's name, not a token


class ComputeChoice(StrEnum):
    """Arithmetic of the denoiser."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class PrecisionChoice(StrEnum):
    """Of the latents on the wire."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"


def read_token(file: Path | None) -> str | None:
    """Give the bearer token: the file's first line, else the environment's, else none.

    Raises:
        BadInputError: the file cannot be read or is empty.
    """
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        token = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        raise BadInputError(f"token file: {file} cannot be read") from None
    if not token:
        raise BadInputError(f"token file: {file} is empty")
    return token


def use_threads(threads: int | None) -> None:
    """Set torch's number of threads, if asked to."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
