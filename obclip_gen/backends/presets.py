"""Pairs of public models that fit, by a short name. Imports no torch; nothing is fetched.

Licences are those of the models' own cards; read them before use. What fits is decided by the models'
fingerprints when they are loaded, not by this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from obclip_privacy.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Pair:
    """A cloud model and a device model that share their latents.

    Attributes:
        cloud: reference of the cloud model.
        device: reference of the device model.
        licences: of the two, in this order.
        millions: parameters of the two denoisers, in millions.
        note: one line for people.
    """

    cloud: str
    device: str
    licences: tuple[str, str]
    millions: tuple[int, int]
    note: str


_RAIL, _RAIL_XL = "CreativeML OpenRAIL-M", "CreativeML OpenRAIL++-M"
_SD14, _SDXL = "hub:CompVis/stable-diffusion-v1-4", "hub:stabilityai/stable-diffusion-xl-base-1.0"

#: By the name that ``--pair`` takes.
PAIRS: Mapping[str, Pair] = {
    "embedded": Pair(
        "embedded:cloud",
        "embedded:device",
        ("Apache-2.0", "Apache-2.0"),
        (26, 4),
        "ships in the package; cartoons and emoji",
    ),
    "sd14-bk-sdm-small": Pair(
        _SD14, "hub:nota-ai/bk-sdm-small", (_RAIL, _RAIL), (860, 482), "the paper's first pair"
    ),
    "sd14-bk-sdm-tiny": Pair(
        _SD14,
        "hub:nota-ai/bk-sdm-tiny",
        (_RAIL, _RAIL),
        (860, 323),
        "the smallest device model of this family",
    ),
    "realistic-small-sd": Pair(
        "hub:SG161222/Realistic_Vision_V4.0_noVAE",
        "hub:segmind/small-sd",
        (_RAIL, _RAIL),
        (860, 579),
        "the paper's second pair; small-sd was distilled from this model",
    ),
    "sdxl-koala": Pair(
        _SDXL,
        "hub:etri-vilab/koala-700m",
        (_RAIL_XL, "not stated on its card"),
        (2567, 783),
        "the paper's third pair",
    ),
    "sdxl-ssd-1b": Pair(
        _SDXL, "hub:segmind/SSD-1B", (_RAIL_XL, "see its card"), (2567, 1331), "half of SDXL"
    ),
    "sdxl-vega": Pair(
        _SDXL, "hub:segmind/Segmind-Vega", (_RAIL_XL, "see its card"), (2567, 745), "30 % of SDXL"
    ),
    "pixart-sigma-koala": Pair(
        "hub:PixArt-alpha/PixArt-Sigma-XL-2-1024-MS",
        "hub:etri-vilab/koala-700m",
        (_RAIL_XL, "not stated on its card"),
        (610, 783),
        "a transformer in the cloud; both use SDXL's autoencoder",
    ),
}


def pair(name: str) -> Pair:
    """Give a pair by its name.

    Raises:
        BadInputError: there is none.
    """
    if name not in PAIRS:
        raise BadInputError(f"pair {name!r}: use one of {', '.join(PAIRS)}")
    return PAIRS[name]
