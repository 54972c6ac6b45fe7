"""Which subcommands there are, found without importing any of them.

Commands of this package are listed here; those of other packages are entry points of group
``obclip.commands`` (``name = "module:attribute"``). The attribute is a :class:`typer.Typer` (a group if it
has several commands or a callback, else a plain command) or a function that takes Typer parameters.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import sys
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from obclip_privacy.errors import PluginError

GROUP = "obclip.commands"


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A subcommand that has not been imported.

    Attributes:
        name: the word after ``obclip``.
        target: ``"package.module:attribute"``.
        distribution: what it came with, for messages.
    """

    name: str
    target: str
    distribution: str = "obclip"

    @property
    def module(self) -> str:
        """The module part of the target."""
        return self.target.partition(":")[0]

    def help_line(self) -> str:
        """First line of the module's docstring, read from its source; empty if there is none."""
        return docstring_summary(self.module)

    def load(self) -> typer.Typer | Callable[..., Any]:
        """Import the command.

        Raises:
            PluginError: the module or the attribute cannot be imported, or is not a command.
        """
        try:
            loaded: object = getattr(
                importlib.import_module(self.module), self.target.partition(":")[2] or "app"
            )
        except ModuleNotFoundError as error:
            raise PluginError(
                f"'obclip {self.name}' needs the Python module '{error.name}', which is not installed; "
                f"try: pip install '{self.distribution}[gen,serve]'"
                if self.distribution == "obclip"
                else f"'obclip {self.name}' of {self.distribution} needs the Python module "
                f"'{error.name}', which is not installed"
            ) from error
        except AttributeError as error:
            raise PluginError(
                f"'obclip {self.name}' of {self.distribution} cannot be loaded from {self.target}: {error}"
            ) from error
        if not callable(loaded):
            raise PluginError(
                f"'obclip {self.name}': {self.target} of {self.distribution} is neither a Typer application "
                "nor a function"
            )
        return loaded


#: The commands of this package, in the order of the help page.
BUILTIN_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec("policy", "obclip_privacy.cli.policy:app"),
    CommandSpec("plugins", "obclip_privacy.cli.plugins:app"),
    CommandSpec("detect", "obclip_privacy.cli.detect:app"),
    CommandSpec("candidates", "obclip_privacy.cli.candidates:app"),
    CommandSpec("evaluate", "obclip_privacy.cli.evaluate:app"),
    CommandSpec("audit", "obclip_privacy.cli.audit:app"),
)


def all_commands() -> Mapping[str, CommandSpec]:
    """Built-in commands, then the installed ones by name.

    Raises:
        PluginError: two commands have one name.
    """
    found = {spec.name: spec for spec in BUILTIN_COMMANDS}
    installed = sorted(
        (
            CommandSpec(point.name, point.value, point.dist.name if point.dist else "unknown")
            for point in importlib.metadata.entry_points(group=GROUP)
        ),
        key=lambda spec: spec.name,
    )
    for spec in installed:
        other = found.setdefault(spec.name, spec)
        if other.target != spec.target:
            raise PluginError(
                f"the command 'obclip {spec.name}' is declared twice: {other.target} of "
                f"{other.distribution} and {spec.target} of {spec.distribution}; uninstall one of them"
            )
    return found


def attach(app: typer.Typer, spec: CommandSpec) -> None:
    """Import the command of *spec* and make it a subcommand of *app*."""
    command = spec.load()
    if not isinstance(command, typer.Typer):
        app.command(spec.name)(command)
    elif (
        len(command.registered_commands) == 1
        and not command.registered_groups
        and command.registered_callback is None
    ):
        only = command.registered_commands[0]
        only.name = spec.name
        app.registered_commands.append(only)
    else:
        app.add_typer(command, name=spec.name, help=spec.help_line())


def attach_stub(app: typer.Typer, spec: CommandSpec) -> None:
    """Make a subcommand of *app* that has a name and a help line and is never called."""

    def stub() -> None:
        raise PluginError(f"'obclip {spec.name}' was not loaded")

    app.command(spec.name, help=spec.help_line())(stub)


def docstring_summary(module: str) -> str:
    """First line of *module*'s docstring, without importing it or any of its parent packages."""
    source = find_source(module)
    if source is None:
        return ""
    with tokenize.open(source) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.STRING:
                text = ast.literal_eval(token.string)
                return text.strip().partition("\n")[0].strip() if isinstance(text, str) else ""
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
                return ""
    return ""


def find_source(module: str) -> Path | None:
    """The source file of *module*, or ``None``; looks at files below the top package, imports nothing."""
    top, *below = module.split(".")
    for finder in sys.meta_path:
        spec = finder.find_spec(top, None)
        if spec is not None:
            break
    else:
        return None
    if not below:
        return _python_file(spec.origin)
    for location in spec.submodule_search_locations or ():
        stem = Path(location, *below)
        for file in (stem / "__init__.py", stem.with_suffix(".py")):
            if file.is_file():
                return file
    return None


def _python_file(origin: str | None) -> Path | None:
    file = Path(origin) if origin else None
    return file if file and file.suffix == ".py" and file.is_file() else None
