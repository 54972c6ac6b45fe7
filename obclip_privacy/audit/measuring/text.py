"""What a record keeps of text: digests, and the text itself only where it was asked for."""

from __future__ import annotations

import hashlib

from obclip_privacy.audit.observation import Observation
from obclip_privacy.audit.reading import Reading, is_withheld
from obclip_privacy.audit.sources.subject import Subject
from obclip_privacy.candidates.candidate_set import Cue
from obclip_privacy.policy.frozen import Json


def content_of(seen: Observation) -> bytes:
    """Digest of what was sent, without its order, so that it never tells the real one."""
    text = "\x00".join(sorted(seen.candidates)) + "\x01" + seen.negative_prompt
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def content_of_refusal(reading: Reading, subject: Subject) -> bytes:
    """Digest of a refused prompt whose mentions and cues are named, not quoted, so that it tells no value."""
    prompt, detection = subject.prompt, reading.detect(subject.prompt)
    spans = sorted(
        {
            *((mention.start, mention.end, mention.attribute) for mention in detection.mentions),
            *((cue.start, cue.end, cue.attribute) for cue in detection.cues),
        }
    )
    parts, at = [], 0
    for start, end, attribute in spans:
        if start >= at:
            parts += [prompt[at:start], f"<{attribute}>"]
            at = end
    masked = "".join([*parts, prompt[at:]])
    return hashlib.sha256(f"{subject.reason}\x01{masked}".encode("utf-8", "surrogatepass")).digest()


def _fate(reading: Reading, cue: Cue) -> str:
    return "withheld" if is_withheld(reading.engine.policy, cue.kind) else "sent"


def shown_text(reading: Reading, subject: Subject, seen: Observation | None) -> dict[str, Json]:
    """Prompt, spans, candidates and the real one's place."""
    if seen is None:
        return {"prompt": subject.prompt, "candidates": []}
    spans: list[Json] = []
    if subject.prompt:
        detection = reading.detect(subject.prompt)
        spans += [
            {"start": m.start, "end": m.end, "what": f"{m.attribute}: {m.value}", "cue": False}
            for m in detection.mentions
        ]
        spans += [
            {
                "start": c.start,
                "end": c.end,
                "what": f"{c.attribute}: {c.reason}, {_fate(reading, c)}",
                "cue": True,
            }
            for c in detection.cues
        ]
    return {
        "prompt": subject.prompt,
        "spans": spans,
        "candidates": list(seen.candidates),
        "real_index": subject.truth.candidate,
    }
