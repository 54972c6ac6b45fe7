"""From results to tables: means, shares with intervals, paired differences with 95 % bounds, costs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from obclip_gen.bench.kernel import kernel_distance
from obclip_gen.bench.measures import Share, paired
from obclip_gen.bench.rows import DERIVED, ROWS
from obclip_gen.bench.run import features_path
from obclip_gen.bench.store import Store
from obclip_gen.macs import RULE
from obclip_privacy.policy.frozen import Json

Record = Mapping[str, Any]
#: Figure of one picture that a paired difference is taken of.
Figure = Callable[[Mapping[str, Any]], float | None]

#: Bandwidth at which the end-to-end time is given, in bits per second (the paper's WiFi).
BANDWIDTH = 18.88e6


def table(store: Store, artwork: Mapping[str, Tensor] | None = None) -> dict[str, Json]:
    """Give all figures of a run, one row per way, N and k.

    Differences are taken between pictures of the same candidate, set and seed; a set with a seed is one
    cluster. They are against ``obclip`` (the same k without acceleration) and against ``neutral``.

    Args:
        store: the run.
        artwork: features ``[m, 256]`` of real pictures by style; without them no kernel distances are given.
    """
    groups: dict[tuple[str, int, int | None], list[Record]] = defaultdict(list)
    for record in store.records.values():
        groups[str(record["row"]), int(str(record["n"])), _split(record)].append(record)
    plain = 2 * int(str(store.header["steps"])) * int(str(store.header["macs_row_cloud"]))
    order = [row.name for row in ROWS]
    rows: list[Json] = []
    for (name, n, k), records in sorted(
        groups.items(), key=lambda item: (item[0][1], item[0][2] or 0, _place(order, item[0][0]), item[0][0])
    ):
        base = {way: groups.get((way, n, k), []) for way in ("obclip", "neutral")}
        made = _row(name, n, k, records, base, plain)
        if made.get("accuracy") and artwork:
            made["kernel_distance"] = _distances(records, artwork, store.path.parent)
        rows.append(made)
        for derived, title, source, paid in DERIVED:
            if source == name:
                rows.append(_derived(made, derived, title, n, paid))
    return {"rule": RULE, "bandwidth_bits_per_second": BANDWIDTH, "run": dict(store.header), "rows": rows}


def _split(record: Record) -> int | None:
    return None if record["k"] is None else int(record["k"])


def _place(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def _row(
    name: str, n: int, k: int | None, records: list[Record], base: Mapping[str, list[Record]], plain: int
) -> dict[str, Json]:
    titles = {row.name: row.title for row in ROWS}
    pictures = [picture for record in records for picture in record["pictures"]]
    # The least of all draws: what the work takes when nothing else disturbs the machine.
    cloud, device = (min(record[f"seconds_{side}"] for record in records) for side in ("cloud", "device"))
    traffic = _mean(record["bytes_up"] + record["bytes_down"] for record in records)
    macs = _mean(record["macs_cloud"] for record in records)
    made: dict[str, Json] = {
        "row": name,
        "title": titles.get(name, name),
        "n": n,
        "k": k,
        "plan": records[0]["plan"],
        "pictures": len(pictures),
        "clusters": len(records),
        "macs_cloud": macs,
        "ratio": macs / plain,
        "seconds_cloud": cloud,
        "macs_device": _mean(record["macs_device"] for record in records),
        "seconds_device": device,
        "bytes_up": _mean(record["bytes_up"] for record in records),
        "bytes_down": _mean(record["bytes_down"] for record in records),
        "seconds_end_to_end": cloud + device + 8 * traffic / BANDWIDTH,
        "psnr": _mean(picture["psnr"] for picture in pictures),
        "ssim": _mean(picture["ssim"] for picture in pictures),
    }
    peaks = [record["peak_bytes_cloud"] for record in records if record["peak_bytes_cloud"] is not None]
    made["peak_bytes_cloud"] = max(peaks) if peaks else None
    if pictures[0]["right"] is not None:
        made["feature_distance"] = _mean(picture["feature_distance"] for picture in pictures)
        made["accuracy"] = _accuracy(pictures)
        made["content"] = _tally([bool(picture["content"]) for picture in pictures]).to_json()
    made["against"] = {
        way: _against(records, others) for way, others in base.items() if others and way != name
    }
    return made


def _tally(right: Sequence[bool]) -> Share:
    return Share(sum(right), len(right))


def _distances(records: list[Record], artwork: Mapping[str, Tensor], folder: Path) -> dict[str, Json]:
    """Kernel distance of the pictures of each drawing style from the artwork of that style."""
    by_style: dict[str, list[Tensor]] = defaultdict(list)
    for record in records:
        path = features_path(folder, str(record["key"]))
        if path.is_file():
            by_style[record["style"]].append(torch.from_numpy(np.load(path)).float())
    return {
        style: kernel_distance(torch.cat(parts), artwork[style])
        for style, parts in sorted(by_style.items())
        if style in artwork and sum(map(len, parts)) > 1
    }


def _accuracy(pictures: list[Mapping[str, Any]]) -> dict[str, Json]:
    """Shares by attribute: of all, of each value, and the spread between values."""
    made: dict[str, Json] = {}
    for attribute in pictures[0]["values"]:
        counts: dict[str, list[bool]] = defaultdict(list)
        for picture in pictures:
            counts[picture["values"][attribute]].append(bool(picture["right"][attribute]))
        shares = {value: _tally(right) for value, right in sorted(counts.items())}
        everything = [right for values in counts.values() for right in values]
        levels = [share.value for share in shares.values()]
        made[attribute] = {
            "all": _tally(everything).to_json(),
            "values": {value: share.to_json() for value, share in shares.items()},
            "spread": max(levels) - min(levels),
        }
    return made


def _against(records: list[Record], others: list[Record]) -> dict[str, Json]:
    """Paired differences of every figure: this row less the other."""
    known = {(other["set"], other["seed"]): other for other in others}
    pairs = [
        (record["pictures"], known[record["set"], record["seed"]]["pictures"])
        for record in records
        if (record["set"], record["seed"]) in known
    ]
    figures: dict[str, Figure] = {
        "psnr": lambda picture: float(picture["psnr"]),
        "ssim": lambda picture: float(picture["ssim"]),
    }
    first = records[0]["pictures"]
    if first[0]["right"] is not None:
        figures["content"] = lambda picture: float(picture["content"])
        for attribute in first[0]["values"]:
            figures[f"accuracy.{attribute}"] = _right(attribute, None)
            for value in sorted({picture["values"][attribute] for picture in first}):
                figures[f"accuracy.{attribute}.{value}"] = _right(attribute, value)
    made: dict[str, Json] = {}
    for name, figure in figures.items():
        clusters = []
        for mine, theirs in pairs:
            values = [(figure(one), figure(two)) for one, two in zip(mine, theirs, strict=True)]
            both = [one - two for one, two in values if one is not None and two is not None]
            if both:
                clusters.append(_mean(both))
        made[name] = paired(clusters).to_json()
    return made


def _right(attribute: str, value: str | None) -> Figure:
    def figure(picture: Mapping[str, Any]) -> float | None:
        if value is not None and picture["values"][attribute] != value:
            return None
        return float(picture["right"][attribute])

    return figure


def _derived(source: Mapping[str, Json], name: str, title: str, n: int, paid: str) -> dict[str, Json]:
    """A row with the pictures of another: the cost of all N (vanilla), or of one candidate (Hybrid SD)."""
    factor = n if paid == "n" else 1 / n
    made = dict(source) | {"row": name, "title": title, "pictures_of": source["row"], "against": {}}
    for key in ("macs_cloud", "ratio", "seconds_cloud", "bytes_up", "bytes_down"):
        made[key] = float(str(source[key])) * factor
    up, down = (float(str(made[key])) for key in ("bytes_up", "bytes_down"))
    seconds = float(str(made["seconds_cloud"])) + float(str(made["seconds_device"]))
    made["seconds_end_to_end"] = seconds + 8 * (up + down) / BANDWIDTH
    return made


def markdown(figures: Mapping[str, Json]) -> str:
    """Give the tables as Markdown, one per N."""
    rows: list[Any] = list(figures["rows"]) if isinstance(figures["rows"], list) else []
    lines = [f"Counted: {figures['rule']}. Ratio: cloud MACs of the whole set over a plain cloud run.", ""]
    for n in sorted({row["n"] for row in rows}):
        own = [row for row in rows if row["n"] == n]
        attributes = list(own[0].get("accuracy", {}))
        head = ["way", "k", "ratio", "cloud s", "device s", "cloud MB", "PSNR", "SSIM", *attributes]
        head += ["content", "KID x 1000", "SSIM less ObCLIP's"]
        lines += [f"### N = {n}", "", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
        for row in own:
            cells = [
                row["title"],
                "" if row["k"] is None else str(row["k"]),
                f"{row['ratio']:.3f}",
                f"{row['seconds_cloud']:.2f}",
                f"{row['seconds_device']:.2f}",
                "" if row["peak_bytes_cloud"] is None else f"{row['peak_bytes_cloud'] / 1e6:.0f}",
                f"{row['psnr']:.2f}",
                f"{row['ssim']:.3f}",
                *(_share(row["accuracy"][attribute]["all"]) for attribute in attributes),
                _share(row["content"]) if "content" in row else "",
                " ".join(
                    f"{style} {1000 * value:.1f}" for style, value in row.get("kernel_distance", {}).items()
                ),
                _bounds(row["against"].get("obclip", {}).get("ssim")),
            ]
            lines.append("| " + " | ".join(cells) + " |")
        lines += ["", *_differences(own, attributes)]
    return "\n".join(lines)


def _differences(rows: Sequence[Mapping[str, Any]], attributes: Sequence[str]) -> list[str]:
    """The table of paired differences in accuracy, in points: of all pictures, and of the value that loses
    most.
    """
    if not attributes:
        return []
    sides = (("obclip", "ObCLIP"), ("neutral", "neutral"))
    head = ["way", "k"]
    for attribute in attributes:
        for _, title in sides:
            head += [f"{attribute} less {title}'s", "worst value"]
    lines = ["Points of accuracy, same prompt and noise (95 % bounds):", ""]
    lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        if not row["against"]:
            continue
        cells = [row["title"], str(row["k"])]
        for attribute in attributes:
            for side, _ in sides:
                found = row["against"].get(side, {})
                cells.append(_points(found.get(f"accuracy.{attribute}")))
                values = {
                    name.removeprefix(f"accuracy.{attribute}."): difference
                    for name, difference in found.items()
                    if name.startswith(f"accuracy.{attribute}.")
                }
                worst = min(values, key=lambda name: values[name]["mean"], default=None)
                cells.append("" if worst is None else f"{worst} {_points(values[worst])}")
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _points(difference: Mapping[str, Any] | None) -> str:
    if difference is None:
        return ""
    scaled = {
        key: None if difference[key] is None else 100 * difference[key] for key in ("mean", "low", "high")
    }
    if scaled["low"] is None:
        return f"{scaled['mean']:+.1f}"
    return f"{scaled['mean']:+.1f} ({scaled['low']:+.1f} to {scaled['high']:+.1f})"


def _share(share: Mapping[str, Any]) -> str:
    return f"{share['share']:.2f} ({share['low']:.2f}-{share['high']:.2f})"


def _bounds(difference: Mapping[str, Any] | None) -> str:
    if difference is None:
        return ""
    if difference["low"] is None:
        return f"{difference['mean']:+.3f}"
    return f"{difference['mean']:+.3f} ({difference['low']:+.3f} to {difference['high']:+.3f})"
