"""The benchmark: its figures against hand-computed cases, a whole run on tiny models, and its resumption."""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from obclip_gen.accelerate.plan import CachePlan
from obclip_gen.backends.architectures import architecture
from obclip_gen.bench.calibrate import distinct, grid
from obclip_gen.bench.cost import plan_cost
from obclip_gen.bench.kernel import kernel_distance
from obclip_gen.bench.measures import Share, paired, psnr, ssim
from obclip_gen.bench.memory import watched
from obclip_gen.bench.paper import reproduced
from obclip_gen.bench.plots import draw_plots
from obclip_gen.bench.reader import Reader
from obclip_gen.bench.report import markdown, table
from obclip_gen.bench.run import EXTENTS, Extent, run, tasks
from obclip_gen.bench.store import Store
from obclip_gen.bench.suite import DRAWN, cases
from obclip_gen.cli.bench import app
from obclip_privacy.errors import BadInputError


def invoke(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def sd14():
    return architecture("sd14").prices()


def test_the_papers_cost_column_within_three_percent(sd14) -> None:
    rows = list(reproduced("sd14", sd14))
    assert len(rows) == 13
    found = {(row.row, row.k, row.n): row for row in rows}
    assert found["reuse", 5, 6].printed == 16.64
    assert found["reuse", 10, 6].printed == 32.72
    assert all(abs(row.error) < 0.03 for row in rows)
    assert all(abs(row.error) < 0.002 for row in rows if row.row != "reuse")


@pytest.mark.slow
def test_the_papers_cost_column_for_sdxl() -> None:
    rows = list(reproduced("sdxl"))
    found = {(row.row, row.k, row.n): row for row in rows}
    assert found["reuse", 5, 6].printed == 128.38
    assert found["reuse", 10, 6].printed == 246.55
    assert all(abs(row.error) < 0.03 for row in rows)


def test_the_shipped_plan_reaches_the_cost_targets(sd14) -> None:
    def ratio(n: int, k: int) -> float:
        return plan_cost("sd14", n, k, 25, "fast", prices=sd14).ratio

    assert ratio(6, 5) <= 0.30
    assert ratio(6, 10) <= 0.70
    assert ratio(30, 5) <= 0.90
    for k in (5, 10):
        hybrid = plan_cost("sd14", 1, k, 25, "none", prices=sd14).ratio
        assert hybrid == pytest.approx(k / 25)
        assert (ratio(30, k) - ratio(6, k)) / 24 <= 0.15 * hybrid
    plain = plan_cost("sd14", 6, 5, 25, "none", prices=sd14)
    assert plain.ratio == pytest.approx(6 * 5 / 25)
    assert plain.macs_plain == 50 * sd14.whole().macs


def test_the_cost_command() -> None:
    found = json.loads(invoke("cost", "--model", "bk-sdm-tiny", "--n", "6", "--k", "5", "--format", "json"))
    assert set(found) >= {"model", "n", "k", "steps", "plan", "macs_cloud", "macs_plain", "ratio"}
    assert (found["model"], found["n"], found["k"], found["steps"], found["plan"]) == (
        "bk-sdm-tiny",
        6,
        5,
        25,
        "fast",
    )
    assert found["ratio"] == found["macs_cloud"] / found["macs_plain"]
    with pytest.raises(BadInputError, match="use one of sd14"):
        plan_cost("sd99", 6, 5, 25, "fast")
    with pytest.raises(BadInputError, match="k: must be"):
        plan_cost("sd14", 6, 26, 25, "fast")


def test_figures_of_quality() -> None:
    black, grey = torch.zeros(3, 8, 8), torch.full((3, 8, 8), 0.1)
    assert psnr(black, grey) == pytest.approx(20.0, abs=1e-4)
    assert psnr(black, black) == 100.0
    noise = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(1))
    assert ssim(noise, noise) == pytest.approx(1.0)
    # two constant pictures: only the first factor differs from 1
    assert ssim(black, grey) == pytest.approx(1e-4 / (0.01 + 1e-4), rel=1e-4)
    assert ssim(noise, 1 - noise) < 0
    share = Share(8, 10)
    assert share.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert math.isnan(Share(0, 0).value)


def test_paired_differences() -> None:
    found = paired([0.1, 0.3, 0.2, 0.2])
    # standard deviation 0.0816, Student's factor 3.182 with three degrees of freedom
    assert found.mean == pytest.approx(0.2)
    assert found.high - found.mean == pytest.approx(3.182 * 0.08165 / 2, rel=0.02)
    assert paired([0.5]).low is None
    assert paired([]).clusters == 0


def test_every_value_is_drawn_equally_often() -> None:
    for n, sizes in ((2, {"gender": 2}), (6, {"age": 3, "gender": 2}), (30, {"ethnicity": 5})):
        (case,) = cases(n, 1)
        assert len(case.prompts) == len(set(case.prompts)) == n
        for attribute, size in sizes.items():
            values = [row[attribute] for row in case.values]
            assert {values.count(value) for value in values} == {n // size}
            assert set(values) <= set(DRAWN[attribute])
        assert not {"man", "woman", "old", "African"} & set(case.neutral.replace(",", "").split())
        assert dict(case.values[0])["gender"] == "male"
        assert " man" in case.prompts[0]
    with pytest.raises(BadInputError, match="2, 6, 30"):
        cases(7, 1)
    with pytest.raises(BadInputError, match="40 different sets of 6"):
        cases(6, 41)


def test_no_picture_of_a_full_run_is_drawn_twice() -> None:
    full = EXTENTS["full"]
    asked = dict(full.sets)
    assert all(n * count == 240 for n, count in asked.items())
    for n, count in asked.items():
        sets = cases(n, count)
        assert len({prompt for case in sets for prompt in case.prompts}) == n * count
        assert {case.style for case in sets} <= {"modern", "flat", "portrait"}
    todo = tasks(full)
    assert len({task.key for task in todo}) == len(todo)
    for row in ("neutral", "obclip", "reuse", "ours"):
        for k, (n, attribute) in itertools.product((5, 10), ((2, "gender"), (6, "age"), (30, "ethnicity"))):
            counts = Counter(
                values[attribute]
                for task in todo
                if (task.row.name, task.k, task.case.n) == (row, k, n)
                for values in task.case.values
            )
            assert min(counts.values()) >= 1000


def test_kernel_distance_by_hand() -> None:
    # one dimension, kernel (xy + 1)^3: within {0, 1}: 1; within {2, 3}: 7^3; between: (1 + 1 + 27 + 64) / 4
    zero_one, two_three = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [3.0]])
    assert kernel_distance(zero_one, two_three) == pytest.approx(1 + 343 - 2 * 93 / 4)
    noise = torch.randn(400, 8, generator=torch.Generator().manual_seed(3))
    assert abs(kernel_distance(noise[:200], noise[200:])) < kernel_distance(noise[:200], noise[200:] + 1) / 10
    with pytest.raises(ValueError, match="at least two"):
        kernel_distance(noise[:1], noise)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel says it on Linux only")
def test_peak_memory_is_that_of_the_work_inside() -> None:
    with watched() as small:
        torch.zeros(1)
    with watched() as large:
        torch.ones(16_000_000)
    assert small.bytes is not None
    assert small.bytes < 30e6
    assert 60e6 < large.bytes < 100e6


@pytest.fixture(scope="module")
def classifier(tmp_path_factory) -> Path:
    """A random network in the exported form; its readings mean nothing."""
    from obclip_gen.training.classifier import AttributeClassifier

    folder = tmp_path_factory.mktemp("classifier")
    columns = {
        "gender": ["female", "male"],
        "age": ["young", "middle-aged", "old"],
        "race": ["white", "black"],
        "role": ["artist", "running"],
    }
    torch.manual_seed(0)
    save_file(AttributeClassifier(columns).state_dict(), folder / "model.safetensors")
    (folder / "columns.json").write_text(json.dumps(columns))
    save_file({"modern": torch.randn(5, 256), "flat": torch.randn(5, 256)}, folder / "artwork.safetensors")
    return folder


def test_a_whole_run(tmp_path: Path, tiny_cloud, tiny_device, classifier: Path) -> None:
    extent = Extent(((2, 2), (6, 1)), (5,), 1, steps=8, plans=("uncond",))
    reader = Reader(classifier)
    seen: list[tuple[int, int]] = []
    store = run(tiny_cloud, tiny_device, reader, extent, tmp_path, lambda *at: seen.append(at))
    assert len(store.records) == len(tasks(extent)) == 3 * 8
    assert seen[-1] == (24, 24)
    figures = table(Store.read(tmp_path / "results.jsonl"), reader.artwork)
    rows = {(row["row"], row["n"], row["k"]): row for row in figures["rows"]}
    cloud, vanilla = rows["cloud", 6, None], rows["vanilla", 6, None]
    assert cloud["ratio"] == pytest.approx(1)
    assert vanilla["ratio"] == pytest.approx(6)
    assert (cloud["psnr"], cloud["ssim"]) == (100.0, pytest.approx(1))
    assert rows["device", 6, None]["ratio"] == 0
    assert rows["obclip", 6, 5]["ratio"] == pytest.approx(6 * 5 / 8)
    assert rows["hybrid", 6, 5]["ratio"] == pytest.approx(5 / 8)
    assert rows["neutral", 6, 5]["ratio"] == pytest.approx(5 / 8)
    ours = rows["ours", 6, 5]
    assert ours["ratio"] < rows["reuse", 6, 5]["ratio"] < rows["cache", 6, 5]["ratio"]
    assert ours["accuracy"]["age"]["values"]["old"]["n"] == 2
    assert ours["against"]["obclip"]["ssim"]["mean"] == pytest.approx(
        ours["ssim"] - rows["obclip", 6, 5]["ssim"]
    )
    assert rows["ours", 2, 5]["against"]["neutral"]["ssim"]["clusters"] == 2
    assert set(ours["kernel_distance"]) == set()  # portraits, of which there is no artwork here
    assert set(rows["ours", 2, 5]["kernel_distance"]) == {"modern"}
    assert rows["ours", 2, 5]["content"]["n"] == 4
    assert ours["content"]["share"] == 0.0  # this classifier has no column for it
    assert rows["obclip", 6, 5]["peak_bytes_cloud"] is not None or sys.platform != "linux"
    text = markdown(figures)
    assert "### N = 6" in text
    assert "neutral cloud phase" in text
    lost = 100 * ours["against"]["neutral"]["accuracy.gender"]["mean"]
    row = next(
        line
        for line in text.split("### N = 6")[1].splitlines()
        if line.startswith("| ours | 5 | ") and line.count("|") == 11
    )
    assert f"{lost:+.1f}" in row
    for path in draw_plots(figures, tmp_path):
        assert path.read_text().count("<path") > 5


def test_only_some_rows() -> None:
    extent = Extent(((2, 1),), (5,), 1, plans=("uncond",), only=("neutral", "ours"))
    assert {task.row.name for task in tasks(extent)} == {"cloud", "neutral", "ours", "uncond"}
    with pytest.raises(BadInputError, match="no row 'our'; there are: cloud, device"):
        Extent(((2, 1),), (5,), 1, only=("our",))


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, tiny_cloud, tiny_device) -> None:
    extent = Extent(((2, 1),), (2,), 1, steps=4)

    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise StopError

    with pytest.raises(StopError):
        run(tiny_cloud, tiny_device, None, extent, tmp_path, stop)
    results = tmp_path / "results.jsonl"
    before = results.read_text().splitlines()
    assert len(before) == 1 + 3
    results.write_text("\n".join(before) + '\n{"key": "cut o')
    store = run(tiny_cloud, tiny_device, None, extent, tmp_path, lambda *at: None)
    after = results.read_text().splitlines()
    assert after[:4] == before
    assert len(after) == 1 + len(tasks(extent)) == 1 + len(store.records)
    assert store.records["cloud/n=2/k=None/set=0/seed=90000"]["pictures"][0]["right"] is None
    with pytest.raises(BadInputError, match="other models or settings"):
        run(tiny_device, tiny_cloud, None, extent, tmp_path, lambda *at: None)
    with pytest.raises(BadInputError, match="there are no results"):
        Store.read(tmp_path / "nothing.jsonl")


@pytest.mark.slow
def test_the_commands_on_tiny_models(
    tmp_path: Path, tiny_cloud_folder: Path, tiny_device_folder: Path
) -> None:
    models = ["--cloud-model", f"diffusers:{tiny_cloud_folder}"]
    printed = invoke(
        "run",
        *("--out", str(tmp_path), "--n", "2", "--k", "2", "--sets", "1", *models),
        *("--device-model", f"diffusers:{tiny_device_folder}"),
    )
    assert "neutral cloud phase" in printed
    assert {file.name for file in tmp_path.iterdir()} >= {"tables.json", "tables.md", "cost-n.svg"}
    found = json.loads(
        invoke(
            "calibrate",
            *("--n", "2", "--k", "2", "--steps", "5", "--target", "0.5", "--model", "bk-sdm-tiny"),
            *("--sets", "1", "--tries", "4", "--format", "json", *models),
        )
    )
    assert len(found["plans"]) == 4
    assert all(plan["ratio"] <= 0.5 for plan in found["plans"])
    errors = [plan["error"] for plan in found["plans"]]
    assert errors == sorted(errors)
    assert found["proposed"] == found["plans"][0]["plan"]
    assert {(item["step"], item["branch"]) for item in found["changes"]} == {
        (step, branch) for step in range(2) for branch in range(4)
    }
    assert found["changes"][0]["between_steps"] == 0


def test_the_grid_holds_the_shipped_plan() -> None:
    from obclip_gen.accelerate.presets import fast
    from obclip_gen.accelerate.program import Setting

    shipped = CachePlan.parse(fast(Setting(("a",), ((),), 0, 5, guided=True)))
    assert str(shipped) in grid(5)


def test_plans_that_do_the_same_are_tried_once() -> None:
    same = ("exact+trunk-at=4", "deep-every=2-from=4+exact+trunk-at=4", "exact+trunk-at=4+uncond")
    other = ("deep-every=2-from=3+exact+trunk-at=3", "deep-branch=0-every=2-from=3+exact+trunk-at=3")
    assert distinct((*same, *other), 6, 5) == tuple(sorted((same[0], *other)))
    assert len(distinct(grid(5), 6, 5)) < len(grid(5)) / 2


def test_the_published_tables_come_from_the_published_results() -> None:
    folder = Path(__file__).parents[2] / "docs" / "benchmarks"
    printed = json.loads((folder / "tables.json").read_text("utf-8"))
    for row in printed["rows"]:
        row.pop("kernel_distance", None)  # from features of pictures, which are not kept
    assert table(Store.read(folder / "results.jsonl")) == printed
