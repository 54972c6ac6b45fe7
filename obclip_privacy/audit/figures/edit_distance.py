"""Edit distance between what was typed and what stands for it in the set.

Levenshtein distance over characters: least number of insertions, deletions and substitutions. Range
[0, length of the longer text]; lower is better (utility). 0 means that the person's own words are one of
the candidates. Source: Levenshtein 1966; Wagner and Fischer 1974.
"""

from __future__ import annotations


def edit_distance(one: str, other: str) -> int:
    """Levenshtein distance; the common start and end cost nothing."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    if not one or not other:
        return len(one) or len(other)
    row = list(range(len(other) + 1))
    for index, char in enumerate(one, 1):
        diagonal, row[0] = row[0], index
        for column, against in enumerate(other, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (char != against)),
            )
    return row[-1]
