"""Run the benchmark: draw what is not drawn yet, measure it, keep it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from obclip_gen.backends.protocol import Backend
from obclip_gen.bench.draw import Drawn, draw
from obclip_gen.bench.measures import psnr, ssim
from obclip_gen.bench.reader import Reader
from obclip_gen.bench.rows import ROWS, Row, extra_row
from obclip_gen.bench.store import Store
from obclip_gen.bench.suite import DRAWN, Case, cases
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: Seeds of the initial noise begin here, so that nobody tunes on small ones by accident.
FIRST_SEED = 90_000
SEEDS_PER_SET = 100


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is drawn.

    Attributes:
        sets: candidate sets by N.
        splits: k.
        seeds: how many seeds.
        steps: T.
        plans: plans to compare beside the fixed rows.
        deep: seeds by N of the rows in ``DEEP_ROWS`` at the splits in ``DEEP_SPLITS``, where it is more.
        only: names of the rows that are drawn beside ``cloud``, which all are compared with; empty: all.
    """

    sets: tuple[tuple[int, int], ...]
    splits: tuple[int, ...]
    seeds: int
    steps: int = 25
    plans: tuple[str, ...] = ()
    deep: tuple[tuple[int, int], ...] = ()
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.seeds < 1 or not self.sets or any(count < 1 for _, count in self.sets):
            raise BadInputError("bench: at least one set and one seed")
        if max([self.seeds, *(seeds for _, seeds in self.deep)]) > SEEDS_PER_SET:
            raise BadInputError(f"bench: at most {SEEDS_PER_SET} seeds")
        if not all(1 <= k <= self.steps for k in self.splits):
            raise BadInputError(f"bench: k must be from 1 to {self.steps}")
        known = [row.name for row in ROWS]
        if unknown := sorted(set(self.only).difference(known)):
            raise BadInputError(f"bench: no row '{unknown[0]}'; there are: {', '.join(known)}")

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that are drawn."""
        fixed = tuple(row for row in ROWS if not self.only or row.name in self.only or row.kind == "cloud")
        return (*fixed, *(extra_row(plan) for plan in self.plans))


#: The comparisons that decide which plan ships, and what they are compared with.
DEEP_ROWS = frozenset({"cloud", "neutral", "obclip", "reuse", "ours"})
DEEP_SPLITS = frozenset({None, 5, 10})

#: Ten minutes, and a night: 240 prompts of each N with three seeds, and over 1,000 pictures of each value for
#: the rows that decide.
EXTENTS = {
    "quick": Extent(((2, 4), (6, 2), (30, 1)), (5, 10), 1),
    "full": Extent(((2, 120), (6, 40), (30, 8)), (1, 3, 5, 10, 15), 3, deep=((2, 9), (6, 13), (30, 21))),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One row for one set and seed."""

    row: Row
    case: Case
    k: int | None
    seed: int

    @property
    def key(self) -> str:
        """Its name in the results."""
        return f"{self.row.name}/n={self.case.n}/k={self.k}/set={self.case.number}/seed={self.seed}"


def tasks(extent: Extent) -> list[Task]:
    """List everything to draw; a set's cloud-only pictures come before what is compared with them.

    Every set has noise of its own; the first seeds of all sets come before further ones, so that a run that
    is stopped has something of everything.
    """
    deep = dict(extent.deep)
    most = max([extent.seeds, *deep.values()])
    sets = [case for n, count in extent.sets for case in cases(n, count)]
    made = []
    for repetition, case in itertools.product(range(most), sets):
        seed = FIRST_SEED + case.number * SEEDS_PER_SET + repetition
        made += [
            Task(row, case, k, seed)
            for k in (None, *extent.splits)
            for row in extent.rows
            if row.exists(k)
            and (repetition < extent.seeds or (repetition < deep.get(case.n, 0) and _is_deep(row, k)))
        ]
    return made


def _is_deep(row: Row, k: int | None) -> bool:
    return row.name in DEEP_ROWS and k in DEEP_SPLITS


def header(cloud: Backend, device: Backend, reader: Reader | None, steps: int) -> dict[str, Json]:
    """Say what results depend on, beyond their task."""
    return {
        "cloud": cloud.fingerprint.sha256,
        "device": device.fingerprint.sha256,
        "cloud_id": cloud.fingerprint.model_id,
        "device_id": device.fingerprint.model_id,
        "classifier": reader.sha256 if reader else None,
        "steps": steps,
        "macs_row_cloud": cloud.macs(cloud.defaults.height, cloud.defaults.width).denoiser,
    }


def run(
    cloud: Backend,
    device: Backend,
    reader: Reader | None,
    extent: Extent,
    folder: Path,
    progress: Callable[[int, int], None],
) -> Store:
    """Draw and measure everything of *extent* that *folder* does not hold yet.

    Args:
        cloud: the cloud model.
        device: the device model.
        reader: the classifier, if there is one.
        extent: how much.
        folder: for ``results.jsonl`` and the reference pictures.
        progress: told tasks done and in all.

    Raises:
        BadInputError: the folder belongs to another run.
    """
    store = Store.open(folder / "results.jsonl", header(cloud, device, reader, extent.steps))
    todo = tasks(extent)
    for done, task in enumerate(todo):
        progress(done, len(todo))
        reference = folder / "references" / f"n{task.case.n}-set{task.case.number}-seed{task.seed}.npy"
        if task.key in store.records and (task.row.kind != "cloud" or reference.is_file()):
            continue
        drawn = draw(cloud, device, task.case, task.row, task.k, task.seed, extent.steps)
        if task.row.kind == "cloud":
            _save(reference, (drawn.pictures * 255).round().byte())
        measured, features = _measured(task.case, drawn.pictures, _load(reference), reader)
        if features is not None:
            _save(features_path(folder, task.key), features.half())
        store.add(_record(task, drawn, measured))
    progress(len(todo), len(todo))
    return store


def features_path(folder: Path, key: str) -> Path:
    """Where the classifier's features ``[N, 256]`` of a task's pictures are kept, as float16."""
    return folder / "features" / f"{key.replace('/', '_')}.npy"


def _save(path: Path, tensor: Tensor) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npy")
    np.save(part, tensor.numpy())
    part.replace(path)


def _load(path: Path) -> Tensor:
    return torch.from_numpy(np.load(path)).float() / 255


def _measured(
    case: Case, pictures: Tensor, references: Tensor, reader: Reader | None
) -> tuple[list[Json], Tensor | None]:
    """Figures of every picture, and the classifier's features ``[N, 256]``."""
    rounded = (pictures * 255).round() / 255
    read, features = (None, None) if reader is None else reader.read(rounded)
    distances = None
    if reader is not None and features is not None:
        _, expected = reader.read(references)
        distances = ((features - expected).norm(dim=1) / expected.norm(dim=1)).tolist()
    column, shown = case.content
    figures: list[Json] = [
        {
            "values": dict(case.values[at]),
            "right": None if read is None else _right(case, at, read[at]),
            "content": None if read is None else read[at].get(column) == shown,
            "psnr": round(psnr(rounded[at], references[at]), 4),
            "ssim": round(ssim(rounded[at], references[at]), 5),
            "feature_distance": None if distances is None else round(distances[at], 5),
        }
        for at in range(case.n)
    ]
    return figures, features


def _right(case: Case, at: int, read: dict[str, str]) -> dict[str, Json]:
    """Whether each attribute is drawn as it should be."""
    right: dict[str, Json] = {}
    for attribute, value in case.values[at].items():
        column, drawn = DRAWN[attribute][value]
        right[attribute] = read.get(column) == drawn
    return right


def _record(task: Task, drawn: Drawn, measured: Sequence[Json]) -> dict[str, Json]:
    return {
        "key": task.key,
        "row": task.row.name,
        "n": task.case.n,
        "k": task.k,
        "set": task.case.number,
        "style": task.case.style,
        "seed": task.seed,
        "plan": drawn.plan,
        "macs_cloud": drawn.macs_cloud,
        "seconds_cloud": round(drawn.seconds_cloud, 4),
        "macs_device": drawn.macs_device,
        "seconds_device": round(drawn.seconds_device, 4),
        "bytes_up": drawn.bytes_up,
        "bytes_down": drawn.bytes_down,
        "peak_bytes_cloud": drawn.peak_bytes_cloud,
        "pictures": list(measured),
    }
