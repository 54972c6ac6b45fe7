"""Random models of a real architecture, small enough to build and run in a moment.

They are written in diffusers' folder format, so that the code that loads them is the code that loads real
ones. Their pictures are noise; what they show is that the machinery is exact.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from obclip_gen.libs import library

_SIZE = 64
#: Of hidden states of text.
WIDTH = 32
_WORDS = ("a", "an", "the", "photo", "portrait", "of", "woman", "man", "young", "old", "reading", "person")


def write_tiny_model(
    folder: Path,
    *,
    seed: int = 0,
    channels: tuple[int, ...] = (8, 16),
    prediction_type: str = "v_prediction",
    beta_schedule: str = "squaredcos_cap_v2",
    scaling_factor: float = 1.0,
    sharing: Path | None = None,
) -> Path:
    """Write a random Stable Diffusion model for 64x64 pictures, 16x16 latents with 4 channels.

    Args:
        folder: is created.
        seed: of the weights.
        channels: of the U-Net's blocks.
        prediction_type: of the noise schedule.
        beta_schedule: of the noise schedule; ``scaled_linear`` is Stable Diffusion's.
        scaling_factor: of the autoencoder.
        sharing: another tiny model, whose text encoder, tokenizer and autoencoder are copied.

    Returns:
        The folder.
    """
    diffusers, transformers = library("diffusers"), library("transformers")
    folder.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = diffusers.UNet2DConditionModel(
            sample_size=16,
            in_channels=4,
            out_channels=4,
            block_out_channels=channels,
            down_block_types=("CrossAttnDownBlock2D",) * (len(channels) - 1) + ("DownBlock2D",),
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (len(channels) - 1),
            layers_per_block=1,
            cross_attention_dim=WIDTH,
            attention_head_dim=2,
            norm_num_groups=4,
        )
        unet.save_pretrained(str(folder / "unet"))
        if sharing is not None:
            for part in ("text_encoder", "tokenizer", "vae"):
                shutil.copytree(sharing / part, folder / part)
        else:
            vocabulary = write_clip_tokenizer(folder / "tokenizer")
            text = transformers.CLIPTextModel(
                transformers.CLIPTextConfig(
                    vocab_size=vocabulary,
                    hidden_size=WIDTH,
                    intermediate_size=2 * WIDTH,
                    num_hidden_layers=2,
                    num_attention_heads=2,
                    max_position_embeddings=77,
                    bos_token_id=0,
                    eos_token_id=1,
                    pad_token_id=1,
                )
            )
            text.save_pretrained(str(folder / "text_encoder"))
            vae = diffusers.AutoencoderTiny(
                encoder_block_out_channels=(8, 8, 8),
                decoder_block_out_channels=(8, 8, 8),
                num_encoder_blocks=(1, 1, 1),
                num_decoder_blocks=(1, 1, 1),
                latent_channels=4,
                scaling_factor=scaling_factor,
            )
            vae.save_pretrained(str(folder / "vae"))
    diffusers.DPMSolverMultistepScheduler(
        beta_schedule=beta_schedule,
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type=prediction_type,
        timestep_spacing="trailing",
    ).save_pretrained(str(folder / "scheduler"))
    return folder


def write_clip_tokenizer(folder: Path) -> int:
    """Write a CLIP tokenizer that knows all bytes and a few words; give its vocabulary's size."""
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    symbols = letters + [letter + "</w>" for letter in letters]
    merges: list[str] = []
    for word in _WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            merge = f"{parts[0]} {parts[1]}"
            if merge not in merges:
                merges.append(merge)
                symbols.append(parts[0] + parts[1])
            parts[:2] = [parts[0] + parts[1]]
    tokens = dict.fromkeys(["<|startoftext|>", "<|endoftext|>", *symbols])
    vocabulary = {token: number for number, token in enumerate(tokens)}
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    tokenizer = library("transformers").CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=77
    )
    tokenizer.save_pretrained(str(folder))
    return len(vocabulary)


def write_t5_tokenizer(folder: Path) -> int:
    """Write a T5 tokenizer that knows printable ASCII and a few words; give its vocabulary's size."""
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    pieces = [*letters, "\u2581", *("\u2581" + word for word in _WORDS)]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(piece, -float(10 - min(len(piece), 9))) for piece in pieces]
    tokenizer = library("transformers").T5TokenizerFast(vocab=vocabulary, extra_ids=0)
    folder.mkdir(parents=True)
    tokenizer.save_pretrained(str(folder))
    return len(vocabulary)
