"""Prompts as people write them: weights, length, chunks, clip skip, negative prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from obclip_gen.backends.entry import LoadOptions
from obclip_gen.backends.folder import load_folder
from obclip_gen.backends.text.weights import apply_weights, fragments
from obclip_gen.testing.families import write_family
from obclip_privacy.errors import BadInputError

HIDDEN = "encoder_hidden_states"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red hat", [("a red hat", 1.0)]),
        ("a (red:1.3) hat", [("a ", 1.0), ("red", 1.3), (" hat", 1.0)]),
        ("a (very (red:1.5) hat:1.2)", [("a ", 1.0), ("very ", 1.2), ("red", 1.8), (" hat", 1.2)]),
        ("(a woman:0.8)", [("a woman", 0.8)]),
        ("smiling (slightly)", [("smiling (slightly)", 1.0)]),
        ("wide (16:9) picture", [("wide (16:9) picture", 1.0)]),
        ("(:1.2) (x:0) (x:2.1) (x:1.2345)", [("(:1.2) (x:0) (x:2.1) (x:1.2345)", 1.0)]),
        (r"\(red:1.3\)", [("(red:1.3)", 1.0)]),
        ("(never (closed:1.1)", [("(never ", 1.0), ("closed", 1.1)]),
        ("closed) too often", [("closed) too often", 1.0)]),
        ("(:) :(", [("(:) :(", 1.0)]),
        ("", []),
    ],
)
def test_weights_are_read_as_people_write_them(prompt: str, expected: list[tuple[str, float]]) -> None:
    found = [(fragment.text, round(fragment.weight, 6)) for fragment in fragments(prompt)]
    assert found == expected


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="ab (:)1.2\\é", max_size=30))
def test_no_text_is_lost_or_moved(prompt: str) -> None:
    """Every character of a fragment stands where it says, in order; only brackets and weights may go."""
    places = [place for fragment in fragments(prompt) for place in fragment.places]
    letters = "".join(fragment.text for fragment in fragments(prompt))
    assert places == sorted(set(places))
    assert all(prompt[place] == letter for place, letter in zip(places, letters, strict=True))
    assert all(fragment.weight > 0 for fragment in fragments(prompt))
    gone = "".join(letter for place, letter in enumerate(prompt) if place not in set(places))
    assert set(gone) <= set("(:)1.2\\ ")


def test_weights_keep_the_mean_of_a_row_and_touch_no_other() -> None:
    hidden = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0)) + 1
    weights = torch.tensor([[1.0, 1.5, 1.0], [1.0, 1.0, 1.0]])
    weighted = apply_weights(hidden, weights)
    torch.testing.assert_close(weighted.mean((1, 2)), hidden.mean((1, 2)))
    assert torch.equal(weighted[1], hidden[1])
    ratio = weighted[0] / hidden[0]
    torch.testing.assert_close(ratio[1] / ratio[0], torch.full((4,), 1.5))


def test_a_row_without_a_mean_is_weighted_only() -> None:
    """A normalised row has a mean of zero, and a quotient of two such means is no number."""
    hidden = torch.tensor([[[-1.0, 1.0], [2.0, -2.0]]])
    weighted = apply_weights(hidden, torch.tensor([[1.0, 1.5]]))
    assert weighted.tolist() == [[[-1.0, 1.0], [3.0, -3.0]]]


@pytest.fixture(scope="module", params=["sd1", "sdxl", "sd3"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_family(tmp_path_factory.mktemp("prompts") / request.param, request.param)


def test_a_weight_changes_the_conditioning_and_a_weight_of_one_does_not(folder: Path) -> None:
    backend = load_folder(str(folder), LoadOptions())
    plain, one, more = backend.encode(
        ["a woman reading", "a (woman:1.0) reading", "a (woman:1.4) reading"]
    ).tensors[HIDDEN]
    torch.testing.assert_close(one, plain, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(more, plain, atol=1e-3)


def test_long_prompts_are_read_in_chunks(folder: Path) -> None:
    short, long = (load_folder(str(folder), LoadOptions(chunks=chunks)) for chunks in (1, 3))
    words = ", ".join(["a woman reading"] * 24)
    late = words + " and an old man"
    if "sd3" in folder.name:  # T5 reads more, and chunks are CLIP's
        return
    assert short.unread(words) != ""
    assert long.unread(words) == ""
    one, two = short.encode([words, late]).tensors[HIDDEN]
    assert torch.equal(one, two)  # what is cut cannot matter
    three, four = long.encode([words, late]).tensors[HIDDEN]
    assert not torch.allclose(three, four, atol=1e-4)
    room = one.shape[0]
    assert three.shape[0] == 3 * room
    torch.testing.assert_close(three[:room], one, atol=1e-5, rtol=1e-5)
    assert short.fingerprint.sha256 != long.fingerprint.sha256


def test_what_is_cut_is_told_in_the_persons_own_words(folder: Path) -> None:
    backend = load_folder(str(folder), LoadOptions())
    words = "a (woman:1.2) reading " + "a man reading " * 120
    rest = backend.unread(words)
    assert words.endswith(rest)
    assert 0 < len(rest) < len(words)
    kept = words.removesuffix(rest)
    assert backend.unread(kept) == ""
    torch.testing.assert_close(
        backend.encode([words]).tensors[HIDDEN], backend.encode([kept]).tensors[HIDDEN], atol=1e-5, rtol=1e-5
    )


def test_clip_skip_takes_an_earlier_layer(folder: Path) -> None:
    layers = [
        load_folder(str(folder), LoadOptions(clip_skip=skip)).encode(["a woman"]).tensors[HIDDEN]
        for skip in (0, 1)
    ]
    assert layers[0].shape == layers[1].shape
    assert not torch.allclose(layers[0], layers[1], atol=1e-3)


def test_load_options_out_of_range() -> None:
    for options, message in (
        ({"chunks": 0}, "chunks"),
        ({"clip_skip": 9}, "clip skip"),
        ({"compute": "int8"}, "compute"),
    ):
        with pytest.raises(BadInputError, match=message):
            LoadOptions(**options)


def test_an_empty_negative_prompt_is_no_condition_in_sdxl(tmp_path: Path) -> None:
    backend = load_folder(str(write_family(tmp_path / "sdxl", "sdxl")), LoadOptions())
    empty, told = backend.encode(["", "blurry"]).tensors[HIDDEN]
    assert float(empty.abs().max()) == 0
    assert float(told.abs().max()) > 0
