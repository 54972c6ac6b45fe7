"""The safety checker that a family ships beside its models (Stable Diffusion 1.x).

It looks at finished pictures on the device and turns those black that it takes for sexual content. It is as
good as its authors made it and errs in both directions (Rando et al. 2022, "Red-Teaming the Stable Diffusion
Safety Filter").
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from obclip_gen.backends.parts import Parts

_CLASS = "StableDiffusionSafetyChecker"
#: CLIP's own mean and standard deviation of red, green and blue (Radford et al. 2021).
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)


class SafetyChecker:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        """Load the part ``safety_checker``.

        Raises:
            BadInputError: it is of another class, or cannot be loaded.
        """
        parts.config("safety_checker", (_CLASS,))
        module = "diffusers.pipelines.stable_diffusion.safety_checker"
        self._model: Any = parts.load("safety_checker", module, _CLASS, half=False)
        self._side = int(self._model.config.vision_config.image_size)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Turn pictures ``[M, 3, H, W]`` in 0..1 black where they are held back."""
        with torch.inference_mode():
            seen = self._prepared(pictures).to(self._model.device)
            held = self._model(clip_input=seen, images=list(pictures.clone()))[1]
        kept = torch.tensor([not one for one in held], dtype=pictures.dtype)
        return pictures * kept[:, None, None, None]

    def _prepared(self, pictures: Tensor) -> Tensor:
        """Resize the short side, cut out the middle, normalise."""
        height, width = pictures.shape[2:]
        scale = self._side / min(height, width)
        size = (max(self._side, round(height * scale)), max(self._side, round(width * scale)))
        small = functional.interpolate(pictures, size, mode="bicubic", antialias=True).clamp(0, 1)
        top, left = ((side - self._side) // 2 for side in size)
        middle = small[:, :, top : top + self._side, left : left + self._side]
        mean, std = (torch.tensor(values)[None, :, None, None] for values in (_MEAN, _STD))
        return (middle - mean) / std
