"""The T5 encoder of PixArt, Stable Diffusion 3 and FLUX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.text.weights import Tokens, apply_weights, weighted_tokens


class T5Encoder:
    """Reads up to *length* tokens, the end token included."""

    def __init__(self, model: Any, tokenizer: Any, length: int, *, masked: bool, lower: bool) -> None:
        """Take the parts.

        Args:
            model: a ``T5EncoderModel``.
            tokenizer: of the model.
            length: tokens of one row, L.
            masked: whether padding is masked out (PixArt).
            lower: whether prompts are put into lower case (PixArt was trained so).
        """
        self.model = model
        self.length = length
        self._tokenizer = tokenizer
        self._masked = masked
        self._lower = lower

    def tokens(self, prompt: str) -> Tokens:
        """Give the tokens of a prompt, however many, without the end token."""
        return weighted_tokens(prompt, self._tokenise)

    def _tokenise(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        shown = text.lower() if self._lower and len(text.lower()) == len(text) else text
        found = self._tokenizer(shown, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return list(found["input_ids"]), list(found["offset_mapping"])

    def unread(self, prompt: str) -> str:
        """Give the end of the prompt that does not fit."""
        return self.tokens(prompt).unread(prompt, self.length - 1)

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Encode prompts.

        Returns:
            Hidden states ``[R, L, D]``, float32, and the mask of what is not padding, ``[R, L]``.
        """
        room = self.length - 1
        ids = torch.full((len(prompts), self.length), int(self._tokenizer.pad_token_id or 0))
        mask = torch.zeros(len(prompts), self.length)
        weights = torch.ones(len(prompts), self.length)
        for row, prompt in enumerate(prompts):
            tokens = self.tokens(prompt)
            kept = len(tokens.ids[:room])
            ids[row, : kept + 1] = torch.tensor([*tokens.ids[:room], int(self._tokenizer.eos_token_id)])
            weights[row, :kept] = torch.tensor(tokens.weights[:room])
            mask[row, : kept + 1] = 1
        device = self.model.device
        with torch.inference_mode():
            given = self.model(
                ids.to(device), attention_mask=mask.to(device) if self._masked else None
            ).last_hidden_state
        return apply_weights(given.float(), weights.to(device)), mask.to(device)

    def probe(self) -> None:
        """Run a copy without storage, for counting."""
        type(self.model)(self.model.config).eval()(torch.zeros(1, self.length, dtype=torch.long))
