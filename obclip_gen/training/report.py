"""The quality table of the model cards and the contact sheets of the docs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from obclip_gen.training import evaluate
from obclip_gen.training.autoencoder import LATENT_CHANNELS, to_tensor
from obclip_gen.training.classifier import AttributeClassifier, split
from obclip_gen.training.dataset import Dataset
from obclip_gen.training.parts import Autoencoder, Denoiser, TextEncoder, Tokenizer
from obclip_gen.training.runs import say
from obclip_gen.training.sampling import GUIDANCE, STEPS, sample
from obclip_gen.training.text import MAX_LENGTH, WIDTH

#: Prompts of the contact sheet, as a person would type them.
SHEET_PROMPTS = tuple(
    [
        f"an emoji of {who} {role}"
        for role in ("firefighter", "astronaut", "judge", "cook", "detective", "scientist")
        for who in ("a Black woman", "a white man", "an Asian woman", "an Indian man")
    ]
    + [
        f"a flat emoji of {who}"
        for who in (
            "a Black man in a wheelchair",
            "a Hispanic woman playing golf",
            "a white woman lifting weights",
            "an Asian man getting a massage",
            "an Indian woman singer",
            "a Black woman with a white cane",
            "an old man",
            "a princess",
        )
    ]
    + [
        f"a cartoon portrait of {who}"
        for who in (
            "an elderly Asian man with glasses, smiling",
            "an old Black woman with glasses",
            "a young white woman with long blond hair",
            "a young Black man with a beard, smiling",
            "a middle-aged South Asian woman, smiling",
            "a middle-aged white man with a moustache",
            "an elderly white woman with long grey hair",
            "a young Asian woman with short black hair",
            "a young Indian man wearing a cap",
            "an old South Asian man with a bald head, angry",
            "a young Black woman with afro hair",
            "a middle-aged Black man with glasses",
            "a young Hispanic man with curly hair and a goatee",
            "an old white man with a beard wearing a red shirt",
            "a middle-aged Asian woman wearing a headband",
            "a young white man with red hair, smiling",
        )
    ]
    + [
        f"an emoji of {who}"
        for who in (
            "a man with a beard",
            "a Black woman surfing",
            "a white man dancing",
            "an Asian woman running",
            "a Black man riding a bike",
            "a woman doing yoga",
            "a baby",
            "a Black girl",
            "an old woman",
            "a mermaid",
            "a man wearing a turban",
            "a Black woman health worker",
            "a man police officer",
            "a raised hand with dark skin",
            "a superhero",
            "a Black man teacher",
        )
    ]
)


@dataclass
class Models:
    """What sampling needs; ``unets`` by name (``cloud``, ``device``)."""

    tokenizer: Tokenizer
    encoder: TextEncoder
    vae: Autoencoder
    unets: dict[str, Denoiser]


def evaluate_models(
    data: Dataset, models: Models, classifier: AttributeClassifier, *, each: int = 4, seed: int = 7
) -> dict[str, Any]:
    """Every figure of the quality table: real held-out artwork, reconstructions, and each model on seen and
    held-out captions.
    """
    figures: dict[str, Any] = {
        "steps": STEPS,
        "guidance_scale": GUIDANCE,
        "seed": seed,
        "each": each,
        "vocabulary": len(models.tokenizer),
        "roles": len({picture.role for picture in data.pictures if picture.style != "portrait"}),
        "portraits": sum(picture.style == "portrait" for picture in data.pictures),
        "models": {name: size(unet) for name, unet in models.unets.items()},
        "rows": {},
    }
    parts = split(data)
    for label, indices in (("seen", parts.seen), ("held_out", parts.held_out)):
        real = to_tensor(data.pixels[np.sort(indices[:1500])])
        truths = [data.pictures[i] for i in np.sort(indices[:1500])]
        figures["rows"][f"real/{label}"] = _records(evaluate.score(classifier, real, truths))
    for label in ("seen", "held_out"):
        indices = evaluate.scored_pictures(data, held_out=label == "held_out", each=each)
        truths = [data.pictures[i] for i in indices]
        for name, unet in models.unets.items():
            drawn = sample(
                unet, models.encoder, models.tokenizer, models.vae, evaluate.prompts(data, indices), seed=seed
            )
            figures["rows"][f"{name}/{label}"] = _records(evaluate.score(classifier, drawn, truths))
            say(f"{name}/{label} done")
    return figures


def size(unet: Denoiser) -> dict[str, float]:
    """Parameters, and MACs of one forward pass of one row (both attention products counted)."""
    sample_, words = torch.zeros(1, LATENT_CHANNELS, 16, 16), torch.zeros(1, MAX_LENGTH, WIDTH)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        unet(sample_, torch.tensor([0]), words)
    return {
        "parameters": sum(parameter.numel() for parameter in unet.parameters()),
        "macs": counter.get_total_flops() / 2,
    }


def _records(scores: dict[str, dict[str, evaluate.Share]]) -> dict[str, Any]:
    return {
        column: {group: share.record() for group, share in groups.items()}
        for column, groups in scores.items()
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as a Markdown table: share right with its 95 % Wilson interval, over emoji and
    portraits.
    """
    columns = [
        ("gender", "all"),
        ("tone", "emoji"),
        ("role", "emoji"),
        ("hand", "emoji"),
        ("race", "portrait"),
        ("age", "portrait"),
    ]
    columns += [("gender", "emoji"), ("gender", "portrait")]
    lines = ["| pictures | " + " | ".join(f"{column} ({group})" for column, group in columns) + " |"]
    lines.append("| --- |" + " --- |" * len(columns))
    for row, values in figures["rows"].items():
        cells = [_cell(values.get(column, {}).get(group)) for column, group in columns]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(record: dict[str, Any] | None) -> str:
    if record is None:
        return "-"
    low, high = (100 * bound for bound in record["interval"])
    return f"{100 * record['share']:.1f} ({low:.1f}-{high:.1f})"


def to_image(picture: Tensor) -> Image.Image:
    """One picture ``[3, h, w]`` in [-1, 1] as an image."""
    array = ((picture.permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    return Image.fromarray(array)


def grid(images: list[Image.Image], across: int) -> Image.Image:
    """Images of one size, in rows."""
    size = images[0].size[0]
    sheet = Image.new("RGB", (size * across, size * -(-len(images) // across)), "white")
    for index, image in enumerate(images):
        sheet.paste(image, (index % across * size, index // across * size))
    return sheet


def sheets(data: Dataset, models: Models, folder: Path, seed: int = 7) -> list[Path]:
    """Writes ``sheet-MODEL.png`` (64 prompts) and ``held-out-MODEL.png`` (generated, real, nearest training
    picture).
    """
    paths = []
    nearest = Nearest(data)
    rng = random.Random(seed)
    held = [int(i) for i in evaluate.scored_pictures(data, held_out=True)]
    emoji = [i for i in held if data.pictures[i].style != "portrait"]
    faces = [i for i in held if data.pictures[i].style == "portrait"]
    chosen = np.array(rng.sample(emoji, 14) + rng.sample(faces, 6))
    for name, unet in models.unets.items():
        drawn = sample(unet, models.encoder, models.tokenizer, models.vae, SHEET_PROMPTS, seed=seed)
        path = folder / f"sheet-{name}.png"
        grid([to_image(p) for p in drawn], 8).save(path)
        paths.append(path)
        drawn = sample(
            unet, models.encoder, models.tokenizer, models.vae, evaluate.prompts(data, chosen), seed=seed
        )
        rows = (
            [to_image(p) for p in drawn]
            + [Image.fromarray(data.pixels[i]) for i in chosen]
            + [Image.fromarray(data.pixels[nearest(p)]) for p in drawn]
        )
        path = folder / f"held-out-{name}.png"
        grid(rows, len(chosen)).save(path)
        paths.append(path)
    return paths


class Nearest:
    """Finds the training picture nearest to a generated one (L2 on 32x32 thumbnails)."""

    def __init__(self, data: Dataset) -> None:
        self._indices = data.indices(held_out=False)
        self._thumbnails = np.stack([_thumbnail(data.pixels[i]) for i in self._indices])

    def __call__(self, picture: Tensor) -> int:
        """Position in the data set, for ``picture [3, 128, 128]`` in [-1, 1]."""
        probe = _thumbnail(np.asarray(to_image(picture)))
        return int(self._indices[np.square(self._thumbnails - probe).sum((1, 2, 3)).argmin()])


def _thumbnail(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    side = pixels.shape[0] // 32
    means: npt.NDArray[np.float32] = pixels.reshape(32, side, 32, side, 3).mean((1, 3), dtype=np.float32)
    return means
