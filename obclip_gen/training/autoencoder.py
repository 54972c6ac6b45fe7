"""The autoencoder that cloud and device share: 128x128 pictures to 16x16 latents with 8 channels, and back.

An ``AutoencoderTiny`` (the TAESD architecture) trained on L1 plus the L1 of finite differences, which keeps
the edges of
flat artwork sharp. Noise is added to the latents in training, so that small errors of a denoiser do not show.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from obclip_gen.training import runs, workers
from obclip_gen.training.dataset import Dataset
from obclip_gen.training.muon import Muon
from obclip_gen.training.parts import Autoencoder, diffusers
from obclip_gen.training.runs import say

LATENT_CHANNELS = 8
WIDTH = 48
LATENT_NOISE = 0.1
MOMENT_WEIGHT = 0.02


def build() -> Autoencoder:
    """An untrained autoencoder of 64x64 pictures, whose latents the denoisers learn."""
    made: Autoencoder = diffusers(
        "AutoencoderTiny",
        latent_channels=LATENT_CHANNELS,
        encoder_block_out_channels=(WIDTH,) * 3,
        decoder_block_out_channels=(WIDTH,) * 3,
        num_encoder_blocks=(0, 2, 3),
        num_decoder_blocks=(3, 2, 1),
        force_upcast=False,
    )
    return made


def build_full() -> Autoencoder:
    """An untrained autoencoder of 128x128 pictures with the same latents: the one that ships."""
    made: Autoencoder = diffusers(
        "AutoencoderTiny",
        latent_channels=LATENT_CHANNELS,
        encoder_block_out_channels=(WIDTH,) * 4,
        decoder_block_out_channels=(WIDTH,) * 4,
        num_encoder_blocks=(0, 0, 2, 3),
        num_decoder_blocks=(3, 2, 1, 0),
        force_upcast=False,
    )
    return made


def to_tensor(pixels: npt.NDArray[np.uint8]) -> Tensor:
    """uint8 ``[n, h, w, 3]`` to float ``[n, 3, h, w]`` in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def reconstruction_loss(output: Tensor, target: Tensor) -> Tensor:
    """L1, and L1 of the horizontal and vertical differences (edges)."""
    error = output - target
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    return error.abs().mean() + edges


def moment_loss(latents: Tensor) -> Tensor:
    """How far the channels of ``latents [n, c, h, w]`` are from mean 0 and standard deviation 1.

    With it the scaling factor is 1 and a denoiser sees every channel at the same scale.
    """
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    return mean.square().mean() + (std - 1).square().mean()


def train(data: Dataset, work: Path, *, seconds: float, batch: int = 8, seed: int = 1) -> Autoencoder:
    """Trains for ``seconds`` of wall-clock, resuming from the checkpoint below ``work``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = build().to(memory_format=torch.channels_last)
    path, step, spent = work / "autoencoder.safetensors", 0, 0.0
    if path.exists():
        weights, counters = runs.load(path)
        model.load_state_dict(weights)
        step, spent = int(counters["step"]), counters["seconds"]
    average = runs.Averaged(model, 0.999)
    optimiser = Muon(model.parameters())
    indices = data.indices(held_out=False)
    weights_of = data.weights(indices)
    clock, begin, squared = runs.Clock(), spent, 0.0
    while spent < seconds:
        rate = min(1.0, (step + 1) / 30) * max(0.02, 1 - spent / seconds)
        chosen = np.sort(rng.choice(indices, batch, p=weights_of))
        target = to_tensor(data.small(chosen))
        dx, dy = rng.integers(-3, 4, 2)
        target = torch.roll(target, (int(dy), int(dx)), (2, 3)).to(memory_format=torch.channels_last)
        if rng.random() < 0.5:
            target = target.flip(3)
        with runs.mixed_precision():
            latents = model.encoder(target)
            noisy = latents.float() + LATENT_NOISE * torch.randn(latents.shape)
            output = model.decoder(noisy)
        loss = reconstruction_loss(output.float(), target) + MOMENT_WEIGHT * moment_loss(latents.float())
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step(rate)
        average.update(model, step)
        squared += (output.detach().float() - target).square().mean().item() / 4
        step += 1
        spent = begin + clock.seconds
        if step % 200 == 0:
            psnr = -10 * np.log10(squared / 200)
            speed = 200 * batch / clock.lap()
            say(f"autoencoder step {step} {spent:.0f} s psnr {psnr:.2f} dB {speed:.1f} pictures/s")
            squared = 0.0
        if step % 1000 == 0 or spent >= seconds:
            runs.save(path, average.module.state_dict(), step=step, seconds=spent)
    return average.module


def enlarge(
    data: Dataset, small: Autoencoder, work: Path, *, seconds: float, batch: int = 4, seed: int = 2
) -> Autoencoder:
    """Trains the shipped autoencoder on the latents of ``small``, resuming from its checkpoint.

    The decoder starts from the small one's layers and learns to draw at twice the size; the encoder learns to
    give the small one's latents from the full picture. The denoisers' latents stay what they are.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_full()
    path, step, spent = work / "autoencoder_full.safetensors", 0, 0.0
    if path.exists():
        weights, counters = runs.load(path)
        model.load_state_dict(weights)
        step, spent = int(counters["step"]), counters["seconds"]
    else:
        model.load_state_dict(grown(model.state_dict(), small.state_dict()))
    model.to(memory_format=torch.channels_last)
    average = runs.Averaged(model, 0.999)
    optimiser = Muon(model.parameters())
    indices = data.indices(held_out=False)
    weights_of = data.weights(indices)
    clock, begin, squared, missed = runs.Clock(), spent, 0.0, 0.0
    while spent < seconds:
        chosen = np.sort(rng.choice(indices, batch, p=weights_of))
        target = to_tensor(data.pixels[chosen]).to(memory_format=torch.channels_last)
        if rng.random() < 0.5:
            target = target.flip(3)
        with runs.mixed_precision():
            with torch.no_grad():
                latents = small.encoder(torch.nn.functional.avg_pool2d(target, 2)).float()
            output = model.decoder(latents + LATENT_NOISE * torch.randn_like(latents))
            encoded = model.encoder(target)
        distance = (encoded.float() - latents).square().mean()
        loss = reconstruction_loss(output.float(), target) + distance
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step(min(1.0, (step + 1) / 30) * max(0.02, 1 - spent / seconds))
        average.update(model, step)
        squared += (output.detach().float() - target).square().mean().item() / 4
        missed += distance.item()
        step += 1
        spent = begin + clock.seconds
        if step % 200 == 0:
            psnr, speed = -10 * np.log10(squared / 200), 200 * batch / clock.lap()
            say(f"enlarge step {step} {spent:.0f} s psnr {psnr:.2f} encoder {missed / 200:.4f} {speed:.1f}/s")
            squared = missed = 0.0
        if step % 1000 == 0 or spent >= seconds:
            runs.save(path, average.module.state_dict(), step=step, seconds=spent)
    return average.module


def refine(
    data: Dataset, start: Autoencoder, work: Path, *, seconds: float, crops: int = 24, seed: int = 4
) -> None:
    """Goes on training the shipped autoencoder, both halves, until ``seconds`` of this stage in all.

    It learns from half-size crops, chosen where something is drawn: nearly half of every picture is empty.
    The latents are held near those of ``start``, so that denoisers of its latents need little time to follow.
    """
    rng = np.random.default_rng(seed + workers.rank())
    path, step, spent = work / "autoencoder_refined.safetensors", 0, 0.0
    model = build_full()
    model.load_state_dict(start.state_dict())
    if path.exists():
        weights, counters = runs.load(path)
        model.load_state_dict(weights)
        step, spent = int(counters["step"]), counters["seconds"]
    torch.manual_seed(seed + 1000 * workers.rank() + step)
    model.to(memory_format=torch.channels_last)
    start.to(memory_format=torch.channels_last)
    average = runs.Averaged(model, 0.999)
    optimiser = Muon(model.parameters(), matrix_rate=0.01, other_rate=1e-3)
    parameters = list(model.parameters())
    indices = data.indices(held_out=False)
    weights_of = data.weights(indices)
    clock, begin, first, squared, moved = runs.Clock(), spent, step, 0.0, 0.0
    while spent < seconds:
        chosen = np.sort(rng.choice(indices, crops, p=weights_of))
        target = to_tensor(busy_crops(data.pixels[chosen], rng)).contiguous(memory_format=torch.channels_last)
        if rng.random() < 0.5:
            target = target.flip(3)
        with runs.mixed_precision():
            with torch.no_grad():
                before = start.encoder(target).float()
            latents = model.encoder(target).float()
            output = model.decoder(latents + LATENT_NOISE * torch.randn_like(latents)).float()
        drift = (latents - before).square().mean()
        loss = reconstruction_loss(output, target) + MOMENT_WEIGHT * (moment_loss(latents) + drift)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        workers.average_gradients(parameters)
        optimiser.step(min(1.0, (step - first + 1) / 30) * max(0.02, 1 - spent / seconds))
        average.update(model, step - first)
        squared += (output.detach() - target).square().mean().item() / 4
        moved += drift.item()
        step += 1
        spent = workers.agree(begin + clock.seconds)
        if workers.rank() == 0 and step % 100 == 0:
            psnr, speed = -10 * np.log10(squared / 100), 100 * crops * workers.count() / clock.lap()
            say(f"refine step {step} {spent:.0f} s psnr {psnr:.2f} moved {moved / 100:.4f} {speed:.1f}/s")
            squared = moved = 0.0
        if workers.rank() == 0 and (step % 500 == 0 or spent >= seconds):
            runs.save(path, average.module.state_dict(), step=step, seconds=spent)


def busy_crops(
    pixels: npt.NDArray[np.uint8], rng: np.random.Generator, tries: int = 3
) -> npt.NDArray[np.uint8]:
    """A half-size crop ``[n, h/2, w/2, 3]`` of each ``[n, h, w, 3]``: the most varied of ``tries``."""
    n, height, width, _ = pixels.shape
    crops = np.empty((n, height // 2, width // 2, 3), dtype=np.uint8)
    for index, picture in enumerate(pixels):
        tops, lefts = rng.integers(0, height // 2 + 1, tries), rng.integers(0, width // 2 + 1, tries)
        options = [
            picture[top : top + height // 2, left : left + width // 2]
            for top, left in zip(tops, lefts, strict=True)
        ]
        crops[index] = max(options, key=lambda crop: float(crop[::4, ::4].std()))
    return crops


def grown(full: dict[str, Tensor], small: dict[str, Tensor]) -> dict[str, Tensor]:
    """``full`` with the decoder layers that ``small`` has too (all but its last convolution)."""
    last = max(int(name.split(".")[2]) for name in small if name.startswith("decoder.layers."))
    shared = {
        name: tensor
        for name, tensor in small.items()
        if name.startswith("decoder.layers.") and int(name.split(".")[2]) < last
    }
    return {**full, **shared}


@torch.no_grad()
def encode(model: Autoencoder, data: Dataset, *, full: bool, batch: int = 64) -> npt.NDArray[np.float16]:
    """Latents ``[n, 8, 16, 16]`` of every picture, from the full-size or the half-size autoencoder."""
    out = np.empty((len(data.pixels), LATENT_CHANNELS, 16, 16), dtype=np.float16)
    for start in range(0, len(out), batch):
        indices = np.arange(start, min(start + batch, len(out)))
        pixels = data.pixels[indices] if full else data.small(indices)
        x = to_tensor(pixels).to(memory_format=torch.channels_last)
        with runs.mixed_precision():
            out[indices] = model.encoder(x).float().numpy().astype(np.float16)
    return out
