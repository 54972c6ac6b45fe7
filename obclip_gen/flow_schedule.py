"""The noise schedule of a model trained by flow matching, free of any solver.

The process is x_s = (1 - s) x0 + s e (Lipman et al. 2023; Esser et al. 2024, "Scaling Rectified Flow
Transformers", section 2) and the network predicts e - x0. Its noise-to-signal ratio is sigma = s / (1 -
s), by which a hand-over is matched with models of any other process.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from obclip_gen.reading import Fields
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: How inference picks s before it is shifted: evenly from 1 to the smallest trained s, or 1, (T-1)/T, ...,
#: 1/T.
PLACEMENTS = ("trained", "uniform")


@dataclass(frozen=True, slots=True)
class FlowSchedule:
    """Training-time noise of a flow-matching model; names as in diffusers'
    ``FlowMatchEulerDiscreteScheduler``.

    Attributes:
        shift: the levels are moved towards noise by s' = shift s / (1 + (shift - 1) s), 0.01 to 100.
        use_dynamic_shifting: instead, the shift is exp(mu), and mu is linear in the number of patches of
            the picture.
        base_image_seq_len: patches at which mu is ``base_shift``.
        max_image_seq_len: patches at which mu is ``max_shift``.
        base_shift: see there.
        max_shift: see there.
        placement: one of :data:`PLACEMENTS`.
        patch: cells of the latents along one side of a patch.
        num_train_timesteps: what s = 1 is called as a timestep.
    """

    shift: float = 1.0
    use_dynamic_shifting: bool = False
    base_image_seq_len: int = 256
    max_image_seq_len: int = 4096
    base_shift: float = 0.5
    max_shift: float = 1.15
    placement: str = "trained"
    patch: int = 2
    num_train_timesteps: int = 1000

    #: Solvers of other processes ask for it; levels are placed by :attr:`placement`.
    timestep_spacing = "linspace"
    prediction_type = "flow"

    def __post_init__(self) -> None:
        if not 1 <= self.num_train_timesteps <= 100_000:
            raise BadInputError("flow schedule: num_train_timesteps must be from 1 to 100,000")
        if not 0.01 <= self.shift <= 100:
            raise BadInputError("flow schedule: shift must be from 0.01 to 100")
        if not 1 <= self.base_image_seq_len < self.max_image_seq_len <= 10**7:
            raise BadInputError("flow schedule: image_seq_len must ascend from base to max")
        if not (abs(self.base_shift) <= 10 and abs(self.max_shift) <= 10):
            raise BadInputError("flow schedule: base_shift and max_shift must be from -10 to 10")
        if not 1 <= self.patch <= 64:
            raise BadInputError("flow schedule: patch must be from 1 to 64")
        if self.placement not in PLACEMENTS:
            raise BadInputError(f"flow schedule: placement must be one of {', '.join(PLACEMENTS)}")

    @classmethod
    def from_config(cls, config: Mapping[str, Json], placement: str, patch: int) -> FlowSchedule:
        """Take the schedule out of the configuration of a ``FlowMatchEulerDiscreteScheduler``.

        Raises:
            BadInputError: it describes levels that are not supported here, or a value is out of range.
        """
        kind = str(config.get("_class_name") or "FlowMatch")
        if not kind.startswith("FlowMatch"):
            raise BadInputError(f"flow schedule: a {kind} is not for models trained by flow matching")
        for name in ("invert_sigmas", "shift_terminal", "stochastic_sampling", "use_beta_sigmas"):
            if config.get(name):
                raise BadInputError(f"flow schedule: {name} is not supported")
        if config.get("time_shift_type", "exponential") != "exponential":
            raise BadInputError("flow schedule: time_shift_type must be exponential")
        plain = cls(placement=placement, patch=patch).to_json()
        given = {name: config.get(name, default) for name, default in plain.items()}
        return cls.from_json(given | {"placement": placement, "patch": patch})

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> FlowSchedule:
        """Read what :meth:`to_json` wrote.

        Raises:
            BadInputError: a key is unknown or missing, or a value is of the wrong kind or out of range.
        """
        read = Fields(value, "flow schedule: ", [field.name for field in fields(cls)])
        return cls(
            shift=read.number("shift"),
            use_dynamic_shifting=read.flag("use_dynamic_shifting"),
            base_image_seq_len=read.whole("base_image_seq_len"),
            max_image_seq_len=read.whole("max_image_seq_len"),
            base_shift=read.number("base_shift"),
            max_shift=read.number("max_shift"),
            placement=read.text("placement"),
            patch=read.whole("patch"),
            num_train_timesteps=read.whole("num_train_timesteps"),
        )

    def to_json(self) -> dict[str, Json]:
        """Give all fields as plain JSON."""
        return asdict(self)

    def shift_at(self, cells: tuple[int, int]) -> float:
        """Give the shift for latents of ``(h, w)`` cells."""
        if not self.use_dynamic_shifting:
            return self.shift
        patches = (cells[0] // self.patch) * (cells[1] // self.patch)
        part = (patches - self.base_image_seq_len) / (self.max_image_seq_len - self.base_image_seq_len)
        return math.exp(self.base_shift + part * (self.max_shift - self.base_shift))
