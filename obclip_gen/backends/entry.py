"""How a backend is registered: a scheme, and a function that loads a model. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from obclip_gen.reading import Fields
from obclip_gen.solver_settings import SolverSettings
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

if TYPE_CHECKING:
    from obclip_gen.backends.protocol import Backend

#: Arithmetic of the denoiser: float32, or 16 bits where torch's autocast uses them; ``auto`` asks the
#: hardware.
Compute = Literal["auto", "float32", "bfloat16", "float16"]
COMPUTE: tuple[Compute, ...] = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load a model.

    Attributes:
        compute: arithmetic of the denoiser.
        device: a torch device, such as ``cpu``, ``cuda`` or ``mps``; ``auto`` takes the best there is;
            ``openvino`` runs the denoiser on OpenVINO, the rest on the CPU.
        chunks: of 75 tokens that CLIP reads, 1 to 8; both sides of a request may differ.
        clip_skip: layers of CLIP that are left out at the end, 0 to 8.
        low_memory: attention in slices, pictures decoded one at a time and in tiles.
        safety_checker: whether a checker that the model ships holds pictures back.
        t5: whether Stable Diffusion 3 reads with its T5 encoder too, the largest of its parts.
        decoder: an ``AutoencoderTiny`` that decodes in place of the model's autoencoder: its folder, or
            ``hub:OWNER/NAME``.

    Raises:
        BadInputError: a number is out of range.
    """

    compute: Compute = "float32"
    device: str = "cpu"
    chunks: int = 1
    clip_skip: int = 0
    low_memory: bool = False
    safety_checker: bool = True
    t5: bool = True
    decoder: str | None = None

    def __post_init__(self) -> None:
        if self.compute not in COMPUTE:
            raise BadInputError(f"compute: use one of {', '.join(COMPUTE)}")
        if not 1 <= self.chunks <= 8:
            raise BadInputError("chunks: must be from 1 to 8")
        if not 0 <= self.clip_skip <= 8:
            raise BadInputError("clip skip: must be from 0 to 8")


@dataclass(frozen=True, slots=True)
class Defaults:
    """The settings that a model was made for.

    Attributes:
        height: of the picture in pixels.
        width: of the picture in pixels.
        num_inference_steps: T.
        split: k.
        guidance_scale: of classifier-free guidance.
        solver: one of :data:`obclip_gen.solver_settings.SOLVERS`.
    """

    height: int
    width: int
    num_inference_steps: int = 25
    split: int = 10
    guidance_scale: float = 7.5
    solver: str = "dpmsolver++"

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Defaults:
        """Read what :meth:`to_json` wrote; other keys are left alone.

        Raises:
            BadInputError: a field is missing or not a number in a sensible range.
        """
        names = [item.name for item in fields(cls)]
        given = {name: value.get(name) for name in names}
        read = Fields(given | {"solver": value.get("solver", "dpmsolver++")}, "defaults: ", names)
        made = cls(
            height=read.whole("height"),
            width=read.whole("width"),
            num_inference_steps=read.whole("num_inference_steps"),
            split=read.whole("split"),
            guidance_scale=read.number("guidance_scale"),
            solver=SolverSettings(read.text("solver")).name,
        )
        if not (8 <= made.height <= 8192 and 8 <= made.width <= 8192):
            raise BadInputError("defaults: height and width must be from 8 to 8192")
        if not 0 <= made.split <= made.num_inference_steps <= 1000 or made.num_inference_steps < 1:
            raise BadInputError("defaults: split must be from 0 to num_inference_steps, at most 1000")
        if not 0 <= made.guidance_scale <= 50:
            raise BadInputError("defaults: guidance_scale must be from 0 to 50")
        return made

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        return {
            "height": self.height,
            "width": self.width,
            "num_inference_steps": self.num_inference_steps,
            "split": self.split,
            "guidance_scale": self.guidance_scale,
            "solver": self.solver,
        }


def _no_models() -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class BackendEntry:
    """One scheme of model references.

    Attributes:
        scheme: what stands before the colon, lower-case letters.
        summary: one line for people.
        load: gives the backend for what stands after the colon; raises ``BadInputError`` when there is no
            such model or it cannot be used.
        list_models: names that can stand after the colon, where they can be known.
    """

    scheme: str
    summary: str
    load: Callable[[str, LoadOptions], Backend]
    list_models: Callable[[], tuple[str, ...]] = _no_models
