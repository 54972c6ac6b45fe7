"""What the terminal and the sheet say about a run, in plain words."""

from __future__ import annotations

from fractions import Fraction

from obclip_gen.backends.protocol import Backend
from obclip_gen.backends.recipes import few_steps_note
from obclip_gen.output.sheet import SheetText
from obclip_gen.pipeline import Generation
from obclip_privacy.policy.model import Policy


def privacy_lines(made: Generation, policy: Policy) -> list[str]:
    """Say what was hidden, and under which assumption the figures hold."""
    figures = made.found.figures
    if made.answer is None:
        return ["The cloud was not used: nothing left this device."]
    if figures.n == 1:
        return [
            f"Note: under the policy {policy.name!r} this prompt states nothing to hide; it was sent as it"
            " is, and nothing about it is hidden."
            if not made.found.withheld
            else f"Note: under the policy {policy.name!r} nothing is hidden among others (n = 1); words"
            " were withheld from the cloud."
        ]
    sent = "" if figures.n_sent == figures.n else f" ({figures.n_sent} distinct prompts sent)"
    lines = [
        f"Hidden among n = {figures.n}{sent}: the cloud's best guess is right with probability"
        f" {_share(figures.posterior)}, for a single attribute {_share(figures.posterior_worst_attribute)}"
        f" ({_prior(figures.prior)})."
    ]
    if made.found.withheld:
        lines.append(f"Withheld from the cloud: {_count(len(made.found.withheld), 'span')} of the prompt.")
    if figures.leakage_bits:
        lines.append(f"Leaked by the choice of a block: {figures.leakage_bits:.2f} bits.")
    return lines


def device_notes(device: Backend, prompt: str, negative_prompt: str) -> list[str]:
    """Say what of the person's own words the device model will not read."""
    rests = (("prompt", device.unread(prompt)), ("negative prompt", device.unread(negative_prompt)))
    return [
        f"the device does not read the end of your {name}: {rest.strip()}" for name, rest in rests if rest
    ]


def cloud_notes(made: Generation) -> list[str]:
    """Say what the cloud did not read. It is about all that was sent, so it is the same whichever candidate
    is real.
    """
    if made.answer is None or made.request is None:
        return []
    *counts, negative = made.answer.result.unread
    ends = [text[-count:] for text, count in zip(made.request.prompts, counts, strict=True) if count]
    notes = []
    if ends:
        notes.append(
            f"the cloud did not read the end of {len(ends)} of its {_count(len(counts), 'candidate')},"
            f" at most: {max(ends, key=len).strip()}"
        )
    if negative:
        rest = made.request.negative_prompt[-negative:].strip()
        notes.append(f"the cloud did not read the end of its negative prompt: {rest}")
    return notes


def steps_notes(made: Generation, device: Backend) -> list[str]:
    """Say where settings do not suit a model's name."""
    sides = [(device.fingerprint, made.finishing.num_inference_steps, made.finishing.guidance_scale)]
    if made.answer is not None:
        own = (made.settings.num_inference_steps, made.settings.guidance_scale)
        sides.insert(0, (made.cloud.fingerprint, *own))
    notes = (few_steps_note(model.model_id, steps, scale) for model, steps, scale in sides)
    return [note for note in notes if note]


def picture_notes(made: Generation) -> list[str]:
    """Say why the picture may be black, where it is."""
    if made.picture.any():
        return []
    return [
        "the picture is black; the device model's safety checker may have held it back (--no-safety-checker)"
    ]


def cost_line(made: Generation) -> str:
    """Say what it cost."""
    device = f"device {made.device.steps} steps, {made.device.cost.seconds:.1f} s"
    if made.answer is None:
        return f"{device}."
    cost = made.answer.result.cost
    return (
        f"cloud {made.settings.split} steps on {_count(made.found.n_sent, 'candidate')},"
        f" {cost.denoiser_macs / 1e9:.1f} GMACs, {cost.seconds:.1f} s; {device};"
        f" {_size(made.answer.bytes_up)} up, {_size(made.answer.bytes_down)} down."
    )


def sheet_words(made: Generation, policy: Policy) -> SheetText:
    """Give the words of the sheet."""
    settings = made.settings
    own = [
        f"“{made.found.prompt}”",
        f"Finished on the device in {_count(made.device.steps, 'step')}, from your own words.",
    ]
    if made.answer is None:
        return SheetText((), "What the cloud saw: nothing", privacy_lines(made, policy), "What you got", own)
    lines = [
        f"Every candidate after {settings.split} of {settings.num_inference_steps} steps, noise level"
        f" {made.answer.result.sigma:.3g}: the latents"
        + (", and the picture that they already promise." if made.estimates is not None else "."),
        *privacy_lines(made, policy),
    ]
    if made.found.cloud_negative_prompt:
        lines.append(f"Negative prompt that the cloud got: “{made.found.cloud_negative_prompt}”.")
    return SheetText(
        prompts=made.found.candidates,
        cloud_title=f"What the cloud saw: {_count(made.found.n_sent, 'candidate')}, all alike to it",
        cloud_lines=lines,
        own_title="What you got",
        own_lines=own,
    )


def _share(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}" if value.denominator <= 10_000 else f"{float(value):.4f}"


def _prior(name: str) -> str:
    return "if all values are equally likely beforehand" if name == "uniform" else "under the policy's prior"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _size(size: int) -> str:
    return f"{size / 1024:.1f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
