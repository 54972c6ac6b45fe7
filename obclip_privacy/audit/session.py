"""One audit from the command line: reads the input, runs the job, and gives the report's data."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from obclip_privacy.audit.baseline import Baseline, baseline_text, read_baseline
from obclip_privacy.audit.findings import Finding
from obclip_privacy.audit.job import READING_POLICY, Auditor, Item, Job
from obclip_privacy.audit.policy_lines import PolicyLines
from obclip_privacy.audit.progress_file import ProgressFile
from obclip_privacy.audit.record import Record
from obclip_privacy.audit.report.base import ReportFormat
from obclip_privacy.audit.rules import DEFAULT_RULES, parse_rules
from obclip_privacy.audit.run import run_job, worker_count
from obclip_privacy.audit.secret import new_secret, own_secret
from obclip_privacy.audit.sources.from_policy import Asked
from obclip_privacy.audit.sources.from_sets import read_sets
from obclip_privacy.audit.sources.generator import Generator
from obclip_privacy.audit.summary import Summary
from obclip_privacy.audit.tally import MIN_SHARED
from obclip_privacy.audit.verdict import judge, report_data, same_versions, versions
from obclip_privacy.cli.prompts import read_prompts
from obclip_privacy.errors import BadInputError
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.loader import load_policy

JOINT_ONLY = "the sets carry no values: only the joint figures are given"
NOT_RERUN = (
    "the generator was not run again: closure and k_eff rest on the form of the sets alone; give --rerun"
)
NOT_FED_BACK = (
    "the recorded prompts were not fed back: closure and k_eff rest on the form of the sets alone; "
    "give --policy"
)
NOTHING = (
    "no prompt states an attribute that the policy hides: nothing could be guessed, and nothing was tested"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for; see the options of ``obclip audit``."""

    source: str
    path: str
    policy: str | None = None
    rerun: str = ""
    repeats: int = 1
    prior: str = ""
    attackers: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    server: str = ""
    show: bool = False
    fail_on: str | None = None
    baseline: Path | None = None
    workers: int = 1
    resume: Path | None = None


class Session:
    """An audit that is set up; :meth:`run` does it.

    Args:
        wanted: what to do.
        generator: of this process, in place of a program for ``--rerun``; then there is one worker.

    Raises:
        BadInputError: an option or a file cannot be used.
        PolicyError: the policy cannot be used.
    """

    def __init__(self, wanted: Wanted, generator: Generator | None = None) -> None:
        self.wanted = wanted
        self.rules = parse_rules(wanted.fail_on if wanted.fail_on is not None else DEFAULT_RULES)
        self._own = own = own_secret()
        self.baseline: Baseline | None = read_baseline(wanted.baseline, own) if wanted.baseline else None
        named = wanted.policy or ("default" if wanted.source == "input" else "")
        self.policy = load_policy(named) if named else None
        self.lines = PolicyLines.of(named) if named else PolicyLines(())
        self.registry = load_plugins(local=self.policy.local if self.policy else ())
        #: of the identities of findings; what sets are compared by within this audit has a salt of its own
        self.salt = self.baseline.salt if self.baseline else own
        self.job = Job(
            policy=named,
            policy_sha256=(self.policy or load_policy(READING_POLICY)).sha256,
            salt=new_secret(),
            prior=wanted.prior,
            rerun=wanted.rerun,
            repeats=wanted.repeats,
            attackers=wanted.attackers,
            files=wanted.files,
            server=wanted.server,
            show=wanted.show,
        )
        self.generator = generator
        self.findings: tuple[Finding, ...] = ()

    def run(self, advance: Callable[[int | None], None] = lambda total: None) -> dict[str, Json]:
        """Do the audit and give the report's data.

        Args:
            advance: called with the number of prompts once it is known, then with ``None`` after each.
        """
        summary = Summary(least=1 if self.wanted.show else MIN_SHARED)
        for record in self._records(advance):
            summary.add(record)
            advance(None)
        if not summary.prompts:
            raise BadInputError(f"{self.wanted.path}: there is nothing to audit")
        verdict = judge(summary, self.rules, self.baseline, self.registry)
        self.findings = verdict.findings
        return report_data(
            summary,
            verdict,
            source=self.wanted.source,
            policy=self.policy,
            registry=self.registry,
            rules=self.rules,
            baseline=self.baseline,
            salt=self.salt,
            notes=self._notes(summary),
            prior_file=bool(self.wanted.prior),
            lines=self.lines,
        )

    def baseline_text(self, data: Mapping[str, Json]) -> str:
        """The baseline that accepts everything that was found.

        It carries its key: that of the baseline which it follows, or a fresh one, never the user's own.
        """
        policy = data["policy"]
        salt = new_secret() if self.salt == self._own else self.salt
        return baseline_text(
            self.findings, salt, policy if isinstance(policy, Mapping) else None, versions(self.registry)
        )

    def rendered(self, path: Path, data: Mapping[str, Json]) -> str:
        """The report in the format that *path*'s suffix names; see :meth:`format_of`."""
        return self.format_of(path).render(data)

    def format_of(self, path: Path) -> ReportFormat:
        """The format that *path*'s suffix names.

        Raises:
            BadInputError: no format has that suffix.
        """
        for form in self.registry.report_formats.values():
            if form.suffix == path.suffix.lower():
                return form
        known = ", ".join(form.suffix for form in self.registry.report_formats.values())
        raise BadInputError(f"{path}: no report format has this ending; there are: {known}")

    # --- records

    def _records(self, advance: Callable[[int | None], None]) -> Iterator[Record]:
        total = _count_lines(Path(self.wanted.path)) if self.wanted.path != "-" else None
        if total is not None:
            advance(total)
        # times are measured one at a time
        workers = 1 if self.wanted.server else worker_count(self.wanted.workers, total)
        items = self._items()
        if self.wanted.resume is None:
            auditor = Auditor(self.job, self.registry, self.generator) if self.generator else None
            yield from run_job(self.job, items, workers=1 if auditor else workers, auditor=auditor)
            return
        if total is None:
            raise BadInputError("--resume needs a file: standard input and pipes cannot be read again")
        digest = self.job.digest(_sha256(Path(self.wanted.path)))
        progress = ProgressFile(self.wanted.resume, digest, self.job.salt)
        try:
            # Digests that compare sets with one another must have been made with one salt.
            job = replace(self.job, salt=progress.salt)
            done = 0
            for record in progress.records():
                done += 1
                yield record
            for record in run_job(job, itertools.islice(items, done, None), workers=workers):
                progress.add(record)
                yield record
        finally:
            progress.close()

    def _items(self) -> Iterator[Item]:
        if self.wanted.source == "input":
            for row, given in enumerate(read_prompts((), self.wanted.path), 1):
                yield row, Asked(given.prompt, given.negative_prompt, given.user)
        elif self.wanted.source == "sets":
            yield from read_sets(Path(self.wanted.path))
        else:
            from obclip_privacy.audit.sources.from_wire import read_wire

            yield from read_wire(Path(self.wanted.path))

    def _notes(self, summary: Summary) -> list[str]:
        notes = []
        if self.wanted.source == "sets":
            if not summary.attributes:
                notes.append(JOINT_ONLY)
            if not self.wanted.rerun and self.generator is None:
                notes.append(NOT_RERUN)
        if self.wanted.source == "wire" and self.policy is None:
            notes.append(NOT_FED_BACK)
        if not summary.audited:
            notes.append(NOTHING)
        untested = summary.untested()
        for reason in dict.fromkeys(untested.values()):
            kinds = ", ".join(kind for kind, why in untested.items() if why == reason)
            notes.append(f"not tested: {kinds}; {reason}")
        if self.baseline is not None:
            different = same_versions(self.baseline.versions, versions(self.registry))
            if different:
                notes.append(f"the baseline was made with other versions of: {', '.join(different)}")
            if self.policy is not None and self.baseline.policy_sha256 not in ("", self.policy.sha256):
                notes.append("the baseline was made with another policy")
        return notes


def _count_lines(path: Path) -> int | None:
    """How many entries a file has; ``None`` for a pipe, which can be read only once."""
    try:
        if path.is_fifo() or path.is_char_device():
            return None
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
