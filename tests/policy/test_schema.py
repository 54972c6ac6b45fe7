"""The schema serves an editor: every key has a title, a description and an example."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from obclip_privacy.policy.schema import schema_text

SCHEMA: dict[str, Any] = json.loads(schema_text())


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """*part* with what it refers to; its own words win."""
    name = part.get("$ref", "").removeprefix("#/$defs/")
    return {**(resolved(SCHEMA["$defs"][name]) if name else {}), **part}


def keys(part: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, member in part.get("properties", {}).items():
        yield f"{path}/{name}", member
        yield from keys(member, f"{path}/{name}")


KEYS = [
    *keys(SCHEMA, ""),
    *((f"/$defs/{name}", part) for name, part in SCHEMA["$defs"].items()),
    *(pair for name, part in SCHEMA["$defs"].items() for pair in keys(part, f"/$defs/{name}")),
]


def test_all_keys_are_looked_at() -> None:
    assert len(KEYS) > 40


@pytest.mark.parametrize(("path", "part"), KEYS, ids=[path for path, _ in KEYS])
def test_every_key_helps_an_editor(path: str, part: dict[str, Any]) -> None:
    whole = resolved(part)
    assert [word for word in ("title", "description", "examples") if not whole.get(word)] == []
    assert [choice for choice in whole.get("enum", ()) if f"'{choice}'" not in whole["description"]] == []
    assert "default" not in whole or whole["default"] not in whole["examples"], "show what is not the default"


@pytest.mark.parametrize(("path", "part"), KEYS, ids=[path for path, _ in KEYS])
def test_examples_and_defaults_are_right(path: str, part: dict[str, Any]) -> None:
    validator = Draft202012Validator({**part, "$defs": SCHEMA["$defs"]})
    values = [*resolved(part)["examples"], *([part["default"]] if "default" in part else [])]
    assert [error.message for value in values for error in validator.iter_errors(value)] == []


def test_the_schema_is_valid_2020_12_with_an_id() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"].startswith("urn:obclip:")
    Draft202012Validator.check_schema(SCHEMA)
