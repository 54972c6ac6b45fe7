"""``obclip policy new|explain|diff``: for the people who write policies."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from obclip_privacy.cli.output import Format, console_width, print_json, print_jsonl, print_table
from obclip_privacy.errors import EXIT_REFUSED, BadInputError, PolicyError, quoted
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import is_path, load_policy
from obclip_privacy.policy.model import Policy
from obclip_privacy.policy.shipped import shipped_names

FormatOption = Annotated[Format, typer.Option("--format", help="Table for people, JSON for programs.")]

_SCHEMA_NAME = "policy.schema.json"


def new(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Name of the policy. Default: after the file, or my-policy."),
    ] = None,
    attributes: Annotated[
        list[str] | None,
        typer.Option(
            "--attribute",
            metavar="ID",
            help="Attribute to hide; may be repeated. With --extends, one to change or add.",
            show_default="gender, age and ethnicity, or what --extends has",
        ),
    ] = None,
    extends: Annotated[
        str | None,
        typer.Option("--extends", metavar="POLICY", help="Shipped policy, or path of a file, to build on."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File to write, never one that is there; '-' prints.",
            show_default="NAME.json",
        ),
    ] = None,
) -> None:
    """Write a policy to start from: valid, explained in its descriptions, with tests that hold.

    It asks nothing and overwrites nothing.
    """
    from obclip_privacy.authoring.skeleton import Request, skeleton
    from obclip_privacy.plugins.manager import load_plugins

    for option, given in (("NAME", name), ("--out", out), ("--extends", extends)):
        if given == "":
            raise BadInputError(f"{option} is empty; leave it out or give it a value")
    chosen = name or (Path(out).stem if out and out != "-" else "my-policy")
    _check_name(chosen)
    path = None if out == "-" else Path(out or f"{chosen}.json")
    _check_target(path)
    folder = path.parent if path else Path()
    request = Request(
        name=chosen,
        extends=_from(folder, extends) if extends else "",
        base=load_policy(extends) if extends else None,
        attributes=tuple(attributes or ()),
        schema=f"./{_SCHEMA_NAME}",
    )
    try:
        text = skeleton(request, load_plugins(), folder)
    except PolicyError as error:
        raise _as_input_error(error, chosen) from None
    if path is None:
        typer.echo(text, nl=False)
        return
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise BadInputError(f"{path} is there already; it is not overwritten") from None
    typer.echo(f"{path} written; what it does: obclip policy explain {_as_argument(path)}")
    if not (folder / _SCHEMA_NAME).exists():
        typer.echo(f"for help in your editor: obclip policy schema > {folder / _SCHEMA_NAME}")


def explain(
    policy: Annotated[
        str, typer.Argument(metavar="POLICY", help="Name of a shipped policy, or path of a policy file.")
    ] = "default",
    output: FormatOption = Format.TABLE,
) -> None:
    """Say in plain words what a policy hides, what the cloud sees, what is withheld, and what still shows."""
    from obclip_privacy.authoring.explain import MAX_EXAMPLES, as_json
    from obclip_privacy.authoring.explain import explain as explained
    from obclip_privacy.candidates.engine import Engine
    from obclip_privacy.plugins.vocabulary import installed_vocabulary

    loaded = load_policy(policy)
    engine = Engine(loaded)
    examples = [engine.candidates(test.prompt) for test in loaded.tests[:MAX_EXAMPLES]]
    explanation = explained(loaded, installed_vocabulary(), examples)
    if output is not Format.TABLE:
        _print_object(as_json(explanation), output)
        return
    width = min(console_width(), 100)
    typer.echo(textwrap.fill(f"{loaded.name}: {loaded.description}".rstrip(": "), width))
    for section in explanation.sections:
        typer.echo(f"\n{section.title}")
        for line in section.lines:
            typer.echo(textwrap.fill(line, width, initial_indent="  - ", subsequent_indent="    "))


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Shipped policy, or path of a file.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Shipped policy, or path of a file.")],
    output: FormatOption = Format.TABLE,
) -> None:
    """Compare what two policies decide. Exit code 0: alike, 1: they differ, 2: one cannot be read.

    Names, descriptions and tests decide nothing and are not compared.
    """
    from obclip_privacy.authoring.diff import as_json, summary
    from obclip_privacy.authoring.diff import diff as compared
    from obclip_privacy.plugins.vocabulary import installed_vocabulary

    old, new_ = _both(before, after)
    changes = compared(old, new_, installed_vocabulary())
    if output is not Format.TABLE:
        _print_object(as_json(old, new_, changes), output)
    else:
        if changes:
            print_table(
                ("what", before, after, "so the second is"),
                [
                    (
                        f"{change.subject} {change.key}".strip(),
                        change.before,
                        change.after,
                        change.effect.value,
                    )
                    for change in changes
                ],
            )
        typer.echo(summary(changes))
    if changes:
        raise typer.Exit(EXIT_REFUSED)


def _both(before: str, after: str) -> tuple[Policy, Policy]:
    """Two policies; the problems of both at once."""
    loaded: list[Policy] = []
    broken: list[PolicyError] = []
    for name in (before, after):
        try:
            loaded.append(load_policy(name))
        except PolicyError as error:
            broken.append(error)
    if broken:
        messages = dict.fromkeys(str(error) for error in broken)
        raise PolicyError("\n".join(messages), [problem for error in broken for problem in error.problems])
    return loaded[0], loaded[1]


def _check_name(name: str) -> None:
    if is_path(name):
        raise BadInputError(f"{quoted(name)} is a path; NAME is a name, give the file with --out")
    if name in shipped_names():
        raise BadInputError(f"'{name}' is the name of a shipped policy; choose another one")


def _check_target(path: Path | None) -> None:
    """Say before any work what would keep the file from being written."""
    if path is None:
        return
    if path.suffix != ".json":
        raise BadInputError(f"--out takes a file that ends in .json, not {path}")
    if path.exists() or path.is_symlink():
        raise BadInputError(f"{path} is there already; it is not overwritten")
    if not path.parent.is_dir():
        raise BadInputError(f"there is no folder {path.parent} to write {path.name} into")


def _from(folder: Path, extends: str) -> str:
    """*extends*, as a file in *folder* names it."""
    if not is_path(extends):
        return extends
    relative = Path(os.path.relpath(Path(extends), folder)).as_posix()
    return relative if "/" in relative else f"./{relative}"


def _as_input_error(error: PolicyError, name: str) -> Exception:
    """What is wrong with the command's own arguments, without places in a file that nobody has seen."""
    told = [problem for problem in error.problems if problem.pointer == "/name"]
    if not told:
        wrong = "; ".join(problem.message for problem in error.problems) or str(error)
        return BadInputError(f"this would be no valid policy: {wrong}")
    hint = f"; did you mean '{told[0].nearest}'?" if told[0].nearest else ""
    return BadInputError(f"{quoted(name)} is no name of a policy: use lower case, digits and hyphens{hint}")


def _as_argument(path: Path) -> str:
    text = str(path)
    return text if is_path(text) else f"./{text}"


def _print_object(value: dict[str, Json], output: Format) -> None:
    if output is Format.JSONL:
        print_jsonl([value])
    else:
        print_json(value)
