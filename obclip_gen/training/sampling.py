"""Plain text-to-image sampling with one model, for looking at a model while it is trained and for its
score.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from obclip_gen.training import runs
from obclip_gen.training.autoencoder import LATENT_CHANNELS
from obclip_gen.training.parts import Autoencoder, Denoiser, Scheduler, TextEncoder, Tokenizer, diffusers
from obclip_gen.training.text import tokenize

STEPS = 25
GUIDANCE = 2.0


def shipped_scheduler() -> Scheduler:
    """DPM-Solver++ 2M on the training schedule (the scheduler that ships with the models)."""
    made: Scheduler = diffusers(
        "DPMSolverMultistepScheduler",
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        algorithm_type="dpmsolver++",
        solver_order=2,
        timestep_spacing="trailing",
    )
    return made


@torch.no_grad()
def sample(
    unet: Denoiser,
    encoder: TextEncoder,
    tokenizer: Tokenizer,
    vae: Autoencoder,
    prompts: Sequence[str],
    *,
    seed: int,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
    batch: int = 32,
) -> Tensor:
    """Pictures ``[len(prompts), 3, h, w]`` in [-1, 1]; the noise of prompt ``i`` depends on ``seed`` and
    ``i`` only.
    """
    pictures = []
    for start in range(0, len(prompts), batch):
        part = list(prompts[start : start + batch])
        noise = [
            torch.randn(
                (1, LATENT_CHANNELS, 16, 16),
                generator=torch.Generator().manual_seed(seed * 1_000_003 + start + i),
            )
            for i in range(len(part))
        ]
        latents = torch.cat(noise).to(memory_format=torch.channels_last)
        scheduler = shipped_scheduler()
        scheduler.set_timesteps(steps)
        with runs.mixed_precision():
            context = encoder(tokenize(tokenizer, [""] * len(part) + part)).last_hidden_state
            for timestep in scheduler.timesteps:
                both = unet(torch.cat([latents, latents]), timestep, context).sample.float()
                unconditional, conditional = both.chunk(2)
                guided = unconditional + guidance * (conditional - unconditional)
                latents = scheduler.step(guided, timestep, latents).prev_sample
            pictures.append(vae.decoder(latents).float().clamp(-1, 1))
    return torch.cat(pictures)
