"""Recorded requests: what really left the device. Nobody recorded which prompt was real.

A line of the file is the body of a request (``prompts``, ``assignments``, ``negative_prompt``, settings), or
an object with ``body`` and whatever else was recorded (``headers``, ``user``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from obclip_privacy.audit.json_input import read_json_lines
from obclip_privacy.audit.observation import Observation, Truth, set_digest
from obclip_privacy.audit.sources.from_policy import MAX_RERUN
from obclip_privacy.audit.sources.generator import check_candidates
from obclip_privacy.audit.sources.subject import OK, Subject, WireMarks
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: Keys of a body that say what is asked; all others are settings.
_CONTENT = frozenset({"prompts", "assignments", "negative_prompt", "seed"})


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One recorded request.

    Attributes:
        candidates: the prompts, in the order in which they were sent.
        negative_prompt: the one that went with them.
        assignments: canonical JSON of them, or ``""``.
        settings: canonical JSON of everything else in the body.
        headers: canonical JSON of the recorded headers, without the token and the length.
        seed: of the initial noise, or ``None``.
        user: whose request it was, if the log says it.
    """

    candidates: tuple[str, ...] = field(repr=False)
    negative_prompt: str = field(repr=False)
    assignments: str
    settings: str
    headers: str
    seed: int | None
    user: str = field(default="", repr=False)


def read_wire(path: Path) -> Iterator[tuple[int, WireRequest]]:
    """The requests of a log with their line numbers.

    Raises:
        BadInputError: the file cannot be read, or a line is no request.
    """
    for number, entry in read_json_lines(path):
        yield number, parse_request(entry, f"{path}:{number}")


def wire_subject(row: int, request: WireRequest, engine: Engine | None) -> Subject:
    """The subject of a request; each of its prompts is fed to *engine*, if the policy is known."""
    members = tuple(dict.fromkeys(request.candidates))
    output = set_digest(request.candidates, request.negative_prompt, request.assignments)
    outputs = None
    if engine is not None and len(members) <= MAX_RERUN:
        outputs = tuple(_output(engine, member, request) for member in members)
    observation = Observation(
        candidates=members,
        members=members,
        columns=(),
        assignments=((),) * len(members),
        prior=(Fraction(1, len(members)),) * len(members),
        negative_prompt=request.negative_prompt,
        outputs=outputs,
        output=output,
    )
    wire = WireMarks(request.settings, request.headers, request.seed)
    return Subject(
        row, OK, "", observation, Truth(None, None), sensitive=len(members) > 1, wire=wire, user=request.user
    )


def _output(engine: Engine, member: str, request: WireRequest) -> bytes | None:
    found = engine.transform(member, request.negative_prompt)
    if found.status != OK:
        return None
    rows = _canonical([list(row) for row in found.assignments]) if request.assignments else ""
    return set_digest(found.candidates, found.cloud_negative_prompt, rows)


def parse_request(entry: Json, where: str) -> WireRequest:
    """One line as a request.

    Raises:
        BadInputError: it is none.
    """
    body = entry.get("body", entry) if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(body, Mapping) or "prompts" not in body:
        raise BadInputError(f"{where}: each line must be a request body with 'prompts', or have it as 'body'")
    negative, seed, headers = body.get("negative_prompt") or "", body.get("seed"), entry.get("headers")
    if not isinstance(negative, str):
        raise BadInputError(f"{where}: 'negative_prompt' must be a string")
    user = (entry.get("user") or "") if body is not entry else ""
    if not isinstance(user, str):
        raise BadInputError(f"{where}: 'user' must be a string")
    if headers is not None and not isinstance(headers, Mapping):
        raise BadInputError(f"{where}: 'headers' must be an object")
    kept = {
        str(name).lower(): value
        for name, value in (headers or {}).items()
        if str(name).lower() not in ("authorization", "content-length", "host")
    }
    return WireRequest(
        check_candidates(body["prompts"], where),
        negative,
        _canonical(body["assignments"]) if "assignments" in body else "",
        _canonical({name: value for name, value in body.items() if name not in _CONTENT}),
        _canonical(kept),
        seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        user,
    )


def _canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
