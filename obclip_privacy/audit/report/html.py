"""The report as one self-contained HTML page: no network, light and dark, prints well.

Everything that comes from data is escaped (autoescape is on for every template), and a content security
policy forbids the page to load anything. Text of prompts is in it only if the data has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import jinja2

from obclip_privacy.audit.report.described import FIGURES
from obclip_privacy.policy.frozen import Json

#: Findings that the page lists; the JSON report has all of them.
MAX_FINDINGS = 500
_WIDTH, _HEIGHT = 360, 120
_TERA = 10**12
#: A bar is no wider than this: one that fills the plot looks like a background.
_MAX_BAR = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot, in SVG units."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int


def bars_of(distribution: Mapping[str, Json]) -> list[Bar]:
    """The bars of a distribution, which maps values (fractions as text) to counts."""
    counts = [(label, count) for label, count in distribution.items() if isinstance(count, int)]
    if not counts:
        return []
    most = max(count for _, count in counts)
    step = _WIDTH / len(counts)
    width = min(step * 0.8, _MAX_BAR)
    return [
        Bar(
            round(index * step + (step - width) / 2, 2),
            round(_HEIGHT - _HEIGHT * count / most, 2),
            round(width, 2),
            round(_HEIGHT * count / most, 2),
            label,
            count,
        )
        for index, (label, count) in enumerate(counts)
    ]


def pieces_of(prompt: str, spans: Sequence[Json]) -> list[tuple[str, str, bool]]:
    """*prompt* cut at its spans: (text, what it is or ``""``, whether it is a cue)."""
    found = []
    for span in spans:
        if isinstance(span, Mapping):
            start, end = span.get("start"), span.get("end")
            if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(prompt):
                found.append((start, end, str(span.get("what", "")), bool(span.get("cue"))))
    pieces, at = [], 0
    for start, end, what, cue in sorted(found):
        if start < at:
            continue
        if start > at:
            pieces.append((prompt[at:start], "", False))
        pieces.append((prompt[start:end], what, cue))
        at = end
    if at < len(prompt):
        pieces.append((prompt[at:], "", False))
    return pieces


def render_html(data: Mapping[str, Json]) -> str:
    """The page for a report's data."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("obclip_privacy.audit.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    environment.filters["short"] = _short
    figures = data["figures"] if isinstance(data["figures"], Mapping) else {}
    distributions = figures.get("distributions", {})
    titles = {described.name: described.plot for described in FIGURES}
    plots = [
        (name, titles.get(name, ""), bars_of(bars))
        for name, bars in (distributions.items() if isinstance(distributions, Mapping) else ())
        if isinstance(bars, Mapping)
    ]
    rows = [
        (described, figures[described.name])
        for described in FIGURES
        if figures.get(described.name) is not None
    ]
    findings = data["findings"] if isinstance(data["findings"], Sequence) else []
    failures = Counter(
        str(found["title"])
        for found in findings
        if isinstance(found, Mapping) and found["severity"] == "fail"
    )
    return environment.get_template("report.html.j2").render(
        data=data,
        figures=figures,
        rows=rows,
        plots=plots,
        findings=list(findings)[:MAX_FINDINGS],
        failures=failures.most_common(),
        pieces_of=pieces_of,
        width=_WIDTH,
        height=_HEIGHT,
    )


def _percent(value: object) -> str:
    return f"{float(value):.1%}" if isinstance(value, (int, float, Fraction)) else "not given"


def _short(value: object) -> str:
    """At most four digits of a fraction; whole numbers in groups of three, or as multiples of 10^12."""
    if isinstance(value, (int, float)) and abs(value) >= _TERA:
        return f"{value / _TERA:.4g} T"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:,.0f}" if isinstance(value, (int, float)) else str(value)
