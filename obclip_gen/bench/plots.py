"""The figures of a run as SVG: quality against cost, cost against N, quality against k."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from obclip_gen.bench.rows import DERIVED, ROWS
from obclip_gen.libs import library
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json


def draw_plots(figures: Mapping[str, Json], folder: Path) -> tuple[Path, ...]:
    """Draw the three figures.

    Args:
        figures: of :func:`obclip_gen.bench.report.table`.
        folder: for the files.

    Raises:
        BadInputError: matplotlib is not installed.
    """
    try:
        matplotlib = library("matplotlib")
    except BadInputError:
        raise BadInputError("plots need matplotlib: pip install 'obclip[bench]'") from None
    matplotlib.use("svg")
    pyplot = library("matplotlib.pyplot")
    rows: list[Any] = list(figures["rows"]) if isinstance(figures["rows"], list) else []
    quality, label = _quality(rows)
    drawn = []
    for name, draw in (("quality-cost", _front), ("cost-n", _cost), ("quality-k", _splits)):
        with matplotlib.rc_context({"svg.hashsalt": "obclip"}):
            figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
            draw(axes, rows, quality, label)
            handles, _ = axes.get_legend_handles_labels()
            if handles:
                axes.legend(fontsize=7)
            axes.grid(alpha=0.3)
            path = folder / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None})
            pyplot.close(figure)
        drawn.append(path)
    return tuple(drawn)


def _quality(rows: list[Any]) -> tuple[Any, str]:
    if rows and all("accuracy" in row for row in rows):

        def accuracy(row: Any) -> float:
            shares = [part["all"]["share"] for part in row["accuracy"].values()]
            return float(sum(shares) / len(shares))

        return accuracy, "attribute accuracy, mean over attributes"
    return (lambda row: float(row["ssim"])), "SSIM with the cloud-only picture"


def _most_drawn(rows: list[Any]) -> int:
    """The N of which there are most pictures; the larger of two alike."""
    pictures: dict[int, int] = defaultdict(int)
    for row in rows:
        pictures[row["n"]] += row["pictures"]
    return max(pictures, key=lambda n: (pictures[n], n))


def _style(title: str) -> dict[str, str]:
    """The same colour for a row in every figure; dashes for a plan that somebody compares."""
    known = [*(row.title for row in ROWS), *(title for _, title, _, _ in DERIVED)]
    return {"color": f"C{known.index(title)}"} if title in known else {"linestyle": "--"}


def _front(axes: Any, rows: list[Any], quality: Any, label: str) -> None:
    n = _most_drawn(rows)
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row["n"] == n and row["ratio"] > 0:
            points[row["title"]].append((row["ratio"], quality(row)))
    for title, places in points.items():
        xs, ys = zip(*sorted(places), strict=True)
        axes.plot(xs, ys, marker="o", label=title, **_style(title))
    axes.set(xscale="log", xlabel="cloud MACs of a plain cloud run", ylabel=label, title=f"N = {n}")


def _cost(axes: Any, rows: list[Any], quality: Any, label: str) -> None:
    points: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        if row["k"] in (5, 10) and row["ratio"] > 0:
            points[f"{row['title']}, k = {row['k']}"].append((row["n"], row["ratio"]))
    for title, places in points.items():
        places.sort()
        xs, ys = zip(*places, strict=True)
        slope = (ys[-1] - ys[0]) / (xs[-1] - xs[0]) if len(xs) > 1 else 0.0
        axes.plot(xs, ys, marker="o", label=f"{title}: {slope:+.3f} a candidate")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set(xlabel="candidates N", ylabel="cloud MACs of a plain cloud run", title="Cost against N")


def _splits(axes: Any, rows: list[Any], quality: Any, label: str) -> None:
    n = _most_drawn(rows)
    points: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        if row["n"] == n and row["k"] is not None:
            points[row["title"]].append((row["k"], quality(row)))
        elif row["n"] == n and row["row"] in ("cloud", "device"):
            axes.axhline(quality(row), linestyle=":", color="grey")
            axes.annotate(row["title"], (1, quality(row)), fontsize=7)
    for title, places in points.items():
        xs, ys = zip(*sorted(places), strict=True)
        axes.plot(xs, ys, marker="o", label=title, **_style(title))
    axes.set(xlabel="split k", ylabel=label, title=f"Quality against k, N = {n}")
