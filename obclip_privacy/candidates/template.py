"""Templates and their realisation: literal text with slots, and what depends on them.

A template is a tuple of nodes. Literal text is the person's own, byte for byte. Everything else is a
function of the assignment alone: slots, articles before them, verbs after pronouns, and the separators of
words that may be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obclip_privacy.language.articles import article_for

#: How much of what follows an article is looked at: enough for any word and the brackets before it.
_LOOKAHEAD = 48

#: An index into a column's values, or ``None`` for the wording that states no value.
Assignment = Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Lit:
    """Literal text."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that states a value.

    Attributes:
        column: index of its column.
        texts: what is written, by value of the column.
        neutral: what is written where no value is stated; may be empty.
    """

    column: int
    texts: tuple[str, ...]
    neutral: str


@dataclass(frozen=True, slots=True)
class Article:
    """``a`` or ``an``, by what follows."""

    capital: bool
    upper: bool


@dataclass(frozen=True, slots=True)
class Modifiers:
    """Modifiers before a noun, some of which may be empty.

    Attributes:
        items: each a tuple of nodes.
        separators: between the items; the last one stands before the noun.
    """

    items: tuple[tuple[Node, ...], ...]
    separators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """Nodes that are left out where the column states no value."""

    column: int
    nodes: tuple[Node, ...]
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A cue: *nodes* in the person's own wording, *sent* in what the cloud gets."""

    nodes: tuple[Node, ...]
    sent: str


Node = Lit | Slot | Article | Modifiers | Optional | Withheld
Template = tuple[Node, ...]


def realise(template: Template, assignment: Assignment, *, cues: bool) -> str:
    """The prompt that *template* gives under *assignment*.

    Args:
        template: the nodes.
        assignment: per column the index of a value, or ``None`` to state none.
        cues: whether cues stay in (the prompt as a person would type it) or go (what the cloud gets).
    """
    return _join(_flatten(template, assignment, cues))


def _join(parts: Sequence[str | Article]) -> str:
    """Join *parts*, last first, so that each article knows what follows it."""
    after = ""
    pieces: list[str] = []
    for part in reversed(parts):
        if isinstance(part, Article):
            part = article_for(after, capital=part.capital, upper=part.upper)
        if part:
            pieces.append(part)
            after = (part + after)[:_LOOKAHEAD]
    return "".join(reversed(pieces))


def _flatten(nodes: Sequence[Node], assignment: Assignment, cues: bool) -> list[str | Article]:
    parts: list[str | Article] = []
    for node in nodes:
        if isinstance(node, (Lit, Article)):
            parts.append(node.text if isinstance(node, Lit) else node)
        elif isinstance(node, Slot):
            index = assignment[node.column]
            parts.append(node.neutral if index is None else node.texts[index])
        elif isinstance(node, Modifiers):
            parts.extend(_modifiers(node, assignment, cues))
        elif isinstance(node, Optional):
            if assignment[node.column] is None:
                parts.append(node.otherwise)
            else:
                parts.extend(_flatten(node.nodes, assignment, cues))
        elif cues:
            parts.extend(_flatten(node.nodes, assignment, cues))
        else:
            parts.append(node.sent)
    return parts


def _modifiers(node: Modifiers, assignment: Assignment, cues: bool) -> list[str | Article]:
    parts: list[str | Article] = []
    previous = -1
    for index, item in enumerate(node.items):
        text = _join(_flatten(item, assignment, cues))
        if not text:
            continue
        if previous >= 0:
            parts.append(node.separators[index - 1])
        parts.append(text)
        previous = index
    if previous >= 0:
        parts.append(node.separators[-1])
    return parts
