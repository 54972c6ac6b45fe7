"""What each stage reads from the work folder and leaves there, for the command line and for its workers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from obclip_gen.training import (
    autoencoder,
    classifier,
    dataset,
    denoiser,
    export,
    parts,
    report,
    runs,
    text,
)


def small_autoencoder(work: Path) -> parts.Autoencoder:
    """The half-size autoencoder of the first stage."""
    model = autoencoder.build()
    model.load_state_dict(runs.load(work / "autoencoder.safetensors")[0])
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def full_autoencoder(work: Path, name: str = "autoencoder_full") -> parts.Autoencoder:
    """The full-size autoencoder, as the stage that writes ``name`` left it."""
    model = autoencoder.build_full()
    model.load_state_dict(runs.load(work / f"{name}.safetensors")[0])
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def latest_autoencoder(work: Path) -> parts.Autoencoder:
    """The autoencoder of the latest stage that was run."""
    for name in ("autoencoder_refined", "autoencoder_full"):
        if (work / f"{name}.safetensors").exists():
            return full_autoencoder(work, name)
    return small_autoencoder(work)


def load_latents(data: dataset.Dataset, work: Path) -> npt.NDArray[np.float16]:
    """Latents ``[n, 8, 16, 16]`` of every picture; encodes them once."""
    path = work / "latents.npy"
    if not path.exists():
        full = (work / "autoencoder_full.safetensors").exists()
        partial = path.with_suffix(".partial.npy")
        np.save(partial, autoencoder.encode(latest_autoencoder(work), data, full=full))
        partial.rename(path)
    loaded: npt.NDArray[np.float16] = np.load(path)
    return loaded


def load_text(data: dataset.Dataset, work: Path) -> tuple[parts.Tokenizer, parts.TextEncoder]:
    """Tokenizer and text encoder; the tokenizer is learnt once."""
    folder = work / "tokenizer"
    if not (folder / "tokenizer_config.json").exists():
        text.train_tokenizer(data, folder)
    tokenizer = parts.packaged("transformers", "CLIPTokenizer", folder)
    encoder = text.build_encoder(tokenizer)
    read = work / "text_encoder_read.safetensors"
    if read.exists():
        encoder.load_state_dict(runs.load(read)[0])
    return tokenizer, encoder


def resume_from_package(work: Path) -> None:
    """Lays the packaged weights out as checkpoints, so that training goes on from them alone."""
    history = json.loads((export.WEIGHTS / "training.json").read_text(encoding="utf-8"))
    tokenizer, encoder, vae = export.load_shared()
    work.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(work / "tokenizer")
    runs.save(work / "text_encoder_read.safetensors", encoder.state_dict(), **_counters(history, "text"))
    runs.save(work / "autoencoder_full.safetensors", vae.state_dict(), **_counters(history, "enlarge"))
    cloud, device = export.load_unet("cloud"), export.load_unet("device")
    states = {
        "unet": cloud.state_dict(),
        "unet_average": cloud.state_dict(),
        "text": encoder.state_dict(),
        "text_average": encoder.state_dict(),
    }
    flat = {
        f"{part}.{name}": tensor.clone() for part, state in states.items() for name, tensor in state.items()
    }
    runs.save(work / "cloud.safetensors", flat, **_counters(history, "cloud"))
    flat = {
        f"{part}.{name}": tensor.clone()
        for part in ("unet", "unet_average")
        for name, tensor in device.state_dict().items()
    }
    runs.save(work / "device.safetensors", flat, **_counters(history, "device"))


def _counters(history: dict[str, dict[str, float]], stage: str) -> dict[str, float]:
    return {"step": history[stage]["steps"], "seconds": history[stage]["seconds"]}


def refine(work: Path, seconds: float, _horizon: float | None) -> None:
    """The stage ``refine``, in every worker."""
    autoencoder.refine(dataset.prepare(work), full_autoencoder(work), work, seconds=seconds)


def train_cloud(work: Path, seconds: float, horizon: float | None) -> None:
    """The stage ``cloud``, in every worker."""
    data = dataset.prepare(work)
    tokenizer, encoder = load_text(data, work)
    latents = load_latents(data, work)
    denoiser.train_cloud(data, latents, tokenizer, encoder, work, seconds=seconds, horizon=horizon)


def train_device(work: Path, seconds: float, horizon: float | None) -> None:
    """The stage ``device``, in every worker."""
    data = dataset.prepare(work)
    tokenizer, encoder = load_text(data, work)
    latents = load_latents(data, work)
    teacher, encoder = denoiser.load_cloud(work, tokenizer, encoder)
    denoiser.train_device(data, latents, tokenizer, encoder, teacher, work, seconds=seconds, horizon=horizon)


def train_classifier(work: Path, seconds: float, _horizon: float | None) -> None:
    """The stage ``classifier``, in every worker."""
    data = dataset.prepare(work)
    classifier.train(data, load_latents(data, work), latest_autoencoder(work), work, seconds=seconds)


#: Stages that several workers share.
PARALLEL = {
    "refine": refine,
    "cloud": train_cloud,
    "device": train_device,
    "classifier": train_classifier,
}


def history(work: Path) -> dict[str, dict[str, float]]:
    """Steps and seconds of every stage that left a checkpoint."""
    files = {
        "autoencoder": "autoencoder",
        "enlarge": "autoencoder_full",
        "refine": "autoencoder_refined",
        "text": "text_encoder_read",
        "cloud": "cloud",
        "device": "device",
    }
    history = {}
    for stage, name in files.items():
        path = work / f"{name}.safetensors"
        if path.exists():
            counters = runs.load(path)[1]
            history[stage] = {"steps": counters["step"], "seconds": round(counters["seconds"])}
    return history


def packaged_models() -> report.Models:
    """The models that ship."""
    tokenizer, encoder, vae = export.load_shared()
    return report.Models(
        tokenizer,
        encoder.eval(),
        vae.eval(),
        {name: export.load_unet(name).eval() for name in ("cloud", "device")},
    )


def trained_models(data: dataset.Dataset, work: Path) -> report.Models:
    """The averaged models of the checkpoints."""
    tokenizer, encoder = load_text(data, work)
    cloud, encoder = denoiser.load_cloud(work, tokenizer, encoder)
    unets = {"cloud": cloud}
    if (work / "device.safetensors").exists():
        unets["device"] = denoiser.load_device(work)
    return report.Models(tokenizer, encoder, latest_autoencoder(work), unets)
