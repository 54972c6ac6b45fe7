"""The secret with which this user's audits recognise their own findings, kept outside of every report.

A report that carried the key of its hashes would hide nothing: whoever holds it could hash a guessed
candidate set and look. The key lies in a file that its owner alone can read
(``$XDG_STATE_HOME/obclip/audit-secret``, by default below ``~/.local/state``: XDG Base Directory
Specification 0.8); a report has a name of it only, which says whether two reports can be compared.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from pathlib import Path

BYTES = 16


def new_secret() -> bytes:
    """A secret for one use."""
    return secrets.token_bytes(BYTES)


def name_of(secret: bytes) -> str:
    """What a report may say of the secret: 16 hexadecimal digits, the same for equal secrets."""
    return hmac.digest(secret, b"obclip audit secret", "sha256").hex()[:16]


def secret_file() -> Path:
    """Where the secret of this user lies, whether or not it is there yet."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    folder = state if state.is_absolute() else Path.home() / ".local" / "state"
    return folder / "obclip" / "audit-secret"


def own_secret() -> bytes:
    """The secret of this user, made when first asked for; a fresh one where none can be kept."""
    try:
        path = secret_file()
        with contextlib.suppress(FileExistsError):
            _create(path)
        kept = path.read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return new_secret()
    return kept if len(kept) == BYTES else new_secret()


def _create(path: Path) -> None:
    """Write a secret to *path* at once, unless there is one.

    Raises:
        FileExistsError: there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        part.touch(0o600, exist_ok=False)
        part.write_bytes(new_secret())
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
