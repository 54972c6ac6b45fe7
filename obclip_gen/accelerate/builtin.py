"""The accelerations of the core, registered through the same hook as any other. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from obclip_gen.accelerate import batch, presets, temporal
from obclip_gen.accelerate.entry import Acceleration, Option
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


_BUILTIN = (
    Acceleration("none", "every row of every step", "exact", _plain),
    Acceleration(
        "exact",
        "identical prompts once, text keys and values once, shared work once while all latents are equal",
        "exact",
        rewrite=batch.exact,
        rank=10,
    ),
    Acceleration(
        "trunk",
        "first steps once for all candidates, then a tree over the attributes",
        "approximate",
        rewrite=batch.trunk,
        rank=20,
        options=(
            Option("at", None, "steps at which the runs part", low=1),
            Option("condition", "mean", "text of a shared run", words=("mean", "neutral")),
        ),
    ),
    Acceleration(
        "uncond",
        "one unconditional row on the mean latent",
        "approximate",
        rewrite=batch.one_unconditional,
        rank=30,
        options=(
            Option("every", 1, "steps from one computation to the next", low=1),
            Option("refresh", 0, "steps from one correction by all rows to the next; 0 is never"),
        ),
    ),
    Acceleration(
        "deep",
        "deep features kept from step to step, or computed once on the candidates' mean",
        "approximate",
        rewrite=temporal.deep,
        rank=40,
        options=(
            Option("branch", 1, "where the deep part begins", high=99),
            Option("every", 3, "steps from one computation to the next", low=1),
            Option("from", 0, "steps of warm-up"),
            Option("full", (), "steps that compute them, instead of every"),
            Option("of", "rows", "computed on each row or on the mean", words=("mean", "rows")),
            Option("order", 0, "of the extrapolation in between", high=2),
        ),
    ),
    Acceleration(
        "skip",
        "the paper's block skip: only the way up",
        "approximate",
        rewrite=temporal.skip,
        rank=45,
        options=(Option("from", 6, "first step that skips", low=1),),
    ),
    Acceleration(
        "pivot",
        "the paper's batch reuse: one candidate's attention maps for all (not symmetric)",
        "approximate",
        rewrite=batch.pivot,
        rank=50,
        options=(Option("until", 4, "first step without", low=1),),
    ),
    Acceleration(
        "attention",
        "attention outputs kept from step to step",
        "approximate",
        rewrite=temporal.attention,
        rank=60,
        options=(
            Option("every", 5, "age in steps after which they are computed again", low=1),
            Option("from", 2, "first step that takes them again", low=1),
            Option("what", "both", "which layers", words=("both", "cross", "self")),
        ),
    ),
    Acceleration(
        "gate",
        "no guidance and frozen cross-attention after a step; for the device",
        "approximate",
        rewrite=temporal.gate,
        rank=70,
        options=(
            Option("at", 15, "first step without guidance", low=1),
            Option("cross", "frozen", "cross-attention after it", words=("frozen", "live")),
        ),
    ),
    Acceleration("fast", "the shipped plan", "approximate", expand=presets.fast),
    Acceleration("paper-k5", "the published plan for k = 5", "approximate", expand=presets.paper_k5),
    Acceleration("paper-k10", "the published plan for k = 10", "approximate", expand=presets.paper_k10),
)


@hookimpl
def register_accelerations(register: Callable[[Acceleration], None]) -> None:
    """Register the accelerations and presets of the core."""
    for acceleration in _BUILTIN:
        register(acceleration)
