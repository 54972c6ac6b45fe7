"""Stable Diffusion v1.4's U-Net at its real size, random weights: wall-clock beside the operations.

Takes minutes and 4 GB; run it alone: ``pytest -m benchmark -s tests/gen/test_real_size.py``.
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
N, K = 2, 2


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


@pytest.mark.benchmark
def test_time_goes_down_with_the_operations(make_request, tiny_cloud) -> None:
    model = RealSize()
    request: DenoiseRequest = make_request(
        tiny_cloud, prompts=("a young woman reading", "a young man reading"), split=K, guidance_scale=7.5
    )
    setting = Setting(request.prompts, ((0,), (1,)), 0, K, guided=True)
    assert engine_of(model, 512, 512).rungs == 12
    seconds: dict[str, float] = {}
    macs: dict[str, int] = {}
    for text in ("none", "exact+uncond", "exact+trunk-at=1+uncond"):
        steps = CachePlan.parse(text).program(setting)
        predictor = planned_predictor(
            steps, setting, request, model, model.encode(request.prompts), model.encode([""])
        )
        latents = torch.randn(1, 4, CELLS, CELLS, generator=torch.Generator().manual_seed(0)).repeat(
            N, 1, 1, 1
        )
        started = time.perf_counter()
        for index in range(K):
            latents = latents - 0.1 * predictor(latents, torch.tensor(900 - 100 * index), index)
        seconds[text] = time.perf_counter() - started
        macs[text] = predictor.denoiser_macs(model.prices.whole().macs)
        assert torch.isfinite(latents).all()
    plain = macs["none"]
    assert plain == pytest.approx(2 * N * K * 401.6e9, rel=0.001)
    for text, taken in seconds.items():
        print(f"{text}: {taken:.1f} s, {taken / seconds['none']:.2f} of plain; MACs {macs[text] / plain:.2f}")
    assert macs["exact+trunk-at=1+uncond"] < macs["exact+uncond"] < plain
    assert seconds["exact+trunk-at=1+uncond"] < seconds["none"]
