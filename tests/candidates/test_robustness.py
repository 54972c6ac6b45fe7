"""Whatever is typed, and however it is asked for: no crash, no hang, the same bytes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obclip_privacy.candidates.engine import Engine
from obclip_privacy.plugins.manager import builtin_candidates, collect
from obclip_privacy.policy.loader import load_policy
from tests.candidates.conftest import PROMPTS, engine_for

ROOT = Path(__file__).parents[2]
LONGEST = 2000
#: A second of processor time for 2,000 characters is forty times what they need.
HANG = 1.0
TYPED = [entry["prompt"] for entry in PROMPTS]
PIECES = [
    "old ",
    "woman",
    " man, ",
    "her ",
    "they ",
    "37-year-old ",
    "(black:1.2)",
    "<lora:x:1>",
    "[old:young:.5]",
]
PIECES += [
    "\u0301",
    "\u0308\u0323",
    "\u200d",
    "\u200b",
    "\ufe0f",
    "\u202e",
    "\u2066",
    "\u2069",
    "\0",
    "\x1b[0m",
]
PIECES += [
    "👩🏿‍🚒",
    "👨‍👩‍👧‍👦",
    "🏽",
    "♀️",
    "👩‍❤️‍👨",
    "שלום",
    "مرحبا",
    "ＷＯＭＡＮ",
    "wo\u00adman",
    "ﬁ",
    "ǅ",
    "İ",
    "ß",
]
PIECES += [
    "\n\n",
    "\t",
    "\u2028",
    "\u00a0",
    "  ",
    "'s",
    "’",
    "“",
    "--",
    "…",
    "𝐰𝐨𝐦𝐚𝐧",
    "Ⓐ",
    "½",
    "٣",
    "\ue000",
    "\U0010ffff",
]
DENSE = ["old, asian, woman, ", "the nurse, the king and the boy. ", "she told him that her friend saw his "]
DENSE += ["[<([<(:|", "👩🏿‍🚒", "a\u0301", "' ", "a 7-year-old and 12 yo, ", "-", "style of ", "\n "]

unicode_texts = st.text(max_size=120) | st.text(st.characters(codec="utf-8"), max_size=120)
mixed_texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=25).map("".join)
quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
DEFAULT, STRICT = engine_for("default"), engine_for("strict")


def literals_stay(text: str, engine: Engine) -> None:
    """What stands before the first and after the last span that may change is in every candidate."""
    found = engine.candidates(text)
    assert (found.status == "refused") == bool(found.reason)
    if found.status == "refused":
        assert (found.candidates, found.members, found.set_sha256) == ((), (), "")
        return
    assert found.k_eff == found.n
    detection = engine.detect(text)
    for span in (*detection.mentions, *detection.cues):
        assert text[span.start : span.end] == span.text != ""
    if not detection.mentions and not detection.cues and not found.withheld:
        assert found.candidates == (text,)


@quick
@given(unicode_texts | mixed_texts)
def test_any_unicode_is_a_set_or_a_refusal(text: str) -> None:
    literals_stay(text, DEFAULT)


@quick
@given(mixed_texts)
def test_any_unicode_is_a_set_or_a_refusal_under_strict(text: str) -> None:
    literals_stay(text, STRICT)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(unicode_texts | mixed_texts, st.sampled_from(["default", "strict", "inclusive", "portrait"]))
def test_any_unicode_at_length(text: str, policy: str) -> None:
    literals_stay(text, engine_for(policy))


@quick
@given(mixed_texts)
def test_no_byte_outside_the_spans_changes(noise: str) -> None:
    """What stands before the first and after the last span stays in every candidate, byte for byte."""
    start, end = "zqx, ", f" zqx{noise}zqx."
    text = f"{start}portrait of a woman{end}"
    found, detection = DEFAULT.candidates(text), DEFAULT.detect(text)
    spans = (*detection.mentions, *detection.cues, *found.withheld)
    if found.status == "refused" or any(span.end > len(text) - len(end) for span in spans):
        return
    assert {candidate[: len(start)] for candidate in found.candidates} == {start}
    assert {candidate[-len(end) :] for candidate in found.candidates} == {end}
    assert found.n == 2


@pytest.mark.parametrize("text", ["a \ud800 woman", "\udfff", "woman\udc80"])
def test_lone_surrogates_are_refused_with_a_reason(text: str) -> None:
    found = DEFAULT.candidates(text)
    assert (found.status, found.candidates) == ("refused", ())
    assert "surrogate" in found.reason
    negative = DEFAULT.candidates("a woman", text)
    assert (negative.status, negative.candidates) == ("refused", ())
    for mention in DEFAULT.detect(text).mentions:  # detection reads them as a stranger
        assert text[mention.start : mention.end] == mention.text


@pytest.mark.parametrize("piece", DENSE)
def test_the_hardest_prompts_take_no_longer_than_their_length(piece: str) -> None:
    """Twice the length takes at most three times as long; processor time, the best of several."""
    text = (piece * LONGEST)[:LONGEST]

    def seconds(prompt: str) -> float:
        best = float("inf")
        for _ in range(4):
            start = time.process_time()
            DEFAULT.detect(prompt)
            best = min(best, time.process_time() - start)
        return best

    whole, half = seconds(text), seconds(text[: LONGEST // 2])
    assert whole < HANG
    assert whole < 3 * half + 0.005


def outcome(engine: Engine, prompt: str) -> bytes:
    found = engine.candidates(prompt)
    detection = engine.detect(prompt)
    return repr((found.status, found.payload(), found.real_index, found.withheld, detection)).encode()


def test_eight_threads_give_the_same_bytes() -> None:
    """From a cold start, so that everything that is made when first needed is made by several at once."""
    prompts = [*TYPED[:10], "a middle-aged woman with her dog", "portrait of an African American man"]
    expected = [outcome(DEFAULT, prompt) for prompt in prompts]
    fresh = Engine(load_policy("default"))
    with ThreadPoolExecutor(8) as pool:
        rounds = [pool.map(lambda p: outcome(fresh, p), prompts, timeout=120) for _ in range(8)]
        assert all(list(found) == expected for found in rounds)


def test_the_order_of_the_batch_changes_nothing() -> None:
    prompts = TYPED[:20]
    forwards = {prompt: outcome(DEFAULT, prompt) for prompt in prompts}
    shuffled = random.Random(5).sample(prompts, len(prompts))
    assert {prompt: outcome(DEFAULT, prompt) for prompt in shuffled} == forwards


def test_the_order_of_plugins_changes_nothing() -> None:
    found = tuple(builtin_candidates())
    turned = Engine(load_policy("default"), collect(tuple(reversed(found))))
    assert [outcome(turned, prompt) for prompt in TYPED[:20]] == [outcome(DEFAULT, p) for p in TYPED[:20]]


def test_the_hash_seed_changes_nothing() -> None:
    program = (
        "import hashlib, json, sys\n"
        "from obclip_privacy.candidates.engine import Engine\n"
        "from obclip_privacy.policy.loader import load_policy\n"
        "engine = Engine(load_policy('default'))\n"
        "sets = map(engine.candidates, json.load(sys.stdin))\n"
        "rows = [(s.status, s.payload(), s.real_index, repr(s.withheld)) for s in sets]\n"
        "print(hashlib.sha256(json.dumps(rows).encode()).hexdigest())\n"
    )
    seen = set()
    for seed in ("0", "4242"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(TYPED[:12]),
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        seen.add(run.stdout)
    assert len(seen) == 1
    assert len(seen.pop().strip()) == 64
