"""Stages of the training recipe, each resumable: ``python -m obclip_gen.training STAGE --work FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from obclip_gen.training import (
    autoencoder,
    card,
    classifier,
    dataset,
    denoiser,
    export,
    parts,
    report,
    runs,
    text,
    workers,
)
from obclip_gen.training.runs import say

#: Minutes of training by stage of the recipe on two cores; what the shipped weights had is in training.json.
MINUTES = {
    "autoencoder": 16.0,
    "enlarge": 20.0,
    "refine": 30.0,
    "text": 4.0,
    "cloud": 180.0,
    "device": 45.0,
    "classifier": 8.0,
}


def _small(work: Path) -> parts.Autoencoder:
    model = autoencoder.build()
    model.load_state_dict(runs.load(work / "autoencoder.safetensors")[0])
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _full(work: Path, name: str = "autoencoder_full") -> parts.Autoencoder:
    model = autoencoder.build_full()
    model.load_state_dict(runs.load(work / f"{name}.safetensors")[0])
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _vae(work: Path) -> parts.Autoencoder:
    """The autoencoder of the latest stage that was run."""
    for name in ("autoencoder_refined", "autoencoder_full"):
        if (work / f"{name}.safetensors").exists():
            return _full(work, name)
    return _small(work)


def _latents(data: dataset.Dataset, work: Path) -> npt.NDArray[np.float16]:
    path = work / "latents.npy"
    if not path.exists():
        full = (work / "autoencoder_full.safetensors").exists()
        partial = path.with_suffix(".partial.npy")
        np.save(partial, autoencoder.encode(_vae(work), data, full=full))
        partial.rename(path)
    loaded: npt.NDArray[np.float16] = np.load(path)
    return loaded


def _text(data: dataset.Dataset, work: Path) -> tuple[parts.Tokenizer, parts.TextEncoder]:
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
    runs.save(work / "text_encoder_read.safetensors", encoder.state_dict(), step=0, seconds=0)
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


def main(arguments: list[str] | None = None) -> int:
    """Runs one stage; stages build on what earlier ones left in the work folder."""
    parser = argparse.ArgumentParser(prog="python -m obclip_gen.training", description=__doc__)
    stages = [
        "prepare",
        "resume",
        "autoencoder",
        "enlarge",
        "refine",
        "text",
        "latents",
        "cloud",
        "device",
        "classifier",
        "export",
        "evaluate",
        "sheet",
    ]
    parser.add_argument("stage", choices=stages)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for artwork, arrays and checkpoints (about 4 GB)"
    )
    parser.add_argument("--minutes", type=float, help="minutes of training in all, counting earlier runs")
    parser.add_argument(
        "--horizon",
        type=float,
        help="minutes at which the learning rate reaches its floor (default: --minutes)",
    )
    parser.add_argument("--threads", type=int, default=2, help="of a stage that runs in one process")
    parser.add_argument(
        "--workers", type=int, default=1, help="processes of one thread each (refine, cloud, device)"
    )
    parser.add_argument("--each", type=int, default=4, help="pictures of every role that evaluate scores")
    parser.add_argument(
        "--packaged",
        action="store_true",
        help="evaluate or draw with the packaged weights instead of the checkpoints",
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    work: Path = options.work
    work.mkdir(parents=True, exist_ok=True)
    if options.stage == "resume":
        resume_from_package(work)
        return 0
    data = dataset.prepare(work)
    seconds = 60 * (options.minutes if options.minutes is not None else MINUTES.get(options.stage, 0.0))
    horizon = 60 * options.horizon if options.horizon is not None else None
    if options.stage == "autoencoder":
        autoencoder.train(data, work, seconds=seconds)
    elif options.stage == "enlarge":
        autoencoder.enlarge(data, _small(work), work, seconds=seconds)
    elif options.stage == "text":
        tokenizer, _ = _text(data, work)
        text.pretrain(data, tokenizer, work, seconds=seconds)
    elif options.stage == "latents":
        shape = _latents(data, work).shape
        say(f"latents {shape}")
    elif options.stage in _PARALLEL:
        if options.stage != "refine":
            _text(data, work)
            _latents(data, work)
        workers.run(options.workers, _PARALLEL[options.stage], work, seconds, horizon)
    elif options.stage == "classifier":
        classifier.train(data, _vae(work), work, seconds=seconds)
    else:
        models = _packaged() if options.packaged else _trained(data, work)
        if options.stage == "export":
            export.export_shared(models.tokenizer, models.encoder, models.vae)
            for name, unet in models.unets.items():
                export.export_unet(name, unet)
            export.export_index(models.unets)
            if (work / "classifier.safetensors").exists():
                classifier.export(classifier.load(data, work), export.WEIGHTS / "classifier")
            export.export_history(_history(work))
            export.make_readable()
        elif options.stage == "evaluate":
            reader = (
                classifier.packaged(export.WEIGHTS / "classifier")
                if options.packaged
                else classifier.load(data, work)
            )
            figures = report.evaluate_models(data, models, reader, each=options.each)
            (work / "quality.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
            say(report.table(figures))
            history = json.loads((export.WEIGHTS / "training.json").read_text(encoding="utf-8"))
            for name in models.unets if options.packaged else ():
                say(card.write_card(name, export.WEIGHTS / name, figures, history))
        elif options.stage == "sheet":
            for path in report.sheets(data, models, work):
                say(path)
    return 0


def _refine(work: Path, seconds: float, _horizon: float | None) -> None:
    autoencoder.refine(dataset.prepare(work), _full(work), work, seconds=seconds)


def _cloud(work: Path, seconds: float, horizon: float | None) -> None:
    data = dataset.prepare(work)
    tokenizer, encoder = _text(data, work)
    latents = _latents(data, work)
    denoiser.train_cloud(data, latents, tokenizer, encoder, work, seconds=seconds, horizon=horizon)


def _device(work: Path, seconds: float, horizon: float | None) -> None:
    data = dataset.prepare(work)
    tokenizer, encoder = _text(data, work)
    latents = _latents(data, work)
    teacher, encoder = denoiser.load_cloud(work, tokenizer, encoder)
    denoiser.train_device(data, latents, tokenizer, encoder, teacher, work, seconds=seconds, horizon=horizon)


#: Stages that several workers share.
_PARALLEL = {"refine": _refine, "cloud": _cloud, "device": _device}


def _history(work: Path) -> dict[str, dict[str, float]]:
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


def _packaged() -> report.Models:
    tokenizer, encoder, vae = export.load_shared()
    return report.Models(
        tokenizer,
        encoder.eval(),
        vae.eval(),
        {name: export.load_unet(name).eval() for name in ("cloud", "device")},
    )


def _trained(data: dataset.Dataset, work: Path) -> report.Models:
    tokenizer, encoder = _text(data, work)
    cloud, encoder = denoiser.load_cloud(work, tokenizer, encoder)
    unets = {"cloud": cloud}
    if (work / "device.safetensors").exists():
        unets["device"] = denoiser.load_device(work)
    return report.Models(tokenizer, encoder, _vae(work), unets)


if __name__ == "__main__":
    sys.exit(main())
