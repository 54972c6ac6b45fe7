"""Min-entropy leakage: by how many bits what is sent improves the best guess.

``L = log2( V(pi, C) / V(pi) )``. Range [0, log2 of the number of secrets]; lower is better; 0 means that
nothing sent depends on the secret. Source: Smith 2009, definition 3.
"""

from __future__ import annotations

import math

from obclip_privacy.audit.figures.bayes_vulnerability import posterior_vulnerability, prior_vulnerability
from obclip_privacy.audit.figures.channel import Channel


def min_entropy_leakage(channel: Channel) -> float:
    """Leakage in bits under the channel's own prior."""
    return math.log2(posterior_vulnerability(channel) / prior_vulnerability(channel.prior))
