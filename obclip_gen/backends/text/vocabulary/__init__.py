"""CLIP's vocabulary, which every text encoder of Stable Diffusion reads with, for models that bring none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from obclip_gen.libs import library

#: All bytes, all bytes at the end of a word, the merges, start and end.
CLIP_TOKENS = 49_408
_START, _END = "<|startoftext|>", "<|endoftext|>"


def clip_tokenizer(length: int, pad: str = _END) -> Any:
    """Make the tokenizer of a CLIP text encoder.

    Args:
        length: tokens of one row.
        pad: the token that fills a row; OpenCLIP's encoders take ``!``, whose number is 0.

    Returns:
        A ``CLIPTokenizer``.
    """
    text = (Path(__file__).parent / "merges.txt").read_text(encoding="utf-8")
    merges = [(first, second) for first, second in (line.split() for line in text.splitlines())]
    letters = _letters()
    symbols = [*letters, *(letter + "</w>" for letter in letters)]
    symbols += [first + second for first, second in merges]
    vocabulary = {token: number for number, token in enumerate([*symbols, _START, _END])}
    return library("transformers").CLIPTokenizer(
        vocab=vocabulary, merges=merges, pad_token=pad, model_max_length=length
    )


def _letters() -> list[str]:
    """Give a visible letter for each byte, in CLIP's order: visible bytes stand for themselves and come first
    (GPT-2's ``bytes_to_unicode``).
    """
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = (byte for byte in range(256) if byte not in visible)
    return [chr(byte) for byte in visible] + [chr(256 + place) for place, _ in enumerate(hidden)]
