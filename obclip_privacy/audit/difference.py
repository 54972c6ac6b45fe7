"""Compares two reports: of two policies, or of two versions, over the same prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from obclip_privacy.audit.json_input import read_json_file
from obclip_privacy.audit.report.described import FIGURES
from obclip_privacy.errors import BadInputError
from obclip_privacy.policy.frozen import Json

#: Figures that cost or describe, and are no privacy: a change of them is no change for the worse.
_NEUTRAL = frozenset(
    {"n_sent", "bytes", "macs", "edit_distance", "outside_changed", "cues_withheld", "visible"}
)

#: Figures of one attribute that are compared, with their direction.
_ATTRIBUTE_FIGURES = {
    "posterior": "lower",
    "leakage_bits": "lower",
    "t_closeness": "lower",
    "l_distinct": "higher",
}


def read_report(path: Path) -> Mapping[str, Json]:
    """A JSON report.

    Raises:
        BadInputError: the file is none.
    """
    data = read_json_file(path)
    if not isinstance(data, Mapping) or data.get("verdict") not in ("pass", "fail"):
        raise BadInputError(f"{path}: not an audit report; write one with --report FILE.json")
    for name, is_right in (("figures", _are_figures), ("findings", _are_findings)):
        if not is_right(data.get(name)):
            raise BadInputError(f"{path}: not an audit report: '{name}' is not as 'obclip audit schema' says")
    return data


def _are_figures(value: Json | None) -> bool:
    """Whether everything that is compared is a number, or null where nothing was measured."""
    if not isinstance(value, Mapping):
        return False
    attributes = value.get("attributes", {})
    if not isinstance(attributes, Mapping):
        return False
    rows = [row for row in attributes.values() if isinstance(row, Mapping)]
    compared = [value.get(described.name) for described in FIGURES]
    compared += [row.get(name) for row in rows for name in _ATTRIBUTE_FIGURES]
    numbers = all(each is None or type(each) in (int, float) for each in compared)
    return numbers and len(rows) == len(attributes) and any(each is not None for each in compared)


def _are_findings(value: Json | None) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, Mapping)
        and all(isinstance(row.get(name), str) for name in ("kind", "attribute", "severity"))
        for row in value
    )


def difference(one: Mapping[str, Json], other: Mapping[str, Json]) -> dict[str, Json]:
    """What changed from *one* to *other*; the verdict is ``fail`` if a figure of privacy got worse.

    So is it if an attribute's own figures did (the worst set may be one that does not state it), or there are
    more findings of a kind that fails.

    Findings are counted by kind and attribute: their identities are salted for each report.
    """
    figures: dict[str, Json] = {}
    worse: list[Json] = []
    before, after = _mapping(one["figures"]), _mapping(other["figures"])
    for described in FIGURES:
        a, b = before.get(described.name), after.get(described.name)
        if a == b:
            continue
        figures[described.name] = {"before": a, "after": b, "better": described.better}
        if isinstance(a, (int, float)) and isinstance(b, (int, float)) and described.name not in _NEUTRAL:
            declined = b > a if described.better == "lower" else b < a
            if declined:
                worse.append(described.name)
    for name, key in _of_attributes(before, after):
        a, b = (_mapping(_mapping(side["attributes"])[name])[key] for side in (before, after))
        if a != b and isinstance(a, (int, float)) and isinstance(b, (int, float)):
            better = _ATTRIBUTE_FIGURES[key]
            figures[f"{name}.{key}"] = {"before": a, "after": b, "better": better}
            if b > a if better == "lower" else b < a:
                worse.append(f"{name}.{key}")
    counts_before, counts_after = _counts(one["findings"]), _counts(other["findings"])
    worse += sorted(
        {
            kind
            for kind, attribute, severity in counts_after
            if severity == "fail"
            and counts_after[kind, attribute, severity] > counts_before[kind, attribute, severity]
        }
        - {str(name) for name in worse}
    )
    findings: list[Json] = [
        {
            "kind": kind,
            "attribute": attribute,
            "severity": severity,
            "before": counts_before[kind, attribute, severity],
            "after": counts_after[kind, attribute, severity],
        }
        for kind, attribute, severity in sorted({*counts_before, *counts_after})
        if counts_before[kind, attribute, severity] != counts_after[kind, attribute, severity]
    ]
    failed_anew = one["verdict"] == "pass" and other["verdict"] == "fail"
    return {
        "verdict": "fail" if worse or failed_anew else "pass",
        "figures": figures,
        "findings": findings,
        "worse": worse,
        "verdicts": [one["verdict"], other["verdict"]],
        "policies": [one.get("policy"), other.get("policy")],
    }


def _mapping(value: Json | None) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _of_attributes(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[tuple[str, str]]:
    """(attribute, figure) of everything that both reports have."""
    one, other = _mapping(before.get("attributes")), _mapping(after.get("attributes"))
    return [
        (name, key)
        for name in sorted({*one} & {*other})
        for key in _ATTRIBUTE_FIGURES
        if key in _mapping(one[name]) and key in _mapping(other[name])
    ]


def _counts(findings: Json) -> Counter[tuple[str, str, str]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for found in findings if isinstance(findings, Sequence) else ():
        if isinstance(found, Mapping):
            counts[str(found.get("kind")), str(found.get("attribute")), str(found.get("severity"))] += 1
    return counts
