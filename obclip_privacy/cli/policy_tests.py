"""Runs the examples that a policy promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.model import Policy, PolicyTest


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one example.

    Attributes:
        prompt: the example's prompt.
        failures: what differs from what the policy states; empty if it holds.
    """

    prompt: str
    failures: tuple[str, ...]


def run_policy_tests(policy: Policy) -> tuple[TestOutcome, ...]:
    """Run every example of *policy* through the public entry point, closure check included."""
    engine = Engine(policy)
    return tuple(TestOutcome(test.prompt, tuple(_failures(engine, test))) for test in policy.tests)


def _failures(engine: Engine, test: PolicyTest) -> Iterator[str]:
    found = engine.candidates(test.prompt)
    if found.status != "ok":
        yield f"refused: {found.reason}"
        return
    if found.n != test.n:
        yield f"n is {found.n}, not {test.n}"
    if test.candidates is not None and found.candidates != test.candidates:
        yield f"the candidates are {list(found.candidates)}, not {list(test.candidates)}"
    withheld = tuple(span.text for span in found.withheld)
    if test.withheld is not None and withheld != test.withheld:
        yield f"withheld are {list(withheld)}, not {list(test.withheld)}"
