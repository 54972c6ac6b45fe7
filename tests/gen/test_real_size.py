"""Stable Diffusion v1.4's U-Net at its real size, random weights: wall-clock beside the operations.

Takes some minutes and 6 GB; run it alone: ``pytest -m benchmark -s tests/gen/test_real_size.py``.
"""

from __future__ import annotations

import time

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
N, K = 6, 5
PROMPTS = tuple(
    f"a {age} {who} reading" for age in ("young", "middle-aged", "old") for who in ("man", "woman")
)
ROWS = tuple((age, gender) for age in range(3) for gender in range(2))
#: Steps of a whole plain run, with guidance two rows each.
STEPS = 25
#: How much more a multiply-add may cost under a plan than in a plain run.
OVERHEAD = 1.25


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


def seconds_of(predictor, latents: torch.Tensor, steps: int) -> float:
    """How long so many steps take; the latents move a little at each."""
    started = time.perf_counter()
    for index in range(steps):
        latents = latents - 0.1 * predictor(latents, torch.tensor(900 - 40 * index), index)
    assert torch.isfinite(latents).all()
    return time.perf_counter() - started


@pytest.mark.benchmark
def test_time_goes_down_with_the_operations(make_request, tiny_cloud) -> None:
    model = RealSize()
    assert engine_of(model, 512, 512).rungs == 12
    noise = torch.randn(1, 4, CELLS, CELLS, generator=torch.Generator().manual_seed(0))

    def predictor_of(plan: str, prompts: tuple[str, ...], rows: tuple[tuple[int, ...], ...], k: int):
        request: DenoiseRequest = make_request(tiny_cloud, prompts=prompts, split=k, guidance_scale=7.5)
        setting = Setting(prompts, rows, 0, k, guided=True)
        steps = CachePlan.parse(plan).program(setting)
        words = model.encode(prompts), model.encode([""])
        return planned_predictor(steps, setting, request, model, *words)

    seconds_of(predictor_of("none", PROMPTS[:1], ROWS[:1], 1), noise, 1)  # the first call lays weights out
    plain = predictor_of("none", PROMPTS[:1], ROWS[:1], 2)
    plain_seconds = seconds_of(plain, noise, 2) * STEPS / 2
    plain_macs = plain.denoiser_macs(model.prices.whole().macs) * STEPS / 2
    assert plain_macs == pytest.approx(2 * STEPS * 401.6e9, rel=0.001)
    planned = predictor_of("fast", PROMPTS, ROWS, K)
    planned_seconds = seconds_of(planned, noise.repeat(N, 1, 1, 1), K)
    macs = planned.denoiser_macs(model.prices.whole().macs) / plain_macs
    wall = planned_seconds / plain_seconds
    print(
        f"a plain run of {STEPS} steps {plain_seconds:.0f} s (2 steps measured); fast, N = {N}, k = {K}: "
        f"{planned_seconds:.0f} s, {wall:.3f} of it; multiply-adds {macs:.3f}; ratio {wall / macs:.2f}"
    )
    assert macs <= 0.30
    assert wall <= OVERHEAD * macs
