"""Every error that a user can meet, each with the exit code that ``obclip`` ends with.

Exit codes: 0 ok, 1 refused or failed check, 2 bad input, 3 network. An exception that is not an
:class:`ObclipError` is a defect of the program, and the command line says so.

A message names the offender and the remedy. It never quotes a prompt: messages end up in logs.
"""

from __future__ import annotations

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


class PolicyError(BadInputError):
    """A policy cannot be used.

    :mod:`obclip_privacy.policy.problems` has the subclass that carries every problem of a file with its
    position; this class is what callers catch.
    """


class PluginError(ObclipError):
    """A plugin failed to load, broke the hook contract, or is missing."""

    exit_code: ClassVar[int] = EXIT_BAD_INPUT


class NetworkError(ObclipError):
    """The server could not be reached, or its answer cannot be used."""

    exit_code: ClassVar[int] = EXIT_NETWORK
