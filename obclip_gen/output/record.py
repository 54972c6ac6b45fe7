"""The record of a run: facts and figures that may be kept.

It has no prompt, no candidate and no index of the real one, so it gives no value away by itself. The seed
and the hashes are what the cloud saw too.
"""

from __future__ import annotations

from obclip_gen.macs import RULE
from obclip_gen.pipeline import Generation
from obclip_privacy import __version__
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.model import Policy

#: Version of the record's format.
FORMAT = 1


def make_record(
    made: Generation, policy: Policy, device_fingerprint: dict[str, Json], server: bool
) -> dict[str, Json]:
    """Give the record of a run.

    Args:
        made: the run.
        policy: the policy that decided.
        device_fingerprint: of the device model.
        server: whether the cloud phase went over HTTP.
    """
    figures, answer = made.found.figures, made.answer
    settings = made.settings
    return {
        "format": FORMAT,
        "obclip": __version__,
        "policy": {"name": policy.name, "sha256": made.found.policy_sha256},
        "n": figures.n,
        "n_sent": figures.n_sent if answer else 0,
        "k_eff": figures.k_eff,
        "posterior": {
            "joint": float(figures.posterior),
            "worst_attribute": float(figures.posterior_worst_attribute),
            "prior": figures.prior,
        },
        "leakage_bits": figures.leakage_bits,
        "set_sha256": made.found.set_sha256,
        "request_sha256": made.request.sha256 if made.request else None,
        "num_inference_steps": settings.num_inference_steps,
        "split": settings.split,
        "device_steps": made.device.steps,
        "resumption": made.device.resumption,
        "solver": settings.solver.to_json(),
        "device_solver": made.finishing.solver.to_json(),
        "device_num_inference_steps": made.finishing.num_inference_steps,
        "guidance_scale": settings.guidance_scale,
        "device_guidance_scale": made.finishing.guidance_scale,
        "height": settings.height,
        "width": settings.width,
        "seed": settings.seed,
        "acceleration": settings.acceleration,
        "device_plan": made.device.plan,
        "precision": settings.precision,
        "sigma_at_hand_over": answer.result.sigma if answer else None,
        "cloud": ("http" if server else "in process") if answer else "not used",
        "models": {"cloud": made.cloud.fingerprint.to_json(), "device": device_fingerprint},
        "model_fingerprint": settings.model_fingerprint,
        "macs_rule": RULE,
        "cost": {
            "cloud": answer.result.cost.to_json() if answer else None,
            "device": made.device.cost.to_json(),
        },
        "seconds": {phase: round(seconds, 3) for phase, seconds in made.seconds.items()},
        "bytes": {
            "up": answer.bytes_up if answer else 0,
            "down": answer.bytes_down if answer else 0,
        },
    }
