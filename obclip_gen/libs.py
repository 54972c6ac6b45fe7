"""The one door to the heavy libraries: loaded when first used, with a clear word when missing.

diffusers and transformers are only partly typed. They come in here as modules of unknown type, and
each caller states, as a small protocol or an annotation, what it relies on.
"""

from __future__ import annotations

import importlib
import signal
import threading
from typing import Any

from obclip_privacy.errors import BadInputError


def library(name: str) -> Any:
    """Import a library of the ``gen`` or ``serve`` extra.

    Raises:
        BadInputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != name.partition(".")[0]:
            raise
        raise BadInputError(
            f"{error.name} is not installed; generation needs: pip install 'obclip[serve]'"
        ) from None


def load_torch() -> None:
    """Imports torch; a Ctrl-C meanwhile takes effect afterwards.

    An exception inside torch's native start-up would end the process with SIGABRT instead of a clear word.

    Raises:
        BadInputError: it is not installed.
        KeyboardInterrupt: the user pressed Ctrl-C meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        library("torch")
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        library("torch")
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def quiet_libraries() -> None:
    """Stop progress bars and warnings of diffusers and transformers; for programs that show their own."""
    library("diffusers").utils.logging.set_verbosity_error()
    library("transformers").utils.logging.set_verbosity_error()
    library("transformers").utils.logging.disable_progress_bar()
