"""Each stage of the recipe on a tiny artwork, and the arithmetic of its score."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from obclip_gen.training import (
    autoencoder,
    captions,
    classifier,
    dataset,
    denoiser,
    evaluate,
    muon,
    report,
    runs,
    text,
)
from obclip_gen.training.__main__ import main
from obclip_gen.training.artwork import HELD_OUT_PORTRAITS, TONES, Picture
from obclip_gen.training.dataset import Dataset


def test_about_a_tenth_is_held_out_as_whole_cells() -> None:
    roles = [*captions.OCCUPATIONS, *captions.PREDICATES]
    cells = [
        Picture("modern", role, gender, "unstated", tone=tone)
        for role, gender, tone in itertools.product(roles, ("female", "male"), TONES[1:])
    ]
    share = sum(picture.held_out for picture in cells) / len(cells)
    assert 0.08 < share < 0.14
    flat = [Picture("flat", p.role, p.gender, p.age, tone=p.tone) for p in cells]
    assert [p.held_out for p in flat] == [p.held_out for p in cells], "a cell is held out in every style"


def test_held_out_portraits_leave_every_value_in_training() -> None:
    for position in range(3):
        assert len({cell[position] for cell in HELD_OUT_PORTRAITS}) > 1
    assert len(HELD_OUT_PORTRAITS) / 24 >= 0.1


def test_training_never_draws_a_held_out_picture(data: Dataset) -> None:
    chosen = set(data.indices(held_out=False).tolist())
    assert chosen.isdisjoint(data.indices(held_out=True).tolist())
    assert len(data.indices(held_out=True)) > 0
    assert math.isclose(data.weights(data.indices(held_out=False)).sum(), 1.0)


def test_people_in_natural_skin_tones_are_drawn_from_most() -> None:
    astronaut = Picture("modern", "astronaut", "female", "unstated", tone="dark")
    yellow = Picture("modern", "astronaut", "female", "unstated", tone="default")
    fist = Picture("modern", "raised-fist", "neutral", "unstated", tone="dark")
    assert captions.is_hand(fist)
    assert not captions.is_hand(astronaut)
    assert dataset.interest(astronaut) > dataset.interest(yellow) > dataset.interest(fist)
    few = Dataset((astronaut, yellow, fist), np.zeros((3, 128, 128, 3), dtype=np.uint8))
    shares = few.weights(range(3))
    assert shares.tolist() == pytest.approx([10 / 21, 6 / 21, 5 / 21])


def test_busy_crops_leave_empty_paper_out() -> None:
    picture = np.full((1, 128, 128, 3), 255, dtype=np.uint8)
    picture[:, 64:, 64:] = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3))
    crops = [autoencoder.busy_crops(picture, np.random.default_rng(seed), tries=8) for seed in range(20)]
    assert all(crop.shape == (1, 64, 64, 3) for crop in crops)
    assert np.mean([(crop < 255).mean() for crop in crops]) > 0.4, "of a random crop, a quarter is drawn"


def test_half_size_pictures_are_means(data: Dataset) -> None:
    checker = np.zeros((1, 128, 128, 3), dtype=np.uint8)
    checker[:, ::2, ::2] = 200
    small = Dataset(data.pictures[:1], checker).small(np.array([0]))
    assert small.shape == (1, 64, 64, 3)
    assert (small == 50).all()


def test_the_large_autoencoder_keeps_the_small_ones_decoder() -> None:
    small, full = autoencoder.build(), autoencoder.build_full()
    merged = autoencoder.grown(full.state_dict(), small.state_dict())
    full.load_state_dict(merged)
    name = "decoder.layers.6.weight"
    assert torch.equal(full.state_dict()[name], small.state_dict()[name])
    latents = torch.randn(1, autoencoder.LATENT_CHANNELS, 16, 16)
    assert full.decoder(latents).shape == (1, 3, 128, 128)
    assert full.encoder(torch.zeros(1, 3, 128, 128)).shape == latents.shape


def test_orthogonalising_sets_all_singular_values_near_one() -> None:
    matrix = torch.randn(16, 40, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(muon.orthogonalise(matrix).float())
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_the_device_model_is_at_most_a_quarter_of_the_cloud_model() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    def macs(shape: denoiser.Shape) -> float:
        unet = denoiser.build(shape)
        with FlopCounterMode(display=False) as counter:
            unet(
                torch.zeros(1, autoencoder.LATENT_CHANNELS, 16, 16),
                torch.tensor([0]),
                torch.zeros(1, text.MAX_LENGTH, text.WIDTH),
            )
        return counter.get_total_flops() / 2

    assert macs(denoiser.DEVICE) <= 0.25 * macs(denoiser.CLOUD)


def test_a_checkpoint_resumes_where_it_stopped(tmp_path: Path) -> None:
    runs.save(tmp_path / "x.safetensors", {"w": torch.arange(3.0)}, step=7, seconds=1.5)
    tensors, counters = runs.load(tmp_path / "x.safetensors")
    assert tensors["w"].tolist() == [0.0, 1.0, 2.0]
    assert counters == {"step": 7, "seconds": 1.5}


@pytest.mark.parametrize(
    ("progress", "expected"), [(0, 1.0), (0.7, 1.0), (0.85, 0.525), (1, 0.05), (2, 0.05)]
)
def test_the_rate_stays_at_its_peak_and_then_cools_to_its_floor(progress: float, expected: float) -> None:
    assert runs.cooled(progress) == pytest.approx(expected)


def test_wilson_interval_by_hand() -> None:
    # 8 of 10: centre (0.8 + 3.8415/20) / 1.38415 = 0.71675, half width 0.22657
    low, high = evaluate.Share(8, 10).interval
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)


def test_the_tokenizer_encodes_any_text(data: Dataset, tmp_path: Path) -> None:
    tokenizer = text.train_tokenizer(data, tmp_path, captions=300)
    ids = text.tokenize(tokenizer, ["an emoji of a firefighter", "Ünïcode 🦓 \x00", ""])
    assert ids.shape == (3, text.MAX_LENGTH)
    assert ids[2].tolist() == [tokenizer.bos_token_id, *[tokenizer.eos_token_id] * (text.MAX_LENGTH - 1)]
    assert (ids[1] != tokenizer.eos_token_id).sum() > 8, "unknown characters become bytes, not nothing"


def test_labels_name_every_column_and_the_score_reads_them(data: Dataset) -> None:
    columns = text.label_columns(data.pictures)
    assert {"role", "gender", "tone", "race", "age", "trait:glasses"} <= set(columns)
    picture = data.pictures[-1]
    row = dict(zip(columns, text.labels(picture, columns), strict=True))
    assert columns["race"][row["race"]] == picture.race
    model = classifier.AttributeClassifier(columns).eval()
    scores = evaluate.score(model, torch.zeros(2, 3, 64, 64), data.pictures[-2:])
    assert set(scores) == {"gender", "race", "age"}
    assert scores["race"]["portrait"].total == 2
    assert (
        report.table({"rows": {"x": {"race": {"portrait": evaluate.Share(1, 2).record()}}}}).count("\n") == 2
    )


def test_hands_are_scored_apart_from_roles() -> None:
    assert "role" in evaluate.scored(Picture("flat", "astronaut", "male", "unstated", tone="dark"))
    assert evaluate.scored(Picture("flat", "raised-fist", "neutral", "unstated", tone="default")) == {
        "hand": "raised-fist"
    }


def test_the_classifier_reads_alike_after_export(data: Dataset, tmp_path: Path) -> None:
    model = classifier.AttributeClassifier(text.label_columns(data.pictures)).eval()
    classifier.export(model, tmp_path)
    again = classifier.packaged(tmp_path)
    pictures = autoencoder.to_tensor(data.pixels[:4])
    before, after = model(pictures), again(pictures)
    assert list(before) == list(after)
    for name, logits in before.items():
        assert torch.allclose(logits, after[name], atol=2e-2)
    classifier.export_artwork(model, data, tmp_path)
    features = load_file(tmp_path / "artwork.safetensors")
    held = [i for i, picture in enumerate(data.pictures) if picture.held_out and picture.style == "flat"]
    assert features["flat"].shape == (len(held), classifier.FEATURES)


def test_the_refined_autoencoder_resumes(data: Dataset, tmp_path: Path) -> None:
    start = autoencoder.build_full()
    autoencoder.refine(data, start, tmp_path, seconds=0.1, crops=2)
    weights, counters = runs.load(tmp_path / "autoencoder_refined.safetensors")
    assert set(weights) == set(start.state_dict())
    autoencoder.refine(data, start, tmp_path, seconds=counters["seconds"] + 0.1, crops=2)
    assert runs.load(tmp_path / "autoencoder_refined.safetensors")[1]["step"] > counters["step"]


def test_preparing_needs_nothing_but_the_artwork(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "prepare", lambda work: data)
    assert main(["prepare", "--work", str(tmp_path / "work"), "--threads", "1"]) == 0
    assert list((tmp_path / "work").iterdir()) == []
