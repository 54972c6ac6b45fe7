"""The report formats of the core, registered through the hook that a plugin uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from obclip_privacy.audit.report.base import ReportFormat
from obclip_privacy.hookspecs import hookimpl
from obclip_privacy.policy.frozen import Json


@hookimpl
def register_report_formats(register: Callable[[ReportFormat], None]) -> None:
    """Register the formats."""
    register(ReportFormat("json", ".json", _json))
    register(ReportFormat("html", ".html", _html))


def _json(data: Mapping[str, Json]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _html(data: Mapping[str, Json]) -> str:
    # the template engine is loaded only when a page is written
    from obclip_privacy.audit.report.html import render_html

    return render_html(data)
