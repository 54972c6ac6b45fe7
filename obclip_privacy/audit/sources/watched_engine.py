"""An engine that lets the audit see what its closure check sees.

The check feeds every member through the public entry. What each gave is noted here, so that the
audit compares the bytes itself without running everything a second time. A member that the check left out
is run by the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from obclip_privacy.candidates.builder import Built
from obclip_privacy.candidates.candidate_set import OK, CandidateSet
from obclip_privacy.candidates.closure import Reentry
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.plugins.registry import Registry
from obclip_privacy.policy.model import Policy


class WatchedEngine(Engine):
    """Notes, for one prompt at a time, the bytes that each re-entry would send."""

    def __init__(self, policy: Policy, plugins: Registry | None = None) -> None:
        super().__init__(policy, plugins)
        self._noted: dict[str, bytes | None] = {}

    def candidates(self, prompt: str, negative_prompt: str | None = None) -> CandidateSet:
        """See :meth:`Engine.candidates`."""
        self._noted = {}
        return super().candidates(prompt, negative_prompt)

    def _enter(self, prompt: str, negative: str, read: Callable[..., Built]) -> Reentry | None:
        again = super()._enter(prompt, negative, read)
        self._noted[prompt] = again.write() if again is not None else None
        return again

    def outputs(self, members: Sequence[str], negative_prompt: str) -> tuple[bytes | None, ...]:
        """What each of *members* of the last set would send; ``None`` for a refusal."""
        return tuple(
            self._noted[member] if member in self._noted else self._run(member, negative_prompt)
            for member in members
        )

    def _run(self, member: str, negative_prompt: str) -> bytes | None:
        found = self.transform(member, negative_prompt)
        return found.payload_bytes if found.status == OK else None
