"""Canonical JSON: equal values give equal bytes, and parsing is strict.

The closure check compares bytes and the record hashes them, so there must be one way to write a
message: keys sorted by code point, no spaces, UTF-8, floats in Python's shortest round-trip form
(RFC 8785 without its ECMAScript number format), no NaN or infinity.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from obclip_privacy.policy.frozen import Json


class JsonError(ValueError):
    """Bytes that are not one strict JSON value. The message never quotes them."""


def canonical_bytes(value: Mapping[str, Json]) -> bytes:
    """Write *value* as canonical JSON.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def sha256_hex(data: bytes) -> str:
    """Give the SHA-256 of *data* as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def parse_object(data: bytes) -> dict[str, Json]:
    """Read one JSON object strictly.

    Raises:
        JsonError: not UTF-8, not JSON, NaN or infinity, a key twice, nested too deeply, not an
            object.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except JsonError:
        raise
    except UnicodeDecodeError:
        raise JsonError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"it is not JSON (at byte {error.pos})") from None
    except RecursionError:
        raise JsonError("it is nested too deeply") from None
    except ValueError:
        raise JsonError("it has a number that is too long") from None
    if not isinstance(value, dict):
        raise JsonError("it is not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise JsonError("it has a key twice")
    return result


def _refuse_constant(name: str) -> Json:
    raise JsonError(f"{name} is not a JSON number")
