"""Numbers of the plugin system: dispatch a prompt, start-up with many plugins, a new plugin to its check.

    python benchmarks/plugins.py

Prints one JSON object. Dispatch is the difference between 20 plugins with a cue detector each that finds
nothing and none, per prompt, in processor time; the promise is less than 50 microseconds. Start-up with 20
plugins should stay under 1 s beyond the import of obclip, and a new plugin should pass within a minute.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from obclip_privacy.attributes.base import CueDetector, CueFinding
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.plugins.manager import Candidate, builtin_candidates, collect
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.plugins.scaffold import write_plugin
from obclip_privacy.policy.loader import load_policy
from obclip_privacy.testing import run_checks

COUNT = 20
PROMPT = "portrait of a young woman reading a book in a garden, soft light"


def nothing(text: str) -> Sequence[CueFinding]:
    """Find nothing."""
    return ()


class Plugin:
    """A plugin with one cue detector."""

    def __init__(self, number: int) -> None:
        self.name = f"detector-{number}"

    @hookimpl
    def register_cue_detectors(self, register: Callable[[CueDetector], None]) -> None:
        """Register the detector."""
        register(CueDetector(self.name, find=nothing))


def registry(count: int) -> Registry:
    """The built-in plugins and *count* more."""
    more = (Candidate(f"p{n}", f"p{n}", "bench", "1", plugin=Plugin(n)) for n in range(count))
    return collect((*builtin_candidates(), *more))


def microseconds(engine: Engine, rounds: int = 2000) -> float:
    """Processor time of one detection, the best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(rounds):
            engine.detect(PROMPT)
        best = min(best, (time.process_time() - start) / rounds)
    return 1e6 * best


def main() -> None:
    """Measure and print."""
    policy = load_policy("default")
    start = time.process_time()
    many = registry(COUNT)
    collected = time.process_time() - start
    dispatch = microseconds(Engine(policy, many)) - microseconds(Engine(policy, registry(0)))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write_plugin("obclip-bench-eyes", "", Path(folder))
        report = run_checks(str(Path(folder) / "obclip-bench-eyes"))
        check = time.perf_counter() - start
    found = {
        "plugins": COUNT,
        "dispatch_us_per_prompt": round(dispatch, 1),
        "collect_seconds": round(collected, 3),
        "new_to_check_seconds": round(check, 1),
        "new_plugin_conforms": report.passed,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
