"""A family's own safety checker: used where it ships, on the device, and told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.libs import library
from obclip_gen.testing.families import write_family


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with a random checker that holds back whatever resembles its one concept."""
    path = write_family(tmp_path_factory.mktemp("safety") / "sd1", "sd1")
    transformers = library("transformers")
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        vision_config={**tower, "image_size": 32, "patch_size": 8, "projection_dim": 8},
        text_config={**tower, "vocab_size": 10, "projection_dim": 8},
        projection_dim=8,
    )
    torch.manual_seed(0)
    module = library("diffusers.pipelines.stable_diffusion.safety_checker")
    checker = module.StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(2.0)  # cosines are at most 1: nothing is held back
    checker.special_care_embeds_weights.data.fill_(2.0)
    checker.save_pretrained(str(path / "safety_checker"))
    return path


def strict(backend: object, threshold: float) -> None:
    backend._safety._model.concept_embeds_weights.data.fill_(threshold)


def test_the_checker_holds_back_what_it_flags_and_nothing_else(folder: Path) -> None:
    backend = load_folder(str(folder), LoadOptions())
    latents = 2 * torch.randn(3, 4, 16, 16, generator=torch.Generator().manual_seed(3))
    plain = load_folder(str(folder), LoadOptions(safety_checker=False)).decode(latents)
    assert torch.equal(backend.decode(latents), plain)
    model = backend._safety._model
    with torch.no_grad():
        seen = model.visual_projection(model.vision_model(backend._safety._prepared(plain))[1])
        model.concept_embeds.data[:] = seen[1]
        closeness = torch.cosine_similarity(seen, seen[[1]])
    threshold = float(closeness[[0, 2]].max() + closeness[1]) / 2
    assert closeness[1] - threshold > 0.001
    strict(backend, threshold)
    held = backend.decode(latents)
    assert torch.equal(held[[0, 2]], plain[[0, 2]])
    assert float(held[1].max()) == 0
    strict(backend, -2.0)
    assert float(backend.decode(latents).max()) == 0


def test_pictures_of_any_shape_are_looked_at_whole_in_height_or_width(folder: Path) -> None:
    checker = load_folder(str(folder), LoadOptions())._safety
    for size in ((64, 64), (64, 96), (48, 32), (500, 37)):
        assert checker._prepared(torch.rand(1, 3, *size)).shape == (1, 3, 32, 32)


def test_models_without_one_are_left_alone(folder: Path, tmp_path: Path) -> None:
    assert load_folder(str(write_family(tmp_path / "sdxl", "sdxl")), LoadOptions())._safety is None
