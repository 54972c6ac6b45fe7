"""The plan: everything that decides what is sent, and nothing about the real value.

:meth:`Plan.sent` and :meth:`Plan.members` are functions of the plan alone, so equal plans send equal bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from obclip_privacy.candidates.columns import Column, Mode, size
from obclip_privacy.candidates.template import Compiled, Template, realise


@dataclass(frozen=True)
class Plan:
    """What is sent of a prompt, before it is written out.

    Attributes:
        template: the nodes.
        columns: in canonical order, person first, then the policy's order of attributes.
        negative_prompt: the one negative prompt that the cloud gets.
        stated: the template of the prompt with its cues in.
        hidden: the columns of *stated*: what the anonymity set ranges over. A cue that is taken out may
            take a mention with it, so *columns* may have fewer.
    """

    template: Template
    columns: tuple[Column, ...]
    negative_prompt: str
    stated: Template
    hidden: tuple[Column, ...]

    @cached_property
    def neutral(self) -> frozenset[int]:
        """Indices of the columns that are written in one way for all assignments."""
        return frozenset(i for i, column in enumerate(self.columns) if column.mode is not Mode.VALUES)

    @cached_property
    def _compiled(self) -> Compiled:
        return self.template.compile(self.neutral, cues=False)

    def sent(self) -> dict[str, tuple[int, ...]]:
        """The distinct prompts in canonical order, each with its value index per column that is sent.

        Lexicographic in the columns. Equal strings merge into the first.
        """
        neutral, compiled = self.neutral, self._compiled
        ranges = [
            range(1) if index in neutral else range(len(column.values))
            for index, column in enumerate(self.columns)
        ]
        texts: dict[str, tuple[int, ...]] = {}
        for assignment in itertools.product(*ranges):
            row = assignment
            if neutral:
                row = tuple(value for index, value in enumerate(assignment) if index not in neutral)
            texts.setdefault(realise(compiled, assignment), row)
        return texts

    def sent_for(self, assignment: tuple[int | None, ...]) -> str:
        """The prompt that is sent for *assignment*."""
        return realise(self._compiled, [value or 0 for value in assignment])

    @property
    def n(self) -> int:
        """Size of the anonymity set."""
        return size(self.hidden)

    def members(self) -> Iterator[tuple[tuple[int | None, ...], str]]:
        """Every member of the anonymity set in canonical order: its assignment, and what a person would type.

        ``None`` stands in columns whose value is outside the domain.
        """
        outside = frozenset(i for i, column in enumerate(self.hidden) if not column.values)
        compiled = self.stated.compile(outside, cues=True)
        ranges = [range(max(len(column.values), 1)) for column in self.hidden]
        for assignment in itertools.product(*ranges):
            stated: tuple[int | None, ...] = assignment
            if outside:
                stated = tuple(None if i in outside else value for i, value in enumerate(assignment))
            yield stated, realise(compiled, assignment)


def canonical_form(template: Template, real: tuple[int | None, ...], *, cues: bool) -> str:
    """The prompt that a person's own words come down to, with or without its cues."""
    outside = frozenset(index for index, value in enumerate(real) if value is None)
    compiled = template.compile(outside, cues=cues)
    return realise(compiled, [value or 0 for value in real])


def variations(
    template: Template, columns: Sequence[Column], varied: frozenset[int], limit: int
) -> Iterator[str]:
    """Prompts that a person might type, in which the columns *varied* take their values.

    All combinations of their values if those are no more than *limit*, else those of any two columns, else
    each column's values alone. All other columns state their first value; those outside the domain none.
    """
    first = [0 if column.values else None for column in columns]
    for group in _varied_together(columns, sorted(varied), limit):
        for values in itertools.product(*(range(len(columns[index].values)) for index in group)):
            assignment = list(first)
            for index, value in zip(group, values, strict=True):
                assignment[index] = value
            yield canonical_form(template, tuple(assignment), cues=True)


def _varied_together(
    columns: Sequence[Column], varied: Sequence[int], limit: int
) -> Sequence[tuple[int, ...]]:
    """The columns in groups whose values are combined: all in one, in pairs, or each alone."""
    for width in (len(varied), 2):
        groups = list(itertools.combinations(varied, width))
        if groups and sum(size([columns[index] for index in group]) for group in groups) <= limit:
            return groups
    return [(index,) for index in varied]
