"""The few things that are used of spaCy, imported without the machine-learning frameworks.

spaCy's linear-algebra layer (thinc) imports every framework that it finds installed, PyTorch among them:
1.5 s and hundreds of megabytes for something that a blank pipeline never calls. This module makes those
imports fail, for this thread and while spaCy is being imported only, which thinc takes for "not
installed". A framework that is already imported stays as it is.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_FRAMEWORKS = frozenset({"torch", "tensorflow", "mxnet", "cupy", "h5py"})


class _NotInstalled(MetaPathFinder):
    """Says of the frameworks, to one thread, that they are not installed."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _FRAMEWORKS and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
        return None


@contextmanager
def _without_frameworks() -> Iterator[None]:
    finder = _NotInstalled()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


with _without_frameworks():
    # Compiled modules without type information: taken as they are.
    LOWER: Any = importlib.import_module("spacy.attrs").LOWER
    PhraseMatcher: Any = importlib.import_module("spacy.matcher").PhraseMatcher
    Tokenizer: Any = importlib.import_module("spacy.tokenizer").Tokenizer
    Vocab: Any = importlib.import_module("spacy.vocab").Vocab

__all__ = ["LOWER", "PhraseMatcher", "Tokenizer", "Vocab"]
