"""The closure check of the whole request, on the bytes that would be sent.

The engine checks that every member of the anonymity set gives the same candidate set. Here the same is
checked one level further out: every member goes through the public entry again, its request is built, and
the bodies are compared byte for byte. Only then is there a body to send.
"""

from __future__ import annotations

from typing import Protocol

from obclip_gen.request import DenoiseRequest, RequestSettings
from obclip_privacy.candidates.candidate_set import OK, CandidateSet
from obclip_privacy.errors import BadInputError, ClosureError, RefusedError


class CandidateSource(Protocol):
    """What is needed of :class:`obclip_privacy.candidates.engine.Engine`."""

    def candidates(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """Give the candidate set of a prompt, its closure checked; a refusal is a result."""
        ...

    def transform(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """The same without the closure check."""
        ...


def accepted_candidates(source: CandidateSource, prompt: str, negative_prompt: str) -> CandidateSet:
    """Give the candidate set of a prompt, or say why there is none.

    Args:
        source: makes candidate sets.
        prompt: the person's own words.
        negative_prompt: the person's own; may be empty.

    Raises:
        BadInputError: the prompt is empty.
        RefusedError: the prompt was refused, or its set is not closed.
    """
    if not prompt.strip():
        raise BadInputError("the prompt is empty")
    found = source.candidates(prompt, negative_prompt or None)
    if found.status != OK:
        raise RefusedError(f"refused, nothing was sent: {found.reason}")
    return found


def closed_request(source: CandidateSource, found: CandidateSet, settings: RequestSettings) -> DenoiseRequest:
    """Build the request of a candidate set and prove that every member would send the same bytes.

    Args:
        source: where the set came from.
        found: an accepted candidate set.
        settings: everything of the request that does not come from the prompt, the seed included.

    Returns:
        The request to send.

    Raises:
        RefusedError: the set was refused.
        ClosureError: some member would send other bytes, or would be refused. Nothing may be sent.
    """
    if found.status != OK:
        raise RefusedError(f"refused, nothing was sent: {found.reason}")
    request = DenoiseRequest.from_payload(found.payload(), settings)
    body = request.to_bytes()
    if not found.members:
        raise ClosureError("refused, nothing was sent: the candidate set does not list its members")
    for place, member in enumerate(found.members, start=1):
        other = source.transform(member, found.negative_prompt)
        if other.status != OK:
            raise ClosureError(
                f"refused, nothing was sent: member {place} of {len(found.members)} would be refused"
            )
        if DenoiseRequest.from_payload(other.payload(), settings).to_bytes() != body:
            raise ClosureError(
                f"refused, nothing was sent: member {place} of {len(found.members)} would send other bytes"
            )
    return request
