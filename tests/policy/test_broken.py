"""Every broken policy gives exactly the problems in the text file beside it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from obclip_privacy.errors import PolicyError
from obclip_privacy.policy.json_source import MAX_BYTES
from obclip_privacy.policy.loader import MAX_CHAIN, load_policy
from obclip_privacy.policy.vocabulary import Vocabulary

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.stem for path in BROKEN.glob("*.json"))


def problems_of(path: Path | str, vocabulary: Vocabulary) -> str:
    with pytest.raises(PolicyError) as caught:
        load_policy(path, vocabulary)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_there_are_enough_cases_and_no_stray_files() -> None:
    assert len(CASES) >= 60
    assert {path.stem for path in BROKEN.glob("*.txt")} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_broken_policy(case: str, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    expected = (BROKEN / f"{case}.txt").read_text(encoding="utf-8")
    assert problems_of(Path(f"{case}.json"), vocabulary) + "\n" == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[" * 10_000_000, f"x.json:1:1: #: the file has more than {MAX_BYTES:,} bytes"),
        (b"[" * 900_000, "x.json:1:33: #: nested deeper than 32 levels"),
        (b'{"a":' * 900, "x.json:1:161: #: nested deeper than 32 levels"),
        (b'{"a": ' + b"9" * 5000 + b"}", "x.json:1:7: #/a: a number of more than 40 characters"),
        (b'{"' + b"a" * 500_000 + b'": 1}', "unknown key 'aaaa"),
        (b"\x00", "x.json:1:1: #: expected a value, found '\\x00'"),
        (b'{"a": "\\ud800"}', "#/a: half of a surrogate pair"),
        (b'{"a": "\\udc00\\ud800"}', "#/a: half of a surrogate pair"),
        (b'{"a": "\\u00"}', "#/a: '\\u' needs four hexadecimal digits"),
        (b'{"a": "\\x41"}', "#/a: '\\x' is not an escape of JSON"),
        (b'{"a": 01}', "#/a: not a JSON number"),
        (b'{"a": 1.}', "#/a: not a JSON number"),
        (b'{"a": -}', "#/a: not a JSON number"),
        (b'{"a": NaN}', "#/a: expected a value, found 'NaN'"),
        (b'{"a" 1}', "expected ':' after the key 'a', found '1'"),
        (b"{,}", "expected a key in double quotes, found ','"),
        (b"[1 2]", "expected ',' or ']', found '2'"),
        (b'{"a": [1, 2', "expected ',' or ']', but the file ends here"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_hostile_bytes(
    data: bytes, message: str, vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.json").write_bytes(data)
    text = problems_of(Path("x.json"), vocabulary)
    assert message in text
    assert len(text) < 10_000


def test_very_many_problems_are_cut(vocabulary: Vocabulary, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{" + ",".join(f'"key{number}": 1' for number in range(5000)) + "}")
    with pytest.raises(PolicyError) as caught:
        load_policy(file, vocabulary)
    assert len(caught.value.problems) == 100


def test_very_many_equal_keys_take_no_time(vocabulary: Vocabulary, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{" + ",".join('"a": {"b": {}}' for _ in range(60_000)) + "}")
    with pytest.raises(PolicyError) as caught:
        load_policy(file, vocabulary)
    assert "written twice" in str(caught.value)


@pytest.mark.parametrize("name", ["\\u0000", "x" * 5000, "\\ud83d\\ude00"])
def test_extends_of_a_name_that_no_file_can_have(name: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(f'{{"schema_version": 1, "name": "p", "extends": "./{name}.json"}}')
    with pytest.raises(PolicyError):
        load_policy(file, vocabulary)


@pytest.mark.parametrize("name", ["missing.json", "./missing", "folder/"])
def test_missing_file(
    name: str, vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert problems_of(name, vocabulary) == f"there is no policy file '{name}'"


def test_folder_is_no_policy(vocabulary: Vocabulary, tmp_path: Path) -> None:
    assert "cannot be read: is a directory" in problems_of(tmp_path, vocabulary)


def test_unknown_shipped_name(
    vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text("{}")
    with pytest.raises(PolicyError, match=r"no shipped policy is named 'defalt'; did you mean 'default'\?$"):
        load_policy("defalt", vocabulary)
    with pytest.raises(PolicyError, match=r"your own needs its path: ./mine\)$"):
        load_policy("mine", vocabulary)


def test_chain_of_extends_is_bounded(vocabulary: Vocabulary, tmp_path: Path) -> None:
    for number in range(MAX_CHAIN + 2):
        (tmp_path / f"p{number}.json").write_text(
            f'{{"schema_version": 1, "name": "p", "extends": "./p{number + 1}.json"}}'
        )
    with pytest.raises(PolicyError, match=f"more than {MAX_CHAIN} policies extend one another"):
        load_policy(tmp_path / "p0.json", vocabulary)
