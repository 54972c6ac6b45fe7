"""How an acceleration is registered: a name, its class, and a function that makes a predictor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from obclip_gen.backends.protocol import Backend, Conditioning
    from obclip_gen.denoise.guidance import Predictor
    from obclip_gen.request import DenoiseRequest

#: ``exact`` means equal in real arithmetic: bit-equal at equal batch shape, close in float32 otherwise.
Kind = Literal["exact", "approximate"]


@dataclass(frozen=True, slots=True)
class Acceleration:
    """One way to compute the guided output of a request's steps.

    Attributes:
        name: what a request's ``acceleration`` says.
        summary: one line for people.
        kind: ``exact`` or ``approximate``.
        make: gives the predictor of one request from the backend, the conditioning of the N candidates
            and that of the negative prompt (one row).
    """

    name: str
    summary: str
    kind: Kind
    make: Callable[[DenoiseRequest, Backend, Conditioning, Conditioning], Predictor]
