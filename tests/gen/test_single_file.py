"""Single-file checkpoints: the same model as the folder, told from the file alone, and refused by name."""

from __future__ import annotations

import dataclasses
import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from obclip_gen.backends.architectures import ARCHITECTURES
from obclip_gen.backends.checkpoint.shapes import unet_config
from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.protocol import Backend
from obclip_gen.backends.registry import load_backend, split_reference
from obclip_gen.backends.text.vocabulary import CLIP_TOKENS, clip_tokenizer
from obclip_gen.backends.unet_attention import HIDDEN
from obclip_gen.backends.unet_engine import size_ids
from obclip_gen.cli import models
from obclip_gen.cloud import LocalCloud
from obclip_gen.libs import library
from obclip_gen.pipeline import Generation, Options, generate
from obclip_gen.testing.single_file import original_unet_name, write_single_file
from obclip_privacy.candidates.engine import Engine
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.loader import load_policy

PROMPT = "portrait of a young woman reading"
Models = Callable[[str], Path]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def drawn(backend: Backend) -> Generation:
    engine = Engine(load_policy("obclip-paper"))
    options = Options(height=64, width=64, seed=5, num_inference_steps=3, split=1)
    return generate(engine.candidates(PROMPT), engine, LocalCloud(backend), backend, options)


def same_model(file: Backend, folder: Backend) -> None:
    """All of the fingerprint but the name, and the whole protocol's result, bit for bit."""
    named = dataclasses.replace(file.fingerprint, model_id=folder.fingerprint.model_id)
    assert named == folder.fingerprint
    one, other = drawn(file), drawn(folder)
    assert one.answer is not None
    assert other.answer is not None
    assert torch.equal(one.answer.result.latents, other.answer.result.latents)
    assert torch.equal(one.picture, other.picture)


#: The same code at other depths.
DISTILLED = [pytest.param(family, marks=pytest.mark.slow) for family in ("bk-sdm", "ssd", "koala")]


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl", *DISTILLED])
def test_the_file_is_the_same_model_as_the_folder(
    written: Models, family: str, tmp_path: Path, offline: None
) -> None:
    file = write_single_file(written(family), tmp_path / "model.safetensors")
    backend = load_backend(str(file), LoadOptions())
    assert backend.fingerprint.model_id == "file:model"
    same_model(backend, load_folder(str(written(family)), LoadOptions()))


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_the_file_is_read_as_diffusers_reads_it(written: Models, family: str, tmp_path: Path) -> None:
    """The library's own converter as the second opinion: equal predictions, equal decoded pictures."""
    file = write_single_file(written(family), tmp_path / "model.safetensors")
    backend = load_backend(str(file), LoadOptions(compute="float32"))
    diffusers, source = library("diffusers"), {"config": str(written(family)), "local_files_only": True}
    unet = diffusers.UNet2DConditionModel.from_single_file(str(file), subfolder="unet", **source).eval()
    vae = diffusers.AutoencoderKL.from_single_file(str(file), subfolder="vae", **source).eval()
    text = backend.encode([PROMPT])
    latents = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(1))
    told: dict[str, object] = {"encoder_hidden_states": text.tensors[HIDDEN]}
    if family == "sdxl":
        pooled = text.tensors["text_embeds"]
        side = 8 * 2 ** (len(vae.config.block_out_channels) - 1)
        told["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": size_ids((side, side), pooled)}
    with torch.inference_mode():
        expected = unet(latents, torch.tensor(500), **told).sample
        picture = vae.decode(latents / vae.config.scaling_factor).sample / 2 + 0.5
        assert torch.equal(backend.predict(latents, torch.tensor([500]), text), expected)
        assert torch.allclose(backend.decode(latents), picture.clamp(0, 1), atol=1e-5)


def write_plain(folder: Path, family: str, prediction: str = "epsilon") -> Path:
    """A small model that differs from the public ones in nothing but its width: all else can be told."""
    diffusers, transformers = library("diffusers"), library("transformers")
    linear, two = family != "sd1", family == "sdxl"
    channels = (64, 128) if linear else (32, 64)
    unet = {
        "sample_size": 16,
        "block_out_channels": channels,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": 64,
        "attention_head_dim": [1, 2] if linear else 8,
        "use_linear_projection": linear,
    }
    if two:
        unet |= {
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "transformer_layers_per_block": [1, 2],
            "cross_attention_dim": 128,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 32,
            "projection_class_embeddings_input_dim": 6 * 32 + 64,
        }
    diffusers.UNet2DConditionModel(**unet).save_pretrained(folder / "unet")
    for suffix, open_clip in (("", linear and not two), ("_2", True))[: 1 + two]:
        config = transformers.CLIPTextConfig(
            vocab_size=CLIP_TOKENS,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=3,
            num_attention_heads=1,
            projection_dim=64,
            hidden_act="gelu" if open_clip else "quick_gelu",
            bos_token_id=49406,
            eos_token_id=49407,
        )
        kind = "CLIPTextModelWithProjection" if suffix else "CLIPTextModel"
        getattr(transformers, kind)(config).save_pretrained(folder / f"text_encoder{suffix}")
        tokenizer = clip_tokenizer(77, "!" if open_clip else "<|endoftext|>")
        tokenizer.save_pretrained(folder / f"tokenizer{suffix}")
    diffusers.AutoencoderKL(
        block_out_channels=(32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        scaling_factor=0.13025 if two else 0.18215,
    ).save_pretrained(folder / "vae")
    diffusers.DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        steps_offset=1,
        set_alpha_to_one=False,
        prediction_type=prediction,
    ).save_pretrained(folder / "scheduler")
    return folder


@pytest.mark.parametrize(
    ("family", "suffix", "metadata", "side"),
    [
        ("sd1", "", {}, 512),
        ("sd2", "@v_prediction", {}, 768),
        ("sd2", "", {"modelspec.prediction_type": "epsilon"}, 512),
        ("sdxl", "@v_prediction", {}, 1024),
    ],
)
def test_a_file_alone_is_enough(
    family: str, suffix: str, metadata: dict[str, str], side: int, tmp_path: Path, offline: None
) -> None:
    """No configuration and no tokenizer: shapes and CLIP's own vocabulary tell all."""
    prediction = suffix.removeprefix("@") or "epsilon"
    plain = write_plain(tmp_path / "plain", family, prediction)
    file = write_single_file(plain, tmp_path / "Model (v1).safetensors", configs=False, metadata=metadata)
    backend = load_backend(f"{file}{suffix}", LoadOptions())
    assert backend.fingerprint.model_id == "file:Model _v1_"
    assert backend.fingerprint.schedule.prediction_type == prediction
    # the plain model's autoencoder makes pictures 4 times as large as its latents, the public ones' 8 times
    assert backend.defaults.height == side // 8 * 4
    same_model(backend, load_folder(str(plain), LoadOptions()))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_public_architectures_are_told_from_their_shapes(name: str) -> None:
    """Blocks, depths, widths and heads of real size, on the meta device."""
    config = dict(ARCHITECTURES[name].config)
    kind = library("diffusers").UNet2DConditionModel
    with torch.device("meta"):
        model = kind(**config)
    layers = model.config.layers_per_block
    attends = [block for block in model.up_blocks if getattr(block, "attentions", None)]
    ways = {f"up_blocks.{at}" for at, block in enumerate(model.up_blocks) if block in attends}
    shapes = {
        original_unet_name(key, layers, ".".join(key.split(".")[:2]) in ways): tuple(value.shape)
        for key, value in model.state_dict().items()
    }
    told = unet_config(shapes, ARCHITECTURES[name].cells, 1280 if "addition_embed_type" in config else None)
    with torch.device("meta"):
        again = kind.from_config(told)
    assert {key: value.shape for key, value in again.state_dict().items()} == {
        key: value.shape for key, value in model.state_dict().items()
    }
    heads = [
        [module.heads for module in unet.modules() if type(module).__name__ == "Attention"]
        for unet in (model, again)
    ]
    assert heads[0] == heads[1]
    left_alone = ("sample_size", "in_channels", "out_channels", "norm_num_groups", "act_fn", "norm_eps")
    for key in (*left_alone, "addition_time_embed_dim", "addition_embed_type", "use_linear_projection"):
        assert again.config[key] == model.config[key]


def test_clips_vocabulary_reads_as_the_published_one() -> None:
    """Numbers that are in CLIP's and diffusers' own documentation and tests."""
    tokenizer = clip_tokenizer(77)
    assert len(tokenizer) == CLIP_TOKENS
    assert tokenizer("a photo of a cat")["input_ids"] == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokenizer("hello world!")["input_ids"] == [49406, 3306, 1002, 256, 49407]
    assert (tokenizer.pad_token_id, clip_tokenizer(77, "!").pad_token_id) == (49407, 0)
    assert tokenizer.decode(tokenizer("Zoë 🙂 naïve")["input_ids"][1:-1]) == "zoë 🙂 naïve"


def test_weights_in_16_bits_are_the_same_on_both_sides(written: Models, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(written("sd1"), half)
    load, save = (getattr(library("safetensors.torch"), name) for name in ("load_file", "save_file"))
    for weights in half.glob("*/*.safetensors"):
        save({name: value.half() for name, value in load(weights).items()}, weights, {"format": "pt"})
    file = write_single_file(half, tmp_path / "file.safetensors")
    backend, plain = (load_backend(name, LoadOptions()) for name in (f"file:{file}", f"diffusers:{half}"))
    assert backend.fingerprint.denoiser_sha256 == plain.fingerprint.denoiser_sha256
    whole = load_folder(str(written("sd1")), LoadOptions())
    assert backend.fingerprint.denoiser_sha256 != whole.fingerprint.denoiser_sha256
    assert backend.fingerprint.text_encoder_sha256 == plain.fingerprint.text_encoder_sha256
    row = backend.encode([PROMPT])
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    times = torch.tensor([500])
    assert torch.equal(backend.predict(latents, times, row), plain.predict(latents, times, row))


def edited(file: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    tensors = library("safetensors.torch").load_file(file)
    change(tensors)
    # not over the file itself, which the tensors are mapped from
    library("safetensors.torch").save_file(tensors, file.with_suffix(".new"))
    return file.with_suffix(".new").replace(file)


def renamed(tensors: dict[str, torch.Tensor], old: str, new: str) -> None:
    for name in [name for name in tensors if name.startswith(old)]:
        tensors[new + name.removeprefix(old)] = tensors.pop(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: renamed(t, "first_stage_model.", "x."), "has no autoencoder; put its family's into .*vae"),
        (lambda t: renamed(t, "cond_stage_model.", "x."), "holds a U-Net but no text encoder"),
        (lambda t: renamed(t, "model.diffusion_model.", "x."), "no checkpoint of Stable Diffusion 1.x, 2.x"),
        (
            lambda t: t.update({"model.diffusion_model.more.weight": torch.ones(1)}),
            "unet cannot be loaded: 1 of its tensors have no place",
        ),
        (
            lambda t: t.pop("model.diffusion_model.out.2.bias"),
            "unet cannot be loaded: .*UNet2DConditionModel",
        ),
        (
            lambda t: t.update({"edm_mean": torch.ones(4)}),
            "model.safetensors is a model of the EDM noise process",
        ),
        (
            lambda t: t.pop("model.diffusion_model.input_blocks.1.0.out_layers.3.weight"),
            "unet: the tensor input_blocks.1.0.out_layers.3.weight is missing",
        ),
        (
            lambda t: t.pop("cond_stage_model.transformer.text_model.final_layer_norm.bias"),
            "text_encoder cannot be loaded: the tensor final_layer_norm.bias is missing",
        ),
        (
            lambda t: t.update(
                {
                    "model.diffusion_model.out.2.bias": t["model.diffusion_model.out.2.bias"].to(
                        torch.float8_e4m3fn
                    )
                }
            ),
            "unet is in F8_E4M3; weights of 16 or 32 bits are needed",
        ),
    ],
    ids=["no-vae", "no-text", "other", "more", "less", "edm", "no-shape", "less-text", "float8"],
)
def test_what_does_not_fit_is_named(
    written: Models,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    change: Callable[[dict[str, torch.Tensor]], object],
    message: str,
) -> None:
    file = edited(write_single_file(written("sd1"), tmp_path / "model.safetensors"), change)
    told_from_the_file = {"no-vae": "vae", "no-shape": "unet"}.get(request.node.callspec.id)
    if told_from_the_file is not None:
        shutil.rmtree(tmp_path / "model" / told_from_the_file)
    with pytest.raises(BadInputError, match=message):
        load_backend(str(file), LoadOptions())


def test_what_diffusers_knows_and_we_do_not_is_named(tmp_path: Path) -> None:
    flux = tmp_path / "flux.safetensors"
    names = ("double_blocks.0.img_attn.norm.key_norm.scale", "joint_blocks.0.context_block.x")
    library("safetensors.torch").save_file({name: torch.ones(1) for name in names}, flux)
    with pytest.raises(BadInputError, match=r"no checkpoint .* run from diffusers:FOLDER or hub:OWNER/NAME"):
        load_backend(str(flux), LoadOptions())
    controls = tmp_path / "control.safetensors"
    library("safetensors.torch").save_file({"control_model.time_embed.0.weight": torch.ones(1)}, controls)
    with pytest.raises(BadInputError, match="it looks like controlnet"):
        load_backend(str(controls), LoadOptions())


def test_a_part_that_the_file_lacks_comes_from_the_folder_beside_it(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "model.safetensors")
    edited(file, lambda tensors: renamed(tensors, "first_stage_model.", "x."))
    shutil.rmtree(tmp_path / "model" / "vae")
    shutil.copytree(written("sd1") / "vae", tmp_path / "model" / "vae")
    same_model(load_backend(str(file), LoadOptions()), load_folder(str(written("sd1")), LoadOptions()))


def test_the_file_goes_before_weights_in_the_folder_beside_it(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "model.safetensors")
    weights = tmp_path / "model" / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.copy(written("bk-sdm") / "unet" / weights.name, weights)
    same_model(load_backend(str(file), LoadOptions()), load_folder(str(written("sd1")), LoadOptions()))


def test_what_the_model_predicts_is_asked_not_guessed(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd2"), tmp_path / "model.safetensors")
    shutil.rmtree(tmp_path / "model" / "scheduler")
    with pytest.raises(
        BadInputError, match=r"write model.safetensors@epsilon .* or model.safetensors@v_pred"
    ):
        load_backend(str(file), LoadOptions())
    for said in ("epsilon", "v_prediction"):
        backend = load_backend(f"{file}@{said}", LoadOptions())
        assert backend.fingerprint.schedule.prediction_type == said
    marks = {"v_pred": torch.ones(1), "ztsnr": torch.ones(1)}
    schedule = load_backend(str(edited(file, lambda t: t.update(marks))), LoadOptions()).fingerprint.schedule
    assert (schedule.prediction_type, schedule.rescale_betas_zero_snr) == ("v_prediction", True)


def test_another_vocabulary_needs_its_tokenizer(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "model.safetensors")
    shutil.rmtree(tmp_path / "model" / "tokenizer")
    with pytest.raises(
        BadInputError, match=r"knows 228 tokens, CLIP 49408; put its tokenizer into .*tokenizer"
    ):
        load_backend(str(file), LoadOptions())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a safetensors file"),
        (b"PK\x03\x04" + bytes(40), "not a safetensors file"),
        ((1 << 40).to_bytes(8, "little") + b"{}", "not a safetensors file"),
        ((9).to_bytes(8, "little") + b"[[[[[[[[[", "not a safetensors file"),
        ((12).to_bytes(8, "little") + b'{"a": "x"}  ', "not a safetensors file"),
        ((2).to_bytes(8, "little") + b"{}more", "cut short or has something behind"),
    ],
)
def test_damaged_files(tmp_path: Path, body: bytes, message: str) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(body)
    with pytest.raises(BadInputError, match=message):
        load_backend(str(file), LoadOptions())


def test_a_file_that_is_cut_short(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "x.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(BadInputError, match="cut short"):
        load_backend(str(file), LoadOptions())


def test_a_header_that_does_not_fit_its_tensors(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "x.safetensors")
    file.write_bytes(file.read_bytes().replace(b'"F32"', b'"F16"', 1))
    with pytest.raises(BadInputError, match="cannot be loaded: the file is damaged"):
        load_backend(str(file), LoadOptions())


def test_names_of_files() -> None:
    for name in ("a.safetensors", "/x/a b.safetensors@epsilon", "C:\\x\\a.safetensors", "x.ckpt"):
        assert split_reference(name) == ("file", name)
    assert split_reference("file:x") == ("file", "x")
    for name in ("model.ckpt", "model.pt", "file:model", "file:m.safetensors@other", "model.safetensors@x"):
        with pytest.raises(BadInputError, match="other formats can run code and are refused"):
            load_backend(name, LoadOptions())
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        load_backend("nonesuch.safetensors", LoadOptions())


def test_info_of_a_file(written: Models, tmp_path: Path) -> None:
    file = write_single_file(written("sd1"), tmp_path / "model.safetensors")
    result = CliRunner().invoke(models.app, ["info", str(file), "--format", "json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert (shown["model_id"], shown["family"]) == ("file:model", "stable-diffusion")
