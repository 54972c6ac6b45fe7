"""The paper's own setting, from models to a table, in one command.

    obclip models pull sd14-bk-sdm-small        # once for each pair, where there is a network
    python benchmarks/paper_setting.py --out results

Three pairs (Stable Diffusion v1.4 with BK-SDM-Small, Realistic Vision v4 with small-sd, SDXL with
KOALA-700M), 25 steps of DPM-Solver++ 2M, k = 5 and 10, the policy ``obclip-paper``. Rows: the cloud alone
and the device alone, Hybrid SD (one prompt, not private), ObCLIP without acceleration, with the paper's
plan, and with this project's.

Each picture is a PNG and each run one line of ``runs.jsonl``; a second start goes on where the first one
stopped. ``table.md`` has means over prompts and seeds: agreement with the cloud's own picture of the same
seed (PSNR in dB), multiply-accumulates of the cloud as a share of a plain cloud run, and seconds. Quality
by FID or CLIP needs references that are not ours to ship; the pictures are there for it. ``--tiny`` does
all of it on random models in a minute.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from obclip_gen.accelerate.presets import PAPER
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.presets import PAIRS
from obclip_gen.backends.protocol import Backend
from obclip_gen.backends.registry import load_backend
from obclip_gen.closure import accepted_candidates
from obclip_gen.cloud import LocalCloud
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import DeviceSettings, cloud_phase, device_phase
from obclip_gen.output.sheet import to_image
from obclip_gen.pipeline import Options, choose_settings, generate
from obclip_gen.request import DenoiseRequest, SolverSettings
from obclip_gen.result import CostRecord
from obclip_gen.testing.families import write_family
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.policy.loader import load_policy

PAPER_PAIRS = ("sd14-bk-sdm-small", "realistic-small-sd", "sdxl-koala")
PROMPTS = (
    "A photo of a young woman reading a book in a library",
    "A portrait of an old man playing the piano, soft light",
    "A middle-aged woman riding a bicycle through a city street",
    "A photo of a young man cooking in a small kitchen",
)
ROWS = ("cloud only", "device only", "hybrid", "obclip", "obclip, paper's plan", "obclip, our plan")


@dataclass(frozen=True, slots=True)
class Case:
    """One pair with its models loaded."""

    name: str
    cloud: Backend
    device: Backend
    scale: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture ``[3, H, W]`` in 0..1, N, and what both sides paid; ``None`` for a side that did nothing."""

    picture: Tensor
    n: int
    cloud: CostRecord | None
    device: CostRecord | None


def settings(case: Case, steps: int, seed: int) -> DeviceSettings:
    """Give the settings of a run on one side alone."""
    spacing = case.cloud.fingerprint.schedule.timestep_spacing
    size = case.cloud.defaults
    return DeviceSettings(
        SolverSettings("dpmsolver++", spacing), steps, case.scale, size.height, size.width, seed=seed
    )


def alone(backend: Backend, case: Case, prompt: str, steps: int, seed: int) -> tuple[Tensor, CostRecord]:
    """Draw with one model alone."""
    done = device_phase(backend, prompt, "", settings(case, steps, seed), seed, Watch())
    return backend.decode(done.latents)[0], done.cost


def hybrid(case: Case, prompt: str, steps: int, k: int, seed: int) -> Drawn:
    """Hybrid SD: the cloud gets the prompt itself."""
    options = Options(steps, k, case.scale, seed=seed, solver="dpmsolver++")
    chosen = choose_settings(LocalCloud(case.cloud).describe(), options)
    payload = {"protocol": 1, "prompts": [prompt], "assignments": [[]], "negative_prompt": ""}
    request = DenoiseRequest.from_payload(payload, chosen)
    result = cloud_phase(case.cloud, request, request.sha256, Watch())
    done = device_phase(case.device, prompt, "", settings(case, steps, seed), result.hand_over(0), Watch())
    return Drawn(case.device.decode(done.latents)[0], 1, result.cost, done.cost)


def oblivious(case: Case, engine: Engine, prompt: str, steps: int, k: int, seed: int, plan: str) -> Drawn:
    """The whole protocol."""
    options = Options(steps, k, case.scale, seed=seed, solver="dpmsolver++", acceleration=plan)
    found = accepted_candidates(engine, prompt, "")
    made = generate(found, engine, LocalCloud(case.cloud), case.device, options)
    cost = None if made.answer is None else made.answer.result.cost
    return Drawn(made.picture, found.n, cost, made.device.cost)


def draw(case: Case, engine: Engine, row: str, prompt: str, steps: int, k: int, seed: int) -> Drawn:
    """Make one row's picture."""
    match row:
        case "cloud only":
            picture, cost = alone(case.cloud, case, prompt, steps, seed)
            return Drawn(picture, 1, cost, None)
        case "device only":
            picture, cost = alone(case.device, case, prompt, steps, seed)
            return Drawn(picture, 1, None, cost)
        case "hybrid":
            return hybrid(case, prompt, steps, k, seed)
        case "obclip":
            return oblivious(case, engine, prompt, steps, k, seed, "none")
        case "obclip, paper's plan":
            return oblivious(case, engine, prompt, steps, k, seed, f"paper-k{k}")
        case _:
            return oblivious(case, engine, prompt, steps, k, seed, "fast")


def psnr(one: Tensor, other: Tensor) -> float:
    """Peak signal-to-noise ratio of two pictures in 0..1, in dB; 99 when they are equal."""
    error = float(((one - other) ** 2).mean())
    return min(99.0, -10 * math.log10(error)) if error > 0 else 99.0


def planned(splits: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Give each row with each k that it depends on; the paper has a plan for k = 5 and 10 only."""
    for row in ROWS:
        if row in ("cloud only", "device only"):
            yield row, 0
            continue
        for k in splits:
            if row != "obclip, paper's plan" or k in PAPER:
                yield row, k


def run(case: Case, out: Path, arguments: argparse.Namespace, prompts: Sequence[str]) -> None:
    """Make every picture of a pair that is not there yet."""
    engine = Engine(load_policy("obclip-paper"))
    file = out / "runs.jsonl"
    known = (
        {json.loads(line)["id"] for line in file.read_text("utf-8").splitlines()} if file.exists() else set()
    )
    for place, prompt in enumerate(prompts):
        for seed in range(arguments.seeds):
            reference: Tensor | None = None
            for row, k in planned(arguments.k):
                name = f"{case.name} {row} k{k} p{place} s{seed}"
                if name in known:
                    continue
                if reference is None:
                    reference = alone(case.cloud, case, prompt, arguments.steps, seed)[0]
                drawn = draw(case, engine, row, prompt, arguments.steps, k, seed)
                to_image(drawn.picture).save(out / f"{name.replace(' ', '_').replace(',', '')}.png")
                line = {
                    "id": name,
                    "pair": case.name,
                    "row": row,
                    "k": k,
                    "n": drawn.n,
                    "psnr": round(psnr(drawn.picture, reference), 3),
                    "cloud_macs": drawn.cloud.denoiser_macs if drawn.cloud else 0,
                    "device_macs": drawn.device.denoiser_macs if drawn.device else 0,
                    "cloud_seconds": round(drawn.cloud.seconds, 3) if drawn.cloud else 0.0,
                    "device_seconds": round(drawn.device.seconds, 3) if drawn.device else 0.0,
                }
                with file.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(line) + "\n")


def table(out: Path) -> str:
    """Write the means of all runs as a table in Markdown."""
    runs = [json.loads(line) for line in (out / "runs.jsonl").read_text("utf-8").splitlines()]
    lines = [
        "| pair | row | k | N | cloud MACs / plain | PSNR to the cloud's picture | cloud s | device s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    groups: dict[tuple[str, str, int], list[dict[str, float]]] = {}
    for item in runs:
        groups.setdefault((item["pair"], item["row"], item["k"]), []).append(item)
    order = sorted(groups, key=lambda key: (key[0], ROWS.index(key[1]), key[2]))
    for pair, row, k in order:
        plain = mean(groups[pair, "cloud only", 0], "cloud_macs")
        items = groups[pair, row, k]
        cells = (
            f"{mean(items, 'cloud_macs') / plain:.2f}",
            "" if row == "cloud only" else f"{mean(items, 'psnr'):.1f}",
            f"{mean(items, 'cloud_seconds'):.2f}",
            f"{mean(items, 'device_seconds'):.2f}",
        )
        lines.append(f"| {pair} | {row} | {k or ''} | {items[0]['n']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def mean(items: Sequence[dict[str, float]], key: str) -> float:
    """Average a figure."""
    return sum(item[key] for item in items) / len(items)


def tiny_case(root: Path, name: str) -> Case:
    """Make a pair of random models of the same families."""
    cloud, device = ("sdxl", "koala") if name == "sdxl-koala" else ("sd1", "bk-sdm")
    first = root / f"{name}-cloud"
    if not first.exists():
        write_family(first, cloud)
        write_family(root / f"{name}-device", device, seed=1, sharing=first)
    loaded = (
        load_backend(f"diffusers:{root / f'{name}-{side}'}", LoadOptions()) for side in ("cloud", "device")
    )
    return Case(name, *loaded, 7.5)


def main(given: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures, runs and the table")
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=PAPER_PAIRS)
    parser.add_argument("--k", nargs="+", type=int, default=[5, 10], help="steps by the cloud")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--seeds", type=int, default=3, help="pictures a prompt")
    parser.add_argument("--prompts", type=Path, help="a prompt a line; default: four of the paper's kind")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps, cpu")
    parser.add_argument("--compute", default="auto", help="auto, float32, bfloat16, float16")
    parser.add_argument("--tiny", action="store_true", help="random models in place of the real ones")
    arguments = parser.parse_args(given)
    prompts = PROMPTS
    if arguments.prompts is not None:
        prompts = tuple(filter(None, arguments.prompts.read_text("utf-8").splitlines()))
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root:
        for name in arguments.pairs:
            if arguments.tiny:
                case = tiny_case(Path(root), name)
            else:
                load = LoadOptions(compute=arguments.compute, device=arguments.device)
                pair = PAIRS[name]
                cloud = load_backend(pair.cloud, load)
                case = Case(name, cloud, load_backend(pair.device, load), cloud.defaults.guidance_scale)
            run(case, arguments.out, arguments, prompts)
    (arguments.out / "table.md").write_text(table(arguments.out), encoding="utf-8")
    sys.stdout.write(table(arguments.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
