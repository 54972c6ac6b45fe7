"""What a multistep solver's history is worth at the hand-over: kept, or restarted at first order.

    python benchmarks/restart.py

For the embedded models, each prompt is drawn by the cloud model alone; then split after k steps, with the
history and without it, going on with the cloud model itself (which isolates the restart) and with the
device model. Prints PSNR in dB against the unsplit picture, one line for each solver, k and device, with
the paired difference.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Sequence

from torch import Tensor

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.registry import DEFAULT_CLOUD, DEFAULT_DEVICE, load_backend
from obclip_gen.cloud import LocalCloud
from obclip_gen.denoise.loop import Watch
from obclip_gen.denoise.phases import DeviceSettings, cloud_phase, device_phase
from obclip_gen.pipeline import Options, choose_settings
from obclip_gen.request import DenoiseRequest

PROMPTS = (
    "an emoji of a Black woman firefighter",
    "an emoji of an old man with white hair",
    "a cartoon portrait of a young Asian woman with glasses",
    "a cartoon portrait of an elderly man with a beard, smiling",
    "an emoji of a man cook",
    "a cartoon portrait of a middle-aged woman with red hair",
)
SPLITS = (5, 10)


def psnr(one: Tensor, other: Tensor) -> float:
    """Peak signal-to-noise ratio in dB, at most 99."""
    error = float(((one - other) ** 2).mean())
    return min(99.0, -10 * math.log10(error)) if error > 0 else 99.0


def main(given: Sequence[str]) -> int:
    """Measure; *given* may name solvers."""
    cloud, device = (load_backend(name, LoadOptions()) for name in (DEFAULT_CLOUD, DEFAULT_DEVICE))
    for solver in given or ("dpmsolver++", "unipc"):
        targets: dict[str, Tensor] = {}
        for k in SPLITS:
            found: dict[tuple[str, bool], list[float]] = {}
            for seed, prompt in enumerate(PROMPTS):
                options = Options(split=k, seed=seed, solver=solver)
                chosen = choose_settings(LocalCloud(cloud).describe(), options)
                finishing = DeviceSettings(
                    chosen.solver,
                    chosen.num_inference_steps,
                    chosen.guidance_scale,
                    chosen.height,
                    chosen.width,
                )
                if prompt not in targets:
                    whole = device_phase(cloud, prompt, "", finishing, seed, Watch())
                    targets[prompt] = cloud.decode(whole.latents)[0]
                payload = {"protocol": 1, "prompts": [prompt], "assignments": [[]], "negative_prompt": ""}
                request = DenoiseRequest.from_payload(payload, chosen)
                result = cloud_phase(cloud, request, request.sha256, Watch())
                for name, backend in (("cloud", cloud), ("device", device)):
                    for restart in (False, True):
                        given_over = result.hand_over(0, restart)
                        done = device_phase(backend, prompt, "", finishing, given_over, Watch())
                        picture = backend.decode(done.latents)[0]
                        found.setdefault((name, restart), []).append(psnr(picture, targets[prompt]))
            for name in ("cloud", "device"):
                kept, fresh = found[name, False], found[name, True]
                apart = [one - two for one, two in zip(fresh, kept, strict=True)]
                spread = statistics.stdev(apart) / math.sqrt(len(apart))
                sys.stdout.write(
                    f"{solver} k={k} then {name}: history {statistics.fmean(kept):.2f} dB, restart"
                    f" {statistics.fmean(fresh):.2f} dB, difference {statistics.fmean(apart):+.2f}"
                    f" +- {1.96 * spread:.2f}\n"
                )
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
