"""Public artwork that the embedded models learn from: what it shows, and its pixels.

Two openly licensed npm packages, fetched at training time and never shipped:

* ``fluentui-emoji`` 1.3.0 (MIT): the styles ``modern`` and ``flat``; every picture of people exists in six
  skin tones
  (``default`` is the yellow one). The style ``high-contrast`` is left out: it draws one tone only, so the
  attributes that this project is about cannot be seen in it.
* ``facesjs`` 5.0.3 (Apache-2.0): a generator of cartoon faces with gender and race parameters; hair colour
  and facial lines are set here so that age can be seen (see ``portraits.mjs``).

A :class:`Picture` holds labels only; :func:`render` gives its pixels.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

PACKAGES = ("fluentui-emoji@1.3.0", "facesjs@5.0.3")
STYLES = ("modern", "flat", "portrait")
TONES = ("default", "light", "medium-light", "medium", "medium-dark", "dark")
RACES = ("white", "black", "brown", "asian")
GENDERS = ("neutral", "female", "male")
AGES = ("unstated", "child", "young", "middle-aged", "old")
RESOLUTION = 128

#: Portrait cells (gender, age, race) that training never sees: 3 of 24, each value still seen in most of its
#: cells.
HELD_OUT_PORTRAITS = (
    ("female", "old", "brown"),
    ("male", "middle-aged", "asian"),
    ("female", "young", "black"),
)
#: Share of the emoji's (role, gender, tone) cells that training never sees, in any style.
HELD_OUT_SHARE = 0.12

_MALE = {
    "boy": "child",
    "old-man": "older",
    "prince": "prince",
    "santa-claus": "claus",
    "pregnant-man": "pregnant",
}
_FEMALE = {
    "girl": "child",
    "old-woman": "older",
    "princess": "prince",
    "mrs-claus": "claus",
    "pregnant-woman": "pregnant",
    "breast-feeding": "breast-feeding",
}
_NEUTRAL = {
    "child": "child",
    "older-person": "older",
    "mx-claus": "claus",
    "pregnant-person": "pregnant",
    "person": "person",
}
_AGE = {"child": "child", "baby": "child", "baby-angel": "child", "older": "old"}


@dataclass(frozen=True)
class Picture:
    """Labels of one picture. ``race`` is set on portraits only, ``tone`` on emoji only (else the empty
    string).

    ``traits`` are further things that are drawn and may be told (``glasses``, ``hair``, ...); ``svg`` is a
    file path for an emoji and the markup itself for a portrait.
    """

    style: str
    role: str
    gender: str
    age: str
    tone: str = ""
    race: str = ""
    traits: dict[str, str] = field(default_factory=dict)
    svg: str = ""

    @property
    def cell(self) -> tuple[str, ...]:
        """The attribute combination that is held out as a whole."""
        if self.style == "portrait":
            return (self.gender, self.age, self.race)
        return (self.role, self.gender, self.tone)

    @property
    def held_out(self) -> bool:
        """Whether training never sees this combination (a function of the labels alone)."""
        if self.style == "portrait":
            return self.cell in HELD_OUT_PORTRAITS
        if self.gender == "neutral" or self.tone == "default":
            return False
        digest = hashlib.sha256("/".join(self.cell).encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT_SHARE


def fetch(work: Path) -> Path:
    """Installs the artwork packages below ``work`` with npm and returns ``node_modules``.

    Raises:
        RuntimeError: npm is missing or failed.
    """
    modules = work / "npm" / "node_modules"
    if not all((modules / name.split("@")[0]).is_dir() for name in PACKAGES):
        (work / "npm").mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(work / "npm"),
            *PACKAGES,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise RuntimeError("npm is needed to fetch the artwork; install Node.js") from error
        if done.returncode != 0:
            raise RuntimeError(f"npm could not fetch the artwork: {done.stderr.strip()[-400:]}")
    return modules


def describe_emoji(name: str) -> tuple[str, str]:
    """(role, gender) of an icon's base name: ``woman-firefighter`` is (``firefighter``, ``female``)."""
    for table, gender in ((_MALE, "male"), (_FEMALE, "female"), (_NEUTRAL, "neutral")):
        if name in table:
            return table[name], gender
    if name in ("man", "woman"):
        return "person", "male" if name == "man" else "female"
    for prefix, gender in (("man-", "male"), ("woman-", "female"), ("person-", "neutral")):
        if name.startswith(prefix):
            return name.removeprefix(prefix), gender
    return name, "neutral"


def emoji(modules: Path) -> list[Picture]:
    """Every emoji that exists in all skin tones, in both styles, in a fixed order."""
    pictures = []
    for style in ("modern", "flat"):
        folder = modules / "fluentui-emoji" / "icons" / style
        files = {path.stem for path in folder.glob("*.svg")}
        bases = sorted(name.removesuffix("-medium-dark") for name in files if name.endswith("-medium-dark"))
        for base in bases:
            role, gender = describe_emoji(base)
            for tone in TONES:
                if f"{base}-{tone}" in files:
                    svg = str(folder / f"{base}-{tone}.svg")
                    pictures.append(
                        Picture(style, role, gender, _AGE.get(role, "unstated"), tone=tone, svg=svg)
                    )
    return pictures


def portraits(modules: Path, count: int, seed: int) -> Iterator[Picture]:
    """``count`` random cartoon portraits, reproducible from ``seed``. Held-out cells are included: filter by
    use.
    """
    script = Path(__file__).with_name("portraits.mjs")
    command = ["node", str(script), str(modules / "facesjs" / "build" / "index.js"), str(count), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("node gave no output")
        for line in process.stdout:
            record = json.loads(line)
            yield Picture(
                "portrait",
                "portrait",
                record["gender"],
                record["age"],
                race=record["race"],
                traits=record["traits"],
                svg=record["svg"],
            )
    if process.returncode != 0:
        raise RuntimeError("node could not draw the portraits")


def render(picture: Picture, size: int = RESOLUTION) -> npt.NDArray[np.uint8]:
    """Pixels ``[size, size, 3]`` of a picture on white."""
    import resvg_py

    markup = picture.svg if picture.style == "portrait" else Path(picture.svg).read_text(encoding="utf-8")
    png = bytes(
        resvg_py.svg_to_bytes(
            svg_string=markup, width=size, height=size, background="white", skip_system_fonts=True
        )
    )
    drawn = Image.open(io.BytesIO(png)).convert("RGB")
    canvas = Image.new("RGB", (size, size), "white")  # a few icons are not square
    canvas.paste(
        drawn.crop((0, 0, min(drawn.width, size), min(drawn.height, size))),
        ((size - drawn.width) // 2 if drawn.width < size else 0, 0),
    )
    return np.asarray(canvas, dtype=np.uint8)


def render_all(pictures: Sequence[Picture], size: int = RESOLUTION) -> npt.NDArray[np.uint8]:
    """Pixels ``[len(pictures), size, size, 3]``."""
    pixels = np.empty((len(pictures), size, size, 3), dtype=np.uint8)
    for index, picture in enumerate(pictures):
        pixels[index] = render(picture, size)
    return pixels
