"""Speed of detection and of complete candidate sets, on one core.

Usage::

    python benchmarks/language.py [POLICY]

Prints prompts per second of CPU time, and the 99th percentile: for detection on the example prompts of the
tests, for candidate sets (closure check included) on those of them that give N = 6; and how both grow with
the length of a prompt and with N.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.loader import load_policy

PROMPTS = Path(__file__).parents[1] / "tests" / "data" / "prompts.jsonl"
LENGTHS = (125, 250, 500, 1000, 2000)
PERSONS = (1, 2, 4, 6, 8)


def measure(run: Callable[[str], object], prompts: Sequence[str], rounds: int) -> tuple[float, float]:
    """Prompts per second, and the 99th percentile in milliseconds, over *rounds* passes."""
    times = []
    for _ in range(rounds):
        for prompt in prompts:
            start = time.process_time()
            run(prompt)
            times.append(time.process_time() - start)
    times.sort()
    return len(times) / sum(times), 1000 * times[int(0.99 * len(times))]


def main(policy: str) -> None:
    """Measure and print."""
    engine = Engine(load_policy(policy))
    prompts = [json.loads(line)["prompt"] for line in PROMPTS.read_text("utf-8").splitlines()]
    six = [prompt for prompt in prompts if engine.candidates(prompt).n == 6]
    for name, run, chosen in (("detect", engine.detect, prompts), ("sets, N = 6", engine.candidates, six)):
        rate, p99 = measure(run, chosen, 10)
        sys.stdout.write(f"{name:14} {len(chosen):4} prompts {rate:8.0f}/s   p99 {p99:6.2f} ms\n")
    filler = "A tall house by the sea with a red roof and a green door. " * 40
    for length in LENGTHS:
        prompt = filler[: length - 31] + " a young woman with her dog."
        rate, _ = measure(engine.candidates, [prompt], 10)
        sys.stdout.write(f"{length:5} characters, N = 6 {1000 / rate:8.2f} ms\n")
    for persons in PERSONS:
        prompt = "a portrait of " + ", ".join(["a woman"] * persons)
        rate, _ = measure(engine.candidates, [prompt], 3)
        sys.stdout.write(f"N = {2**persons:4} {1000 / rate:18.2f} ms\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "default")
