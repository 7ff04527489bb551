"""Check boxes on scanned forms: OCR takes them for letters ("0", "C", "{7"), so they are found by their outline and told
ticked from empty by the ink inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_INK = 150
_SMALLEST_POINTS, _LARGEST_POINTS = 6.0, 15.0
_OUTLINE = 0.82
"""The least share of ink on each side of the outline: scans have gaps, ticks cross the sides."""
_OPEN_CORNER = 0.6
_TICKED = 0.085
"""From this share of ink inside, a box is ticked; specks stay below it."""
_FULL = 0.8
"""A solid square is a bullet or a redaction."""


@dataclass(frozen=True, slots=True)
class CheckBox:
    """A box found in an upright image: its pixels (left, top, right, bottom), and whether it is ticked."""

    box: tuple[int, int, int, int]
    ticked: bool


def find_checkboxes(level: Image, scale: float) -> list[CheckBox]:
    """The check boxes of a level page image of ``scale`` pixels a point, from the top left."""
    import numpy as np

    # Half size, the darkest of each four pixels kept: thin outlines survive, and there is a quarter of the work.
    grey = np.asarray(level)
    grey = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    small = np.minimum(np.minimum(grey[::2, ::2], grey[1::2, ::2]), np.minimum(grey[::2, 1::2], grey[1::2, 1::2]))
    ink = small < _INK
    across, down = _sums(ink), _sums(ink.T)
    area = np.zeros((ink.shape[0] + 1, ink.shape[1] + 1), np.int32)
    area[1:, 1:] = ink.cumsum(axis=0, dtype=np.int32).cumsum(axis=1)
    found: list[tuple[float, int, int, int]] = []
    low, high = (max(6, round(points * scale / 2)) for points in (_SMALLEST_POINTS, _LARGEST_POINTS))
    for side in range(low, high + 1):
        found += _outlines(across, down, side)
    boxes: list[CheckBox] = []
    for _, top, left, side in sorted(found, reverse=True):
        if any(abs(left * 2 - b.box[0]) < side * 2 and abs(top * 2 - b.box[1]) < side * 2 for b in boxes):
            continue
        filled = _inside(area, top, left, side)
        if filled < _FULL and _stands_alone(area, top, left, side):
            boxes.append(CheckBox((left * 2, top * 2, (left + side) * 2, (top + side) * 2), filled >= _TICKED))
    return sorted(boxes, key=lambda b: (b.box[1], b.box[0]))


def _sums(ink: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Running sums along rows, where a line may sway by one pixel up or down."""
    import numpy as np

    thick = ink.copy()
    thick[1:] |= ink[:-1]
    thick[:-1] |= ink[1:]
    sums = np.zeros((ink.shape[0], ink.shape[1] + 1), np.int32)
    np.cumsum(thick, axis=1, out=sums[:, 1:])
    return sums


def _outlines(
    across: np.ndarray[Any, np.dtype[np.int32]], down: np.ndarray[Any, np.dtype[np.int32]], side: int
) -> list[tuple[float, int, int, int]]:
    """Squares of one size whose four sides are ink: (score, top, left, side)."""
    import numpy as np

    least = _OUTLINE * side
    rows = across[:, side:] - across[:, :-side]
    columns = (down[:, side:] - down[:, :-side]).T
    height, width = rows.shape[0] - side, columns.shape[1] - side
    if height <= 0 or width <= 0:
        return []
    # Most places fail on the first side: the others are looked at only where it holds.
    tops, lefts = np.nonzero(rows[:height, :width] >= least)
    for grid, dy, dx in ((rows, side, 0), (columns, 0, 0), (columns, 0, side)):
        keep = grid[tops + dy, lefts + dx] >= least
        tops, lefts = tops[keep], lefts[keep]
    scores = (
        rows[tops, lefts] + rows[tops + side, lefts] + columns[tops, lefts] + columns[tops, lefts + side]
    ) / (4.0 * side)
    return [(float(s), int(t), int(x), side) for s, t, x in zip(scores, tops, lefts, strict=True)]


def _share(area: np.ndarray[Any, np.dtype[np.int32]], top: int, left: int, bottom: int, right: int) -> float:
    top, left = max(top, 0), max(left, 0)
    bottom, right = min(bottom, area.shape[0] - 1), min(right, area.shape[1] - 1)
    if bottom <= top or right <= left:
        return 0.0
    ink = area[bottom, right] - area[top, right] - area[bottom, left] + area[top, left]
    return float(ink) / ((bottom - top) * (right - left))


def _inside(area: np.ndarray[Any, np.dtype[np.int32]], top: int, left: int, side: int) -> float:
    margin = max(2, round(side * 0.22))
    return _share(area, top + margin, left + margin, top + side + 1 - margin, left + side + 1 - margin)


def _stands_alone(area: np.ndarray[Any, np.dtype[np.int32]], top: int, left: int, side: int) -> bool:
    """Whether the sides end at the corners: those of a table's cell go on."""
    reach = max(3, side // 3)
    beyond = (
        _share(area, top - 1, left - reach, top + 2, left - 1),
        _share(area, top - 1, left + side + 2, top + 2, left + side + 2 + reach),
        _share(area, top + side - 1, left - reach, top + side + 2, left - 1),
        _share(area, top - reach, left - 1, top - 1, left + 2),
        _share(area, top + side + 2, left - 1, top + side + 2 + reach, left + 2),
        _share(area, top + side + 2, left + side - 1, top + side + 2 + reach, left + side + 2),
    )
    return sum(share > _OPEN_CORNER for share in beyond) <= 1
