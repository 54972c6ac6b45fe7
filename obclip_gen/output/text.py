"""Words in a picture, in the font that Pillow brings along."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageFont


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Give the font at a size in pixels."""
    return ImageFont.load_default(size)


def width(text: str, size: int) -> float:
    """Give the width of a line in pixels."""
    return font(size).getlength(text)


def wrap(text: str, size: int, room: int, lines: int | None = None) -> list[str]:
    """Break a text into lines of at most *room* pixels, at spaces, inside a word only if it must be.

    Args:
        text: any text; runs of white space count as one space.
        size: of the font in pixels.
        room: width of a line in pixels.
        lines: at most so many; what does not fit is cut and marked with an ellipsis.
    """
    wrapped: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width(longer, size) <= room:
            line = longer
            continue
        if line:
            wrapped.append(line)
        line = word
        while (fits := _fitting(line, size, room)) < len(line):
            wrapped.append(line[:fits])
            line = line[fits:]
    if line:
        wrapped.append(line)
    if lines is not None and len(wrapped) > lines:
        wrapped = wrapped[:lines]
        last = wrapped[-1]
        while last and width(last + "…", size) > room:
            last = last[:-1]
        wrapped[-1] = last + "…"
    return wrapped


def _fitting(word: str, size: int, room: int) -> int:
    """How many first letters of a word fit, at least one."""
    if width(word, size) <= room:
        return len(word)
    fits = 1
    while fits < len(word) and width(word[: fits + 1], size) <= room:
        fits += 1
    return fits
