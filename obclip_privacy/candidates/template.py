"""Templates and their realisation: literal text with slots, and what depends on them.

A template is a tuple of nodes. Literal text is the person's own, byte for byte. Everything else is a
function of the assignment alone: slots, articles before them, verbs after pronouns, and the separators of
words that may be left out.

:meth:`Template.compile` settles everything but the values (which columns state none, whether cues stay in);
what remains is a tuple of strings and choices, and a prompt is one join of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from obclip_privacy.language.articles import article_for

#: How much of what follows an article is looked at: enough for any word and the brackets before it.
_LOOKAHEAD = 48


@dataclass(frozen=True, slots=True)
class Lit:
    """Literal text."""

    text: str


def is_empty(node: object) -> bool:
    """Whether the node is literal text without any."""
    return isinstance(node, Lit) and not node.text


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that states a value.

    Attributes:
        column: index of its column.
        texts: what is written, by value of the column; never empty strings.
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
    """Nodes that give way to *otherwise* where the column states no value."""

    column: int
    nodes: tuple[Node, ...]
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A cue: *nodes* in the person's own wording, *sent* in what the cloud gets."""

    nodes: tuple[Node, ...]
    sent: tuple[Node, ...] = ()


Node = Lit | Slot | Article | Modifiers | Optional | Withheld


@dataclass(frozen=True, slots=True)
class Choice:
    """One of *texts*, by the value of *column*."""

    column: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a template comes down to once it is settled which columns state values.

    Attributes:
        literals: the text in parts, ``""`` in the places of choices.
        choices: the position in *literals*, the column and the texts of each choice.
    """

    literals: tuple[str, ...]
    choices: tuple[tuple[int, int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Template:
    """The nodes of a prompt. Two templates are equal when they write the same for every assignment."""

    nodes: tuple[Node, ...]
    has_cues: bool = field(init=False, compare=False)
    _compiled: dict[tuple[frozenset[int], bool], Compiled] = field(
        default_factory=dict, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        """Note whether anything is withheld as a cue: without one, both ways to compile are the same."""
        object.__setattr__(self, "has_cues", _has_cues(self.nodes))

    def compile(self, neutral: frozenset[int], *, cues: bool) -> Compiled:
        """Settle which columns state no value, and whether cues stay in.

        Args:
            neutral: columns for which the wording without a value is used.
            cues: ``True`` for the prompt as a person would type it, ``False`` for what the cloud gets.
        """
        key = (neutral, cues or not self.has_cues)
        if key not in self._compiled:
            self._compiled[key] = _compile(self.nodes, neutral, key[1])
        return self._compiled[key]


def realise(compiled: Compiled, assignment: Sequence[int]) -> str:
    """The prompt under *assignment*: per column the index of a value (ignored where none is stated)."""
    parts = list(compiled.literals)
    for at, column, texts in compiled.choices:
        parts[at] = texts[assignment[column]]
    return "".join(parts)


def _has_cues(nodes: Sequence[Node]) -> bool:
    for node in nodes:
        if isinstance(node, Withheld):
            return True
        if isinstance(node, Optional) and _has_cues(node.nodes):
            return True
        if isinstance(node, Modifiers) and any(_has_cues(item) for item in node.items):
            return True
    return False


def _compile(nodes: Sequence[Node], neutral: frozenset[int], cues: bool) -> Compiled:
    settled: list[str | Choice] = []
    after: str | Choice = ""
    for part in reversed(_flatten(nodes, neutral, cues)):
        done = _article(part, after) if isinstance(part, Article) else part
        if not done:
            continue
        if isinstance(done, Choice):
            after = done
        elif isinstance(after, str):
            after = (done + after)[:_LOOKAHEAD]
        elif any(map(str.isalnum, done)):
            after = done
        if isinstance(done, str) and settled and isinstance(settled[-1], str):
            settled[-1] = done + settled[-1]
        else:
            settled.append(done)
    settled.reverse()
    return Compiled(
        tuple(part if isinstance(part, str) else "" for part in settled),
        tuple((at, part.column, part.texts) for at, part in enumerate(settled) if isinstance(part, Choice)),
    )


def _article(article: Article, after: str | Choice) -> str | Choice:
    if isinstance(after, str):
        return article_for(after, capital=article.capital, upper=article.upper)
    texts = tuple(article_for(text, capital=article.capital, upper=article.upper) for text in after.texts)
    return texts[0] if len(set(texts)) == 1 else Choice(after.column, texts)


def _flatten(nodes: Sequence[Node], neutral: frozenset[int], cues: bool) -> list[str | Choice | Article]:
    parts: list[str | Choice | Article] = []
    for node in nodes:
        if isinstance(node, Lit):
            parts.append(node.text)
        elif isinstance(node, Article):
            parts.append(node)
        elif isinstance(node, Slot):
            parts.append(node.neutral if node.column in neutral else Choice(node.column, node.texts))
        elif isinstance(node, Modifiers):
            parts.extend(_modifiers(node, neutral, cues))
        elif isinstance(node, Optional):
            if node.column in neutral:
                parts.append(node.otherwise)
            else:
                parts.extend(_flatten(node.nodes, neutral, cues))
        elif cues:
            parts.extend(_flatten(node.nodes, neutral, cues))
        else:
            parts.extend(_flatten(node.sent, neutral, cues))
    return parts


def _modifiers(node: Modifiers, neutral: frozenset[int], cues: bool) -> list[str | Choice | Article]:
    parts: list[str | Choice | Article] = []
    previous = -1
    for index, item in enumerate(node.items):
        inner = [part for part in _flatten(item, neutral, cues) if part]
        if not inner:
            continue
        if previous >= 0:
            parts.append(node.separators[index - 1])
        parts.extend(inner)
        previous = index
    if previous >= 0:
        parts.append(node.separators[-1])
    return parts
