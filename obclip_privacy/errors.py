"""Every error that a user can meet, each with the exit code that ``obclip`` ends with.

Exit codes: 0 ok, 1 refused or failed check, 2 bad input, 3 network. An exception that is not an
:class:`ObclipError` is a defect of the program, and the command line says so.

A message names the offender and the remedy. It never quotes a prompt: messages end up in logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_BAD_INPUT = 2
EXIT_NETWORK = 3
EXIT_INTERRUPTED = 130


class ObclipError(Exception):
    """Base of all errors that are reported to the user as a message and an exit code."""

    exit_code: ClassVar[int] = EXIT_BAD_INPUT


class BadInputError(ObclipError):
    """The user's input cannot be used: a prompt, a file, an option, a number out of range."""

    exit_code: ClassVar[int] = EXIT_BAD_INPUT


class RefusedError(ObclipError):
    """The request was understood and refused, or a check failed. Nothing was sent."""

    exit_code: ClassVar[int] = EXIT_REFUSED


class ClosureError(RefusedError):
    """Some assignment of the anonymity set would send other bytes than the real one."""


def printable(text: str) -> str:
    """*text* with every character that a terminal might obey (controls, bidi marks) as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def quoted(text: str, limit: int = 60) -> str:
    """*text* in single quotes for a message, cut to *limit* characters."""
    return f"'{text}'" if len(text) <= limit else f"'{text[:limit]}...'"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, with its place: data first, text second.

    Attributes:
        file: the file as the user named it.
        line: from 1.
        column: from 1, in Unicode code points.
        pointer: JSON pointer (RFC 6901) to the offending value; ``""`` is the whole document.
        message: what is wrong, and the remedy where it is not obvious.
        nearest: the nearest right spelling, or ``None``.
    """

    file: str
    line: int
    column: int
    pointer: str
    message: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        pointer = self.pointer if len(self.pointer) <= 200 else self.pointer[:200] + "..."
        return printable(f"{self.file}:{self.line}:{self.column}: #{pointer}: {self.message}{hint}")


class PolicyError(BadInputError):
    """A policy cannot be used.

    Attributes:
        problems: everything that is wrong with it, by file and position; empty if there is no file.
    """

    def __init__(self, message: str = "", problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message or "\n".join(str(problem) for problem in self.problems))


class PluginError(ObclipError):
    """A plugin failed to load, broke the hook contract, or is missing."""

    exit_code: ClassVar[int] = EXIT_BAD_INPUT


class NetworkError(ObclipError):
    """The server could not be reached, or its answer cannot be used."""

    exit_code: ClassVar[int] = EXIT_NETWORK
