"""Random models of every supported family, written from configurations in a moment.

Nothing is downloaded. All of them draw 64x64 pictures from 16x16 latents; their parts are the real classes,
only narrow and shallow.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from obclip_gen.libs import library
from obclip_gen.testing.tiny import WIDTH, write_clip_tokenizer, write_t5_tokenizer

_BETAS = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
_UNET: Mapping[str, Any] = {
    "sample_size": 16,
    "block_out_channels": (8, 16),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "cross_attention_dim": WIDTH,
    "attention_head_dim": 2,
    "norm_num_groups": 4,
}
_XL: Mapping[str, Any] = {
    **_UNET,
    "cross_attention_dim": 2 * WIDTH,
    "transformer_layers_per_block": [1, 2],
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 6 * 8 + WIDTH,
}


def _save(folder: Path, **parts: Any) -> None:
    for name, part in parts.items():
        part.save_pretrained(str(folder / name))


def _autoencoder(folder: Path, channels: int, scaling: float, shift: float | None) -> None:
    vae = library("diffusers").AutoencoderKL(
        block_out_channels=(4, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=channels,
        scaling_factor=scaling,
        shift_factor=shift,
        sample_size=64,
    )
    _save(folder, vae=vae)


def _clip(folder: Path, suffix: str, *, projected: bool) -> None:
    transformers = library("transformers")
    vocabulary = write_clip_tokenizer(folder / f"tokenizer{suffix}")
    config = transformers.CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=3,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=WIDTH,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    kind = "CLIPTextModelWithProjection" if projected else "CLIPTextModel"
    _save(folder, **{f"text_encoder{suffix}": getattr(transformers, kind)(config)})


def _t5(folder: Path, suffix: str) -> None:
    transformers = library("transformers")
    vocabulary = write_t5_tokenizer(folder / f"tokenizer{suffix}")
    config = transformers.T5Config(
        vocab_size=vocabulary,
        d_model=WIDTH,
        d_kv=8,
        d_ff=2 * WIDTH,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
    )
    _save(folder, **{f"text_encoder{suffix}": transformers.T5EncoderModel(config)})


def _index(folder: Path, pipeline: str, **more: Any) -> None:
    text = json.dumps({"_class_name": pipeline, **more})
    (folder / "model_index.json").write_text(text, encoding="utf-8")


def _unet(folder: Path, **config: Any) -> None:
    _save(folder, unet=library("diffusers").UNet2DConditionModel(**config))


def _scheduler(folder: Path, kind: str, **config: Any) -> None:
    _save(folder, scheduler=getattr(library("diffusers"), kind)(**config))


def _write_sd1(folder: Path) -> None:
    _unet(folder, **_UNET)
    _clip(folder, "", projected=False)
    _autoencoder(folder, 4, 0.18215, None)
    options = {"skip_prk_steps": True, "set_alpha_to_one": False, "steps_offset": 1}
    _scheduler(folder, "PNDMScheduler", **_BETAS, **options)
    _index(folder, "StableDiffusionPipeline")


def _write_sd2(folder: Path) -> None:
    _unet(folder, **_UNET, use_linear_projection=True)
    _clip(folder, "", projected=False)
    _autoencoder(folder, 4, 0.18215, None)
    options = {"prediction_type": "v_prediction", "steps_offset": 1, "clip_sample": False}
    _scheduler(folder, "DDIMScheduler", **_BETAS, **options)
    _index(folder, "StableDiffusionPipeline")


def _write_bk_sdm(folder: Path) -> None:
    _unet(folder, **{**_UNET, "layers_per_block": 1, "mid_block_type": None})
    _clip(folder, "", projected=False)
    _autoencoder(folder, 4, 0.18215, None)
    _scheduler(folder, "PNDMScheduler", **_BETAS, skip_prk_steps=True, steps_offset=1)
    _index(folder, "StableDiffusionPipeline")


def _write_lcm(folder: Path) -> None:
    _unet(folder, **_UNET, time_cond_proj_dim=16)
    _clip(folder, "", projected=False)
    _autoencoder(folder, 4, 0.18215, None)
    _scheduler(folder, "LCMScheduler", **_BETAS)
    _index(folder, "LatentConsistencyModelPipeline")


def _write_xl(folder: Path, **changes: Any) -> None:
    _unet(folder, **{**_XL, **changes})
    _clip(folder, "", projected=False)
    _clip(folder, "_2", projected=True)
    _autoencoder(folder, 4, 0.13025, None)
    _scheduler(folder, "EulerDiscreteScheduler", **_BETAS, timestep_spacing="leading", steps_offset=1)
    _index(folder, "StableDiffusionXLPipeline")


def _write_ssd(folder: Path) -> None:
    _write_xl(
        folder,
        transformer_layers_per_block=[0, 1],
        reverse_transformer_layers_per_block=[[2, 1, 1], 1],
        mid_block_type="UNetMidBlock2D",
    )


def _write_koala(folder: Path) -> None:
    _write_xl(folder, layers_per_block=1, mid_block_type=None)


def _write_pixart(folder: Path) -> None:
    transformer = library("diffusers").PixArtTransformer2DModel(
        sample_size=16,
        num_layers=2,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=2,
        in_channels=4,
        out_channels=8,
        cross_attention_dim=16,
        caption_channels=WIDTH,
        use_additional_conditions=False,
    )
    _save(folder, transformer=transformer)
    _t5(folder, "")
    _autoencoder(folder, 4, 0.13025, None)
    _scheduler(folder, "DPMSolverMultistepScheduler", beta_schedule="linear")
    _index(folder, "PixArtSigmaPipeline")


def _write_sd3(folder: Path) -> None:
    transformer = library("diffusers").SD3Transformer2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=16,
        pooled_projection_dim=2 * WIDTH,
        out_channels=16,
        pos_embed_max_size=32,
    )
    _save(folder, transformer=transformer)
    _clip(folder, "", projected=True)
    _clip(folder, "_2", projected=True)
    _wide_t5(folder)
    _autoencoder(folder, 16, 1.5305, 0.0609)
    _scheduler(folder, "FlowMatchEulerDiscreteScheduler", shift=3.0)
    _index(folder, "StableDiffusion3Pipeline")


def _write_sd3_without_t5(folder: Path) -> None:
    _write_sd3(folder)
    for part in ("text_encoder_3", "tokenizer_3"):
        shutil.rmtree(folder / part)
    left_out = [None, None]
    _index(folder, "StableDiffusion3Pipeline", text_encoder_3=left_out, tokenizer_3=left_out)


def _wide_t5(folder: Path) -> None:
    transformers = library("transformers")
    vocabulary = write_t5_tokenizer(folder / "tokenizer_3")
    config = transformers.T5Config(
        vocab_size=vocabulary, d_model=2 * WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=4
    )
    _save(folder, text_encoder_3=transformers.T5EncoderModel(config))


def _write_flux(folder: Path) -> None:
    transformer = library("diffusers").FluxTransformer2DModel(
        patch_size=1,
        in_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=True,
        axes_dims_rope=(4, 6, 6),
    )
    _save(folder, transformer=transformer)
    _clip(folder, "", projected=False)
    _t5(folder, "_2")
    _autoencoder(folder, 16, 0.3611, 0.1159)
    _scheduler(folder, "FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=True)
    _index(folder, "FluxPipeline")


#: Writers by family.
FAMILIES: Mapping[str, Callable[[Path], None]] = {
    "sd1": _write_sd1,
    "sd2": _write_sd2,
    "bk-sdm": _write_bk_sdm,
    "lcm": _write_lcm,
    "sdxl": _write_xl,
    "ssd": _write_ssd,
    "koala": _write_koala,
    "pixart": _write_pixart,
    "sd3": _write_sd3,
    "sd3-no-t5": _write_sd3_without_t5,
    "flux": _write_flux,
}


def write_family(folder: Path, family: str, *, seed: int = 0, sharing: Path | None = None) -> Path:
    """Write a random model of a family.

    Args:
        folder: is created.
        family: one of :data:`FAMILIES`.
        seed: of the weights.
        sharing: another model, whose autoencoder is copied, so that the two share their latents.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        FAMILIES[family](folder)
    if sharing is not None:
        shutil.rmtree(folder / "vae")
        shutil.copytree(sharing / "vae", folder / "vae")
    return folder
