"""Workers see the mean of their gradients and stop together (real processes)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, sys
from pathlib import Path
import torch
from obclip_gen.training import workers

def work(folder):
    weight = torch.nn.Parameter(torch.zeros(2, 3))
    weight.grad = torch.full((2, 3), float(workers.rank()))
    unused = torch.nn.Parameter(torch.zeros(1))
    workers.average_gradients([weight, unused])
    rounds = []
    for step in range(5):
        last = torch.nn.Parameter(torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last))
        last.grad = torch.arange(96.0).view(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
        last.grad.mul_(step + workers.rank())
        workers.average_gradients([last])
        rounds.append(last.grad.flatten()[1].item())
        assert torch.equal(last.grad, torch.arange(96.0).view(2, 3, 4, 4) * rounds[-1])
    answer = {
        "rank": workers.rank(),
        "count": workers.count(),
        "threads": torch.get_num_threads(),
        "rounds": rounds,
        "mean": weight.grad.tolist(),
        "agreed": workers.agree(10.0 + workers.rank()),
    }
    (Path(folder) / f"{workers.rank()}.json").write_text(json.dumps(answer))

if __name__ == "__main__":
    workers.run(int(sys.argv[2]), work, sys.argv[1])
"""


def answers(folder: Path, count: int) -> list[dict[str, object]]:
    script = folder / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    subprocess.run([sys.executable, str(script), str(folder), str(count)], check=True, timeout=120)
    return [json.loads((folder / f"{rank}.json").read_text(encoding="utf-8")) for rank in range(count)]


def test_two_workers_average_their_gradients_and_agree(tmp_path: Path) -> None:
    first, second = answers(tmp_path, 2)
    assert (first["rank"], second["rank"]) == (0, 1)
    for answer in (first, second):
        assert answer["count"] == 2
        assert answer["threads"] == 1
        assert answer["mean"] == [[0.5] * 3] * 2
        assert answer["rounds"] == [0.5, 1.5, 2.5, 3.5, 4.5]
        assert answer["agreed"] == 10.0


def test_one_worker_runs_here_and_changes_nothing(tmp_path: Path) -> None:
    (answer,) = answers(tmp_path, 1)
    assert answer["count"] == 1
    assert answer["mean"] == [[0.0] * 3] * 2
    assert answer["agreed"] == 10.0
