"""From a request's ``acceleration`` to the predictor that runs its steps."""

from __future__ import annotations

from obclip_gen.backends.protocol import Backend, Conditioning
from obclip_gen.denoise.guidance import Predictor
from obclip_gen.plugins import load_registry
from obclip_gen.request import DenoiseRequest
from obclip_privacy.errors import BadInputError


def check_acceleration(name: str) -> None:
    """Raise ``BadInputError`` when no acceleration of this name is registered."""
    known = load_registry().accelerations
    if name not in known:
        raise BadInputError(f"acceleration: use one of {', '.join(known)}")


def make_predictor(
    request: DenoiseRequest, backend: Backend, conditional: Conditioning, negative: Conditioning
) -> Predictor:
    """Make the predictor of one cloud phase.

    Args:
        request: the request.
        backend: the cloud model.
        conditional: of the N candidates, in order.
        negative: of the negative prompt, one row.

    Raises:
        BadInputError: the acceleration is unknown.
    """
    check_acceleration(request.acceleration)
    entry = load_registry().accelerations[request.acceleration]
    return entry.make(request, backend, conditional, negative)
