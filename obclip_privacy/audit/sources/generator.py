"""Sets of any generator: a function or a program that turns a prompt into candidates."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from obclip_privacy.audit.json_input import parse_json
from obclip_privacy.audit.observation import set_digest
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: A program that takes longer than this is stopped.
TIMEOUT_SECONDS = 60
#: No set has more candidates than this.
MAX_CANDIDATES = 4096
#: No candidate has more characters than this.
MAX_CHARS = 20_000
_MAX_OUTPUT = 16 * 1024 * 1024

#: A prompt in, the candidates in the order in which they are sent; ``None`` is a refusal.
Generator = Callable[[str], "Sequence[str] | None"]


@dataclass(frozen=True, slots=True)
class Program:
    """A program that reads a prompt on standard input and prints its candidates.

    One candidate a line, or JSON: a list of strings, or an object with ``candidates`` (the first line of
    ``obclip candidates --format jsonl`` is one). It runs without a shell.
    """

    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, command: str) -> Program:
        """The program of a command line.

        Raises:
            BadInputError: the line is empty, or a quotation mark is not closed.
        """
        try:
            arguments = tuple(shlex.split(command))
        except ValueError as error:
            raise BadInputError(f"--rerun: {error}") from None
        if not arguments:
            raise BadInputError("--rerun: give the command of a program")
        return cls(arguments)

    def __call__(self, prompt: str) -> tuple[str, ...] | None:
        """Run the program once; ``None`` if it exits with 1 (a refusal).

        Raises:
            BadInputError: it cannot be run, fails, takes too long, or prints something else.
        """
        name = self.arguments[0]
        try:
            code, output = _run(self.arguments, prompt.encode("utf-8") + b"\n")
        except OSError as error:
            raise BadInputError(f"--rerun: {name}: {error.strerror or error}") from None
        except subprocess.TimeoutExpired:
            raise BadInputError(f"--rerun: {name} took longer than {TIMEOUT_SECONDS} s") from None
        if len(output) > _MAX_OUTPUT:
            raise BadInputError(f"--rerun: {name} printed more than {_MAX_OUTPUT} bytes")
        if code == 1:
            return None
        if code != 0:
            raise BadInputError(f"--rerun: {name} failed with exit code {code}")
        return _candidates_of(output, f"--rerun: {name}")


def _run(arguments: Sequence[str], given: bytes) -> tuple[int, bytes]:
    """Exit code and output of a program; one that prints or takes too much is stopped with its children.

    Raises:
        OSError: it cannot be run.
        subprocess.TimeoutExpired: it took too long.
    """
    started = time.monotonic()
    pipe = subprocess.PIPE
    with subprocess.Popen(
        arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        timer = threading.Timer(TIMEOUT_SECONDS, _stop, (process,))
        writer = threading.Thread(target=_write, args=(process.stdin, given), daemon=True)
        timer.start()
        writer.start()
        try:
            output = process.stdout.read(_MAX_OUTPUT + 1)
            if len(output) <= _MAX_OUTPUT:
                process.wait()
        finally:
            timer.cancel()
            _stop(process)
            writer.join()
    if time.monotonic() - started >= TIMEOUT_SECONDS:
        raise subprocess.TimeoutExpired(list(arguments), TIMEOUT_SECONDS)
    return process.returncode, output


def _write(file: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError):  # it may end without having read
        file.write(data)
        file.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End what still runs of a process that is not known to be over, with its children."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _candidates_of(output: bytes, where: str) -> tuple[str, ...] | None:
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInputError(f"{where}: its output is not UTF-8") from None
    if text.lstrip()[:1] in ("[", "{"):
        first = text.strip()
        data: Json = parse_json(
            first.splitlines()[0] if first.startswith("{") and "\n" in first else first, where
        )
        if isinstance(data, dict) and data.get("status") == "refused":
            return None
        found = data.get("candidates") if isinstance(data, dict) else data
        return check_candidates(found, where)
    return check_candidates([line for line in text.splitlines() if line.strip()], where)


def check_candidates(found: Json, where: str) -> tuple[str, ...]:
    """*found* as candidates.

    Raises:
        BadInputError: it is no list of strings, is empty, or is too large.
    """
    if not isinstance(found, (list, tuple)) or not all(isinstance(text, str) for text in found):
        raise BadInputError(f"{where}: 'candidates' must be a list of strings")
    if not found:
        raise BadInputError(f"{where}: there is no candidate")
    if len(found) > MAX_CANDIDATES:
        raise BadInputError(f"{where}: more than {MAX_CANDIDATES} candidates")
    if any(len(str(text)) > MAX_CHARS for text in found):
        raise BadInputError(f"{where}: a candidate has more than {MAX_CHARS} characters")
    if any(not_unicode(str(text)) for text in found):
        raise BadInputError(f"{where}: a candidate has half of a surrogate pair, which no request can carry")
    return tuple(str(text) for text in found)


def not_unicode(text: str) -> bool:
    """Whether UTF-8 has no form for *text*: JSON can write half of a surrogate pair."""
    return any("\ud800" <= char <= "\udfff" for char in text)


@dataclass(frozen=True, slots=True)
class Rerun:
    """What became of the members of a set when they were fed back.

    Attributes:
        outputs: the digest of each member's own set; ``None`` for a refusal.
        sets: each member's own set.
        seconds: the least time that each took, in even and in odd rounds.
    """

    outputs: tuple[bytes | None, ...]
    sets: tuple[tuple[str, ...], ...]
    seconds: tuple[tuple[float, float], ...]


def rerun(generator: Generator, members: Sequence[str], *, repeats: int = 1) -> Rerun:
    """Feed every member to *generator*, *repeats* times.

    The rounds are interleaved, so that a machine that slows down slows all members down.
    """
    sets: list[tuple[str, ...] | None] = []
    seconds = [[float("inf"), float("inf")] for _ in members]
    for turn in range(repeats):
        for index, member in enumerate(members):
            start = time.perf_counter()
            found = generator(member)
            seconds[index][turn % 2] = min(seconds[index][turn % 2], time.perf_counter() - start)
            if turn == 0:
                sets.append(None if found is None else tuple(found))
    return Rerun(
        tuple(None if found is None else set_digest(found) for found in sets),
        tuple(found or () for found in sets),
        tuple((even, odd) for even, odd in seconds),
    )
