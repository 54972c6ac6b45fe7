"""What an audit is told, in a form that a worker process can be given; and what is built from it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy import __version__
from obclip_privacy.audit.attackers.base import Attack, Attacker, Guess, Setting
from obclip_privacy.audit.disagreement import OtherDetectors
from obclip_privacy.audit.form import Form, Words
from obclip_privacy.audit.measuring.links import Digests
from obclip_privacy.audit.measuring.meter import Meter
from obclip_privacy.audit.measuring.standing import Standing, neutral_wordings
from obclip_privacy.audit.observation import Observation
from obclip_privacy.audit.prior import Prior, read_prior
from obclip_privacy.audit.reading import Reading
from obclip_privacy.audit.record import Record
from obclip_privacy.audit.sources.from_policy import Asked, PolicySource
from obclip_privacy.audit.sources.from_sets import GivenSet, subject_of
from obclip_privacy.audit.sources.from_wire import WireRequest, wire_subject
from obclip_privacy.audit.sources.generator import Generator, Program
from obclip_privacy.audit.sources.watched_engine import WatchedEngine
from obclip_privacy.errors import BadInputError, PluginError, PolicyError
from obclip_privacy.plugins.manager import load_plugins
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.loader import load_policy

#: The policy with which sets made elsewhere are read.
READING_POLICY = "default"


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that decides an audit's results, but for its input.

    Attributes:
        policy: name or path; ``""`` for sets made elsewhere that no policy is given for.
        policy_sha256: of the policy that was loaded first; a worker that loads another one stops.
        salt: of this audit.
        prior: path of a prior file, or ``""``.
        rerun: command of a generator, or ``""``.
        repeats: how often each member is fed back; more than once to measure times.
        attackers: names, or ``()`` for those that run by default.
        files: files for attackers, by option.
        server: address of a live server, or ``""``.
        show: whether records keep text.
    """

    policy: str
    policy_sha256: str
    salt: bytes
    prior: str = ""
    rerun: str = ""
    repeats: int = 1
    attackers: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    server: str = ""
    show: bool = False

    def digest(self, input_sha256: str) -> str:
        """Identifies job and input, so that progress is never resumed on another one."""
        text = json.dumps(
            [
                __version__,
                self.policy_sha256,
                [_file_digest(path) for path in (self.prior, *(path for _, path in self.files)) if path],
                self.rerun,
                self.repeats,
                self.attackers,
                [name for name, _ in self.files],
                self.server,
                self.show,
                input_sha256,
            ]
        )
        return hashlib.sha256(text.encode()).hexdigest()


#: One line of the input: a prompt with its negative prompt, or a set made elsewhere.
Item = tuple[int, Asked | GivenSet | WireRequest]


class Auditor:
    """Measures items of one job. Built once a process.

    Raises:
        PolicyError: the policy is not the one that the job started with.
        BadInputError: a file or an attacker's name is wrong.
    """

    def __init__(
        self, job: Job, registry: Registry | None = None, generator: Generator | None = None
    ) -> None:
        policy = load_policy(job.policy or READING_POLICY)
        plugins = load_plugins(local=policy.local) if registry is None else registry
        if policy.sha256 != job.policy_sha256:
            raise PolicyError(f"the policy '{job.policy}' changed while it was audited")
        engine = WatchedEngine(policy, plugins)
        reading = Reading(engine)
        words = Words.of(plugins.attributes.values())
        form = Form(words, reading.contradictions)
        others = OtherDetectors.of(policy, plugins)
        setting = Setting(form, reading, {name: Path(path) for name, path in job.files}, job.server, others)
        prior = (read_prior(Path(job.prior)) if job.prior else Prior()).checked(policy, plugins.attributes)
        self._job = job
        self._engine = engine
        self._source = PolicySource(engine, reading, prior)
        self._generator = generator or (Program.parse(job.rerun) if job.rerun else None)
        self.meter = Meter(
            Standing(
                reading,
                others,
                strict_values=bool(job.policy),
                neutral=neutral_wordings(plugins.attributes.values()),
            ),
            form,
            prepared(plugins.attackers, job.attackers, setting),
            Digests(job.salt),
            show=job.show,
        )

    def audit(self, item: Item) -> Record:
        """The record of one item."""
        row, given = item
        if isinstance(given, GivenSet):
            return self.meter.measure(subject_of(row, given, self._generator, repeats=self._job.repeats))
        if isinstance(given, WireRequest):
            return self.meter.measure(wire_subject(row, given, self._engine if self._job.policy else None))
        return self.meter.measure(self._source.subject(row, given))


def prepared(
    attackers: Mapping[str, Attacker], names: tuple[str, ...], setting: Setting
) -> dict[str, Attack]:
    """The attacks that can run, in order of their names.

    Raises:
        BadInputError: a name is unknown, or an attacker that was named lacks what it needs.
    """
    unknown = sorted(set(names) - set(attackers))
    if unknown:
        known = ", ".join(attackers)
        raise BadInputError(f"there is no attacker '{unknown[0]}'; there are: {known}")
    ready: dict[str, Attack] = {}
    for name, attacker in attackers.items():
        if name not in names and (names or (attacker.slow and not setting.has(attacker.needs))):
            continue
        attack = attacker.prepare(setting)
        if attack is not None:
            ready[name] = _checked(name, attack)
        elif name in names:
            option = attacker.needs.replace("_", "-")
            raise BadInputError(f"the attacker '{name}' needs --{option}")
    return ready


def _checked(name: str, attack: Attack) -> Attack:
    """*attack* with its guesses checked: a plugin's mistake is named, never counted."""

    def run(observation: Observation) -> Sequence[Guess]:
        guesses = attack(observation)
        for guess in guesses:
            if not all(math.isfinite(score) for score in guess.scores):
                raise PluginError(f"the attacker '{name}' gave scores that are not finite")
        return guesses

    return run


def _file_digest(path: str) -> str:
    if not Path(path).is_file():
        return path  # a folder of a model, an address
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None
