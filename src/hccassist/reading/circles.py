"""Words ringed by hand on a form ("Active  (History)  None"): the ring is found, and taken out so that OCR reads the word.

A ring is one stroke whose ink lies all around an ellipse and hardly outside it, with other ink (the word) in its middle.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_INK = 150
_LEAST_HEIGHT_POINTS, _MOST_HEIGHT_POINTS = 12.5, 34.0
"""The highest go around two lines."""
_MOST_RINGS, _WAIST = 16, 0.25
"""So many rings may touch from line to line, and each ends so far (part of its height) from where equal ones would."""
_LEAST_WIDTH_POINTS, _MOST_WIDTH_POINTS = 13.0, 190.0
_NARROWEST = 0.8
"""Width by height: hands ring words, which are wider than high."""
_DIRECTIONS = 48
_RING = (0.78, 1.18)
"""Where a ring's ink lies, as parts of the ellipse that fills its box."""
_AROUND = 0.77
"""The least share of directions in which there is ring: a rule that touched it takes a piece along."""
_OUTSIDE = 0.06
"""The most ink beyond the ellipse, in the corners of the box: words and boxes have theirs there."""
_WORD_INK = (0.06, 0.8)
_RIM_SHARE = 0.56
"""The least part of its ink in its rim: that of a handwritten word is spread."""
_STROKE_POINTS = 2.4
_LEAST = 8
"""Smaller pieces of ink (pixels) are letters."""
_TIED_POINTS, _TIE_POINTS = 40.0, 14.0
"""From which width a ring may be tied to something else, and the length of what ties it."""
_SIDE = 0.2
"""From which part of its height on an upright line may be a ring's side."""
_EDGE_KEPT = 0.85
"""The part of its outer edge that a ring's ellipse is fitted to."""
_OFF_BOX = 0.25
"""By how much that ellipse may be larger or smaller than the box of the ink, or beside it (parts of half the box)."""
_ON_RULE_POINTS = 7.0
"""How long a piece of a ring runs along a ruled line."""


Pixels = tuple["np.ndarray[Any, np.dtype[np.int64]]", "np.ndarray[Any, np.dtype[np.int64]]"]
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A ring in an upright image: its pixels (left, top, right, bottom)."""

    box: tuple[int, int, int, int]


def lift_circles(level: Image, lined: Image, scale: float) -> tuple[Image, list[Circle]]:
    """A level page image of ``scale`` pixels a point without its hand-drawn rings, and where they were. ``lined`` is the
    same before its ruled lines were taken out, which took pieces of the rings along."""
    import numpy as np
    from PIL import Image as pil

    grey = np.array(level)
    point = scale / 2
    ink = _mended(_ink(grey), _ink(np.asarray(lined)), point)
    circles: list[Circle] = []
    for own in _connected(ink):
        strokes = list(_strokes(ink, own, point))
        if not strokes and max(np.ptp(own[0]), np.ptp(own[1])) >= _TIED_POINTS * point:
            # A piece of a ruled line may tie a ring to its neighbours.
            strokes = [stroke for part in _untied(own, point) for stroke in _strokes(ink, part, point)]
        for (rows, columns), box in strokes:
            for oy, ox in ((0, 0), (0, 1), (1, 0), (1, 1)):
                grey[2 * rows + oy, 2 * columns + ox] = 255
            circles.append(Circle(box))
    return (pil.fromarray(grey), circles) if circles else (level, [])


def _connected(ink: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[Pixels]:
    """The pixels of each connected piece of ink."""
    import numpy as np
    from scipy import ndimage

    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        if min(place[0].stop - place[0].start, place[1].stop - place[1].start) < _LEAST:
            continue
        ys, xs = np.nonzero(labels[place] == number)
        yield ys + place[0].start, xs + place[1].start


def _untied(own: Pixels, point: float) -> Iterator[Pixels]:
    """The pieces of connected ink once its long straight runs are taken out, each with what of them may be its side."""
    import numpy as np
    from scipy import ndimage

    ys, xs = own
    top, left = int(ys.min()), int(xs.min())
    mask = np.zeros((np.ptp(ys) + 1, np.ptp(xs) + 1), bool)
    mask[ys - top, xs - left] = True
    length = round(_TIE_POINTS * point)
    level, upright = (ndimage.binary_opening(mask, np.ones(shape)) for shape in ((1, length), (length, 1)))
    free = mask & ~level & ~upright
    # A stroke that crosses a run goes on behind it.
    free |= mask & ndimage.binary_closing(np.pad(free, 2), np.ones((5, 5)))[2:-2, 2:-2]
    for rows, columns in _connected(free):
        y0, x0, y1, x1 = int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())
        high = round(_SIDE * (y1 - y0))
        side = np.zeros_like(mask)
        side[y0 + high : y1 - high + 1, max(x0 - 2, 0) : x1 + 3] = upright[y0 + high : y1 - high + 1, max(x0 - 2, 0) : x1 + 3]
        side[rows, columns] = True
        found = np.nonzero(side)
        yield found[0] + top, found[1] + left


def _strokes(
    ink: np.ndarray[Any, np.dtype[np.bool_]], own: Pixels, point: float
) -> Iterator[tuple[Pixels, tuple[int, int, int, int]]]:
    """The strokes of the rings that connected ink is, each with its box in pixels of the whole image."""
    import numpy as np

    ys, xs = own
    height, width = int(np.ptp(ys)) + 1, int(np.ptp(xs)) + 1
    if not _LEAST_WIDTH_POINTS * point <= width <= _MOST_WIDTH_POINTS * point:
        return
    # Rings on the lines of a form may touch: each is then looked at by itself.
    fewest = math.ceil(height / (_MOST_HEIGHT_POINTS * point))
    most = min(math.floor(height / (_LEAST_HEIGHT_POINTS * point)), _MOST_RINGS)
    best: list[tuple[Pixels, tuple[int, int, int, int]]] = []
    for rings in range(most, max(fewest, 1) - 1, -1):
        found = [ring for low, high in _stacked(own, rings) if (ring := _ring_between(ink, own, low, high, point))]
        if len(found) == rings:
            yield from found
            return
        best = max(best, found, key=len)
    yield from best


def _stacked(own: Pixels, rings: int) -> Iterator[tuple[int, int]]:
    """From which row to which each of so many rings reaches that stand above each other: they touch where they are narrow."""
    import numpy as np

    ys, xs = own
    top, height = int(ys.min()), int(np.ptp(ys)) + 1
    left, right = np.full(height, xs.max()), np.full(height, xs.min())
    np.minimum.at(left, ys - top, xs)
    np.maximum.at(right, ys - top, xs)
    step = height / rings
    edges = [0]
    for n in range(1, rings):
        low, high = round((n - _WAIST) * step), round((n + _WAIST) * step)
        edges.append(low + int((right - left)[low : high + 1].argmin()))
    yield from itertools.pairwise([top + edge for edge in (*edges, height)])


def _ring_between(
    ink: np.ndarray[Any, np.dtype[np.bool_]], own: Pixels, low: int, high: int, point: float
) -> tuple[Pixels, tuple[int, int, int, int]] | None:
    """The stroke of the ring that connected ink is between two rows, and its box in pixels of the whole image."""
    ys, xs = own
    inside = (ys >= low) & (ys < high)
    rows, columns = ys[inside], xs[inside]
    if not len(rows):
        return None
    left, right = int(columns.min()), int(columns.max()) + 1
    if right - left < max(_LEAST_WIDTH_POINTS * point, _NARROWEST * (high - low)):
        return None
    stroke = _ring(ink, (rows, columns), point)
    return ((rows[stroke], columns[stroke]), (2 * left, 2 * low, 2 * right, 2 * high)) if stroke is not None else None


def _directions(angles: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    import numpy as np

    return ((angles + np.pi) / (2 * np.pi) * _DIRECTIONS).astype(np.int64) % _DIRECTIONS


def _on_ellipse(
    dy: np.ndarray[Any, np.dtype[np.float64]], dx: np.ndarray[Any, np.dtype[np.float64]]
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Places from -1 to 1 of their box, in the frame that makes the ellipse along their outer edge a circle of radius 1:
    hands draw rings aslant. The same places where no ellipse fits."""
    import numpy as np

    bins, radii = _directions(np.arctan2(dy, dx)), np.hypot(dy, dx)
    farthest = np.lexsort((radii, bins))
    edge = farthest[np.append(np.diff(bins[farthest]) != 0, True)]
    for _ in range(2):
        y, x = dy[edge], dx[edge]
        if len(edge) < _DIRECTIONS / 2:
            return dy, dx
        a, b, c, d, e = np.linalg.lstsq(np.stack([x * x, x * y, y * y, x, y], axis=1), np.ones(len(edge)), rcond=None)[0]
        matrix = np.array([[a, b / 2], [b / 2, c]])
        if a <= 0 or np.linalg.det(matrix) <= 0:
            return dy, dx
        middle = np.linalg.solve(matrix, [-d / 2, -e / 2])
        matrix = matrix / (1 + middle @ matrix @ middle)
        reach = np.sqrt(np.diag(np.linalg.inv(matrix)))
        if np.abs(reach - 1).max() > _OFF_BOX or np.abs(middle).max() > _OFF_BOX:
            # The ellipse of an arc is no ring's.
            return dy, dx
        frame = np.linalg.cholesky(matrix).T
        placed = frame @ (np.stack([dx, dy]) - middle[:, None])
        # Where a word sticks out of the ring it is no edge of it.
        off = np.abs(np.hypot(*placed[:, edge]) - 1)
        edge = edge[off <= np.quantile(off, _EDGE_KEPT)]
    return placed[1], placed[0]


def _ink(grey: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where ink is, in half size, the darkest of each four pixels kept: thin strokes survive, and small gaps close."""
    import numpy as np

    whole = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    darkest = np.minimum(np.minimum(whole[::2, ::2], whole[1::2, ::2]), np.minimum(whole[::2, 1::2], whole[1::2, 1::2]))
    found: np.ndarray[Any, np.dtype[np.bool_]] = darkest < _INK
    return found


def _mended(
    ink: np.ndarray[Any, np.dtype[np.bool_]], lined: np.ndarray[Any, np.dtype[np.bool_]], point: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The ink with the pieces of ruled lines put back that lie between two strokes which end on the line a little apart:
    those are the sides of a ring drawn over it."""
    import numpy as np
    from scipy import ndimage

    rule = lined & ~ink
    if not rule.any():
        return ink
    touched = rule & ndimage.binary_dilation(ink, np.ones((3, 3)))
    gap = round(_ON_RULE_POINTS * point)
    between = ndimage.binary_closing(touched, np.ones((gap, 1))) | ndimage.binary_closing(touched, np.ones((1, gap)))
    mended: np.ndarray[Any, np.dtype[np.bool_]] = ink | (between & rule)
    return mended


def _ring(ink: np.ndarray[Any, np.dtype[np.bool_]], own: Pixels, point: float) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Which of the pixels ``own`` of connected ink are the stroke of a ring around a word; None where they are no ring."""
    import numpy as np

    ys, xs = own
    if not len(ys):
        return None
    top, left, bottom, right = int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1
    half_height, half_width = (bottom - top) / 2, (right - left) / 2
    dy, dx = _on_ellipse((ys + 0.5 - top) / half_height - 1, (xs + 0.5 - left) / half_width - 1)
    angles, radii = np.arctan2(dy, dx), np.hypot(dy, dx)
    bins = _directions(angles)
    on_ring = (radii >= _RING[0]) & (radii <= _RING[1])
    if len(np.unique(bins[on_ring])) < _AROUND * _DIRECTIONS or (radii > _RING[1]).mean() > _OUTSIDE:
        return None
    if (radii >= 0.75).mean() < _RIM_SHARE:
        return None
    rows, columns = np.mgrid[top:bottom, left:right]
    middle = np.hypot((rows + 0.5 - top) / half_height - 1, (columns + 0.5 - left) / half_width - 1) < 0.6
    if not _WORD_INK[0] <= float(ink[top:bottom, left:right][middle].mean()) <= _WORD_INK[1]:
        return None
    # From the outer edge inwards; letters that touch the ring keep the rest of theirs.
    outer = np.zeros(_DIRECTIONS)
    np.maximum.at(outer, bins, radii)
    depth = (outer[bins] - radii) * np.hypot(np.cos(angles) * half_width, np.sin(angles) * half_height)
    stroke: np.ndarray[Any, np.dtype[np.bool_]] = (depth <= _STROKE_POINTS * point) & (radii > 0.6)
    return stroke
