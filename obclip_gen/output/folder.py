"""Writes a set of files into a folder so that an interruption leaves either all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from obclip_privacy.errors import BadInputError


def check_writable(folder: Path) -> None:
    """Find out before long work whether the folder can take files; creates nothing that stays.

    Raises:
        BadInputError: it cannot.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"out: {folder} is not a folder")
    parent = _existing_parent(folder)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise BadInputError(f"out: no permission to write in {parent}")


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* into *folder*, creating it if needed; older files of the same names are replaced.

    All files are written and flushed to a temporary folder beside it first, then moved into place one by
    one. If a move fails, what was there before is put back.

    Args:
        folder: where to write.
        files: contents by plain file name.

    Raises:
        BadInputError: the file system refuses.
    """
    try:
        _write_all(folder, files)
    except OSError as error:
        raise BadInputError(f"out: cannot write to {folder}: {error.strerror or error}") from None


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    parent = _existing_parent(folder)
    staging = Path(tempfile.mkdtemp(prefix=".obclip-", dir=parent))
    try:
        new, old = staging / "new", staging / "old"
        new.mkdir()
        old.mkdir()
        for name, content in files.items():
            with (new / name).open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        created = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        placed: list[str] = []
        try:
            for name in files:
                if (folder / name).exists():
                    (folder / name).replace(old / name)
                placed.append(name)
                (new / name).replace(folder / name)
        except BaseException:
            for name in placed:
                (folder / name).unlink(missing_ok=True)
                if (old / name).exists():
                    (old / name).replace(folder / name)
            if created:
                folder.rmdir()
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _existing_parent(folder: Path) -> Path:
    """Give the folder itself or its nearest ancestor that exists."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return place
