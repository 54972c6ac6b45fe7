"""Stages of the training recipe, each resumable: ``python -m obclip_gen.training STAGE --work FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from obclip_gen.training import (
    autoencoder,
    card,
    classifier,
    dataset,
    export,
    report,
    stages,
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
    "classifier": 40.0,
}


STAGES = (
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
)


def main(arguments: list[str] | None = None) -> int:
    """Runs one stage; stages build on what earlier ones left in the work folder."""
    parser = argparse.ArgumentParser(prog="python -m obclip_gen.training", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for artwork, arrays and checkpoints (about 2 GB)"
    )
    parser.add_argument("--minutes", type=float, help="minutes of training in all, counting earlier runs")
    parser.add_argument(
        "--horizon",
        type=float,
        help="minutes at which the learning rate reaches its floor (default: --minutes)",
    )
    parser.add_argument("--threads", type=int, default=2, help="of a stage that runs in one process")
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        help="processes of one thread each (refine, cloud, device, classifier)",
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
        stages.resume_from_package(work)
        return 0
    data = dataset.prepare(work)
    if options.stage == "prepare":
        return 0
    seconds = 60 * (options.minutes if options.minutes is not None else MINUTES.get(options.stage, 0.0))
    horizon = 60 * options.horizon if options.horizon is not None else None
    if options.stage == "autoencoder":
        autoencoder.train(data, work, seconds=seconds)
    elif options.stage == "enlarge":
        autoencoder.enlarge(data, stages.small_autoencoder(work), work, seconds=seconds)
    elif options.stage == "text":
        tokenizer, _ = stages.load_text(data, work)
        text.pretrain(data, tokenizer, work, seconds=seconds)
    elif options.stage == "latents":
        shape = stages.load_latents(data, work).shape
        say(f"latents {shape}")
    elif options.stage in stages.PARALLEL:
        if options.stage in ("cloud", "device"):
            stages.load_text(data, work)
        if options.stage != "refine":
            stages.load_latents(data, work)
        workers.run(options.workers, stages.PARALLEL[options.stage], work, seconds, horizon)
    else:
        models = stages.packaged_models() if options.packaged else stages.trained_models(data, work)
        if options.stage == "export":
            export.export_shared(models.tokenizer, models.encoder, models.vae)
            for name, unet in models.unets.items():
                export.export_unet(name, unet)
            export.export_index(models.unets)
            if (work / "classifier.safetensors").exists():
                reader, folder = classifier.load(data, work), export.WEIGHTS / "classifier"
                classifier.export(reader, folder)
                classifier.export_artwork(reader, data, folder)
            export.export_history(stages.history(work))
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


if __name__ == "__main__":
    sys.exit(main())
