"""A record of what leaves the device, for ``obclip audit --wire``.

A line a request: ``{"body":...,"headers":{...}}``, the body byte for byte as it was sent. The token is left
out. The file holds the candidates' words, so only its owner may read it; it stays on the device.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import httpx

from obclip_privacy.errors import BadInputError

_LEFT_OUT = frozenset({"authorization", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class WireLog:
    """A file that requests are appended to.

    Attributes:
        path: the file; created for its owner alone if it is not there.
    """

    path: Path

    def __call__(self, request: httpx.Request) -> None:
        """Append a request that is about to be sent; one without a body says nothing and is left out.

        Raises:
            BadInputError: the file cannot be written. Nothing has been sent then.
        """
        body = request.content
        if not body:
            return
        headers = {name: value for name, value in request.headers.items() if name not in _LEFT_OUT}
        line = b'{"body":' + body + b',"headers":' + json.dumps(headers).encode() + b"}\n"
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(file, "ab") as stream:
                stream.write(line)
        except OSError as error:
            raise BadInputError(f"wire log: cannot write {self.path}: {error.strerror or error}") from None
