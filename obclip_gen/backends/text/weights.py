r"""Weights of words in a prompt, as people write them: ``a (red:1.3) hat``.

A weight is a number above 0 and at most 2 after the last colon inside round brackets, which may be nested
(weights multiply). Everything else is text, brackets without a weight included; ``\(`` and ``\)`` are
brackets that never carry one. The text between weights stays as it is, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_WEIGHT = re.compile(r":\s*(\d(?:\.\d{1,3})?|\.\d{1,3})\s*$")
_MOST = 2.0
#: Mean of a row, as a share of the mean size of its values, below which it is not restored.
LEAST_MEAN = 0.01


@dataclass(frozen=True, slots=True)
class Fragment:
    """A stretch of a prompt with one weight.

    Attributes:
        text: without the brackets and the number.
        weight: above 0, 1 for plain text.
        places: for each character of *text*, where it stands in the prompt.
    """

    text: str
    weight: float
    places: tuple[int, ...]


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet: the characters inside it and their weights."""

    at: int
    inside: list[tuple[str, float, int]]


def fragments(prompt: str) -> tuple[Fragment, ...]:
    """Take a prompt apart; one fragment when nothing is weighted."""
    stack = [_Open(-1, [])]
    skip = False
    for at, letter in enumerate(prompt):
        if skip:
            stack[-1].inside.append((letter, 1.0, at))
            skip = False
        elif letter == "\\" and prompt[at + 1 : at + 2] in ("(", ")"):
            skip = True
        elif letter == "(":
            stack.append(_Open(at, []))
        elif letter == ")" and len(stack) > 1:
            done = stack.pop()
            stack[-1].inside += _closed(done, at)
        else:
            stack[-1].inside.append((letter, 1.0, at))
    while len(stack) > 1:
        done = stack.pop()
        stack[-1].inside += [("(", 1.0, done.at), *done.inside]
    return _grouped(stack[0].inside)


def _closed(done: _Open, at: int) -> list[tuple[str, float, int]]:
    found = _WEIGHT.search("".join(letter for letter, _, _ in done.inside))
    weight = float(found.group(1)) if found else 0.0
    if found is None or not 0 < weight <= _MOST or found.start() == 0:
        return [("(", 1.0, done.at), *done.inside, (")", 1.0, at)]
    return [(letter, own * weight, place) for letter, own, place in done.inside[: found.start()]]


def _grouped(letters: Sequence[tuple[str, float, int]]) -> tuple[Fragment, ...]:
    groups: list[list[tuple[str, float, int]]] = []
    for item in letters:
        if groups and groups[-1][-1][1] == item[1]:
            groups[-1].append(item)
        else:
            groups.append([item])
    return tuple(
        Fragment("".join(g[0] for g in group), group[0][1], tuple(g[2] for g in group)) for group in groups
    )


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one prompt, without the ones that mark start and end.

    Attributes:
        ids: of the tokens.
        weights: one a token.
        starts: where each token's text starts in the prompt.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    starts: tuple[int, ...]

    def unread(self, prompt: str, room: int) -> str:
        """Give the end of the prompt from the first token that does not fit into *room* tokens."""
        return prompt[self.starts[room] :] if len(self.ids) > room else ""


def weighted_tokens(
    prompt: str, tokenise: Callable[[str], tuple[list[int], list[tuple[int, int]]]]
) -> Tokens:
    """Give the tokens of a prompt with their weights.

    Args:
        prompt: may have weights.
        tokenise: gives ids and character spans of a text, without special tokens.
    """
    ids: list[int] = []
    weights: list[float] = []
    starts: list[int] = []
    for fragment in fragments(prompt):
        found, spans = tokenise(fragment.text)
        ids += found
        weights += [fragment.weight] * len(found)
        starts += [fragment.places[min(start, len(fragment.places) - 1)] for start, _ in spans]
    return Tokens(tuple(ids), tuple(weights), tuple(starts))


def apply_weights(hidden: Tensor, weights: Tensor) -> Tensor:
    """Multiply each token's hidden state by its weight, then give each row its old mean back.

    This is how the prompts that people share are meant (AUTOMATIC1111's web UI, ``sd_emphasis``).
    Rows in which all weights are 1 stay as they are, bit for bit; rows whose mean is nothing beside their
    values (below :data:`LEAST_MEAN` of their mean size) are weighted only, since a quotient of two such means
    is noise, or not a number.

    Args:
        hidden: ``[R, L, D]``.
        weights: ``[R, L]``.
    """
    weighted = hidden * weights[:, :, None]
    before, after = (value.mean(dim=(1, 2), keepdim=True) for value in (hidden, weighted))
    least = LEAST_MEAN * hidden.abs().mean(dim=(1, 2), keepdim=True)
    told = (before.abs() > least) & (after.abs() > least)
    scale = torch.where(told, before / torch.where(told, after, 1), 1)
    changed = (weights != 1).any(dim=1)[:, None, None]
    return torch.where(changed, weighted * scale, hidden)
