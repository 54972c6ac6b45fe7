"""Speed and memory of detection and of complete candidate sets, on one core.

Usage::

    python benchmarks/language.py [--policy POLICY] [--input FILE] [--rounds N]

Prints, in processor time (so that other processes on the machine matter little):

* prompts per second, median, 99th percentile and worst case: of detection on all prompts (of FILE, one a
  line; else the examples of the tests), and of candidate sets, closure check included, on those that give
  N = 6;
* how both grow with the length of a prompt at equal N, and how sets grow with N at equal length;
* the start-up of a process that shows one set, and the greatest memory of this one.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.loader import load_policy

EXAMPLES = Path(__file__).parents[1] / "tests" / "data" / "prompts.jsonl"
LENGTHS = (125, 250, 500, 1000, 2000)
#: N = 2 to 256, by how many of eight nouns name somebody.
PERSONS = (1, 2, 4, 6, 8)
FILLER = "A tall house by the sea with a red roof and a green door. "
#: The hardest that a prompt can be made of: of each, as much as fits.
DENSE = {
    "tags": "old, asian, woman, ",
    "people": "a man and his old dog, ",
    "pronouns": "she told him that her friend saw his ",
    "definite": "the woman and the old man. ",
    "cues": "a bearded man in a red dress, ",
    "brackets": "[<([<(:|",
    "numbers": "a 37-year-old and 12 yo, ",
}


@dataclass(frozen=True, slots=True)
class Times:
    """Processor seconds of single calls, sorted."""

    seconds: Sequence[float]

    @property
    def rate(self) -> float:
        """Calls per second."""
        return len(self.seconds) / sum(self.seconds)

    def at(self, share: float) -> float:
        """Milliseconds that *share* (0 to 1) of the calls stay under."""
        return 1000 * self.seconds[min(int(share * len(self.seconds)), len(self.seconds) - 1)]


def measure(run: Callable[[str], object], prompts: Sequence[str], rounds: int) -> Times:
    """The best of *rounds* calls for each prompt, after one that fills what is made when first needed."""
    for prompt in prompts:
        run(prompt)
    best = [float("inf")] * len(prompts)
    for _ in range(rounds):
        for index, prompt in enumerate(prompts):
            start = time.process_time()
            run(prompt)
            best[index] = min(best[index], time.process_time() - start)
    return Times(sorted(best))


def read(path: str | None) -> list[str]:
    """The prompts to measure with."""
    if path is None:
        return [json.loads(line)["prompt"] for line in EXAMPLES.read_text("utf-8").splitlines()]
    return [line for line in Path(path).read_text("utf-8").splitlines() if line.strip()]


def of_length(length: int) -> str:
    """A prompt of *length* characters with one woman, whose age is stated."""
    end = " a young woman with her dog."
    return (FILLER * (length // len(FILLER) + 1))[: length - len(end)] + end


def of_persons(persons: int) -> str:
    """A prompt of eight nouns, *persons* of which name somebody: N is 2 to the power of them."""
    return "a picture of " + ", ".join(["a woman"] * persons + ["a lamp"] * (PERSONS[-1] - persons))


def startup() -> float:
    """Processor seconds of ``obclip candidates`` for one prompt."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "obclip_privacy", "candidates", "portrait of an old woman"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def report(policy: str, prompts: Sequence[str], rounds: int) -> Iterator[str]:
    """The lines that are printed."""
    engine = Engine(load_policy(policy))
    six = [prompt for prompt in prompts if engine.candidates(prompt).n == 6]
    yield f"{'':24}{'prompts':>8}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
    for name, run, chosen in (("detect", engine.detect, prompts), ("sets, N = 6", engine.candidates, six)):
        if chosen:
            found = measure(run, chosen, rounds)
            figures = "".join(f"{found.at(share):9.2f}" for share in (0.5, 0.99, 1))
            yield f"{name:24}{len(chosen):8}{found.rate:9.0f}{figures}"
    yield f"{'characters':24}{'detect ms':>12}{'set, N = 6':>12}"
    for length in LENGTHS:
        times = [
            measure(run, [of_length(length)], rounds).at(1) for run in (engine.detect, engine.candidates)
        ]
        yield f"{length:<24}{times[0]:12.2f}{times[1]:12.2f}"
    yield f"{'2,000 characters of':24}{'detect ms':>12}"
    for name, text in DENSE.items():
        yield f"{name:24}{measure(engine.detect, [(text * 300)[:2000]], rounds).at(1):12.2f}"
    yield f"{'N':24}{'set ms':>12}{'ms / N':>12}"
    for persons in PERSONS:
        took = measure(engine.candidates, [of_persons(persons)], rounds).at(1)
        yield f"{2**persons:<24}{took:12.2f}{took / 2**persons:12.3f}"
    yield f"{'memory, MB':24}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:12.0f}"
    yield f"{'start-up, s':24}{min(startup() for _ in range(rounds)):12.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--policy", default="default")
    parser.add_argument("--input")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for line in report(options.policy, read(options.input), options.rounds):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
