"""Where a server may be. Prompts go over TLS, or nowhere beyond this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from obclip_privacy.errors import BadInputError


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(url: str, *, allow_plain: bool = False) -> str:
    """Check a server's address and give it without a trailing slash.

    Args:
        url: ``https://host[:port][/path]``; ``http`` only for this machine.
        allow_plain: take ``http`` for any host, where something else protects the channel.

    Raises:
        BadInputError: it is not such an address. The message does not quote it: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadInputError("server: not an address; write https://HOST or http://127.0.0.1:PORT") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise BadInputError("server: not an address; write https://HOST or http://127.0.0.1:PORT")
    if parts.username is not None or parts.password is not None:
        raise BadInputError("server: leave user and password out of the address; use a token")
    if parts.query or parts.fragment:
        raise BadInputError("server: the address must not have a query or a fragment")
    if parts.scheme == "http" and not allow_plain and not is_loopback(parts.hostname):
        raise BadInputError(
            "server: http would show the candidates to everybody on the way; use https,"
            " or --insecure-http if something else protects the channel"
        )
    return url.rstrip("/")
