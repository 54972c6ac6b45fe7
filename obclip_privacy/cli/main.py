"""Entry point of ``obclip``: runs the subcommand and turns errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from obclip_privacy import __version__
from obclip_privacy.cli.commands import all_commands, attach, attach_stub
from obclip_privacy.cli.plugin_option import named_plugins
from obclip_privacy.errors import (
    EXIT_BAD_INPUT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    ObclipError,
    PolicyError,
)

DEBUG_VARIABLE = "OBCLIP_DEBUG"

#: What a shell reports for a process that a broken pipe ended (128 + SIGPIPE).
EXIT_BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``obclip`` with *arguments* (default: the process's) and give its exit code. Never raises."""
    chosen = list(sys.argv[1:] if arguments is None else arguments)
    return guarded(lambda: _run(chosen or ["--help"]))


def guarded(run: Callable[[], int]) -> int:
    """Call *run*; report whatever it raises on standard error and give the exit code for it.

    With ``OBCLIP_DEBUG=1`` in the environment the traceback is printed as well.
    """
    try:
        code = run()
        sys.stdout.flush()
    except PolicyError as error:
        _debug_traceback()
        # problems with a place stand alone, so that editors can jump to them
        return _report(str(error), error.exit_code, prefix="" if error.problems else "obclip: ")
    except ObclipError as error:
        _debug_traceback()
        return _report(str(error), error.exit_code)
    except typer.TyperException as error:
        return _report(_usage_message(error), EXIT_BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        return _report("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        _silence_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        _debug_traceback()
        _silence_stdout()
        where = f": {error.filename}" if error.filename else ""
        return _report(f"{error.strerror or type(error).__name__}{where}", EXIT_BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - the last resort; it is reported as a defect, never hidden
        _debug_traceback()
        return _report(
            f"this is a defect of obclip ({type(error).__name__}); please report it with the traceback "
            f"that {DEBUG_VARIABLE}=1 shows",
            EXIT_BAD_INPUT,
        )
    return code


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """The application for *arguments*: the subcommand that they name is real, the others only have help."""
    app = typer.Typer(
        name="obclip",
        help="Oblivious cloud-device image generation: the cloud never learns which prompt was yours.",
        epilog="Exit codes: 0 ok, 1 refused or failed check, 2 bad input, 3 network.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    named = next((word for word in arguments if not word.startswith("-")), None)
    completing = "_OBCLIP_COMPLETE" in os.environ
    for spec in all_commands().values():
        if completing or spec.name == named:
            attach(app, spec)
        else:
            attach_stub(app, spec)
    return app


def _run(arguments: Sequence[str]) -> int:
    with named_plugins(arguments) as rest:
        return _run_command(rest or ["--help"])


def _run_command(arguments: Sequence[str]) -> int:
    app = build_app(arguments)
    outcome = typer.main.get_command(app).main(
        args=list(arguments), prog_name="obclip", standalone_mode=False
    )
    if outcome == EXIT_INTERRUPTED:  # typer has swallowed the exception
        raise KeyboardInterrupt
    return outcome if isinstance(outcome, int) else EXIT_OK


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"obclip {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Show the version and exit.",
    ),
    plugin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="A plugin file or folder, or a lexicon, to use besides the installed plugins; its code is "
            "run. May stand anywhere, and more than once.",
        ),
    ] = None,
) -> None:
    """Oblivious cloud-device image generation: the cloud never learns which prompt was yours."""


def _usage_message(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "obclip")
    message = " ".join(error.format_message().split())
    return f"{message.rstrip('.')}; see: {path} --help"


def _report(message: str, code: int, prefix: str = "obclip: ") -> int:
    typer.echo(prefix + message, err=True)
    return code


def _debug_traceback() -> None:
    if os.environ.get(DEBUG_VARIABLE) == "1":
        import traceback

        traceback.print_exc()


def _silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
