"""Tokenizer and text encoder that cloud and device share (the CLIP architecture at a small size, trained
from nothing).

The tokenizer is a byte-level BPE in CLIP's format whose merges come from generated captions, so any text can
be encoded.
The encoder first learns to read: from a caption alone it must tell what the caption states (role, gender,
tone, race, age,
traits), which takes minutes and gives the denoiser's cross-attention words to look at from its first step.
Then it goes on learning together with the cloud denoiser.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import tokenizers
import torch
from tokenizers import Regex, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn

from obclip_gen.libs import library
from obclip_gen.training import runs
from obclip_gen.training.artwork import Picture
from obclip_gen.training.captions import caption
from obclip_gen.training.dataset import Dataset
from obclip_gen.training.parts import TextEncoder, Tokenizer
from obclip_gen.training.runs import say

MAX_LENGTH = 48
VOCABULARY = 4096
WIDTH = 256
START, END = "<|startoftext|>", "<|endoftext|>"
_PIECES = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
#: Everyday words that a prompt may hold though no caption does; they get whole tokens, without a meaning of
#: their own.
_EXTRA = (
    "photo photograph picture image painting sketch illustration studio light background street city garden "
    "beach forest "
    "blurry quality low high detailed realistic style beautiful happy sad they them their theirs he him his "
    "she her hers "
    "wearing holding standing sitting looking camera close-up headshot face eyes dress hat coat jacket "
    "sweater"
)


def train_tokenizer(data: Dataset, folder: Path, captions: int = 200_000, seed: int = 3) -> Tokenizer:
    """Learns the merges from ``captions`` generated captions and saves a CLIP tokenizer in ``folder``."""
    rng = random.Random(seed)
    lines = [caption(data.pictures[rng.randrange(len(data.pictures))], rng) for _ in range(captions)]
    lines += [_EXTRA] * 200
    tokenizer = tokenizers.Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 258, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.model.save(str(folder))
    merges = [
        line
        for line in (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#version")
    ]
    tokens = [*alphabet, *(letter + "</w>" for letter in alphabet)]
    known = set(tokens)
    for merge in merges:
        token = merge.replace(" ", "", 1)
        if token not in known:
            known.add(token)
            tokens.append(token)
    vocabulary = {token: index for index, token in enumerate([*tokens, START, END])}
    made: Tokenizer = library("transformers").CLIPTokenizer(
        vocab=vocabulary,
        merges=[tuple(merge.split(" ", 1)) for merge in merges],
        unk_token=END,
        bos_token=START,
        eos_token=END,
        pad_token=END,
        model_max_length=MAX_LENGTH,
    )
    made.save_pretrained(folder)
    return made


def build_encoder(tokenizer: Tokenizer) -> TextEncoder:
    """An untrained text encoder: 4 layers, width 256, 4 heads."""
    transformers = library("transformers")
    encoder: TextEncoder = transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=4,
            num_attention_heads=4,
            projection_dim=WIDTH,
            max_position_embeddings=MAX_LENGTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return encoder


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Token ids ``[n, 48]``, padded with the end token as Stable Diffusion does."""
    ids: Tensor = tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=MAX_LENGTH, return_tensors="pt"
    ).input_ids
    return ids


def label_columns(pictures: Sequence[Picture]) -> dict[str, list[str]]:
    """The label columns that the reading heads predict, each with its sorted classes."""
    columns: dict[str, set[str]] = {
        name: set() for name in ("style", "role", "gender", "age", "tone", "race")
    }
    traits: dict[str, set[str]] = {}
    for picture in pictures:
        for name, classes in columns.items():
            classes.add(getattr(picture, name))
        for trait, value in picture.traits.items():
            traits.setdefault(f"trait:{trait}", {""}).add(value)
    columns |= traits
    return {name: sorted(classes) for name, classes in sorted(columns.items())}


def labels(picture: Picture, columns: dict[str, list[str]]) -> list[int]:
    """Class index of every column for one picture."""
    row = []
    for name, classes in columns.items():
        value = (
            picture.traits.get(name.removeprefix("trait:"), "")
            if name.startswith("trait:")
            else getattr(picture, name)
        )
        row.append(classes.index(value))
    return row


def pretrain(
    data: Dataset,
    tokenizer: Tokenizer,
    work: Path,
    *,
    seconds: float,
    batch: int = 128,
    peak: float = 1e-3,
    seed: int = 5,
) -> TextEncoder:
    """Teaches the encoder to read captions for ``seconds``; returns it (also saved below ``work``)."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    encoder = build_encoder(tokenizer)
    columns = label_columns(data.pictures)
    heads = nn.ModuleList(nn.Linear(WIDTH, len(classes)) for classes in columns.values())
    parameters = [*encoder.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=peak, betas=(0.9, 0.98), weight_decay=0.01)
    indices = data.indices(held_out=False)
    weights = data.weights(indices)
    clock, step = runs.Clock(), 0
    while clock.seconds < seconds:
        for group in optimiser.param_groups:
            group["lr"] = peak * min(1.0, (step + 1) / 200) * max(0.05, 1 - clock.seconds / seconds)
        chosen = [data.pictures[i] for i in rng.choices(indices.tolist(), weights.tolist(), k=batch)]
        ids = tokenize(tokenizer, [caption(picture, rng) for picture in chosen])
        used = int((ids != tokenizer.eos_token_id).sum(1).max()) + 1
        truth = torch.tensor([labels(picture, columns) for picture in chosen])
        with runs.mixed_precision():
            pooled = encoder(ids[:, :used]).pooler_output
            losses = [
                nn.functional.cross_entropy(head(pooled).float(), truth[:, k]) for k, head in enumerate(heads)
            ]
        loss = torch.stack(losses).sum()
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        step += 1
        if step % 100 == 0:
            shown = ", ".join(
                f"{name} {value.item():.2f}" for name, value in zip(columns, losses, strict=True)
            )
            say(f"text step {step} {clock.seconds:.0f} s loss {loss.item():.2f} ({shown})")
    runs.save(work / "text_encoder_read.safetensors", encoder.state_dict(), step=step, seconds=clock.seconds)
    return encoder
