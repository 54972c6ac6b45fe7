"""Settings of a server."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from obclip_gen.request import RequestLimits


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How much a server takes on, and from whom.

    Attributes:
        limits: of one request.
        max_queue: requests that may wait while one runs, 0 or more.
        body_seconds: how long a client may take to send its body.
        token: the bearer token that clients must show; ``None`` lets everybody in.
    """

    limits: RequestLimits = field(default_factory=RequestLimits)
    max_queue: int = 16
    body_seconds: float = 30.0
    token: str | None = field(default=None, repr=False)

    def admits(self, authorization: str | None) -> bool:
        """Whether an ``Authorization`` header shows the token; compared in constant time."""
        if self.token is None:
            return True
        shown = (authorization or "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(shown, b"Bearer " + self.token.encode("utf-8"))
