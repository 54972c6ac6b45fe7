"""The few things that are used of spaCy, imported without what a phrase matcher has no use for.

spaCy's linear-algebra layer (thinc) imports every machine-learning framework that it finds installed,
PyTorch among them: 1.5 s and hundreds of megabytes. spaCy itself imports its command line (downloads,
project templates, HTTP clients): a third of what is left. While spaCy is being imported, and for this
thread only, this module makes the former fail, which thinc takes for "not installed", and puts a stand-in in
the place of the latter. A module that is already imported stays as it is, and afterwards everything can be
imported as ever.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_FRAMEWORKS = frozenset({"torch", "tensorflow", "mxnet", "cupy", "h5py"})
_COMMANDS = "spacy.cli"
#: The one function that spaCy's package takes from its command line.
_INFO = "spacy.cli.info"


class _StandIn(Loader):
    """Makes the command line look imported; what it is asked for, it imports then."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        def info(*arguments: Any, **options: Any) -> Any:
            """``spacy.info``: see spaCy."""
            return importlib.import_module(_INFO).info(*arguments, **options)

        module.__path__ = []
        if module.__name__ == _INFO:
            vars(module)["info"] = info


class _Finder(MetaPathFinder):
    """Answers one thread in the place of the files."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() != self._thread:
            return None
        if fullname in _FRAMEWORKS:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
        if fullname in (_COMMANDS, _INFO):
            return ModuleSpec(fullname, _StandIn(), is_package=True)
        return None


@contextmanager
def _without_frameworks() -> Iterator[None]:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in (_COMMANDS, _INFO):
            module = sys.modules.get(name)
            if module is not None and isinstance(getattr(module, "__loader__", None), _StandIn):
                del sys.modules[name]


with _without_frameworks():
    # Compiled modules without type information: taken as they are.
    LOWER: Any = importlib.import_module("spacy.attrs").LOWER
    Doc: Any = importlib.import_module("spacy.tokens").Doc
    PhraseMatcher: Any = importlib.import_module("spacy.matcher").PhraseMatcher
    Vocab: Any = importlib.import_module("spacy.vocab").Vocab

__all__ = ["LOWER", "Doc", "PhraseMatcher", "Vocab"]
