"""The sheet: what the cloud saw, all candidates alike, beside what the person got.

Nothing on it marks the real candidate. Each candidate shows its hand-over latents decoded and, where the
solver's state holds one, the clean picture that the cloud could already predict from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw
from torch import Tensor

from obclip_gen.output.text import font, wrap

_PAPER = (250, 250, 248)
_INK = (28, 30, 33)
_FAINT = (104, 108, 114)
_CARD = (255, 255, 255)
_EDGE = (222, 222, 218)
_ACCENT = (37, 94, 145)

_MARGIN = 28
_GAP = 16
_PAD = 10
_TITLE = 24
_TEXT = 15
_SMALL = 13
_LEADING = 1.3
#: Side of the person's picture and of the candidates' thumbnails, in pixels of the sheet.
_PICTURE = 384
_THUMBNAILS = ((4, 192), (12, 144), (36, 112))
_SMALLEST = 96


@dataclass(frozen=True, slots=True)
class SheetText:
    """The words on a sheet.

    Attributes:
        prompts: the candidates' prompts, in order.
        cloud_title: over the candidates.
        cloud_lines: under that title.
        own_title: over the person's picture.
        own_lines: under the person's picture, for example the person's own words.
    """

    prompts: Sequence[str]
    cloud_title: str
    cloud_lines: Sequence[str]
    own_title: str
    own_lines: Sequence[str]


def to_image(picture: Tensor) -> Image.Image:
    """Turn a picture ``[3, H, W]`` in 0..1 into an 8-bit image."""
    levels = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous()
    return Image.fromarray(levels.numpy(), mode="RGB")


def draw_sheet(
    words: SheetText, picture: Tensor, seen: Tensor | None, estimates: Tensor | None
) -> Image.Image:
    """Draw the sheet.

    Args:
        words: what is written.
        picture: the person's, ``[3, H, W]`` in 0..1.
        seen: the candidates' decoded latents, ``[N, 3, H, W]``; ``None`` when the cloud saw nothing.
        estimates: the candidates' predicted pictures, ``[N, 3, H, W]``, or ``None``.
    """
    cells = _cells(words.prompts, seen, estimates)
    columns, rows = _grid(len(cells))
    cell_width = cells[0].width if cells else 420
    heights = [max(cell.height for cell in cells[row * columns : (row + 1) * columns]) for row in range(rows)]
    right = columns * cell_width + (columns - 1) * _GAP
    cloud_head = _block(words.cloud_title, words.cloud_lines, right)
    own_head = _block(words.own_title, (), _PICTURE)
    own_foot = _block("", words.own_lines, _PICTURE)

    top = max(cloud_head.height, own_head.height) + _PAD
    left_height = top + _PICTURE + _PAD + own_foot.height
    right_height = top + sum(heights) + _GAP * max(rows - 1, 0)
    sheet = Image.new(
        "RGB",
        (3 * _MARGIN + _PICTURE + right, 2 * _MARGIN + max(left_height, right_height)),
        _PAPER,
    )
    sheet.paste(own_head, (_MARGIN, _MARGIN))
    shown = _fit(to_image(picture), _PICTURE)
    sheet.paste(shown, (_MARGIN + (_PICTURE - shown.width) // 2, _MARGIN + top))
    sheet.paste(own_foot, (_MARGIN, _MARGIN + top + _PICTURE + _PAD))

    x0 = 2 * _MARGIN + _PICTURE
    sheet.paste(cloud_head, (x0, _MARGIN))
    y = _MARGIN + top
    for row in range(rows):
        for column, cell in enumerate(cells[row * columns : (row + 1) * columns]):
            sheet.paste(_card(cell, heights[row]), (x0 + column * (cell_width + _GAP), y))
        y += heights[row] + _GAP
    return sheet


def _cells(prompts: Sequence[str], seen: Tensor | None, estimates: Tensor | None) -> list[Image.Image]:
    if seen is None:
        return []
    side = next((size for most, size in _THUMBNAILS if len(prompts) <= most), _SMALLEST)
    pairs = [seen] if estimates is None else [seen, estimates]
    cells = []
    for number, prompt in enumerate(prompts):
        thumbnails = [_fit(to_image(pictures[number]), side) for pictures in pairs]
        cells.append(_cell(f"{number + 1}. {prompt}", thumbnails, side))
    return cells


def _cell(label: str, thumbnails: Sequence[Image.Image], side: int) -> Image.Image:
    inner = len(thumbnails) * side + (len(thumbnails) - 1) * _PAD
    lines = wrap(label, _SMALL, inner, lines=8)
    height = side + _PAD + _line_height(_SMALL) * len(lines)
    cell = Image.new("RGB", (inner + 2 * _PAD, height + 2 * _PAD), _CARD)
    for place, thumbnail in enumerate(thumbnails):
        x = _PAD + place * (side + _PAD) + (side - thumbnail.width) // 2
        cell.paste(thumbnail, (x, _PAD + (side - thumbnail.height) // 2))
    _write(ImageDraw.Draw(cell), (_PAD, 2 * _PAD + side), lines, _SMALL, _INK)
    return cell


def _card(cell: Image.Image, height: int) -> Image.Image:
    """Give the cell the height of its row and an edge."""
    card = Image.new("RGB", (cell.width, height), _CARD)
    card.paste(cell, (0, 0))
    ImageDraw.Draw(card).rectangle((0, 0, cell.width - 1, height - 1), outline=_EDGE)
    return card


def _grid(count: int) -> tuple[int, int]:
    """Choose columns and rows: few enough columns to read, about as wide as high."""
    if count == 0:
        return 1, 0
    columns = next((most for limit, most in ((2, 2), (6, 3), (12, 4), (20, 5)) if count <= limit), 6)
    columns = min(columns, count)
    return columns, math.ceil(count / columns)


def _block(title: str, lines: Sequence[str], room: int) -> Image.Image:
    """Draw a title and paragraphs, as high as they need."""
    title_lines = wrap(title, _TITLE, room)
    text_lines = [part for line in lines for part in wrap(line, _TEXT, room)]
    height = _line_height(_TITLE) * len(title_lines) + _line_height(_TEXT) * len(text_lines)
    block = Image.new("RGB", (room, max(height, 1)), _PAPER)
    draw = ImageDraw.Draw(block)
    y = _write(draw, (0, 0), title_lines, _TITLE, _ACCENT)
    _write(draw, (0, y), text_lines, _TEXT, _FAINT)
    return block


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    lines: Sequence[str],
    size: int,
    colour: tuple[int, int, int],
) -> int:
    x, y = place
    for line in lines:
        draw.text((x, y), line, font=font(size), fill=colour)
        y += _line_height(size)
    return y


def _line_height(size: int) -> int:
    return math.ceil(size * _LEADING)


def _fit(image: Image.Image, side: int) -> Image.Image:
    """Scale to fit a square; enlarge by nearest neighbour only when that is a whole number of times."""
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    method = Image.Resampling.NEAREST if scale.is_integer() else Image.Resampling.LANCZOS
    return image.resize(size, method)
