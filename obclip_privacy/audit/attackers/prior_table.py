"""Prior: what words say of values in the population, from a JSON table.

``{"nurse": {"gender": {"female": 0.87}}}``: by word in lower case, attribute and value. Values that are left
out share the rest. Several words multiply (as if they were independent given the value).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from obclip_privacy.audit.attackers.base import Attack, Attacker, Guess, Setting
from obclip_privacy.audit.json_input import as_probability, read_json_file
from obclip_privacy.audit.observation import ColumnView, Observation
from obclip_privacy.errors import BadInputError

#: word, attribute, value to probability.
Table = Mapping[str, Mapping[str, Mapping[str, Fraction]]]
#: Stands in for a probability of 0, which no statistic proves.
_LEAST = 1e-6


def read_table(setting: Setting) -> Table:
    """The table of ``--prior-table``.

    Raises:
        BadInputError: it is malformed.
    """
    path = setting.files["prior_table"]
    data = read_json_file(path)
    if not isinstance(data, Mapping):
        raise BadInputError(f"{path}: a prior table is an object by word, attribute and value")
    table: dict[str, dict[str, dict[str, Fraction]]] = {}
    for word, attributes in data.items():
        if not isinstance(attributes, Mapping):
            raise BadInputError(f"{path}: '{word}' must be an object by attribute and value")
        for attribute, values in attributes.items():
            if not isinstance(values, Mapping):
                raise BadInputError(f"{path}: '{word}', '{attribute}' must be an object by value")
            row = {
                str(value): as_probability(p, f"{path}: '{word}', '{value}'") for value, p in values.items()
            }
            if sum(row.values()) > 1:
                raise BadInputError(f"{path}: the probabilities of '{word}' sum to more than 1")
            table.setdefault(str(word).lower(), {})[str(attribute)] = row
    return table


def _score(column: ColumnView, value: str, rows: Sequence[Mapping[str, Fraction]]) -> float:
    total = 0.0
    for row in rows:
        rest = [name for name in column.values if name not in row]
        left = max(Fraction(0), 1 - sum(row.values())) / max(len(rest), 1)
        total += math.log(max(float(row.get(value, left)), _LEAST))
    return round(total, 9)


def _prepare(setting: Setting) -> Attack | None:
    if "prior_table" not in setting.files:
        return None
    table = read_table(setting)

    def attack(observation: Observation) -> Sequence[Guess]:
        guesses = []
        for column in observation.columns:
            rows = [
                table[word][column.attribute]
                for word in observation.common_words
                if column.attribute in table.get(word, {})
            ]
            if rows:
                scores = tuple(_score(column, value, rows) for value in column.values)
                guesses.append(Guess(column.key, scores, "population statistics"))
        return guesses

    return attack


PRIOR_TABLE = Attacker(
    "prior_table",
    "guesses each value from the statistics of --prior-table",
    _prepare,
    needs="prior_table",
    hideable=False,
)
