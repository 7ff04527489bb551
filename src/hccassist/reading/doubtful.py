"""Where a page should be read again: words that the first reader guessed, and lines that it left out without a word.

Tesseract drops whole lines of a page that it reads well otherwise, and its confidence shows nothing of it: what tells is
ink in the shape of a line that no word stands on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

PixelBox = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the level image."""

_INK = 150
_WEAK, _GUESSED, _GUESSED_LETTERS = 80.0, 60.0, 4
"""A part of a line is doubtful below this mean confidence, or where a word of so many letters is below the second; then the
words below the first are read again, or the whole part where its mean is."""
_CELL_GAP = 1.2
"""By line heights: wider, and the line goes on in another cell."""
_LEAST_PIECE = 0.5
"""By its height: a narrower piece of a place holds no letter."""
_NEXT_WORD = 0.6
"""By the height of what was left out: how close a word stands beside it."""
_TALL = 2.4
"""By the usual height of words: higher is no line."""
_LINE_POINTS, _WIDTH_POINTS, _JOIN_POINTS = (4.0, 26.0), 16.0, 9.0
"""The height of a line of print or writing, its least width, and the gap between its words that is bridged."""
_LINE_INK = (0.06, 0.55)
"""Less is specks, more is a panel, a signature's flourish or a photograph."""


class Row(NamedTuple):
    """A word: its line's number, its confidence (0 to 100), its box in pixels of the level image, and whether it starts
    a cell whatever the gap before it."""

    line: int
    text: str
    confidence: float
    box: PixelBox
    apart: bool = False


def doubtful_places(level: Image, rows: Sequence[Row], known: Iterable[PixelBox], scale: float) -> list[PixelBox]:
    """The places of a level page image to read again, the widest first. ``known`` are check boxes and rings: their ink is
    no line's."""
    known = list(known)
    found = [piece for place in _guessed(rows) for piece in _between(place, known)]
    found += _left_out(level, rows, known, scale)
    return sorted(found, key=lambda box: box[0] - box[2])


def _guessed(rows: Sequence[Row]) -> Iterator[PixelBox]:
    heights = sorted(row.box[3] - row.box[1] for row in rows)
    usual = heights[len(heights) // 2] if heights else 0
    for _, line in groupby(sorted(rows, key=lambda row: row.line), key=lambda row: row.line):
        for part in _parts(sorted(line, key=lambda row: row.box[0])):
            letters = sum(len(row.text) for row in part)
            mean = sum(row.confidence * len(row.text) for row in part) / letters
            if mean < _WEAK or any(r.confidence < _GUESSED and len(r.text) >= _GUESSED_LETTERS for r in part):
                # Handwriting is read whole. In print only what is weak: a sure word would speak for the guesses beside it.
                for weak, words in groupby(part, key=lambda row: mean < _WEAK or row.confidence < _WEAK):
                    place = _around(list(words))
                    # A word across two lines would make one of them.
                    if weak and place[3] - place[1] <= _TALL * usual:
                        yield place


def _between(place: PixelBox, known: Sequence[PixelBox]) -> Iterator[PixelBox]:
    """A place without the check boxes and rings on it."""
    left, top, right, bottom = place
    on = sorted((x0, x1) for x0, y0, x1, y1 in known if top <= (y0 + y1) / 2 <= bottom and left - 4 <= x0 and x1 <= right + 4)
    for low, high in (*on, (right, right)):
        if low - left > _LEAST_PIECE * (bottom - top):
            yield (left, top, low, bottom)
        left = max(left, high + 1)


def _parts(line: Sequence[Row]) -> Iterator[list[Row]]:
    """The words of a line up to each wide gap."""
    heights = sorted(row.box[3] - row.box[1] for row in line)
    gap = _CELL_GAP * heights[len(heights) // 2]
    part: list[Row] = []
    for row in line:
        if part and row.box[0] - part[-1].box[2] > gap:
            yield part
            part = []
        part.append(row)
    yield part


def _around(rows: Sequence[Row]) -> PixelBox:
    boxes = [row.box for row in rows]
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def _left_out(level: Image, rows: Sequence[Row], known: Iterable[PixelBox], scale: float) -> Iterator[PixelBox]:
    """Ink in the shape of a line that no word, check box or ring stands on."""
    import numpy as np
    from scipy import ndimage

    step = 2
    point = scale / step
    ink = np.asarray(level.reduce(step)) < _INK
    for x0, y0, x1, y1 in (*(row.box for row in rows), *known):
        ink[max(y0 // step - 1, 0) : y1 // step + 2, max(x0 // step - 1, 0) : x1 // step + 2] = False
    reach = round(_JOIN_POINTS * point)
    joined = ndimage.binary_closing(np.pad(ink, reach), np.ones((1, reach)))[reach:-reach, reach:-reach]
    labels, _ = ndimage.label(ndimage.binary_dilation(joined, np.ones((3, 3))))
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = place[0].stop - place[0].start, place[1].stop - place[1].start
        if not (_LINE_POINTS[0] <= height / point <= _LINE_POINTS[1] and width >= max(_WIDTH_POINTS * point, 1.5 * height)):
            continue
        if _LINE_INK[0] <= (ink[place] & (labels[place] == number)).mean() <= _LINE_INK[1]:
            left_out = (place[1].start * step, place[0].start * step, place[1].stop * step, place[0].stop * step)
            yield _with_neighbours(left_out, rows)


def _with_neighbours(place: PixelBox, rows: Iterable[Row]) -> PixelBox:
    """A place with the words close beside it on its line: a part of a word may have been left out, and says nothing alone."""
    left, top, right, bottom = place
    middle, reach = (top + bottom) / 2, _NEXT_WORD * (bottom - top)
    beside = [r for r in rows if r.box[1] < middle < r.box[3] and r.box[0] <= right + reach and r.box[2] >= left - reach]
    return _around([Row(0, "", 0.0, place), *beside]) if beside else place
