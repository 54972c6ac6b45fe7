"""One audited prompt, whatever its source."""

from __future__ import annotations

from dataclasses import dataclass, field

from obclip_privacy.audit.observation import Observation, Truth

OK = "ok"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WireMarks:
    """What a recorded request has beside its prompts, as canonical text: settings, headers, the seed."""

    settings: str
    headers: str
    seed: int | None


@dataclass(frozen=True)
class Subject:
    """One audited prompt.

    Attributes:
        row: its number in the input, from 1.
        status: ``ok`` or ``refused``.
        reason: of a refusal; says nothing of the prompt.
        observation: what the cloud has, ``None`` if nothing was sent.
        truth: what it must not learn.
        sensitive: whether the prompt states an attribute that is to be hidden.
        open_members: for a set that failed its own closure check, how many of its members would send
            something else; the generator then refused to send it.
        members_lost_of: how many members that set had.
        cues_withheld: cues that the cloud does not get.
        asked_again: the set that the generator made of the real member when it was asked a second time;
            ``None`` where it cannot be asked.
        wire: of a recorded request, else ``None``.
        withheld: spans of the prompt that the cloud does not get.
        user: who sent it, as the log names them; ``""`` if it does not say.
        prompt: the person's own words.
    """

    row: int
    status: str
    reason: str
    observation: Observation | None
    truth: Truth
    sensitive: bool
    open_members: int = 0
    members_lost_of: int = 0
    cues_withheld: int = 0
    asked_again: tuple[str, ...] | None = field(default=None, repr=False)
    wire: WireMarks | None = None
    withheld: tuple[tuple[int, int], ...] = ()
    user: str = field(default="", repr=False)
    prompt: str = field(default="", repr=False)
