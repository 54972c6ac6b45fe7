"""Files appear all or not at all; sheets are legible for 0 to 36 candidates; records hold no prompt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from PIL import Image

from obclip_gen.output import folder as folder_module
from obclip_gen.output.folder import check_writable, write_all
from obclip_gen.output.sheet import SheetText, draw_sheet, to_image
from obclip_gen.output.text import width, wrap
from obclip_privacy.errors import BadInputError

FILES = {"picture.png": b"new picture", "sheet.png": b"new sheet", "record.json": b"new record"}


def contents(folder: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in folder.iterdir()}


def test_files_are_written_and_replaced(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    write_all(out, FILES)
    assert contents(out) == FILES
    (out / "other.txt").write_bytes(b"kept")
    write_all(out, FILES | {"picture.png": b"newer"})
    assert contents(out) == FILES | {"picture.png": b"newer", "other.txt": b"kept"}
    assert [item.name for item in tmp_path.iterdir()] == ["a"]
    assert sorted(item.name for item in out.iterdir()) == sorted([*FILES, "other.txt"])


@pytest.mark.parametrize("failing", range(1, 6))
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [True, False])
def test_a_failure_at_any_move_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException, before: bool
) -> None:
    out = tmp_path / "out"
    old = {"picture.png": b"old picture", "record.json": b"old record"}
    if before:
        write_all(out, old)
    moves = 0
    original = Path.replace

    def move(self: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves == failing:
            raise error
        return original(self, target)

    monkeypatch.setattr(Path, "replace", move)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else BadInputError
    if not before and failing > len(FILES):
        write_all(out, FILES)
        return
    with pytest.raises(expected):
        write_all(out, FILES)
    monkeypatch.undo()
    assert (contents(out) if out.exists() else {}) == (old if before else {})
    assert [item.name for item in tmp_path.iterdir()] == (["out"] if before else [])


def test_a_failure_while_staging_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module.os, "fsync", fail)
    with pytest.raises(BadInputError, match="No space left on device"):
        write_all(tmp_path / "out", FILES)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(BadInputError, match="not a folder"):
        check_writable(file)
    with pytest.raises(BadInputError, match="out:"):
        check_writable(file / "below")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInputError, match="no permission"):
        check_writable(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == [file]


LONG = "A middle-aged woman of African descent, a retired judge in a blue robe, smiling in a garden at dawn"


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 6, 12, 13, 30, 36, 64])
def test_sheets_of_any_size(n: int) -> None:
    """Every candidate's picture and estimate are on the sheet, side by side, and the edges stay clear."""
    shades = [round(255 * (i + 1) / (n + 2)) for i in range(n)]
    seen = torch.stack([torch.full((3, 16, 16), shade / 255) for shade in shades]) if n else None
    estimates = (
        None if seen is None else torch.stack([torch.tensor([0.0, shade / 255, 0.0]) for shade in shades])
    )
    if estimates is not None:
        estimates = estimates[:, :, None, None].expand(-1, 3, 16, 16)
    words = SheetText(
        [f"{LONG} {i}" for i in range(n)], "What the cloud saw", [LONG], "What you got", [LONG * 3]
    )
    sheet = draw_sheet(words, torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(3, 32, 32), seen, estimates)
    colours = {colour: count for count, colour in sheet.getcolors(1 << 24)}
    assert colours[255, 0, 0] == 384 * 384
    for shade in shades:
        assert colours[shade, shade, shade] >= 90 * 90
        assert colours[0, shade, 0] >= 90 * 90
    assert max(sheet.size) < 4000
    border = {sheet.getpixel((x, y)) for x in range(sheet.width) for y in (0, sheet.height - 1)}
    assert len(border) == 1


def test_sheets_without_estimates_and_of_tall_pictures() -> None:
    words = SheetText(["a", "b"], "t", [], "t", [])
    seen = torch.rand(2, 3, 32, 16)
    assert draw_sheet(words, torch.rand(3, 32, 16), seen, None).width < 1000


def test_images_keep_their_values() -> None:
    picture = torch.tensor([[[0.0, 1.0]], [[0.5, -3.0]], [[2.0, 0.25]]])
    image = to_image(picture)
    assert image.size == (2, 1)
    assert isinstance(image, Image.Image)
    assert [image.getpixel((x, 0)) for x in range(2)] == [(0, 128, 255), (255, 0, 64)]


@pytest.mark.parametrize("text", ["", "word", LONG, "x" * 300, "短い 日本語 の 文 " * 20, "a\nb\tc"])
@pytest.mark.parametrize("room", [1, 60, 250])
def test_wrapped_text_fits_and_loses_nothing(text: str, room: int) -> None:
    lines = wrap(text, 13, room)
    assert all(width(line, 13) <= room or len(line) == 1 for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    cut = wrap(text, 13, room, lines=2)
    assert len(cut) <= 2
    assert (cut != lines) == (len(lines) > 2)
    if len(lines) > 2:
        assert cut[-1].endswith("…")
