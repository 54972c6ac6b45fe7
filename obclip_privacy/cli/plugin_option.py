"""``--plugin PATH``, which may stand anywhere on the command line and holds for every subcommand."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from obclip_privacy.errors import BadInputError

OPTION = "--plugin"
#: Read by :func:`obclip_privacy.plugins.manager.load_plugins`; worker processes inherit it.
VARIABLE = "OBCLIP_PLUGIN_PATH"


@contextlib.contextmanager
def named_plugins(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Give *arguments* without ``--plugin``; what it names is in the environment meanwhile.

    Raises:
        BadInputError: no path follows, or there is nothing at the path.
    """
    paths, rest = split(arguments)
    for path in paths:
        if not Path(path).exists():
            raise BadInputError(f"{OPTION} {path}: there is no such file or folder")
        if os.pathsep in path:
            raise BadInputError(f"{OPTION} {path}: a path must not have the character '{os.pathsep}' in it")
    before = os.environ.get(VARIABLE)
    if paths:
        os.environ[VARIABLE] = os.pathsep.join([*([before] if before else []), *paths])
    try:
        yield rest
    finally:
        if paths:
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The paths that ``--plugin`` names, and the other arguments; what follows ``--`` is left alone.

    Raises:
        BadInputError: no path follows.
    """
    paths: list[str] = []
    rest: list[str] = []
    todo = list(arguments)
    while todo:
        word = todo.pop(0)
        if word == "--":
            return paths, [*rest, word, *todo]
        if word == OPTION:
            if not todo:
                raise BadInputError(f"{OPTION} needs the path of a plugin or a lexicon")
            paths.append(todo.pop(0))
        elif word.startswith(f"{OPTION}="):
            paths.append(word.partition("=")[2])
        else:
            rest.append(word)
    return paths, rest
