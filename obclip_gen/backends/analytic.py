"""A backend whose exact answer is known: a Gaussian per prompt.

The clean latents of a prompt are normal with a mean that depends on the prompt and one standard
deviation for all cells. The best denoiser is then linear (Karras et al. 2022, appendix B.3, for
one Gaussian), so a sampler's error can be measured against the closed form instead of another
program's output. It needs no weights and draws a plain colour: it is for tests and for trying the
protocol out, not for pictures.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.protocol import Conditioning, Defaults, Macs, Memory
from obclip_gen.canonical import sha256_hex
from obclip_gen.denoise.space import signal
from obclip_gen.fingerprint import Fingerprint, Schedule
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError

_CHANNELS = 4
_DOWNSCALE = 8
_SPREAD = 0.25


class AnalyticBackend:
    """See the module; implements :class:`~obclip_gen.backends.protocol.Backend`."""

    def __init__(self, schedule: Schedule | None = None) -> None:
        self._schedule: Schedule = schedule or NoiseSchedule(
            beta_schedule="squaredcos_cap_v2",
            prediction_type="v_prediction",
            timestep_spacing="trailing",
        )
        self._alphas_cumprod = (
            None if isinstance(self._schedule, FlowSchedule) else self._schedule.alphas_cumprod()
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """What the model is."""
        return Fingerprint(
            model_id="analytic",
            family="gaussian",
            latent_channels=_CHANNELS,
            downscale=_DOWNSCALE,
            scaling_factor=1.0,
            shift_factor=0.0,
            schedule=self._schedule,
            denoiser_sha256=sha256_hex(b"gaussian 0.25"),
            text_encoder_sha256=sha256_hex(b"sha256"),
        )

    @property
    def defaults(self) -> Defaults:
        """The settings that it was made for."""
        solver = "flow-euler" if isinstance(self._schedule, FlowSchedule) else "dpmsolver++"
        return Defaults(height=64, width=64, guidance_scale=1.0, solver=solver)

    @property
    def parameters(self) -> Mapping[str, int]:
        """There are none."""
        return {}

    def latent_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """See the protocol."""
        if height % _DOWNSCALE or width % _DOWNSCALE:
            raise BadInputError(f"height and width must be multiples of {_DOWNSCALE}")
        return _CHANNELS, height // _DOWNSCALE, width // _DOWNSCALE

    def encode(self, prompts: Sequence[str]) -> Conditioning:
        """Give each prompt's mean, ``[R, C]`` in -1..1."""
        means = [
            [byte / 127.5 - 1 for byte in hashlib.sha256(prompt.encode()).digest()[:_CHANNELS]]
            for prompt in prompts
        ]
        return Conditioning({"mean": torch.tensor(means, dtype=torch.float32)})

    @property
    def embeds_guidance(self) -> bool:
        """It does not."""
        return False

    def with_guidance(self, conditioning: Conditioning, scale: float) -> Conditioning:
        """Give the conditioning unchanged."""
        return conditioning

    def unread(self, prompt: str) -> str:
        """See the protocol; everything is read."""
        return ""

    def predict(self, latents: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        """Give the exact expectation of the model output.

        With x = a x0 + s e, x0 ~ N(m, d^2): E[x0 | x] = m + a d^2 (x - a m) / (a^2 d^2 + s^2).
        """
        mean = conditioning.tensors["mean"][:, :, None, None]
        alpha, sigma = (part[:, None, None, None] for part in self._levels(timesteps))
        clean = mean + alpha * _SPREAD**2 * (latents - alpha * mean) / (alpha**2 * _SPREAD**2 + sigma**2)
        noise = (latents - alpha * clean) / sigma
        match self._schedule.prediction_type:
            case "epsilon":
                return noise
            case "sample":
                return clean
            case "flow":
                return noise - clean
            case _:
                return alpha * noise - sigma * clean

    def exact(self, prompt: str, noise: Tensor, sigma: float) -> Tensor:
        """Solve the probability-flow ODE in closed form from pure noise to a noise level.

        Args:
            prompt: whose mean is used.
            noise: z_T at the schedule's last level, ``[1, C, h, w]``, as solvers take it.
            sigma: the level to stop at.

        Returns:
            The latents there, variance preserving: the ODE scales (x - a m) by the ratio of the
            marginals' standard deviations.
        """
        mean = self.encode([prompt]).tensors["mean"][:, :, None, None]
        last = torch.tensor([float(self._schedule.num_train_timesteps)])
        first, spread = (part[0].double() for part in self._levels(last))
        alpha = signal(sigma, "vp")
        before = torch.sqrt((first * _SPREAD) ** 2 + spread**2)
        after = alpha * math.sqrt(_SPREAD**2 + sigma**2)
        return alpha * mean + (noise - first * mean) * after / before

    def _levels(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """Factors of signal and noise at timesteps that may fall between two, each ``[R]``."""
        if self._alphas_cumprod is None:
            level = timesteps.float() / self._schedule.num_train_timesteps
            return 1 - level, level
        last = len(self._alphas_cumprod) - 1
        low = timesteps.floor().long().clamp(0, last)
        high = (low + 1).clamp(max=last)
        part = (timesteps.double() - low).clamp(0, 1)
        logit = torch.log(1 / self._alphas_cumprod.double() - 1)
        between = logit[low] + part * (logit[high] - logit[low])  # linear in log sigma
        kept = torch.sigmoid(-between).float()
        return kept.sqrt(), (1 - kept).sqrt()

    def decode(self, latents: Tensor) -> Tensor:
        """Show the first three channels, -1..1 as 0..1, every cell as a square."""
        colour = (latents[:, :3] / 2 + 0.5).clamp(0, 1)
        return colour.repeat_interleave(_DOWNSCALE, 2).repeat_interleave(_DOWNSCALE, 3)

    def macs(self, height: int, width: int) -> Macs:
        """See the protocol; there are no matrix products."""
        return Macs(denoiser=0, text_encoder=0, decoder=0)

    def memory(self, height: int, width: int, rows: int) -> Memory:
        """See the protocol: a few copies of the latents."""
        return Memory({}, 4 * 4 * rows * math.prod(self.latent_shape(height, width)))


def load_analytic(name: str, options: LoadOptions) -> AnalyticBackend:
    """Load ``analytic:`` (there is only one, and it has no options)."""
    if name:
        raise BadInputError("analytic: has no named models; write 'analytic:'")
    return AnalyticBackend()
