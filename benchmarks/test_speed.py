"""Speed of the language core under pytest-benchmark: ``pytest benchmarks`` (not part of ``make test``).

Processor time, so that other processes on the machine matter little. Each benchmark also says what the work
came to, so that a fast wrong answer is none.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.loader import load_policy

EXAMPLES = Path(__file__).parents[1] / "tests" / "data" / "prompts.jsonl"
PROMPTS = [json.loads(line)["prompt"] for line in EXAMPLES.read_text("utf-8").splitlines()]
processor_time = pytest.mark.benchmark(timer=time.process_time, min_rounds=5, warmup=True)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_policy("default"))


@processor_time
def test_detect(benchmark: BenchmarkFixture, engine: Engine) -> None:
    """All examples, one after the other."""
    found = benchmark(lambda: [engine.detect(prompt) for prompt in PROMPTS])
    benchmark.extra_info["prompts_per_second"] = round(len(PROMPTS) / benchmark.stats["min"])
    assert sum(bool(detection.mentions) for detection in found) > len(PROMPTS) / 2


@processor_time
def test_sets_of_six(benchmark: BenchmarkFixture, engine: Engine) -> None:
    """Complete sets, closure check included."""
    six = [prompt for prompt in PROMPTS if engine.candidates(prompt).n == 6]
    found = benchmark(lambda: [engine.candidates(prompt) for prompt in six])
    benchmark.extra_info["sets_per_second"] = round(len(six) / benchmark.stats["min"])
    assert len(six) > 10
    assert all((candidates.status, candidates.k_eff) == ("ok", 6) for candidates in found)


@processor_time
@pytest.mark.parametrize("persons", [1, 4, 8])
def test_n_grows_at_equal_length(benchmark: BenchmarkFixture, engine: Engine, persons: int) -> None:
    """N = 2, 16 and 256, eight nouns each time."""
    prompt = "a picture of " + ", ".join(["a woman"] * persons + ["a lamp"] * (8 - persons))
    assert benchmark(engine.candidates, prompt).k_eff == 2**persons


@processor_time
@pytest.mark.parametrize("length", [500, 2000])
def test_length(benchmark: BenchmarkFixture, engine: Engine, length: int) -> None:
    """Detection in prompts of 500 and 2,000 characters."""
    end = " a young woman with her dog."
    filler = "A tall house by the sea with a red roof and a green door. " * 40
    assert len(benchmark(engine.detect, filler[: length - len(end)] + end).mentions) == 3
