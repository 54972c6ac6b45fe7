"""Keeps progress, so that an audit that was interrupted goes on where it stopped.

A JSONL file: a header that identifies job and input, then one record a line in order of rows. It is for the
person who runs the audit (it may hold text, if the audit was told to show it) and is created readable by
nobody else. A last line that was cut off is written again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from obclip_privacy.audit.record import Record
from obclip_privacy.audit.record_json import record_from_json, record_json
from obclip_privacy.errors import BadInputError

FORMAT = 2


class ProgressFile:
    """Progress of one audit.

    Raises:
        BadInputError: the file is of another audit, or cannot be read or written.
    """

    def __init__(self, path: Path, digest: str, salt: bytes) -> None:
        self.path = path
        self._digest = digest
        self.salt = salt
        self._end = 0

        try:
            existing = path.exists() and path.stat().st_size > 0
            if existing:
                self._read_header()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BadInputError(f"{path}: {error.strerror or error}") from None
        self._file: BinaryIO = os.fdopen(descriptor, "r+b")
        if not existing:
            header = {"obclip_audit_progress": FORMAT, "job": digest, "salt": salt.hex()}
            self._file.write(json.dumps(header).encode() + b"\n")
            self._file.flush()

    def _read_header(self) -> None:
        with self.path.open("rb") as file:
            line = file.readline(4096)
        try:
            header = json.loads(line)
            self.salt = bytes.fromhex(header["salt"])
            same = header["job"] == self._digest and header["obclip_audit_progress"] == FORMAT
        except (ValueError, KeyError, TypeError):
            raise BadInputError(f"{self.path}: not a progress file; choose another --resume file") from None
        if not same:
            raise BadInputError(
                f"{self.path}: the progress of another audit (other input, policy or options); "
                "remove it or choose another --resume file"
            )

    def records(self) -> Iterator[Record]:
        """The records that were kept, in order of rows; the file is then ready for more."""
        self._file.seek(0)
        self._end = len(self._file.readline())
        while line := self._file.readline():
            try:
                record = record_from_json(json.loads(line))
            except ValueError:
                break
            if not line.endswith(b"\n"):
                break
            self._end += len(line)
            yield record
        self._file.seek(self._end)
        self._file.truncate()

    def add(self, record: Record) -> None:
        """Keep one more record."""
        self._file.write(json.dumps(record_json(record), separators=(",", ":")).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; it stays."""
        self._file.close()
