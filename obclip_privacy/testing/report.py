"""What the kit found: data first, text second."""

from __future__ import annotations

from dataclasses import dataclass

from obclip_privacy.policy.frozen import Json

#: No more problems than this are listed for one check.
MAX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Outcome of one check.

    Attributes:
        name: of the check.
        promise: what it holds the plugin to.
        tried: how many cases were tried.
        problems: what broke, one sentence each with its remedy; empty if nothing did.
        skipped: why there was nothing to try, or ``""``.
    """

    name: str
    promise: str
    tried: int = 0
    problems: tuple[str, ...] = ()
    skipped: str = ""

    @property
    def status(self) -> str:
        """``passed``, ``failed`` or ``skipped``."""
        return "failed" if self.problems else ("skipped" if self.skipped else "passed")


@dataclass(frozen=True, slots=True)
class Report:
    """Outcome of all checks of one plugin.

    Attributes:
        plugin: its name.
        checks: in the order in which they ran.
    """

    plugin: str
    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not any(check.problems for check in self.checks)

    def __str__(self) -> str:
        lines = [f"plugin '{self.plugin}': {'conforms' if self.passed else 'does not conform'}"]
        for check in self.checks:
            cases = check.skipped or f"{check.tried} cases"
            lines.append(f"  {check.status:<8}{check.name}: {check.promise} ({cases})")
            lines += [f"            - {problem}" for problem in check.problems[:MAX_SHOWN]]
            if len(check.problems) > MAX_SHOWN:
                lines.append(f"            - and {len(check.problems) - MAX_SHOWN} more")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """The report as JSON data."""
        return {
            "plugin": self.plugin,
            "passed": self.passed,
            "checks": [
                {
                    "name": check.name,
                    "promise": check.promise,
                    "status": check.status,
                    "tried": check.tried,
                    "skipped": check.skipped,
                    "problems": list(check.problems),
                }
                for check in self.checks
            ],
        }
