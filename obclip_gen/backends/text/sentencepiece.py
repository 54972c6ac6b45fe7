"""The vocabulary of T5 as SentencePiece stores it (``spiece.model``), read without that library.

The file is one message in the wire format of Protocol Buffers, of which two fields matter here
(``sentencepiece_model.proto``): the pieces with their scores, in the order of their ids, and in the settings
of the normaliser the table that it works by.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from obclip_privacy.errors import BadInputError

#: Numbers of fields: of the whole message, of a piece, of the normaliser's settings.
_PIECES, _NORMALISER = 1, 3
_TEXT, _SCORE = 1, 2
_TABLE = 2
#: How a field is stored: a number, 8 bytes, as many bytes as a number says, 4 bytes.
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a ``spiece.model`` holds.

    Attributes:
        pieces: text and score, by id.
        normaliser: the compiled table of the normaliser; empty where text stays as it is.
    """

    pieces: tuple[tuple[str, float], ...]
    normaliser: bytes


def read_vocabulary(stored: bytes) -> Vocabulary:
    """Read the file.

    Raises:
        BadInputError: it is none.
    """
    pieces: list[tuple[str, float]] = []
    table = b""
    try:
        for number, value in _fields(stored):
            if number == _PIECES:
                pieces.append(_piece(value))
            elif number == _NORMALISER:
                table = dict(_fields(value)).get(_TABLE, b"")
    except (IndexError, KeyError, TypeError, ValueError, struct.error):
        raise BadInputError("spiece.model is not a SentencePiece model") from None
    if not pieces:
        raise BadInputError("spiece.model is not a SentencePiece model")
    return Vocabulary(tuple(pieces), table)


def _piece(stored: bytes) -> tuple[str, float]:
    found = dict(_fields(stored))
    (score,) = struct.unpack("<f", found.get(_SCORE, b"\0\0\0\0"))
    return found[_TEXT].decode(), score


def _fields(stored: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the fields of a message that are not numbers."""
    at = 0
    while at < len(stored):
        key, at = _varint(stored, at)
        kind = key & 7
        if kind == _VARINT:
            _, at = _varint(stored, at)
            continue
        if kind == _COUNTED:
            size, at = _varint(stored, at)
        else:
            size = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
        if at + size > len(stored):
            raise ValueError("cut short")
        yield key >> 3, stored[at : at + size]
        at += size


def _varint(stored: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = stored[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("no number")
