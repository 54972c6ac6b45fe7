"""The denoisers and the classifier train, resume and sample, on a tiny artwork and for a step or two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from obclip_gen.training import autoencoder, classifier, denoiser, report, runs, text
from obclip_gen.training.dataset import Dataset


@pytest.mark.slow
def test_cloud_then_device_then_classifier(data: Dataset, tmp_path: Path) -> None:
    torch.manual_seed(0)
    vae = autoencoder.build_full().eval()
    latents = autoencoder.encode(vae, data, full=True)
    assert latents.shape == (len(data.pictures), autoencoder.LATENT_CHANNELS, 16, 16)
    tokenizer = text.train_tokenizer(data, tmp_path / "tokenizer", captions=200)
    encoder = text.build_encoder(tokenizer)

    denoiser.train_cloud(data, latents, tokenizer, encoder, tmp_path, seconds=0.01, batch=4)
    first, counters = runs.load(tmp_path / "cloud.safetensors")
    assert counters["step"] == 1
    resumed = text.build_encoder(tokenizer)
    seconds = counters["seconds"] + 0.01
    denoiser.train_cloud(data, latents, tokenizer, resumed, tmp_path, seconds=seconds, batch=4)
    second, counters = runs.load(tmp_path / "cloud.safetensors")
    assert counters["step"] == 2
    assert not torch.equal(first["unet.conv_in.weight"], second["unet.conv_in.weight"])

    teacher, encoder = denoiser.load_cloud(tmp_path, tokenizer, text.build_encoder(tokenizer))
    assert torch.equal(teacher.state_dict()["conv_in.weight"], second["unet_average.conv_in.weight"])
    denoiser.train_device(data, latents, tokenizer, encoder, teacher, tmp_path, seconds=0.01, batch=4)
    device = denoiser.load_device(tmp_path)

    classifier.train(data, latents, vae, tmp_path, seconds=0.01, batch=4)
    reader = classifier.load(data, tmp_path)
    models = report.Models(tokenizer, encoder, vae, {"device": device})
    drawn = report.sample(device, encoder, tokenizer, vae, ["an emoji of a man"] * 2, seed=1, steps=2)
    assert drawn.shape == (2, 3, 128, 128)
    assert torch.isfinite(drawn).all()
    assert set(classifier.read(reader, drawn)) == set(reader.columns)
    assert report.size(models.unets["device"])["macs"] > 1e8


def test_a_batch_depends_on_the_step_alone(data: Dataset, tmp_path: Path) -> None:
    tokenizer = text.train_tokenizer(data, tmp_path, captions=200)
    latents = np.zeros((len(data.pictures), autoencoder.LATENT_CHANNELS, 16, 16), dtype=np.float16)
    batches = denoiser._Batches(data, latents, tokenizer, 6)
    again = denoiser._Batches(data, latents, tokenizer, 6)
    for left, right in zip(batches.draw(5), again.draw(5), strict=True):
        assert torch.equal(left, right)
    noisy, target, timesteps, ids = batches.draw(6)
    assert not torch.equal(noisy, batches.draw(5)[0])
    assert noisy.shape == target.shape == (6, autoencoder.LATENT_CHANNELS, 16, 16)
    assert timesteps.diff().min() > 0, "one timestep of every stratum"
    assert ids.shape == (6, text.MAX_LENGTH)
