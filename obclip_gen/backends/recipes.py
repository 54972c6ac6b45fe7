"""Settings of a model that are not its family's: models for few steps, and what the person writes beside one.

Models that were distilled to need few steps (turbo, lightning, consistency models) have the architecture of
their family, and steps and guidance that suit the family spoil their pictures. What tells is, first to last:

1. ``obclip.json`` in the model's folder, or in the folder beside a single file: any of the fields of
   :class:`~obclip_gen.backends.entry.Defaults`, and ``timestep_spacing``;
2. the name of a public model on its hub;
3. the class of the scheduler that was saved with it.

A name alone tells nothing, but earns a note (:func:`few_steps_note`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from obclip_gen.backends.entry import Defaults
from obclip_gen.schedule import TIMESTEP_SPACINGS
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: Name of the file with a person's settings.
SETTINGS = "obclip.json"
#: Most steps of what is called a model for few steps.
FEW = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model for few steps is run; the fields are those of ``Defaults``.

    A guidance scale of 1 runs no unconditional rows, which such models were trained without.
    """

    num_inference_steps: int
    split: int
    guidance_scale: float
    solver: str
    timestep_spacing: str | None = None


_LCM = Recipe(8, 3, 1.0, "lcm")
#: Sauer et al. 2023 ("ADD"): one to four steps. Its ancestral solver draws noise; without it is Euler's.
_TURBO = Recipe(4, 2, 1.0, "euler", "trailing")

_HUB: Mapping[str, Recipe] = {
    "stabilityai/sd-turbo": _TURBO,
    "stabilityai/sdxl-turbo": _TURBO,
    "stabilityai/stable-diffusion-3.5-large-turbo": Recipe(4, 2, 1.0, "flow-euler"),
}
#: Zheng et al. 2024 ("TCD"), of Hyper-SD among others: without its noise a step is DDIM's.
_SCHEDULERS: Mapping[str, Recipe] = {
    "LCMScheduler": _LCM,
    "TCDScheduler": Recipe(8, 3, 1.0, "ddim", "trailing"),
}
_NAMES = re.compile(r"turbo|lightning|hyper[-_ ]?sd|lcm|tcd|dmd2|\b\d+[-_ ]?steps?\b|\dsteps?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What a model is run with.

    Attributes:
        defaults: see there.
        timestep_spacing: in place of its scheduler's; ``None`` leaves that.
    """

    defaults: Defaults
    timestep_spacing: str | None = None


def settings_of(
    model_id: str, root: Path | None, scheduler: Json, family: Defaults, *, embeds_guidance: bool
) -> ModelSettings:
    """Give a model's settings.

    Args:
        model_id: its name, with ``hub:`` before what comes from a hub.
        root: where ``obclip.json`` may be.
        scheduler: class of the scheduler that it was saved with.
        family: what its family is run with.
        embeds_guidance: whether the guidance scale is an input, so that the family's stands.

    Raises:
        BadInputError: ``obclip.json`` cannot be read, or says what cannot be.
    """
    settings = ModelSettings(family)
    name = model_id.removeprefix("hub:").partition("@")[0] if model_id.startswith("hub:") else ""
    recipe = _HUB.get(name) or _SCHEDULERS.get(str(scheduler))
    if recipe is not None:
        given = asdict(recipe)
        spacing = given.pop("timestep_spacing")
        if embeds_guidance:
            del given["guidance_scale"]
        settings = ModelSettings(replace(family, **given), spacing)
    file = None if root is None else root / SETTINGS
    if file is None or not file.exists():
        return settings
    try:
        return _told(file, settings)
    except (OSError, ValueError):
        raise BadInputError(f"{model_id}: {SETTINGS} cannot be read as JSON") from None
    except BadInputError as error:
        raise BadInputError(f"{model_id}: {SETTINGS}: {error}") from None


def _told(file: Path, settings: ModelSettings) -> ModelSettings:
    given = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(given, dict):
        raise BadInputError("must be an object")
    own = settings.defaults.to_json()
    odd = sorted(set(given) - set(own) - {"timestep_spacing"})
    if odd:
        raise BadInputError(f"{odd[0]} is unknown; it may have {', '.join(own)}, timestep_spacing")
    spacing = given.pop("timestep_spacing", settings.timestep_spacing)
    if spacing not in (None, *TIMESTEP_SPACINGS):
        raise BadInputError(f"timestep_spacing: use one of {', '.join(TIMESTEP_SPACINGS)}")
    steps = given.get("num_inference_steps")
    if "split" not in given and isinstance(steps, int) and steps > 0:
        share = settings.defaults.split / settings.defaults.num_inference_steps
        given["split"] = max(1, round(share * steps))
    return ModelSettings(Defaults.from_json(own | given), spacing)


def few_steps_note(model_id: str, steps: int, scale: float) -> str:
    """Say that a model has the name of one for few steps and makes many; else empty.

    Args:
        model_id: its name.
        steps: that it makes, T.
        scale: of its guidance.
    """
    found = _NAMES.search(model_id)
    if found is None or steps <= FEW:
        return ""
    return (
        f"{model_id} is called like a model for few steps ({found[0]}), but nothing else says so: it runs"
        f" with {steps} steps, guidance {scale:g}. If it is one, put its settings into {SETTINGS} in its"
        " folder (docs/models.md)"
    )
