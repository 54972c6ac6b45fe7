"""Checks a policy file against the JSON Schema (2020-12) that ships in the package."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from obclip_privacy.errors import Problem, quoted
from obclip_privacy.policy.json_source import JsonSource, pointer_to
from obclip_privacy.policy.nearest import nearest

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_TYPE_NAMES = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


def schema_text() -> str:
    """The schema as it ships, for editors."""
    return resources.files("obclip_privacy.policy").joinpath("schema.json").read_text(encoding="utf-8")


@functools.cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema_text()))


def schema_problems(source: JsonSource, validator: Draft202012Validator | None = None) -> tuple[Problem, ...]:
    """Everything in *source* that the schema (by default the policy's) forbids, in the order of the file."""
    errors = list((validator or _validator()).iter_errors(source.value))
    mistyped = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
    found = [
        problem
        for error in errors
        # what else is wrong with a value of the wrong type is noise
        if error.validator == "type" or tuple(error.absolute_path) not in mistyped
        for problem in _translate(source, error)
    ]
    return tuple(sorted(found, key=lambda problem: (problem.line, problem.column, problem.message)))


def _translate(source: JsonSource, error: ValidationError) -> Iterator[Problem]:
    """Say in our own words, at the right place, what jsonschema found."""
    pointer = ""
    for step in error.absolute_path:
        pointer = pointer_to(pointer, step)
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    rule, found = str(error.validator), error.instance
    wanted: Any = error.validator_value
    if rule == "additionalProperties" and isinstance(found, Mapping):
        yield from _unknown_keys(source, pointer, schema, found)
    elif rule == "required" and isinstance(found, Mapping):
        # jsonschema reports each missing key apart and does not say which in data
        missing = next(str(key) for key in wanted if error.message.startswith(repr(key)))
        yield source.problem(pointer, f"the key '{missing}' is missing")
    else:
        message, near = _message(rule, wanted, found, schema, error.message)
        yield source.problem(pointer, message, near)


def _unknown_keys(
    source: JsonSource, pointer: str, schema: Mapping[str, Any], found: Mapping[str, object]
) -> Iterator[Problem]:
    known: Mapping[str, object] = schema.get("properties", {})
    patterns: Mapping[str, object] = schema.get("patternProperties", {})
    for key in found:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            near = next((right for pattern in patterns if (right := _repaired(key, pattern))), None)
            yield source.problem(
                pointer_to(pointer, key),
                f"unknown key {quoted(key)}",
                near or nearest(key, known),
                at_key=True,
            )


def _message(
    rule: str, wanted: Any, found: Any, schema: Mapping[str, Any], fallback: str
) -> tuple[str, str | None]:
    """Message and nearest right spelling for one broken rule."""
    if rule == "type":
        names = [_TYPE_NAMES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
        return f"must be {' or '.join(names)}, not {_kind_of(found)}", None
    if rule == "enum":
        near = nearest(found, wanted) if isinstance(found, str) else None
        return f"{_shown(found)} is not one of {_listed(wanted)}", near
    if rule == "const":
        return f"must be {json.dumps(wanted)}, not {_shown(found)}", None
    if rule == "pattern":
        title, rest = schema.get("title", "value"), schema.get("description", "")
        return f"{_shown(found)} is not a right {title.lower()}; {_uncapitalised(rest)}", _repaired(
            found, wanted
        )
    if rule == "minimum":
        return f"must be at least {wanted}, not {found}", None
    if rule == "maximum":
        return f"must be at most {wanted}, not {found}", None
    if rule in ("minItems", "minLength"):
        return ("must not be empty" if wanted == 1 else f"must have at least {wanted} parts"), None
    if rule == "maxItems":
        return f"has {len(found)} items, at most {wanted} are allowed", None
    if rule == "maxLength":
        return f"has {len(found)} characters, at most {wanted} are allowed", None
    if rule == "uniqueItems":
        return f"{_shown(_first_repeated(found))} stands twice in the list", None
    return fallback, None


def _listed(names: Sequence[object]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _shown(value: object) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:60]


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _repaired(found: str, pattern: str) -> str | None:
    """*found* in lower case with the usual joint, if that is right."""
    for joint in "-_":
        candidate = re.sub(r"[\s_-]+", joint, found.strip().lower())
        if candidate != found and re.search(pattern, candidate):
            return candidate
    return None


def _first_repeated(items: Sequence[object]) -> object:
    return next(item for index, item in enumerate(items) if item in items[:index])


def _kind_of(value: object) -> str:
    """What *value* is, for "not ...": scalars as they are written, the rest by type."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "an array"
    return "a string" if isinstance(value, str) else json.dumps(value)
