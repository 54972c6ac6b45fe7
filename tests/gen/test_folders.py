"""Folders as they are published and as they go wrong: what is read, and what is refused with which words."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.registry import load_backend, split_reference
from obclip_gen.backends.text.sentencepiece import read_vocabulary
from obclip_gen.flow_schedule import FlowSchedule
from obclip_gen.schedule import NoiseSchedule
from obclip_privacy.errors import BadInputError

WEIGHTS = "diffusion_pytorch_model.safetensors"
Models = Callable[[str], Path]


@pytest.fixture
def model(written: Models, tmp_path: Path) -> Models:
    """A copy of a tiny model, to be changed."""
    return lambda family: Path(shutil.copytree(written(family), tmp_path / family))


def configure(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def rewrite(file: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> None:
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def without(part: str) -> Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]:
    return lambda given: {name: value for name, value in given.items() if part not in name}


# What is published: the same model under the names and in the files of earlier versions.


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3, value])
    size = len(value)
    counted = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([number << 3 | 2]) + counted + value


def spiece(vocabulary: list[tuple[str, float]]) -> bytes:
    """Write a vocabulary as SentencePiece does."""
    pieces = (
        _field(1, text.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", score) + _field(3, 1)
        for text, score in vocabulary
    )
    settings = _field(2, _field(3, 1)) + _field(3, _field(1, b"identity"))
    return b"".join(_field(1, piece) for piece in pieces) + settings


def test_pixart_as_it_is_published(written: Models, model: Models) -> None:
    """Its configurations name the class that diffusers has split since; its vocabulary is SentencePiece's."""
    folder = model("pixart")
    configure(
        folder / "transformer" / "config.json",
        _class_name="Transformer2DModel",
        norm_type="ada_norm_single",
        double_self_attention=False,
        num_vector_embeds=None,
        only_cross_attention=False,
    )
    tokenizer = folder / "tokenizer"
    vocabulary = json.loads((tokenizer / "tokenizer.json").read_text())["model"]["vocab"]
    (tokenizer / "tokenizer.json").unlink()
    (tokenizer / "spiece.model").write_bytes(spiece(vocabulary))
    ours, plain = (load_folder(str(path), LoadOptions()) for path in (folder, written("pixart")))
    assert ours.fingerprint == plain.fingerprint
    prompts = ["Portrait of a young woman, reading (red:1.3) é", ""]
    text, expected = ours.encode(prompts), plain.encode(prompts)
    assert all(torch.equal(value, expected.tensors[name]) for name, value in text.tensors.items())
    latents, times = torch.randn(2, 4, 16, 16), torch.tensor([900.0, 10.0])
    assert torch.equal(ours.predict(latents, times, text), plain.predict(latents, times, expected))
    assert ours.macs(64, 64) == plain.macs(64, 64)


@pytest.mark.parametrize("size", [0, 1, 8, 41])
def test_a_vocabulary_that_is_cut_short(size: int) -> None:
    whole = spiece([("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581woman", -1.5)])
    found = read_vocabulary(whole)
    assert found.pieces[3] == ("\u2581woman", -1.5)
    assert found.normaliser == b""
    with pytest.raises(BadInputError, match=r"spiece\.model is not a SentencePiece model"):
        read_vocabulary(whole[:size])


def test_the_names_of_earlier_weights_are_understood(written: Models, model: Models) -> None:
    """Text encoders with a prefix and stored positions, autoencoders whose attention has its first names."""
    folder = model("sdxl")

    def prefixed(given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        names = {
            name: name if name.startswith(("text_model.", "text_projection")) else f"text_model.{name}"
            for name in given
        }
        positions = {"text_model.embeddings.position_ids": torch.arange(77)[None]}
        return {names[name]: value for name, value in given.items()} | positions

    def first_names(given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        known = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
        renamed = {}
        for name, value in given.items():
            for new, old in known.items():
                name = name.replace(new, old)
            renamed[name] = value
        return renamed

    for part in ("text_encoder", "text_encoder_2"):
        rewrite(folder / part / "model.safetensors", prefixed)
    rewrite(folder / "vae" / WEIGHTS, first_names)
    ours, plain = (load_folder(str(path), LoadOptions()) for path in (folder, written("sdxl")))
    assert ours.fingerprint == plain.fingerprint
    text, expected = (backend.encode(["a woman", ""]).tensors for backend in (ours, plain))
    assert all(torch.equal(text[name], expected[name]) for name in expected)
    latents = torch.randn(1, 4, 16, 16)
    assert torch.equal(ours.decode(latents), plain.decode(latents))


def test_shards_in_16_bits(written: Models, model: Models) -> None:
    folder = model("sd1")
    weights = folder / "unet" / WEIGHTS
    tensors = {name: value.half() for name, value in load_file(weights).items()}
    weights.unlink()
    places = {}
    for at, names in enumerate((sorted(tensors)[::2], sorted(tensors)[1::2]), start=1):
        shard = f"diffusion_pytorch_model.fp16-0000{at}-of-00002.safetensors"
        save_file({name: tensors[name] for name in names}, weights.with_name(shard))
        places |= dict.fromkeys(names, shard)
    index = {"metadata": {}, "weight_map": places}
    weights.with_name("diffusion_pytorch_model.safetensors.index.fp16.json").write_text(json.dumps(index))
    ours, plain = (load_folder(str(path), LoadOptions()) for path in (folder, written("sd1")))
    latents, times, text = torch.randn(1, 4, 16, 16), torch.tensor([500.0]), plain.encode(["a"])
    expected = plain.predict(latents, times, text)
    torch.testing.assert_close(ours.predict(latents, times, text), expected, atol=1e-2, rtol=1e-2)


def test_what_a_scheduler_leaves_out_is_its_classs_own() -> None:
    told = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    for name, spacing in (("PNDMScheduler", "leading"), ("DPMSolverMultistepScheduler", "linspace")):
        assert NoiseSchedule.from_config({**told, "_class_name": name}).timestep_spacing == spacing
    assert NoiseSchedule.from_config({"_class_name": "LCMScheduler"}).beta_end == 0.012


# What goes wrong.


def _truncated(folder: Path) -> None:
    file = folder / "text_encoder" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def _edit(part: str, **changes: object) -> Callable[[Path], None]:
    name = "scheduler_config.json" if part == "scheduler" else "config.json"
    return lambda folder: configure(folder / part / name, **changes)


def _lacking(part: str, file: str, tensor: str) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder / part / file, without(tensor))


@pytest.mark.parametrize(
    ("family", "damage", "message"),
    [
        ("sd1", _lacking("unet", WEIGHTS, "conv_out.weight"), "unet .* its weights lack conv_out.weight"),
        ("sd1", _lacking("vae", WEIGHTS, "decoder.conv_out.bias"), "vae .* lack decoder.conv_out.bias"),
        ("sd1", _lacking("text_encoder", "model.safetensors", "layers.1.mlp.fc1.weight"), "weights lack"),
        ("sd1", _truncated, "text_encoder cannot be loaded: .*(incomplete|not fully covered)"),
        ("sd1", _edit("unet", quantization_config={"load_in_4bit": True}), "unet is quantised"),
        ("sd1", _edit("scheduler", _class_name="EDMEulerScheduler"), "EDMEulerScheduler is not supported"),
        ("sd1", _edit("scheduler", _class_name="NoSuchScheduler"), "NoSuchScheduler is not supported"),
        ("sd1", _edit("scheduler", _class_name="__name__"), "__name__ is not supported"),
        ("sd1", _edit("vae", latents_mean=[0.0] * 4), "each channel of the latents by its own mean"),
        ("pixart", _edit("transformer", _class_name="Transformer2DModel", norm_type="ada_norm_zero"), "is a"),
        (
            "sd1",
            _edit("scheduler", steps_offset=None),
            r"scheduler_config.json: .*steps_offset: must be a whole",
        ),
        (
            "sd1",
            _edit("scheduler", beta_start="x"),
            r"scheduler/scheduler_config.json: .*beta_start: must be a",
        ),
        (
            "sd3",
            _edit("scheduler", shift=None),
            r"scheduler_config.json: flow schedule: shift: must be a number",
        ),
        (
            "sd1",
            _edit("vae", scaling_factor=None),
            "vae/config.json: scaling_factor must be a number above 0",
        ),
        ("sd1", _edit("vae", scaling_factor=0), "vae/config.json: scaling_factor must be a number above 0"),
        ("sd1", _edit("vae", latent_channels=None), "vae/config.json: latent_channels is of the wrong kind"),
        (
            "sd1",
            _edit("vae", block_out_channels=4),
            "vae/config.json: block_out_channels is of the wrong kind",
        ),
        (
            "sd1",
            _edit("unet", sample_size=None),
            "unet/config.json: sample_size must be a whole number above 0",
        ),
        ("sd1", _edit("unet", norm_num_groups="x"), "unet/config.json: norm_num_groups is of the wrong kind"),
        ("sd1", _edit("unet", norm_eps="x"), "unet/config.json: norm_eps is of the wrong kind"),
        ("sd3", _edit("transformer", num_layers=None), "transformer/config.json: num_layers is of the wrong"),
        ("sd1", _edit("text_encoder", hidden_size=None), "text_encoder.*hidden_size"),
        (
            "sd1",
            lambda folder: (folder / "model_index.json").write_text("[]"),
            "model_index.json is not a JSON",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(
    model: Models, family: str, damage: Callable[[Path], None], message: str
) -> None:
    folder = model(family)
    damage(folder)
    with pytest.raises(BadInputError, match=message):
        load_folder(str(folder), LoadOptions())


def test_a_size_may_be_two(model: Models) -> None:
    folder = model("sd1")
    configure(folder / "unet" / "config.json", sample_size=[16, 24])
    defaults = load_folder(str(folder), LoadOptions()).defaults
    assert (defaults.height, defaults.width) == (64, 96)


def test_a_flow_model_needs_a_schedule_of_its_own() -> None:
    with pytest.raises(BadInputError, match="DDIMScheduler is not for models trained by flow matching"):
        FlowSchedule.from_config({"_class_name": "DDIMScheduler"}, "trained", 2)
    kept: dict[str, Any] = {"_class_name": "FlowMatchHeunDiscreteScheduler", "shift": 3.0}
    assert FlowSchedule.from_config(kept, "trained", 2).shift == 3.0


def test_clip_skip_leaves_a_layer(written: Models) -> None:
    """Of three layers; XL takes the last but one already."""
    for family, most in (("sd1", 2), ("sdxl", 1)):
        load_folder(str(written(family)), LoadOptions(clip_skip=most)).encode(["a"])
        with pytest.raises(BadInputError, match=f"clip skip: at most {most} for this text encoder"):
            load_folder(str(written(family)), LoadOptions(clip_skip=most + 1))


@pytest.mark.parametrize("name", ["lora_unet_x.lora_down.weight", "unet.x.lora_A.weight", "x.lokr_w1"])
def test_a_lora_is_called_one(tmp_path: Path, name: str) -> None:
    save_file({name: torch.zeros(2, 2)}, tmp_path / "style.safetensors")
    with pytest.raises(BadInputError, match=r"style\.safetensors is a LoRA.*merge it into its model"):
        load_backend(str(tmp_path / "style.safetensors"), LoadOptions())


def test_a_folder_needs_no_scheme(written: Models) -> None:
    folder = str(written("sd1"))
    assert split_reference(folder) == ("diffusers", folder)
    assert load_backend(folder, LoadOptions()).fingerprint.model_id == "diffusers:sd1"
    with pytest.raises(BadInputError, match="name a FOLDER or a FILE"):
        split_reference(folder + "-elsewhere")
