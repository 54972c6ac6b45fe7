"""Writes the trained models as the package's weights: diffusers folders, fp16 safetensors, shared parts once.

Layout below ``weights``: ``shared/{tokenizer,text_encoder,vae,scheduler}``, ``cloud/unet``, ``device/unet``,
and one ``README.md`` (model card) each.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import torch

from obclip_gen.training.artwork import RESOLUTION
from obclip_gen.training.parts import Autoencoder, Denoiser, Part, TextEncoder, Tokenizer, packaged
from obclip_gen.training.sampling import GUIDANCE, STEPS, shipped_scheduler

Module = TypeVar("Module", bound=Part)
SPLIT = 10
TITLES = {
    "cloud": "Emoji and cartoon portraits, 24.6 M parameters",
    "device": "Emoji and cartoon portraits, 4 M parameters, distilled from cloud",
}
WEIGHTS = Path(__file__).resolve().parents[1] / "weights"


def export_shared(
    tokenizer: Tokenizer, encoder: TextEncoder, vae: Autoencoder, weights: Path = WEIGHTS
) -> None:
    """Tokenizer, text encoder, autoencoder and scheduler, which cloud and device have in common."""
    shared = weights / "shared"
    tokenizer.save_pretrained(shared / "tokenizer")
    _half(encoder).save_pretrained(shared / "text_encoder")
    vae.save_pretrained(shared / "vae")  # 1 MB: kept in fp32
    shipped_scheduler().save_pretrained(shared / "scheduler")


def export_index(names: Iterable[str], weights: Path = WEIGHTS) -> None:
    """``models.json``, which names the parts of each model (see :mod:`obclip_gen.backends.layout`)."""
    shared = {part: f"shared/{part}" for part in ("text_encoder", "tokenizer", "vae", "scheduler")}
    models = {
        name: {
            "title": TITLES[name],
            "height": RESOLUTION,
            "width": RESOLUTION,
            "num_inference_steps": STEPS,
            "split": SPLIT,
            "guidance_scale": GUIDANCE,
            "parts": {"unet": f"{name}/unet", **shared},
        }
        for name in names
    }
    text = json.dumps({"format": 1, "models": models}, indent=1) + "\n"
    (weights / "models.json").write_text(text, encoding="utf-8")


def export_history(counters: Mapping[str, Mapping[str, float]], weights: Path = WEIGHTS) -> None:
    """Adds what each stage was trained for (``{stage: {"steps", "seconds"}}``) to ``training.json``."""
    path = weights / "training.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    merged = {**known, **{stage: dict(sorted(counts.items())) for stage, counts in counters.items()}}
    path.write_text(json.dumps(merged, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def make_readable(weights: Path = WEIGHTS) -> None:
    """Lets everybody read the files: safetensors are written for their owner alone; wheels keep modes."""
    for path in weights.rglob("*"):
        if path.is_file():
            path.chmod(0o644)


def export_unet(name: str, unet: Denoiser, weights: Path = WEIGHTS) -> None:
    """The denoiser ``cloud`` or ``device``."""
    _half(unet).save_pretrained(weights / name / "unet")


def _half(module: Module) -> Module:
    return copy.deepcopy(module).to(torch.float16).to(memory_format=torch.contiguous_format)


def load_shared(weights: Path = WEIGHTS) -> tuple[Tokenizer, TextEncoder, Autoencoder]:
    """The packaged shared parts in fp32, from which training can go on."""
    shared = weights / "shared"
    tokenizer = packaged("transformers", "CLIPTokenizer", shared / "tokenizer")
    encoder = packaged("transformers", "CLIPTextModel", shared / "text_encoder").float()
    vae = packaged("diffusers", "AutoencoderTiny", shared / "vae")
    return tokenizer, encoder, vae


def load_unet(name: str, weights: Path = WEIGHTS) -> Denoiser:
    """The packaged denoiser in fp32."""
    unet: Denoiser = packaged("diffusers", "UNet2DConditionModel", weights / name / "unet")
    return unet.float()
