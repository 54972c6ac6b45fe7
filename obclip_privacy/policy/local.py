"""What a policy brings along from beside it: a lexicon, a plugin file, or a lexicon written in the policy.

Only bytes are read here, never code. The bytes that were read are the bytes that are used: their hash is
part of the policy's, so that no decision can change under a policy of one hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Endings of lexicons: data, never code.
LEXICON_SUFFIXES = (".json", ".toml")
#: A file larger than this is no lexicon and no plugin.
MAX_LOCAL_BYTES = 4_000_000
#: What the name of a lexicon that is written in the policy starts with.
INLINE = "inline:"


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A plugin or a lexicon that is no installed package.

    Attributes:
        name: as the policy or the command line has it; ``inline:ID`` for one written in the policy.
        sha256: of what was read, in hexadecimal; ``""`` where nothing could be read.
        path: where it is; ``""`` for one written in the policy.
        data: the bytes of a file; empty for a folder.
        problem: why it cannot be read, or ``""``.
        trusted: whether the user named it on the command line, which allows its code to run.
    """

    name: str
    sha256: str
    path: str = field(default="", compare=False)
    data: bytes = field(default=b"", compare=False, repr=False)
    problem: str = field(default="", compare=False)
    trusted: bool = field(default=False, compare=False)

    @property
    def is_code(self) -> bool:
        """Whether it is code, which runs only where the user allows it."""
        return not self.name.startswith(INLINE) and Path(self.path).suffix not in LEXICON_SUFFIXES


def is_local(name: str) -> bool:
    """Whether an entry of ``plugins`` names a file or a folder, and not an installed package."""
    return "/" in name or "\\" in name or name.endswith((".py", *LEXICON_SUFFIXES))


def read_local(name: str, folder: Path, *, trusted: bool = False) -> LocalSource:
    """The local source *name*, which is relative to *folder*; what is wrong with it is noted, not raised."""
    path = (folder / name).resolve()
    try:
        if path.is_dir():
            return LocalSource(name, folder_sha256(path), str(path), trusted=trusted)
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return LocalSource(name, "", str(path), problem=f"it cannot be read: {reason}", trusted=trusted)
    if len(data) > MAX_LOCAL_BYTES:
        problem = f"it has more than {MAX_LOCAL_BYTES:,} bytes, the most that is read"
        return LocalSource(name, "", str(path), problem=problem, trusted=trusted)
    return LocalSource(name, hashlib.sha256(data).hexdigest(), str(path), data, trusted=trusted)


def inline_source(attribute: str, data: bytes) -> LocalSource:
    """The lexicon *data* (JSON) of *attribute* that is written in a policy."""
    return LocalSource(f"{INLINE}{attribute}", hashlib.sha256(data).hexdigest(), data=data)


def folder_sha256(folder: Path) -> str:
    """SHA-256 over the names and the contents of the files in *folder*, byte code left out."""
    total = hashlib.sha256()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix().encode()
        data = path.read_bytes()
        total.update(b"%d:%s%d:" % (len(name), name, len(data)) + data)
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path
