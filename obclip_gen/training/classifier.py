"""Reads role, gender, tone, race, age and traits from a picture; the yardstick for generated ones.

A small residual network trained on the artwork's true labels (the same combinations are held out as for the
denoisers).
Its own accuracy on real pictures that it never saw is part of every report: no model can be measured as
better than that.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from obclip_gen.training import runs
from obclip_gen.training.autoencoder import to_tensor
from obclip_gen.training.dataset import Dataset
from obclip_gen.training.parts import Autoencoder
from obclip_gen.training.runs import say
from obclip_gen.training.text import label_columns, labels

#: Every 20th portrait is kept from the classifier's training, so that seen cells have unseen pictures.
TEST_STRIDE = 20
FEATURES = 256
SIZE = 64


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class AttributeClassifier(nn.Module):
    """Pictures ``[n, 3, s, s]`` in [-1, 1], read at 64x64, to logits by label column; ``features`` gives
    ``[n, 256]``.
    """

    def __init__(self, columns: dict[str, list[str]]) -> None:
        super().__init__()
        self.columns = columns
        widths = (24, 48, 96, 160, FEATURES)
        layers: list[nn.Module] = [
            nn.Conv2d(3, widths[0], 3, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        for narrow, wide in itertools.pairwise(widths):
            layers += [
                _Residual(narrow),
                nn.Conv2d(narrow, wide, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wide),
                nn.ReLU(),
            ]
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(FEATURES, len(classes)) for classes in columns.values())

    def features(self, pictures: Tensor) -> Tensor:
        """Pooled features ``[n, 256]``: mean and maximum over space, averaged."""
        if pictures.shape[-1] != SIZE:
            pictures = nn.functional.adaptive_avg_pool2d(pictures, SIZE)
        maps = self.trunk(pictures)
        pooled: Tensor = 0.5 * (maps.mean((2, 3)) + maps.amax((2, 3)))
        return pooled

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Logits ``[n, classes]`` of every column."""
        pooled = self.features(pictures)
        return {name: head(pooled) for name, head in zip(self.columns, self.heads, strict=True)}


@dataclass(frozen=True)
class Split:
    """Positions in the data set: what the classifier learns from, and real pictures for its own score."""

    train: npt.NDArray[np.int64]
    seen: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]


def split(data: Dataset) -> Split:
    """Learns from seen cells only; tested on unseen portraits of seen cells, and on held-out cells of both
    kinds.
    """
    seen = data.indices(held_out=False)
    test = np.array([i for i in seen if data.pictures[i].style == "portrait" and i % TEST_STRIDE == 0])
    train = np.setdiff1d(seen, test)
    held = data.indices(held_out=True)
    held = np.array([i for i in held if data.pictures[i].style != "portrait" or i % TEST_STRIDE == 0])
    return Split(train, test, held)


def _augment(pictures: Tensor, vae: Autoencoder | None, rng: np.random.Generator) -> Tensor:
    """Half-size pictures from full-size ones: now and then what the shared autoencoder makes of them, since
    generated pictures come out of it; and shifts, brightness, a little blur and noise.
    """
    if vae is not None and rng.random() < 0.3:
        with torch.no_grad(), runs.mixed_precision():
            latents = vae.encoder(pictures.contiguous(memory_format=torch.channels_last))
            pictures = vae.decoder(latents + 0.3 * rng.random() * torch.randn_like(latents)).float()
    pictures = nn.functional.avg_pool2d(pictures, 2)
    dx, dy = (int(v) for v in rng.integers(-6, 7, 2))
    pictures = torch.roll(pictures, (dy, dx), (2, 3))
    if rng.random() < 0.3:
        pictures = nn.functional.avg_pool2d(pictures, 3, 1, 1)
    pictures = pictures + 0.05 * torch.randn_like(pictures)
    return (pictures * (1 + 0.05 * float(rng.standard_normal()))).to(memory_format=torch.channels_last)


def train(
    data: Dataset,
    vae: Autoencoder,
    work: Path,
    *,
    seconds: float,
    batch: int = 32,
    peak: float = 2e-3,
    seed: int = 17,
) -> AttributeClassifier:
    """Trains for ``seconds`` and saves below ``work``; resumes from what is there."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    columns = label_columns(data.pictures)
    model = AttributeClassifier(columns)
    path, spent, step = work / "classifier.safetensors", 0.0, 0
    if path.exists():
        weights, counters = runs.load(path)
        model.load_state_dict(weights)
        spent, step = counters["seconds"], int(counters["step"])
    truth = torch.tensor([labels(picture, columns) for picture in data.pictures])
    part = split(data).train
    weights_of = data.weights(part)
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.02)
    clock, begin = runs.Clock(), spent
    while spent < seconds:
        for group in optimiser.param_groups:
            group["lr"] = peak * min(1.0, (step + 1) / 100) * max(0.01, 1 - spent / seconds)
        chosen = np.sort(rng.choice(part, batch, p=weights_of))
        pictures = _augment(to_tensor(data.pixels[chosen]), vae, rng)
        with runs.mixed_precision():
            logits = model(pictures)
        losses = [
            nn.functional.cross_entropy(value.float(), truth[chosen, k])
            for k, value in enumerate(logits.values())
        ]
        loss = torch.stack(losses).sum()
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        step += 1
        spent = begin + clock.seconds
        if step % 100 == 0:
            speed = 100 * batch / clock.lap()
            say(f"classifier step {step} {spent:.0f} s loss {loss.item():.3f} {speed:.1f} pictures/s")
    runs.save(path, model.state_dict(), step=step, seconds=spent)
    model.eval()
    return model


def load(data: Dataset, work: Path) -> AttributeClassifier:
    """The trained classifier below ``work``."""
    model = AttributeClassifier(label_columns(data.pictures))
    model.load_state_dict(runs.load(work / "classifier.safetensors")[0])
    model.eval()
    return model


def export(model: AttributeClassifier, folder: Path) -> None:
    """Writes ``model`` as fp16 safetensors, with its columns as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: t.half() if t.is_floating_point() else t for name, t in model.state_dict().items()}
    save_file(halves, folder / "model.safetensors")
    (folder / "columns.json").write_text(json.dumps(model.columns, indent=1) + "\n", encoding="utf-8")


def packaged(folder: Path) -> AttributeClassifier:
    """The classifier that :func:`export` wrote, in fp32."""
    model = AttributeClassifier(json.loads((folder / "columns.json").read_text(encoding="utf-8")))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval()
    return model


@torch.no_grad()
def read(model: AttributeClassifier, pictures: Tensor, batch: int = 64) -> dict[str, list[str]]:
    """The most likely class of every column for pictures ``[n, 3, s, s]`` in [-1, 1]."""
    out: dict[str, list[str]] = {name: [] for name in model.columns}
    for start in range(0, len(pictures), batch):
        logits = model(pictures[start : start + batch])
        for name, value in logits.items():
            out[name] += [model.columns[name][i] for i in value.argmax(1).tolist()]
    return out
