"""The report-format contract: what a plugin registers with ``register_report_formats``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from obclip_privacy.policy.frozen import Json


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format of the report.

    Attributes:
        name: for messages.
        suffix: of files in this format, with its dot; ``--report FILE`` chooses by it.
        render: the report's data (see ``obclip audit schema``) as text.
    """

    name: str
    suffix: str
    render: Callable[[Mapping[str, Json]], str]
