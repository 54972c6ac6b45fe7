"""The JSON reader agrees with the standard library on what is right, and knows where everything stands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obclip_privacy.errors import PolicyError
from obclip_privacy.policy.frozen import Json
from obclip_privacy.policy.json_source import MAX_DEPTH, JsonSource, pointer_to, read_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 0, 2, "\t"]))
def test_reads_what_the_standard_library_writes(
    value: Json, ascii_only: bool, indent: int | str | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    source = read_json(text.encode(), "x.json")
    assert source.value == value
    assert source.problems == ()
    lines = text.split("\n")
    for pointer, place in source.values.items():
        here = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
        decoded, _ = json.JSONDecoder().raw_decode(here)
        assert decoded == at(value, pointer)


def at(value: Json, pointer: str) -> Json:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]  # type: ignore[index,call-overload]
    return value


def read(text: str) -> tuple[JsonSource | None, str]:
    """The document, or what is wrong with it."""
    try:
        return read_json(text.encode("utf-8", "surrogatepass"), "x.json"), ""
    except PolicyError as error:
        return None, str(error)


@given(st.text())
def test_never_crashes_and_takes_nothing_that_the_standard_library_refuses(text: str) -> None:
    source, message = read(text)
    if source is None:
        assert message.startswith("x.json:")
    elif not source.problems:
        assert source.value == json.loads(text)


@given(st.text(alphabet='{}[]",:0-1eE.truefalsn \n\\u', max_size=40))
def test_agrees_with_the_standard_library_on_near_json(text: str) -> None:
    source, message = read(text)
    try:
        expected: Json = json.loads(text)
    except ValueError:
        assert source is None
        return
    if source is None:
        # what is refused here alone
        assert "half of a surrogate pair" in message or "too large" in message
    elif not source.problems:
        assert repr(source.value) == repr(expected)


def test_depth_is_bounded_exactly() -> None:
    assert read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "x.json").value is not None
    with pytest.raises(PolicyError, match="nested deeper than 32 levels"):
        read_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "x.json")


def test_columns_count_characters_not_bytes() -> None:
    source = read_json('{"é𝄞": "ü", "b": 1}'.encode(), "x.json")
    assert (source.keys["/b"].line, source.keys["/b"].column) == (1, 13)


def test_pointers_are_escaped() -> None:
    assert pointer_to("/a", "b/c~d") == "/a/b~1c~0d"
    assert list(read_json(b'{"b/c~d": [1]}', "x.json").values) == ["", "/b~1c~0d", "/b~1c~0d/0"]


def test_a_problem_below_a_known_place_stands_there() -> None:
    source: JsonSource = read_json(b'{\n  "a": {}\n}', "x.json")
    assert str(source.problem("/a/missing/deep", "no")) == "x.json:2:8: #/a/missing/deep: no"
    assert str(source.problem("/a", "no", at_key=True)) == "x.json:2:3: #/a: no"


def test_the_first_of_two_equal_keys_stays() -> None:
    source = read_json(b'{"a": [1, 2], "a": {"x": 1}}', "x.json")
    assert source.value == {"a": [1, 2]}
    assert [problem.message for problem in source.problems] == [
        "the key 'a' is written twice, first in line 1; remove one"
    ]
    assert "/a/x" not in source.values
