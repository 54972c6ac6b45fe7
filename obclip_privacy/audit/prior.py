"""Priors: how likely each value is before anything is sent.

A prior file is JSON, read with the limits of :mod:`~obclip_privacy.audit.json_input`::

    {"attributes": {"gender": {"female": "1/3", "male": "2/3"}},
     "joint": [{"values": {"gender": "female", "age": "old"}, "p": 0.25}, ...]}

``attributes`` states one distribution for each attribute (values that are left out share what remains),
``joint`` the probability of combinations of one person's values. A joint prior holds for prompts with one
person who has its attributes; if only some of them, what it implies for those, unless ``attributes`` states
one of them. All others use ``attributes``, then the policy's priors, then uniform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from obclip_privacy.audit.json_input import as_probability, read_json_file
from obclip_privacy.audit.observation import ColumnView, normalised
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import FrozenMap, Json
from obclip_privacy.policy.model import AttributePolicy, Policy
from obclip_privacy.policy.nearest import nearest


@dataclass(frozen=True, slots=True)
class Prior:
    """Stated probabilities.

    Attributes:
        attributes: by attribute and value.
        combinations: by (attribute, value) pairs in order of attribute.
    """

    attributes: Mapping[str, Mapping[str, Fraction]] = field(default_factory=FrozenMap)
    combinations: Mapping[tuple[tuple[str, str], ...], Fraction] = field(default_factory=FrozenMap)

    @property
    def stated(self) -> bool:
        """Whether a file stated anything."""
        return bool(self.attributes or self.combinations)

    def of(self, policy: AttributePolicy) -> tuple[Fraction, ...]:
        """One probability a value of *policy*'s domain; :meth:`check` comes first."""
        stated = self.attributes.get(policy.id)
        if stated is None:
            return policy.priors
        given = {policy.index_of(name): p for name, p in stated.items()}
        rest = [index for index in range(len(policy.values)) if index not in given]
        left = 1 - sum(given.values(), Fraction(0))
        return normalised([given[i] if i in given else left / len(rest) for i in range(len(policy.values))])

    def checked(self, policy: Policy, installed: Iterable[str]) -> Prior:
        """This prior with combinations by the ids of *policy*'s values, which the file may call by an alias.

        Every name must mean something: a prior that is not used would silently be a uniform one.

        Args:
            policy: that is audited.
            installed: other attributes that a prior may name; a file can serve several policies.

        Raises:
            BadInputError: it names an attribute or a value that there is not.
        """
        own = {attribute.id: attribute for attribute in policy.attributes}
        pairs = [(name, value) for name, row in self.attributes.items() for value in row]
        pairs += [pair for row in self.combinations for pair in row]
        known = sorted({*own, *installed})
        for name, value in pairs:
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean '{near}'?" if near else f"; there are: {', '.join(known)}"
                raise BadInputError(f"the prior names the attribute '{name}', which there is not{hint}")
            if name in own and own[name].index_of(value) is None:
                raise BadInputError(
                    f"the prior names '{value}', which is no value of '{name}' in the policy; "
                    f"it has: {', '.join(own[name].value_ids)}"
                )
        for name, stated in self.attributes.items():
            whole = name in own and {own[name].index_of(value) for value in stated} == set(
                range(len(own[name].values))
            )
            if whole and abs(float(sum(stated.values())) - 1) > 1e-9:
                raise BadInputError(f"the prior's probabilities of '{name}' do not sum to 1")
        combinations: dict[tuple[tuple[str, str], ...], Fraction] = {}
        for row, p in self.combinations.items():
            key = tuple((name, _id_of(own.get(name), value)) for name, value in row)
            combinations[key] = combinations.get(key, Fraction(0)) + p
        return Prior(self.attributes, FrozenMap(combinations))

    def joint(
        self, columns: Sequence[ColumnView], rows: Iterable[Sequence[str]]
    ) -> tuple[Fraction, ...] | None:
        """The prior of each of *rows*, or ``None`` if no joint prior is stated for these columns.

        Args:
            columns: of one prompt.
            rows: ids of values, one a column; the prior is conditional on one of them being the real one.
        """
        if not self.combinations or len({column.key.partition(".")[0] for column in columns}) != 1:
            return None
        names, stated = [column.attribute for column in columns], self._joint_attributes()
        if not stated.issuperset(names) or (stated != set(names) and set(names) & set(self.attributes)):
            return None
        weights: dict[tuple[str, ...], Fraction] = {}
        for pairs, p in self.combinations.items():
            values = dict(pairs)
            key = tuple(values[name] for name in names)
            weights[key] = weights.get(key, Fraction(0)) + p
        return normalised([weights.get(tuple(row), Fraction(0)) for row in rows])

    def _joint_attributes(self) -> set[str]:
        return {name for name, _ in next(iter(self.combinations))}


def _id_of(attribute: AttributePolicy | None, name: str) -> str:
    place = attribute.index_of(name) if attribute else None
    return name if attribute is None or place is None else attribute.value_ids[place]


def read_prior(path: Path) -> Prior:
    """The prior that a file states.

    Raises:
        BadInputError: the file cannot be read, is malformed, or its probabilities do not fit together.
    """
    data = read_json_file(path)
    if not isinstance(data, Mapping) or set(data) - {"attributes", "joint"}:
        raise BadInputError(f"{path}: a prior is an object with 'attributes' and 'joint'")
    attributes = data.get("attributes", {})
    joint = data.get("joint", [])
    if not isinstance(attributes, Mapping) or not isinstance(joint, list):
        raise BadInputError(f"{path}: 'attributes' must be an object and 'joint' a list")
    if not attributes and not joint:
        raise BadInputError(f"{path}: states no probability, in 'attributes' or in 'joint'")
    return Prior(
        FrozenMap({str(name): _distribution(path, str(name), given) for name, given in attributes.items()}),
        _combinations(path, joint),
    )


def _distribution(path: Path, name: str, given: Json) -> Mapping[str, Fraction]:
    if not isinstance(given, Mapping) or not given:
        raise BadInputError(f"{path}: the prior of '{name}' must be an object of probabilities by value")
    found = {
        str(value): as_probability(p, f"{path}: the prior of '{name}', '{value}'")
        for value, p in given.items()
    }
    if sum(found.values()) > 1:
        raise BadInputError(f"{path}: the probabilities of '{name}' sum to more than 1")
    return FrozenMap(found)


def _combinations(path: Path, rows: Sequence[Json]) -> Mapping[tuple[tuple[str, str], ...], Fraction]:
    found: dict[tuple[tuple[str, str], ...], Fraction] = {}
    for number, row in enumerate(rows, 1):
        where = f"{path}: row {number} of 'joint'"
        if not isinstance(row, Mapping) or set(row) != {"values", "p"}:
            raise BadInputError(f"{where} must have 'values' and 'p'")
        values = row["values"]
        if not isinstance(values, Mapping) or not all(isinstance(value, str) for value in values.values()):
            raise BadInputError(f"{where}: 'values' must be an object of values by attribute")
        found[tuple(sorted((str(key), str(value)) for key, value in values.items()))] = as_probability(
            row["p"], where
        )
    if len({tuple(name for name, _ in pairs) for pairs in found}) > 1:
        raise BadInputError(f"{path}: all rows of 'joint' must name the same attributes")
    if len(found) != len(rows):
        raise BadInputError(f"{path}: a combination of 'joint' is there twice")
    if found and sum(found.values()) != 1:
        total = float(sum(found.values()))
        if abs(total - 1) > 1e-9:
            raise BadInputError(f"{path}: the probabilities of 'joint' sum to {total:g}, not to 1")
    return FrozenMap(found)
