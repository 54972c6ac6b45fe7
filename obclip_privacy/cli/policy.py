"""Write, explain, check, compare and test privacy policies."""

from __future__ import annotations

from typing import Annotated

import typer

from obclip_privacy.cli import policy_authoring
from obclip_privacy.cli.output import Format, print_json, print_jsonl, print_table
from obclip_privacy.errors import EXIT_REFUSED, PolicyError, Problem
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.policy.model import AttributePolicy, Guarantee, Policy

app = typer.Typer()
app.command("new")(policy_authoring.new)
app.command("explain")(policy_authoring.explain)
app.command("diff")(policy_authoring.diff)

PolicyArgument = Annotated[
    str, typer.Argument(metavar="POLICY", help="Name of a shipped policy, or path of a policy file.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="Table for people, JSON for programs.")]


@app.command("list")
def list_policies(output: FormatOption = Format.TABLE) -> None:
    """List the shipped policies."""
    from obclip_privacy.policy.shipped import shipped_names

    policies = [load_policy(name) for name in shipped_names()]
    if output is Format.TABLE:
        print_table(("policy", "attributes", "description"), [_list_row(policy) for policy in policies])
        return
    rows: list[dict[str, Json]] = [
        {"name": policy.name, "description": policy.description, "sha256": policy.sha256}
        for policy in policies
    ]
    _print_rows(rows, output)


@app.command()
def validate(
    policies: Annotated[
        list[str],
        typer.Argument(metavar="POLICY...", help="Names of shipped policies, or paths of policy files."),
    ],
    output: FormatOption = Format.TABLE,
) -> None:
    """Check policies; every problem is named with file:line:column and JSON pointer."""
    rows: list[dict[str, Json]] = []
    invalid = False
    for name in policies:
        try:
            policy = load_policy(name)
        except PolicyError as error:
            invalid = True
            rows.append(_invalid_row(name, error))
            if output is Format.TABLE:
                typer.echo(str(error), err=True)
        else:
            rows.append({"policy": name, "valid": True, "sha256": policy.sha256, "problems": []})
            if output is Format.TABLE:
                typer.echo(f"{name}: valid, sha256 {policy.sha256}")
    if output is not Format.TABLE:
        _print_rows(rows, output)
    if invalid:
        raise typer.Exit(PolicyError.exit_code)


@app.command()
def show(policy: PolicyArgument = "default", output: FormatOption = Format.TABLE) -> None:
    """Show a policy with everything that it inherits and every default written out."""
    loaded = load_policy(policy)
    if output is Format.TABLE:
        _show_table(loaded)
    else:
        _print_rows([{**loaded.as_json(), "sha256": loaded.sha256}], output, single=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    from obclip_privacy.policy.schema import schema_text

    typer.echo(schema_text(), nl=False)


@app.command("test")
def run_tests(policy: PolicyArgument = "default", output: FormatOption = Format.TABLE) -> None:
    """Run the examples that a policy promises; exit code 1 if one does not hold."""
    from obclip_privacy.cli.policy_tests import run_policy_tests

    outcomes = run_policy_tests(load_policy(policy))
    if output is Format.TABLE and not outcomes:
        typer.echo("the policy has no tests; add prompts and what becomes of them under 'tests'")
    elif output is Format.TABLE:
        print_table(
            ("", "prompt", "what differs"),
            [("fail" if case.failures else "ok", case.prompt, "\n".join(case.failures)) for case in outcomes],
        )
        failed = sum(bool(case.failures) for case in outcomes)
        typer.echo(f"{len(outcomes)} {'test' if len(outcomes) == 1 else 'tests'}, {failed} failed")
    else:
        _print_rows(
            [
                {"prompt": case.prompt, "ok": not case.failures, "failures": list(case.failures)}
                for case in outcomes
            ],
            output,
        )
    if any(case.failures for case in outcomes):
        raise typer.Exit(EXIT_REFUSED)


def _list_row(policy: Policy) -> tuple[str, str, str]:
    return policy.name, ", ".join(attribute.id for attribute in policy.attributes), policy.description


def _invalid_row(name: str, error: PolicyError) -> dict[str, Json]:
    problems = [_problem_json(problem) for problem in error.problems]
    return {
        "policy": name,
        "valid": False,
        "sha256": None,
        "problems": problems or [{"message": str(error)}],
    }


def _problem_json(problem: Problem) -> dict[str, Json]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "pointer": problem.pointer,
        "message": problem.message,
        "nearest": problem.nearest,
    }


def _print_rows(rows: list[dict[str, Json]], output: Format, *, single: bool = False) -> None:
    if output is Format.JSONL:
        print_jsonl(rows)
    else:
        print_json(rows[0] if single else rows)


def _show_table(policy: Policy) -> None:
    print_table(
        ("attribute", "strategy", "values", "outside the domain", "presence"),
        [_attribute_row(attribute) for attribute in policy.attributes],
        title=f"{policy.name}: {policy.description}",
    )
    limits, guarantee = policy.limits, policy.guarantee
    cues = [f"{kind}: {action}" for kind, action in policy.cues.items() if kind != "*"]
    cues.append(f"{'all other' if cues else 'all'} kinds: {policy.cue_action('*')}")
    rows = [
        ("cues", "\n".join(cues)),
        ("negative prompt", str(policy.negative_prompt)),
        ("limits", f"{limits.max_candidates} candidates, {limits.max_prompt_chars} characters"),
        ("overflow", str(limits.overflow)),
        ("guarantee", _guarantee(guarantee)),
        ("plugins", ", ".join(policy.plugins) or "none beyond the built-in ones"),
        ("tests", str(len(policy.tests))),
        ("sha256", policy.sha256),
    ]
    print_table(("setting", "value"), rows)


def _guarantee(guarantee: Guarantee) -> str:
    parts = [f"n at least {guarantee.min_n}"] if guarantee.min_n > 1 else []
    if guarantee.max_posterior < 1:
        parts.append(f"posterior at most {guarantee.max_posterior}")
    return ", ".join(parts) or "none"


def _attribute_row(attribute: AttributePolicy) -> tuple[str, ...]:
    values = [
        f"{value.id} ({', '.join(value.aliases)})" if value.aliases else value.id
        for value in attribute.values
    ]
    return (
        attribute.id,
        str(attribute.strategy),
        "\n".join(values),
        str(attribute.out_of_domain),
        str(attribute.presence),
    )
