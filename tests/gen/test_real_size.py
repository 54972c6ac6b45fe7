"""Stable Diffusion v1.4's U-Net at its real size, random weights: wall-clock beside the operations.

Takes some minutes and 6 GB; run it alone: ``pytest -m benchmark -s tests/gen/test_real_size.py``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
import torch

from obclip_gen.accelerate.executor import planned_predictor
from obclip_gen.accelerate.plan import CachePlan
from obclip_gen.accelerate.program import Setting
from obclip_gen.backends.architectures import architecture
from obclip_gen.backends.engine import engine_of
from obclip_gen.backends.parts import fast_bfloat16
from obclip_gen.backends.protocol import Conditioning
from obclip_gen.backends.unet_attention import HIDDEN
from obclip_gen.backends.unet_engine import UNetEngine
from obclip_gen.libs import library
from obclip_gen.request import DenoiseRequest

#: Latents' cells along one side; 64 is the model's own.
CELLS = 64
N, SPLITS = 6, (5, 10)
PROMPTS = tuple(
    f"a {age} {who} reading" for age in ("young", "middle-aged", "old") for who in ("man", "woman")
)
ROWS = tuple((age, gender) for age in range(3) for gender in range(2))
#: Steps of a whole plain run, with guidance two rows each.
STEPS = 25
#: How much more a multiply-add may cost under a plan than in a plain run.
OVERHEAD = 1.25
#: The plan's multiply-adds, of a plain run's, at most.
GOALS = {5: 0.30, 10: 0.50}


class RealSize:
    """As much of a backend as a predictor needs."""

    def __init__(self) -> None:
        sd14 = architecture("sd14")
        self.unet = library("diffusers").UNet2DConditionModel(**sd14.config).eval().requires_grad_(False)
        self.unet = self.unet.to(memory_format=torch.channels_last)
        self.prices = sd14.prices((CELLS, CELLS))

    def arithmetic(self):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast_bfloat16())

    def engine(self, height: int, width: int) -> UNetEngine:
        return UNetEngine(self.unet, self.prices.price, self.arithmetic)

    def encode(self, prompts) -> Conditioning:
        return Conditioning(
            {
                HIDDEN: torch.randn(
                    len(prompts), 77, 768, generator=torch.Generator().manual_seed(len(prompts))
                )
            }
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock and of the processor; other work on the machine makes the first longer."""

    wall: float
    processor: float


def time_of(predictor, latents: torch.Tensor, steps: int) -> Spent:
    """How long so many steps take; the latents move a little at each."""
    wall, processor = time.perf_counter(), time.process_time()
    for index in range(steps):
        latents = latents - 0.1 * predictor(latents, torch.tensor(900 - 40 * index), index)
    assert torch.isfinite(latents).all()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


@pytest.mark.benchmark
def test_time_goes_down_with_the_operations(make_request, tiny_cloud) -> None:
    model = RealSize()
    assert engine_of(model, 512, 512).rungs == 12
    noise = torch.randn(1, 4, CELLS, CELLS, generator=torch.Generator().manual_seed(0))

    def predictor_of(plan: str, prompts: tuple[str, ...], rows: tuple[tuple[int, ...], ...], k: int):
        request: DenoiseRequest = make_request(
            tiny_cloud, prompts=prompts, num_inference_steps=STEPS, split=k, guidance_scale=7.5
        )
        setting = Setting(prompts, rows, 0, k, guided=True)
        steps = CachePlan.parse(plan).program(setting)
        words = model.encode(prompts), model.encode([""])
        return planned_predictor(steps, setting, request, model, *words)

    def plain_step() -> Spent:
        return time_of(predictor_of("none", PROMPTS[:1], ROWS[:1], 1), noise, 1)

    plain_step()  # the first call lays weights out
    plain_macs = 2 * STEPS * model.prices.whole().macs
    assert plain_macs == pytest.approx(2 * STEPS * 401.6e9, rel=0.001)
    # plain steps between the planned runs, so that what else the machine does weighs on both alike
    plain = [plain_step()]
    planned = []
    for k in SPLITS:
        predictor = predictor_of("fast", PROMPTS, ROWS, k)
        spent = time_of(predictor, noise.repeat(N, 1, 1, 1), k)
        planned.append((k, spent, predictor.denoiser_macs(model.prices.whole().macs) / plain_macs))
        plain.append(plain_step())
    whole = Spent(
        sum(step.wall for step in plain) * STEPS / len(plain),
        sum(step.processor for step in plain) * STEPS / len(plain),
    )
    print(f"\na plain run of {STEPS} steps: {whole.wall:.0f} s, {whole.processor:.0f} s of processor")
    for k, spent, macs in planned:
        wall, processor = spent.wall / whole.wall, spent.processor / whole.processor
        print(
            f"fast, N = {N}, k = {k}: multiply-adds {macs:.3f} of a plain run; "
            f"{spent.wall:.0f} s, {wall:.3f}, ratio {wall / macs:.2f}; "
            f"of processor {spent.processor:.0f} s, {processor:.3f}, "
            f"ratio {processor / macs:.2f}"
        )
    for k, spent, macs in planned:
        assert macs <= GOALS[k]
        assert spent.wall / whole.wall <= OVERHEAD * macs
        assert spent.processor / whole.processor <= OVERHEAD * macs
