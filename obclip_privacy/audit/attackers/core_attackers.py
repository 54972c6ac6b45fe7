"""The attackers of the core, registered through the hook that a plugin uses."""

from __future__ import annotations

from collections.abc import Callable

from obclip_privacy.audit.attackers.base import Attacker
from obclip_privacy.audit.attackers.context import CONTEXT, CONTEXT_WITH_CUES
from obclip_privacy.audit.attackers.disagreement import DISAGREEMENT
from obclip_privacy.audit.attackers.language_model import LANGUAGE_MODEL
from obclip_privacy.audit.attackers.ngram import NGRAM
from obclip_privacy.audit.attackers.odd_one_out import ODD_ONE_OUT
from obclip_privacy.audit.attackers.prior_table import PRIOR_TABLE
from obclip_privacy.audit.attackers.rerun import RERUN
from obclip_privacy.audit.attackers.traffic import TRAFFIC
from obclip_privacy.hookspecs import hookimpl


@hookimpl
def register_attackers(register: Callable[[Attacker], None]) -> None:
    """Register the attackers."""
    for attacker in (RERUN, ODD_ONE_OUT, NGRAM, LANGUAGE_MODEL, CONTEXT, CONTEXT_WITH_CUES, PRIOR_TABLE):
        register(attacker)
    register(DISAGREEMENT)
    register(TRAFFIC)
