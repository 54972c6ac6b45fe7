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

from obclip_gen.training import runs, workers
from obclip_gen.training.artwork import STYLES
from obclip_gen.training.autoencoder import to_tensor
from obclip_gen.training.dataset import Dataset
from obclip_gen.training.parts import Autoencoder
from obclip_gen.training.runs import say
from obclip_gen.training.text import label_columns, labels

#: Every 20th portrait is kept from the classifier's training, so that seen cells have unseen pictures.
TEST_STRIDE = 20
FEATURES = 256
SIZE = 128

#: Portraits that the shared autoencoder draws again for training, beside all emoji; noise in the latents.
RECONSTRUCTED_PORTRAITS = 1000
LATENT_NOISE = 0.2


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
    """Pictures ``[n, 3, s, s]`` in [-1, 1], read at 128x128, to logits by label column; ``features`` gives
    ``[n, 256]``.
    """

    def __init__(self, columns: dict[str, list[str]]) -> None:
        super().__init__()
        self.columns = columns
        widths = (24, 48, 96, 160, FEATURES)
        layers: list[nn.Module] = [
            nn.Conv2d(3, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        for narrow, wide in itertools.pairwise(widths):
            layers += [
                nn.Conv2d(narrow, wide, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wide),
                nn.ReLU(),
                _Residual(wide),
            ]
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(FEATURES, len(classes)) for classes in columns.values())

    def features(self, pictures: Tensor) -> Tensor:
        """Pooled features ``[n, 256]``: mean and maximum over space, averaged."""
        if pictures.shape[-1] != SIZE:
            pictures = nn.functional.interpolate(pictures, (SIZE, SIZE), mode="area")
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


@torch.no_grad()
def _reconstructed(
    latents: npt.NDArray[np.float16], vae: Autoencoder, chosen: npt.NDArray[np.int64], work: Path
) -> list[npt.NDArray[np.uint8]]:
    """What the shared autoencoder's decoder makes of the ``chosen`` latents with a little noise, since
    generated pictures come out of it: uint8 ``[m, 128, 128, 3]`` for every worker, of ``chosen[k::count]`` by
    worker ``k``. They are drawn once and kept below ``work``.
    """
    paths = [work / f"reconstructed-{k}-of-{workers.count()}.npy" for k in range(workers.count())]
    path, own = paths[workers.rank()], chosen[workers.rank() :: workers.count()]
    if not path.exists():
        noise = torch.Generator().manual_seed(29 + workers.rank())
        drawn = []
        for start in range(0, len(own), 32):
            clean = torch.from_numpy(latents[own[start : start + 32]].astype(np.float32))
            noisy = clean + LATENT_NOISE * torch.randn(clean.shape, generator=noise)
            with runs.mixed_precision():
                decoded = vae.decoder(noisy.contiguous(memory_format=torch.channels_last)).float()
            drawn.append(
                ((decoded.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
            )
        partial = path.with_suffix(".partial.npy")
        np.save(partial, np.concatenate(drawn))
        partial.rename(path)
    workers.wait()
    return [np.load(path, mmap_mode="r") for path in paths]


def _augment(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Shifts, scales and turns every picture a little (white behind it); brightness, blur, noise by batch."""
    n = len(pictures)
    angle, scale = rng.normal(0, 0.06, n), rng.normal(1, 0.06, n)
    moves = np.zeros((n, 2, 3), np.float32)
    moves[:, 0, 0] = moves[:, 1, 1] = np.cos(angle) * scale
    moves[:, 1, 0] = np.sin(angle) * scale
    moves[:, 0, 1] = -moves[:, 1, 0]
    moves[:, :, 2] = rng.normal(0, 0.06, (n, 2))
    grid = nn.functional.affine_grid(torch.from_numpy(moves), list(pictures.shape), align_corners=False)
    pictures = 1 - nn.functional.grid_sample(1 - pictures, grid, align_corners=False)
    if rng.random() < 0.4:
        pictures = nn.functional.avg_pool2d(pictures, 3, 1, 1)
    pictures = pictures + 0.1 * float(rng.random()) * torch.randn_like(pictures)
    return (pictures * (1 + 0.04 * float(rng.standard_normal()))).to(memory_format=torch.channels_last)


def train(
    data: Dataset,
    latents: npt.NDArray[np.float16],
    vae: Autoencoder,
    work: Path,
    *,
    seconds: float,
    batch: int = 32,
    peak: float = 2e-3,
    seed: int = 17,
) -> None:
    """Trains for ``seconds`` in all and saves ``work/classifier.safetensors``; resumes from what is there."""
    torch.manual_seed(seed)
    columns = label_columns(data.pictures)
    model = AttributeClassifier(columns)
    path, spent, step = work / "classifier.safetensors", 0.0, 0
    if path.exists():
        weights, counters = runs.load(path)
        model.load_state_dict(weights)
        spent, step = counters["seconds"], int(counters["step"])
    rng = np.random.default_rng((seed, workers.rank(), step))
    torch.manual_seed(int(rng.integers(2**62)))
    truth = torch.tensor([labels(picture, columns) for picture in data.pictures])
    part = split(data).train
    weights_of = data.weights(part)
    portraits = [i for i in part if data.pictures[i].style == "portrait"][:RECONSTRUCTED_PORTRAITS]
    again = np.array([*(i for i in part if data.pictures[i].style != "portrait"), *portraits], dtype=np.int64)
    drawn = _reconstructed(latents, vae, again, work)
    place = {int(index): divmod(position, workers.count()) for position, index in enumerate(again)}
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.02)
    clock, begin = runs.Clock(), spent
    while spent < seconds:
        for group in optimiser.param_groups:
            group["lr"] = peak * min(1.0, (step + 1) / 100) * max(0.01, 1 - spent / seconds)
        chosen = np.sort(rng.choice(part, max(1, batch // workers.count()), p=weights_of))
        pixels = data.pixels[chosen]
        for row, index in enumerate(chosen):
            if int(index) in place and rng.random() < 0.5:
                position, worker = place[int(index)]
                pixels[row] = drawn[worker][position]
        pictures = _augment(to_tensor(pixels), rng)
        with runs.mixed_precision():
            logits = model(pictures)
        losses = [
            nn.functional.cross_entropy(value.float(), truth[chosen, k])
            for k, value in enumerate(logits.values())
        ]
        loss = torch.stack(losses).sum()
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        workers.average_gradients(model.parameters())
        optimiser.step()
        step += 1
        spent = workers.agree(begin + clock.seconds)
        if workers.rank() > 0:
            continue
        if step % 100 == 0:
            speed = 100 * batch / clock.lap()
            say(f"classifier step {step} {spent:.0f} s loss {loss.item():.3f} {speed:.1f} pictures/s")
        if step % 500 == 0 or spent >= seconds:
            runs.save(path, model.state_dict(), step=step, seconds=spent)


def load(data: Dataset, work: Path) -> AttributeClassifier:
    """The trained classifier below ``work``."""
    model = AttributeClassifier(label_columns(data.pictures))
    model.load_state_dict(runs.load(work / "classifier.safetensors")[0])
    model.eval()
    return model


@torch.no_grad()
def artwork_features(
    model: AttributeClassifier, data: Dataset, most: int = 512, batch: int = 64
) -> dict[str, Tensor]:
    """Features ``[m, 256]`` of real pictures that no model has seen, by style, at most ``most`` of each."""
    parts = split(data)
    made = {}
    for style in STYLES:
        indices = [i for i in (*parts.held_out, *parts.seen) if data.pictures[i].style == style][:most]
        rows = [
            model.features(to_tensor(data.pixels[sorted(indices[start : start + batch])]))
            for start in range(0, len(indices), batch)
        ]
        made[style] = torch.cat(rows).half()
    return made


def export(model: AttributeClassifier, folder: Path) -> None:
    """Writes ``model`` as fp16 safetensors, with its columns as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: t.half() if t.is_floating_point() else t for name, t in model.state_dict().items()}
    save_file(halves, folder / "model.safetensors")
    (folder / "columns.json").write_text(json.dumps(model.columns, indent=1) + "\n", encoding="utf-8")


def export_artwork(model: AttributeClassifier, data: Dataset, folder: Path) -> None:
    """Writes :func:`artwork_features` beside the classifier, for kernel distances without the artwork."""
    save_file(artwork_features(model, data), folder / "artwork.safetensors")


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
