"""The two denoisers: the cloud U-Net, and a device U-Net of less than a quarter of its multiply-adds.

Both predict v (Salimans & Ho 2022) under the cosine schedule (Nichol & Dhariwal 2021, ``squaredcos_cap_v2``)
on the shared
latents. The cloud model learns from captions, one in ten dropped for classifier-free guidance, together with
the text
encoder. The device model then learns from the cloud model's predictions on the same noisy latents, whose
variance is smaller than that of the drawn noise.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from obclip_gen.libs import library
from obclip_gen.training import runs, workers
from obclip_gen.training.autoencoder import LATENT_CHANNELS
from obclip_gen.training.captions import caption
from obclip_gen.training.dataset import Dataset
from obclip_gen.training.parts import Denoiser, Part, Scheduler, TextEncoder, Tokenizer, diffusers
from obclip_gen.training.runs import say
from obclip_gen.training.text import WIDTH as TEXT_WIDTH
from obclip_gen.training.text import tokenize

TRAIN_TIMESTEPS = 1000
DROPOUT = 0.1
BATCH = 32
AVERAGE = 0.999
#: Timesteps of the cloud model are ``1000 u^EMPHASIS``, u uniform: the noisier half gets 69 % of them.
EMPHASIS = 0.6
#: Likewise of the device model, whose work is to finish: the less noisy 60 % get 68 % of them.
DEVICE_EMPHASIS = 1.3


@dataclass(frozen=True)
class Shape:
    """Channels by level, attention heads by level (32 channels a head), and group-norm groups."""

    channels: tuple[int, int, int]
    heads: tuple[int, int, int]
    groups: int


CLOUD = Shape((96, 192, 288), (3, 6, 9), 32)
DEVICE = Shape((48, 96, 96), (3, 3, 3), 16)


def build(shape: Shape) -> Denoiser:
    """An untrained U-Net: one layer a block, attention below full resolution only."""
    made: Denoiser = diffusers(
        "UNet2DConditionModel",
        sample_size=16,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=shape.channels,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=shape.heads,  # the number of heads, despite its name
        norm_num_groups=shape.groups,
    )
    return made


def noise_schedule() -> Scheduler:
    """The training-time noise schedule (the shipped scheduler has the same betas)."""
    made: Scheduler = diffusers(
        "DDPMScheduler",
        num_train_timesteps=TRAIN_TIMESTEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
    )
    return made


@dataclass
class _Batches:
    """Random training batches: latents ``[b, 8, 16, 16]``, captions, one timestep each. A batch is a function
    of the step and the worker alone, so that a resumed run draws new ones.

    Timesteps are stratified over the schedule: uniformly, or with ``emphasis`` below 1 more at high noise,
    where it is decided what is drawn.
    """

    data: Dataset
    latents: npt.NDArray[np.float16]
    tokenizer: Tokenizer
    batch: int
    emphasis: float = 1.0
    seed: int = 11

    def __post_init__(self) -> None:
        self._indices = self.data.indices(held_out=False)
        self._weights = self.data.weights(self._indices)
        self._schedule = noise_schedule()

    def draw(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(noisy latents, v target, timesteps, token ids)."""
        rng = np.random.default_rng((self.seed, workers.rank(), step))
        words = random.Random(int(rng.integers(2**62)))
        chosen = rng.choice(self._indices, self.batch, p=self._weights)
        clean = torch.from_numpy(self.latents[chosen].astype(np.float32))
        texts = ["" if words.random() < DROPOUT else caption(self.data.pictures[i], words) for i in chosen]
        strata = (np.arange(self.batch) + rng.random(self.batch)) / self.batch
        timesteps = torch.from_numpy((strata**self.emphasis * TRAIN_TIMESTEPS).astype(np.int64))
        noise = torch.from_numpy(rng.standard_normal(clean.shape, dtype=np.float32))
        noisy = self._schedule.add_noise(clean, noise, timesteps)
        target = self._schedule.get_velocity(clean, noise, timesteps)
        return (
            noisy.contiguous(memory_format=torch.channels_last),
            target,
            timesteps,
            tokenize(self.tokenizer, texts),
        )


def _attention() -> AbstractContextManager[None]:
    """Attention as two products and a softmax: in bfloat16 on a CPU, the fused kernel's backward pass made a
    training step 1.18 times as long (19.3 against 22.8 pictures/s on one AVX512-BF16 core).
    """
    chosen: AbstractContextManager[None] = library("torch.nn.attention").sdpa_kernel(
        library("torch.nn.attention").SDPBackend.MATH
    )
    return chosen


def _optimiser(module: Part, peak: float) -> torch.optim.AdamW:
    return torch.optim.AdamW(module.parameters(), lr=peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)


def _step(loss: Tensor, *, rate: float, optimisers: Sequence[torch.optim.AdamW]) -> None:
    """One step of every optimiser at ``rate`` times its peak learning rate, gradients clipped to norm 1."""
    groups = [(optimiser, group) for optimiser in optimisers for group in optimiser.param_groups]
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    workers.average_gradients([parameter for _, group in groups for parameter in group["params"]])
    for optimiser, group in groups:
        nn.utils.clip_grad_norm_(group["params"], 1.0)
        group["lr"] = optimiser.defaults["lr"] * rate
    for optimiser in optimisers:
        optimiser.step()


def _prefixed(prefix: str, module: Part) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in module.state_dict().items()}


def _part(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix + "."): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix + ".")
    }


@dataclass
class _Trainee:
    """A module that learns, under its name in the checkpoint, and its peak learning rate."""

    name: str
    module: Part
    peak: float


def _train(
    stage: str,
    trainees: Sequence[_Trainee],
    loss_of: Callable[[int], Tensor],
    work: Path,
    *,
    seconds: float,
    horizon: float,
    pictures: int,
) -> None:
    """Trains ``trainees`` on ``loss_of`` until ``seconds`` of ``stage`` in all, resuming from its checkpoint.

    The rate warms up over 100 steps of every run (the optimiser's state is not kept), stays at its peak and
    cools to its floor at ``horizon``. ``pictures`` is the batch over all workers.
    """
    path, step, spent = work / f"{stage}.safetensors", 0, 0.0
    averages = [runs.Averaged(trainee.module, AVERAGE) for trainee in trainees]
    if path.exists():
        weights, counters = runs.load(path)
        for trainee, average in zip(trainees, averages, strict=True):
            trainee.module.load_state_dict(_part(weights, trainee.name))
            average.module.load_state_dict(_part(weights, f"{trainee.name}_average"))
        step, spent = int(counters["step"]), counters["seconds"]
    optimisers = [_optimiser(trainee.module.train(), trainee.peak) for trainee in trainees]
    clock, begin, first, mean = runs.Clock(), spent, step, 0.0
    while spent < seconds:
        cooled = runs.cooled((spent - begin) / max(1.0, horizon - begin))
        loss = loss_of(step)
        _step(loss, rate=cooled * min(1.0, (step - first + 1) / 100), optimisers=optimisers)
        step += 1
        mean += loss.item()
        spent = workers.agree(begin + clock.seconds)
        if workers.rank() > 0:
            continue
        for trainee, average in zip(trainees, averages, strict=True):
            average.update(trainee.module, step)
        if step % 50 == 0:
            speed = 50 * pictures / clock.lap()
            say(f"{stage} step {step} {spent:.0f} s loss {mean / 50:.4f} {speed:.1f} pictures/s")
            mean = 0.0
        if step % 200 == 0 or spent >= seconds:
            tensors: dict[str, Tensor] = {}
            for trainee, average in zip(trainees, averages, strict=True):
                tensors |= _prefixed(trainee.name, trainee.module)
                tensors |= _prefixed(f"{trainee.name}_average", average.module)
            runs.save(path, tensors, step=step, seconds=spent)


def train_cloud(
    data: Dataset,
    latents: npt.NDArray[np.float16],
    tokenizer: Tokenizer,
    encoder: TextEncoder,
    work: Path,
    *,
    seconds: float,
    horizon: float | None = None,
    batch: int = BATCH,
    peak: float = 5e-4,
) -> None:
    """Trains cloud U-Net and text encoder until ``seconds`` of training in all; the rate cools to its floor
    at ``horizon``.

    Resumes from ``work/cloud.safetensors`` (which may hold the packaged weights), else starts from nothing.
    """
    unet = build(CLOUD).to(memory_format=torch.channels_last)
    batches = _Batches(data, latents, tokenizer, batch // workers.count(), EMPHASIS)

    def loss(step: int) -> Tensor:
        noisy, target, timesteps, ids = batches.draw(step)
        with runs.mixed_precision(), _attention():
            predicted = unet(noisy, timesteps, encoder(ids).last_hidden_state).sample
        return nn.functional.mse_loss(predicted.float(), target)

    trainees = (_Trainee("unet", unet, peak), _Trainee("text", encoder, peak / 2))
    _train("cloud", trainees, loss, work, seconds=seconds, horizon=horizon or seconds, pictures=batch)


def load_cloud(work: Path, tokenizer: Tokenizer, encoder: TextEncoder) -> tuple[Denoiser, TextEncoder]:
    """The averaged cloud U-Net and text encoder of the checkpoint below ``work``."""
    weights, _ = runs.load(work / "cloud.safetensors")
    unet = build(CLOUD)
    unet.load_state_dict(_part(weights, "unet_average"))
    encoder.load_state_dict(_part(weights, "text_average"))
    return unet.eval().requires_grad_(False), encoder.eval().requires_grad_(False)


def train_device(
    data: Dataset,
    latents: npt.NDArray[np.float16],
    tokenizer: Tokenizer,
    encoder: TextEncoder,
    teacher: Denoiser,
    work: Path,
    *,
    seconds: float,
    horizon: float | None = None,
    batch: int = BATCH,
    peak: float = 1e-3,
) -> None:
    """Distils ``teacher`` (frozen, with its frozen text encoder) into the device U-Net until ``seconds`` of
    training in all.
    """
    unet = build(DEVICE).to(memory_format=torch.channels_last)
    teacher.to(memory_format=torch.channels_last)
    batches = _Batches(data, latents, tokenizer, batch // workers.count(), DEVICE_EMPHASIS)

    def loss(step: int) -> Tensor:
        noisy, _, timesteps, ids = batches.draw(step)
        with runs.mixed_precision(), _attention():
            with torch.no_grad():
                context = encoder(ids).last_hidden_state
                target = teacher(noisy, timesteps, context).sample
            predicted = unet(noisy, timesteps, context).sample
        return nn.functional.mse_loss(predicted.float(), target.float())

    trainees = (_Trainee("unet", unet, peak),)
    _train("device", trainees, loss, work, seconds=seconds, horizon=horizon or seconds, pictures=batch)


def load_device(work: Path) -> Denoiser:
    """The averaged device U-Net of the checkpoint below ``work``."""
    weights, _ = runs.load(work / "device.safetensors")
    unet = build(DEVICE)
    unet.load_state_dict(_part(weights, "unet_average"))
    return unet.eval().requires_grad_(False)
