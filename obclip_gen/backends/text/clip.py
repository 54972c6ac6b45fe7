"""A CLIP text encoder and its tokenizer.

CLIP reads 77 tokens, start and end included. A longer prompt is read in chunks of 75, each with its own
start and end, whose hidden states are put in a row; how many there are is fixed when the model is
loaded, so that all prompts have one shape and no row depends on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from obclip_gen.backends.text.weights import Tokens, apply_weights, weighted_tokens
from obclip_privacy.errors import BadInputError


@dataclass(frozen=True, slots=True)
class ClipReading:
    """How a CLIP encoder is read.

    Attributes:
        chunks: of 75 tokens, from 1.
        skip: layers left out at the end ("clip skip" as diffusers counts it), 0 for none.
        penultimate: whether the family takes the last layer but one, without the final norm (SDXL,
            SD3); *skip* counts from there.
    """

    chunks: int = 1
    skip: int = 0
    penultimate: bool = False


class ClipEncoder:
    """See the module."""

    def __init__(self, model: Any, tokenizer: Any, reading: ClipReading) -> None:
        """Take the parts.

        Raises:
            BadInputError: *reading* leaves no layer.
        """
        most = int(model.config.num_hidden_layers) - 1 - reading.penultimate
        if reading.skip > most:
            raise BadInputError(f"clip skip: at most {most} for this text encoder")
        self.model = model
        self._tokenizer = tokenizer
        self._reading = reading
        self._room = int(tokenizer.model_max_length) - 2

    @property
    def length(self) -> int:
        """Tokens of one row, L."""
        return (self._room + 2) * self._reading.chunks

    def tokens(self, prompt: str) -> Tokens:
        """Give the tokens of a prompt, however many."""
        return weighted_tokens(prompt, self._tokenise)

    def _tokenise(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return list(found["input_ids"]), list(found["offset_mapping"])

    def unread(self, prompt: str) -> str:
        """Give the end of the prompt that does not fit."""
        return self.tokens(prompt).unread(prompt, self._room * self._reading.chunks)

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor | None]:
        """Encode prompts.

        Returns:
            Hidden states ``[R, L, D]`` and the pooled state of the first chunk ``[R, P]``, if the encoder
            has one; float32.
        """
        rows = [self.tokens(prompt) for prompt in prompts]
        hidden, pooled = [], None
        for chunk in range(self._reading.chunks):
            part = slice(chunk * self._room, (chunk + 1) * self._room)
            ids = torch.tensor([self._padded(row.ids[part]) for row in rows])
            weights = torch.tensor([self._weighted(row.weights[part]) for row in rows])
            states, first = self._run(ids)
            hidden.append(apply_weights(states, weights.to(states.device)))
            pooled = first if chunk == 0 else pooled
        return torch.cat(hidden, dim=1), pooled

    def _padded(self, ids: Sequence[int]) -> list[int]:
        start, end, pad = (
            self._tokenizer.bos_token_id,
            self._tokenizer.eos_token_id,
            self._tokenizer.pad_token_id,
        )
        filled = [start, *ids, end]
        return filled + [pad] * (self._room + 2 - len(filled))

    def _weighted(self, weights: Sequence[float]) -> list[float]:
        return [1.0, *weights, *[1.0] * (self._room + 1 - len(weights))]

    def _run(self, ids: Tensor) -> tuple[Tensor, Tensor | None]:
        reading = self._reading
        with torch.inference_mode():
            deeper = reading.penultimate or reading.skip > 0
            given = self.model(ids.to(self.model.device), output_hidden_states=deeper)
        pooled = getattr(given, "text_embeds", None)
        if pooled is None:
            pooled = getattr(given, "pooler_output", None)
        if not deeper:
            hidden: Tensor = given.last_hidden_state
        elif reading.penultimate:
            hidden = given.hidden_states[-(reading.skip + 2)]
        else:
            body = getattr(self.model, "text_model", self.model)
            with torch.inference_mode():
                hidden = body.final_layer_norm(given.hidden_states[-(reading.skip + 1)])
        return hidden.float(), None if pooled is None else pooled.float()

    def probe(self) -> None:
        """Run a copy without storage, for counting."""
        copy = type(self.model)(self.model.config).eval()
        for _ in range(self._reading.chunks):
            copy(torch.zeros(1, self._room + 2, dtype=torch.long))
