"""Check boxes on scanned forms: OCR takes them for letters ("0", "C", "{7"), so they are found by their outline and
told ticked from empty by the ink inside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_INK = 150
_SMALLEST_POINTS, _LARGEST_POINTS = 6.6, 15.0
_OUTLINE = 0.82
"""The least share of ink on each side of the outline: scans have gaps, ticks cross the sides."""
_AS_GOOD = 0.03
_MOST_ONWARD = 1
"""A tick may cross one corner."""
_RIM, _MIDDLE = 0.16, 0.3
_CROWDED = 0.68
"""More ink than this just inside the outline, and it is bold print; a tick leaves most of the rim white."""
_TICKED = 0.06
"""From this share of ink inside, a box is ticked; specks stay below it."""
_CLEAR = 0.95
"""Letters that look like boxes (D, O, B) lack part of a side; printed boxes do not."""
_SIZE_SPREAD = 2
_LEAST_BOXES = 3
_EXACTLY, _COLUMNS_APART = 2, 4
"""By how many pixels a form's boxes stand off their column, and by how many sides their columns stand apart at least."""
_MOST_OUTLINES = 20_000
"""More squares than any form prints: a photograph's dark parts, a halftone."""
_WORDS = ((1.9, 55.0), (1.4, 90.0))
"""A word so many times as wide as a box, and read with more than this confidence, has a letter there and no box."""
_GLUED, _APART = 0.18, 0.22
"""By its side: letters of a word stand closer to the next one, and a box stands farther from its label."""
_FULL, _SOLID = 0.8, 0.97
"""A full square is a bullet or a redaction; what is solid to its edges is part of the dark beside the paper."""


@dataclass(frozen=True, slots=True)
class CheckBox:
    """A box found in an upright image: its pixels (left, top, right, bottom), whether it is
    ticked, how much of its outline is there, and how far the next ink to its right is (1 is its side, or more)."""

    box: tuple[int, int, int, int]
    ticked: bool
    score: float
    gap: float


_Outline = tuple[float, int, int, int]
"""Score, top, left, side in the half-size image."""


def find_checkboxes(level: Image, scale: float) -> list[CheckBox]:
    """The check boxes of a level page image of ``scale`` pixels a point, from the top left."""
    import numpy as np

    # Half size, the darkest of each four pixels kept: thin outlines survive, and there is a quarter of the work.
    grey = np.asarray(level)
    grey = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    small = np.minimum(np.minimum(grey[::2, ::2], grey[1::2, ::2]), np.minimum(grey[::2, 1::2], grey[1::2, 1::2]))
    ink = small < _INK
    across, down, areas = _sums(ink), _sums(ink.T), np.pad(ink.cumsum(0, np.int32).cumsum(1, np.int32), ((1, 0), (1, 0)))
    found: list[_Outline] = []
    low, high = (max(6, round(points * scale / 2)) for points in (_SMALLEST_POINTS, _LARGEST_POINTS))
    for side in range(low, high + 1):
        found += _outlines(across, down, areas, side)
    if len(found) > _MOST_OUTLINES:
        return []
    groups = _places(found)
    boxes = [box for group in groups if (box := _box_of(group[0], ink, grey)) is not None]
    clear = Counter(b.box[2] - b.box[0] for b in boxes if b.score >= _CLEAR)
    if clear:
        # Strokes of a tick and thick sides make outlines within and around the outline: a form's boxes are of one size.
        usual = (max(clear, key=lambda side: (_of_size(clear, side), side)) - 2) // 2
        fitting = [[o for o in group if abs(o[3] - usual) <= 1] or group[:1] for group in groups]
        boxes = [box for group in fitting if (box := _best_box(group, ink, grey)) is not None]
    return sorted(boxes, key=lambda b: (b.box[1], b.box[0]))


def _of_size(sides: Mapping[int, int], side: int) -> int:
    return sum(count for other, count in sides.items() if abs(other - side) <= _SIZE_SPREAD)


def _best_box(
    group: list[_Outline], ink: np.ndarray[Any, np.dtype[np.bool_]], grey: np.ndarray[Any, np.dtype[np.uint8]]
) -> CheckBox | None:
    """The first outline of a place that is a box's."""
    return next((box for outline in group if (box := _box_of(outline, ink, grey)) is not None), None)


def _box_of(
    outline: _Outline, ink: np.ndarray[Any, np.dtype[np.bool_]], grey: np.ndarray[Any, np.dtype[np.uint8]]
) -> CheckBox | None:
    score, top, left, side = outline
    inside, rim = _inks(grey, _pixels(top, left, side))
    if inside < _FULL and rim < _CROWDED and _stands_alone(ink, top, left, side):
        box = _pixels(top, left, side)
        return CheckBox(box, inside >= _TICKED, score, _gap_behind(grey, box))
    return None


def _gap_behind(grey: np.ndarray[Any, np.dtype[np.uint8]], box: tuple[int, int, int, int]) -> float:
    import numpy as np

    left, top, right, bottom = box
    filled = (grey[top + 2 : bottom - 2, right + 1 : 2 * right - left] < _INK).any(axis=0)
    return float(np.argmax(filled)) / (right - left) if filled.any() else 1.0


def _pixels(top: int, left: int, side: int) -> tuple[int, int, int, int]:
    """A square of the half-size image in pixels of the whole one."""
    return (left * 2, top * 2, (left + side) * 2 + 2, (top + side) * 2 + 2)


def _places(found: list[_Outline]) -> list[list[_Outline]]:
    """Outlines by the place they share, each place's best ones: a worse one beside them is no second chance."""
    import numpy as np

    left = sorted(found, reverse=True)
    at = np.array([outline[1:] for outline in left], np.int32).reshape(-1, 3)
    groups: list[list[_Outline]] = []
    while left:
        least = left[0][0] - _AS_GOOD
        here = (np.abs(at[:, :2] - at[0, :2]) < at[:, 2:]).all(axis=1)
        groups.append([left[k] for k in np.nonzero(here)[0] if left[k][0] >= least])
        left = [left[k] for k in np.nonzero(~here)[0]]
        at = at[~here]
    return groups


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
    across: np.ndarray[Any, np.dtype[np.int32]],
    down: np.ndarray[Any, np.dtype[np.int32]],
    areas: np.ndarray[Any, np.dtype[np.int32]],
    side: int,
) -> list[_Outline]:
    """Squares of one size whose four sides are ink, those of solid ink (the dark beside the paper) left out: (score, top,
    left, side). ``areas`` holds the ink above and left of each pixel."""
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
    ink = areas[tops + side, lefts + side] - areas[tops, lefts + side] - areas[tops + side, lefts] + areas[tops, lefts]
    keep = ink < _SOLID * side * side
    tops, lefts = tops[keep], lefts[keep]
    scores = (rows[tops, lefts] + rows[tops + side, lefts] + columns[tops, lefts] + columns[tops, lefts + side]) / (4.0 * side)
    return [(float(s), int(t), int(x), side) for s, t, x in zip(scores, tops, lefts, strict=True)]


def _inks(grey: np.ndarray[Any, np.dtype[np.uint8]], box: tuple[int, int, int, int]) -> tuple[float, float]:
    """The shares of ink in the middle of a box and in the rim just inside its outline."""
    left, top, right, bottom = box
    rim, middle = round(_RIM * (right - left)), round(_MIDDLE * (right - left))
    outer = grey[top + rim : bottom - rim, left + rim : right - rim] < _INK
    inner = grey[top + middle : bottom - middle, left + middle : right - middle] < _INK
    if not inner.size or outer.size == inner.size:
        return 1.0, 1.0
    return float(inner.mean()), float((outer.sum() - inner.sum()) / (outer.size - inner.size))


def _stands_alone(ink: np.ndarray[Any, np.dtype[np.bool_]], top: int, left: int, side: int) -> bool:
    """Whether the sides end at the corners: those of a table's cell go on without a gap, and so does a letter's stroke."""
    reach = max(3, side // 3)
    right, bottom = left + side, top + side
    level = [(y, x) for y in (top, bottom) for x in ((left - reach, left), (right + 2, right + 2 + reach))]
    upright = [(x, y) for x in (left, right) for y in ((top - reach, top), (bottom + 2, bottom + 2 + reach))]
    onward = sum(_goes_on(ink[max(y - 1, 0) : y + 2, max(a, 0) : b].any(axis=0)) for y, (a, b) in level)
    onward += sum(_goes_on(ink[max(a, 0) : b, max(x - 1, 0) : x + 2].any(axis=1)) for x, (a, b) in upright)
    return onward <= _MOST_ONWARD


def _goes_on(pixels: np.ndarray[Any, np.dtype[np.bool_]]) -> bool:
    return bool(pixels.size) and bool(pixels.all())


def on_form(boxes: list[CheckBox], words: list[tuple[float, tuple[int, int, int, int]]]) -> list[CheckBox]:
    """The boxes that are a form's: of one size, in rows or columns, before a word or in a grid, and no part of a word.
    ``words`` are the confidence (0 to 100) and pixels of the words on the same image."""
    sharp = [b for b in boxes if b.score >= _CLEAR]
    rows_of_columns = _in_columns_side_by_side(sharp)
    clear = [b for b in sharp if b in rows_of_columns or not _in_a_word(b, words)]
    alone = [b for b in clear if b in rows_of_columns or _before_a_word(b, words) or _in_a_grid(b, clear)]
    if not alone:
        return []
    sides = [b.box[2] - b.box[0] for b in alone]
    usual = max(set(sides), key=lambda side: (sum(abs(side - other) <= _SIZE_SPREAD for other in sides), side))
    form = [b for b, side in zip(alone, sides, strict=True) if abs(side - usual) <= _SIZE_SPREAD]
    form = [b for b in form if any(_in_line(b, other) for other in form if other is not b)]
    if len(form) < _LEAST_BOXES:
        return []
    # The label of a box may be unread: what looks like the others and stands in line with them is one too.
    form += [b for b in boxes if b not in form and _is_another(b, form, usual, words)]
    gaps = sorted(b.gap for b in form if not b.ticked)
    apart = bool(gaps) and gaps[len(gaps) // 2] >= _APART
    return [b for b in form if not (apart and _is_letter(b, words))]


def _is_another(box: CheckBox, form: list[CheckBox], usual: int, words: list[tuple[float, tuple[int, int, int, int]]]) -> bool:
    if box.score < _CLEAR or abs(box.box[2] - box.box[0] - usual) > _SIZE_SPREAD:
        return False
    level, upright = (any(abs(box.box[k] - other.box[k]) <= _reach(box) for other in form) for k in (1, 0))
    return (level or upright) and (not _in_a_word(box, words) or (level and upright))


def _in_line(one: CheckBox, other: CheckBox) -> bool:
    """Whether two boxes stand in one row or one column, as a form's do."""
    return abs(one.box[0] - other.box[0]) <= _reach(one) or abs(one.box[1] - other.box[1]) <= _reach(one)


def _in_a_grid(box: CheckBox, boxes: list[CheckBox]) -> bool:
    """Whether a box stands in a row and in a column of others: a table whose head says what its boxes mean."""
    alike = [b for b in boxes if b is not box and abs(b.box[2] - b.box[0] - (box.box[2] - box.box[0])) <= _SIZE_SPREAD]
    column = sum(abs(b.box[0] - box.box[0]) <= _reach(box) for b in alike)
    return column >= _LEAST_BOXES - 1 and any(abs(b.box[1] - box.box[1]) <= _reach(box) for b in alike)


def _in_columns_side_by_side(boxes: list[CheckBox]) -> list[CheckBox]:
    """Those that stand exactly under each other, beside those of another column: letters at the beginning of lines do
    the one, not the other. They are a form's however close their labels are, and whatever these are read as."""

    def column(box: CheckBox) -> list[CheckBox]:
        return [b for b in boxes if _as_large(b, box) and abs(b.box[0] - box.box[0]) <= _EXACTLY]

    in_columns = [b for b in boxes if len(column(b)) >= _LEAST_BOXES]
    return [
        one
        for one in in_columns
        if any(
            _as_large(one, b)
            and abs(one.box[1] - b.box[1]) <= _EXACTLY
            and abs(one.box[0] - b.box[0]) >= _COLUMNS_APART * (one.box[2] - one.box[0])
            for b in in_columns
        )
    ]


def _as_large(one: CheckBox, other: CheckBox) -> bool:
    return abs((one.box[2] - one.box[0]) - (other.box[2] - other.box[0])) <= _SIZE_SPREAD


def _reach(box: CheckBox) -> float:
    """How far boxes of one row or column stand off."""
    return (box.box[2] - box.box[0]) / 3


def _is_letter(box: CheckBox, words: list[tuple[float, tuple[int, int, int, int]]]) -> bool:
    """Whether an empty box, on a form whose labels stand apart from theirs, is the first letter of a word ("Depression")."""
    return not box.ticked and box.gap < _GLUED and any(_begins(w, box) for _, w in words)


def _begins(word: tuple[int, int, int, int], box: CheckBox) -> bool:
    """Whether a word begins with a box, or with a letter that looks like one."""
    side, middle = box.box[2] - box.box[0], (box.box[1] + box.box[3]) / 2
    return abs(word[0] - box.box[0]) <= side / 2 and word[1] <= middle <= word[3] and word[2] > box.box[2] + side


def _in_a_word(box: CheckBox, words: list[tuple[float, tuple[int, int, int, int]]]) -> bool:
    x, y = (box.box[0] + box.box[2]) / 2, (box.box[1] + box.box[3]) / 2
    side = box.box[2] - box.box[0]
    return any(
        w[0] <= x <= w[2] and w[1] <= y <= w[3] and any(w[2] - w[0] > n * side and confidence > sure for n, sure in _WORDS)
        for confidence, w in words
        # A box before its label is read as the first letter of it.
        if box.gap < _APART or not _begins(w, box)
    )


def _before_a_word(box: CheckBox, words: list[tuple[float, tuple[int, int, int, int]]]) -> bool:
    y, side = (box.box[1] + box.box[3]) / 2, box.box[2] - box.box[0]
    # A box close to its label is read as the first letter of it.
    return any(
        (0 <= w[0] - box.box[2] + side / 2 <= 2.5 * side or abs(w[0] - box.box[0]) <= side / 2)
        and w[1] - side / 2 <= y <= w[3] + side / 2
        and w[2] > box.box[2] + side
        for _, w in words
    )
