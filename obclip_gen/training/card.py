"""Model cards: data, licence, recipe, measured quality, limits; every figure comes from ``quality.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from obclip_gen.training.denoiser import BATCH
from obclip_gen.training.report import table

WHAT = {
    "cloud": (
        "The large embedded model: it runs the first denoising steps on every candidate.",
        "`UNet2DConditionModel`, channels 96/192/288, one layer a block, attention below full resolution",
    ),
    "device": (
        "The small embedded model: it finishes the real candidate on the device.",
        "`UNet2DConditionModel`, channels 48/96/96, distilled from the cloud model's predictions",
    ),
}

#: What the shipped weights' history adds to the recipe.
EXCEPTION = (
    "(A sixth of the held-out emoji cells were held out only after the first 42 thousand pictures, in which "
    "each had been seen about ten times.)"
)
TEMPLATE = Path(__file__).with_name("card.md")


def write_card(
    name: str, folder: Path, figures: dict[str, Any], history: dict[str, dict[str, float]]
) -> Path:
    """Writes ``README.md`` of the model ``name`` below ``folder``; returns its path.

    Raises:
        KeyError: a figure is missing.
    """
    what, architecture = WHAT[name]
    model = figures["models"][name]
    rows = {row: values for row, values in figures["rows"].items() if row.split("/")[0] in ("real", name)}
    text = TEMPLATE.read_text(encoding="utf-8").format(
        name=name,
        what=what,
        architecture=architecture,
        parameters=model["parameters"] / 1e6,
        macs=model["macs"] / 1e9,
        trained=_spent(name, history),
        vocabulary=figures["vocabulary"],
        roles=figures["roles"],
        portraits=figures["portraits"],
        exception=EXCEPTION,
        steps=figures["steps"],
        guidance=figures["guidance_scale"],
        seed=figures["seed"],
        each=figures["each"],
        table=table({"rows": rows}),
    )
    path = folder / "README.md"
    path.write_text(text, encoding="utf-8")
    return path


def _spent(name: str, history: dict[str, dict[str, float]]) -> str:
    hours = {stage: counts["seconds"] / 3600 for stage, counts in history.items()}
    pictures = history[name]["steps"] * BATCH / 1000
    autoencoder = sum(hours.get(stage, 0.0) for stage in ("autoencoder", "enlarge", "refine"))
    return (
        f"This model: {hours[name]:.1f} hours on two CPU cores, {pictures:.0f} thousand pictures seen; the "
        f"autoencoder: {autoencoder:.1f} hours."
    )
