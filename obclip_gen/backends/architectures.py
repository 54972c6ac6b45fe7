"""Architectures of public U-Nets, so that their cost can be known without their weights.

Arguments of diffusers' ``UNet2DConditionModel`` on top of its defaults, from the models' own
``config.json``: CompVis stable-diffusion-v1-4, stabilityai stable-diffusion-2-1 and
stable-diffusion-xl-base-1.0, the ``src/unet_config`` of BK-SDM, segmind SSD-1B and Segmind-Vega, and
KOALA-700M.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from obclip_gen.backends.unet_meter import PriceList
from obclip_privacy.errors import BadInputError

_TEXT_LENGTH = 77


@dataclass(frozen=True, slots=True)
class Architecture:
    """One public U-Net.

    Attributes:
        title: its full name.
        cells: side of its latents, for which it was made.
        config: arguments of ``UNet2DConditionModel``.
    """

    title: str
    cells: int
    config: Mapping[str, Any]

    def prices(self, cells: tuple[int, int] | None = None) -> PriceList:
        """Give the price list at a size of latents (its own by default)."""
        return PriceList(self.config, cells or (self.cells, self.cells), _TEXT_LENGTH)


_SD1: dict[str, Any] = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
_SD2: dict[str, Any] = {
    "sample_size": 64,
    "cross_attention_dim": 1024,
    "attention_head_dim": [5, 10, 20, 20],
    "use_linear_projection": True,
}
_THREE: dict[str, Any] = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("CrossAttnDownBlock2D",) * 3,
    "up_block_types": ("CrossAttnUpBlock2D",) * 3,
    "layers_per_block": 1,
    "mid_block_type": None,
}
_XL: dict[str, Any] = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "transformer_layers_per_block": [1, 2, 10],
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}

#: By the name that ``--model`` takes.
ARCHITECTURES: Mapping[str, Architecture] = {
    "sd14": Architecture("Stable Diffusion v1.4", 64, _SD1),
    "sd21": Architecture("Stable Diffusion v2.1 (base)", 64, _SD2),
    "sdxl": Architecture("Stable Diffusion XL base 1.0", 128, _XL),
    "bk-sdm-base": Architecture("BK-SDM-Base", 64, _SD1 | {"layers_per_block": 1}),
    "bk-sdm-small": Architecture("BK-SDM-Small", 64, _SD1 | {"layers_per_block": 1, "mid_block_type": None}),
    "bk-sdm-tiny": Architecture("BK-SDM-Tiny", 64, _SD1 | _THREE),
    "bk-sdm-v2-tiny": Architecture("BK-SDM-v2-Tiny", 64, _SD2 | _THREE | {"attention_head_dim": [5, 10, 20]}),
    "ssd-1b": Architecture(
        "SSD-1B",
        128,
        _XL
        | {
            "transformer_layers_per_block": [0, 2, 4],
            "reverse_transformer_layers_per_block": [[4, 4, 10], [2, 1, 1], 1],
            "mid_block_type": "UNetMidBlock2D",
        },
    ),
    "vega": Architecture(
        "Segmind-Vega",
        128,
        _XL
        | {
            "transformer_layers_per_block": [0, 1, 2],
            "reverse_transformer_layers_per_block": [[2, 2, 2], [1, 1, 1], 1],
            "mid_block_type": "UNetMidBlock2D",
        },
    ),
    "koala-700m": Architecture(
        "KOALA-700M",
        128,
        _XL
        | {
            "layers_per_block": 1,
            "transformer_layers_per_block": [0, 2, 5],
            "mid_block_type": None,
        },
    ),
}


def architecture(name: str) -> Architecture:
    """Give the architecture of a name.

    Raises:
        BadInputError: there is none.
    """
    if name not in ARCHITECTURES:
        raise BadInputError(f"model {name!r}: use one of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]
