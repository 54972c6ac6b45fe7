"""Cost grows linearly with the number of prompts, and memory hardly at all."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

PEOPLE = ("a young woman", "an old man", "a middle-aged man", "an old woman")
SCENES = ("reading a book", "with a red umbrella", "repairing a clock", "polishing a violin", "on a ladder")
PROGRAM = """
import json, sys, time
from pathlib import Path
from obclip_privacy.cli.main import main
started = time.process_time()
code = main(["audit", "--policy", "obclip-paper", "--workers", "1", "--report", "r.json", *sys.argv[1:]])
# not ru_maxrss: it keeps what the process that started this one had
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
print(json.dumps([code, time.process_time() - started, peak]), file=sys.stderr)
"""


def prompts(count: int) -> list[str]:
    """Every one with a template of its own, six members each."""
    people, scenes = itertools.cycle(PEOPLE), itertools.cycle(SCENES)
    return [f"{next(people)} {next(scenes)} in a garden, soft light, take {take}" for take in range(count)]


@pytest.mark.slow
def test_linear_cost_and_flat_memory(tmp_path: Path) -> None:
    """All attackers but the neural ones and the traffic attacker; CPU time, since machines are shared."""
    (tmp_path / "train.txt").write_text("\n".join(prompts(200)), "utf-8")
    (tmp_path / "table.json").write_text('{"soft": {"gender": {"female": 0.6}}}', "utf-8")
    files = ["--lm-text", "train.txt", "--train", "train.txt", "--prior-table", "table.json"]
    found = {}
    for count in (1, 300, 900):
        (tmp_path / "p.txt").write_text("\n".join(prompts(count)), "utf-8")
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "--input", "p.txt", *files],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=1200,
        )
        code, *found[count] = json.loads(done.stderr.splitlines()[-1])
        assert code == 0
        report = json.loads((tmp_path / "r.json").read_text("utf-8"))
        assert report["figures"]["prompts"] == count
        assert report["figures"]["n"] == 6
        assert {"context", "ngram", "prior_table", "rerun", "odd_one_out"} <= {
            row["attacker"] for row in report["attackers"]
        }
    (start, base), (less, _), (more, peak) = found.values()
    each, later = (less - start) / 299, (more - less) / 600
    # noise of a shared machine goes both ways; quadratic growth would triple it
    assert later < 2 * each
    # 10,000 prompts in 3 minutes on 2 cores
    assert 2 * start + 10_000 * later < 2 * 180
    assert peak < 500
    assert (peak - base) / 900 < 0.05, "megabytes a prompt"
