"""The accelerations of the core, registered through the same hook as any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from obclip_gen.accelerate.entry import Acceleration
from obclip_privacy.hookspecs import hookimpl

if TYPE_CHECKING:
    from obclip_gen.backends.protocol import Backend, Conditioning
    from obclip_gen.denoise.guidance import Predictor
    from obclip_gen.request import DenoiseRequest


def _plain(
    request: DenoiseRequest, backend: Backend, conditional: Conditioning, negative: Conditioning
) -> Predictor:
    from obclip_gen.denoise.guidance import GuidedPredictor

    return GuidedPredictor(backend, conditional, negative, request.guidance_scale)


def _exact(
    request: DenoiseRequest, backend: Backend, conditional: Conditioning, negative: Conditioning
) -> Predictor:
    from obclip_gen.accelerate.exact import ExactPredictor

    return ExactPredictor(request, backend, conditional, negative)


@hookimpl
def register_accelerations(register: Callable[[Acceleration], None]) -> None:
    """Register ``none`` and ``exact``."""
    register(Acceleration("none", "every row of every step", "exact", _plain))
    register(
        Acceleration(
            "exact",
            "identical prompts once, and one unconditional row while all latents are equal",
            "exact",
            _exact,
        )
    )
