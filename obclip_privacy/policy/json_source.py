"""A strict JSON reader (RFC 8259) that remembers where everything stands.

The standard library's reader keeps no positions, takes ``NaN``, and lets the last of two equal keys win; an
error in a policy must name the line and column, and a key that is written twice is an error. What is read
here is small: :data:`MAX_BYTES` and :data:`MAX_DEPTH` bound it before anything is built.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from obclip_privacy.errors import PolicyError, Problem, quoted
from obclip_privacy.policy.frozen import Json

#: Largest file that is read, in bytes.
MAX_BYTES = 1_000_000
#: Deepest nesting of arrays and objects.
MAX_DEPTH = 32

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: Mapping[str, Json] = {"true": True, "false": False, "null": None}
_FOREIGN = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}
_MAX_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file: line and column from 1, the column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class JsonSource:
    """A JSON document and the places of its parts.

    Attributes:
        file: the file as the user named it.
        value: the document as plain Python data.
        values: place of every value, by JSON pointer.
        keys: place of every object key, by the JSON pointer of its value.
        problems: keys that are written twice; everything else stops the reader.
    """

    file: str
    value: Json
    values: Mapping[str, Position]
    keys: Mapping[str, Position]
    problems: tuple[Problem, ...]

    def problem(
        self, pointer: str, message: str, nearest: str | None = None, *, at_key: bool = False
    ) -> Problem:
        """A :class:`Problem` at the value that *pointer* names (at its key if *at_key*).

        A pointer to something that is not in the file is placed at the nearest part around it.
        """
        places = self.keys if at_key else self.values
        around = pointer
        while around not in places and around:
            around = around.rpartition("/")[0]
            places = self.values
        place = places.get(around, Position(1, 1))
        return Problem(self.file, place.line, place.column, pointer, message, nearest)


def pointer_to(base: str, step: str | int) -> str:
    """The JSON pointer of the member *step* of the value at *base* (RFC 6901 escapes)."""
    return f"{base}/{str(step).replace('~', '~0').replace('/', '~1')}"


def read_json(data: bytes, file: str) -> JsonSource:
    """Read the JSON document *data*; *file* is only used in messages.

    Raises:
        PolicyError: too large, not UTF-8, a byte order mark, nested too deep, or not JSON; with one
            problem that has the place.
    """
    return _Reader(_decode(data, file), file).document()


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise _stop(file, 1, 1, "", f"the file has more than {MAX_BYTES:,} bytes, the most that is read")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _stop(file, 1, 1, "", "the file is UTF-16; save it as UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        raise _stop(file, 1, 1, "", "the file starts with a byte order mark; save it as UTF-8 without BOM")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = _line_column(before, len(before))
        byte = data[error.start]
        raise _stop(
            file, line, column, "", f"the byte 0x{byte:02X} is not valid UTF-8; save the file as UTF-8"
        ) from None


def _line_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _stop(file: str, line: int, column: int, pointer: str, message: str) -> PolicyError:
    return PolicyError(problems=(Problem(file, line, column, pointer, message),))


class _Reader:
    """Recursive descent over *text*; ``self.at`` is the offset of the next character."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = 0
        self.values: dict[str, Position] = {}
        self.keys: dict[str, Position] = {}
        self.problems: list[Problem] = []
        self.pointer = ""
        self.recording = True
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.line = 1

    def document(self) -> JsonSource:
        self.skip_space()
        if self.at == len(self.text):
            raise self.error("the file is empty; a policy is a JSON object")
        value = self.value("", 1)
        self.skip_space()
        if self.at != len(self.text):
            raise self.error("more text after the end of the document", pointer="")
        return JsonSource(self.file, value, self.values, self.keys, tuple(self.problems))

    def position(self) -> Position:
        """Place of the next character; lines only ever advance."""
        while self.line < len(self.lines) and self.lines[self.line] <= self.at:
            self.line += 1
        return Position(self.line, self.at - self.lines[self.line - 1] + 1)

    def error(self, message: str, pointer: str | None = None) -> PolicyError:
        place = self.position()
        where = self.pointer if pointer is None else pointer
        return _stop(self.file, place.line, place.column, where, message)

    def skip_space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def next(self) -> str:
        """The next character that is not white space, without taking it; empty at the end."""
        self.skip_space()
        return self.text[self.at : self.at + 1]

    def value(self, pointer: str, depth: int) -> Json:
        first = self.next()
        self.pointer = pointer
        if depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", pointer="")
        if self.recording:
            self.values[pointer] = self.position()
        if first == "{":
            return self.object(pointer, depth)
        if first == "[":
            return self.array(pointer, depth)
        if first == '"':
            return self.string()
        if first == "-" or first.isdigit():
            return self.number()
        return self.literal(first)

    def object(self, pointer: str, depth: int) -> dict[str, Json]:
        members: dict[str, Json] = {}
        self.at += 1
        if self.next() == "}":
            self.at += 1
            return members
        while True:
            if self.next() != '"':
                raise self.error(self.unexpected("a key in double quotes"), pointer)
            place = self.position()
            key = self.string()
            inner = pointer_to(pointer, key)
            if self.next() != ":":
                raise self.error(self.unexpected(f"':' after the key {quoted(key)}"), pointer)
            self.at += 1
            if key in members:
                self.again(key, inner, place, depth)
            else:
                if self.recording:
                    self.keys[inner] = place
                members[key] = self.value(inner, depth + 1)
            self.pointer = pointer
            if self.separator("}"):
                return members

    def again(self, key: str, pointer: str, place: Position, depth: int) -> None:
        """Take the value of a key that is written twice: it is reported, and the first one stays."""
        recording, self.recording = self.recording, False
        self.value(pointer, depth + 1)
        self.recording = recording
        if recording:
            first = self.keys[pointer]
            message = f"the key {quoted(key)} is written twice, first in line {first.line}; remove one"
            self.problems.append(Problem(self.file, place.line, place.column, pointer, message))

    def array(self, pointer: str, depth: int) -> list[Json]:
        items: list[Json] = []
        self.at += 1
        if self.next() == "]":
            self.at += 1
            return items
        while True:
            items.append(self.value(pointer_to(pointer, len(items)), depth + 1))
            self.pointer = pointer
            if self.separator("]"):
                return items

    def separator(self, closing: str) -> bool:
        """Take a comma or the *closing* bracket; say whether it was the bracket."""
        found = self.next()
        if found == closing:
            self.at += 1
            return True
        if found != ",":
            raise self.error(self.unexpected(f"',' or '{closing}'"))
        self.at += 1
        if self.next() == closing:
            raise self.error(f"a comma before '{closing}'; JSON allows none after the last item")
        return False

    def string(self) -> str:
        self.at += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                parts.append(plain.group())
                self.at = plain.end()
            stop = self.text[self.at : self.at + 1]
            if stop == '"':
                self.at += 1
                return "".join(parts)
            if stop == "\\":
                parts.append(self.escape())
            elif not stop:
                raise self.error("the file ends inside a string; a closing '\"' is missing")
            else:
                raise self.error(
                    f"a control character (U+{ord(stop):04X}) in a string; write it as an escape, or close "
                    "the string"
                )

    def escape(self) -> str:
        letter = self.text[self.at + 1 : self.at + 2]
        if letter in _ESCAPES:
            self.at += 2
            return _ESCAPES[letter]
        if letter != "u":
            raise self.error(f"'\\{letter}' is not an escape of JSON; write '\\\\' for a backslash")
        code = self.code_unit()
        if 0xD800 <= code < 0xDC00 and self.text.startswith("\\u", self.at):
            low = self.code_unit()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
            raise self.error("half of a surrogate pair; write the character itself")
        if 0xD800 <= code < 0xE000:
            raise self.error("half of a surrogate pair; write the character itself")
        return chr(code)

    def code_unit(self) -> int:
        match = _HEX.match(self.text, self.at + 2)
        if not match:
            raise self.error("'\\u' needs four hexadecimal digits")
        self.at = match.end()
        return int(match.group(), 16)

    def number(self) -> int | float:
        match = _NUMBER.match(self.text, self.at)
        if not match or self.text[match.end() : match.end() + 1] in tuple(".eE0123456789"):
            raise self.error("not a JSON number; write it like -1, 0.5 or 2e3, without extra zeros")
        if len(match.group()) > _MAX_DIGITS:
            raise self.error(f"a number of more than {_MAX_DIGITS} characters")
        number = float(match.group()) if match.group(1) or match.group(2) else int(match.group())
        if math.isinf(number):
            raise self.error("the number is too large")
        self.at = match.end()
        return number

    def literal(self, first: str) -> Json:
        match = _WORD.match(self.text, self.at)
        if match and match.group() in _LITERALS:
            self.at = match.end()
            return _LITERALS[match.group()]
        raise self.error(self.unexpected("a value"))

    def unexpected(self, wanted: str) -> str:
        """Say what stands where *wanted* is needed, with a hint for the usual slips."""
        found = self.text[self.at : self.at + 1]
        if not found:
            return f"expected {wanted}, but the file ends here"
        if self.text.startswith(("//", "/*"), self.at) or found == "#":
            return f"expected {wanted}; JSON has no comments"
        if found == "'":
            return f"expected {wanted}; JSON strings stand in double quotes"
        word = _WORD.match(self.text, self.at)
        shown = word.group()[:20] if word else found
        if shown in _FOREIGN:
            return f"expected {wanted}, found '{shown}'; JSON writes '{_FOREIGN[shown]}'"
        return f"expected {wanted}, found '{shown}'"
