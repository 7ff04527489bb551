"""Words ringed by hand on a form ("Active  (History)  None"): the ring is found, and taken out so that OCR reads the word.

A ring is one stroke whose ink lies all around an ellipse and hardly outside it, with other ink (the word) in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_INK = 150
_LEAST_HEIGHT_POINTS, _MOST_HEIGHT_POINTS = 12.5, 25.0
_LEAST_WIDTH_POINTS, _MOST_WIDTH_POINTS = 13.0, 190.0
_NARROWEST = 0.8
"""Width by height: hands ring words, which are wider than high."""
_DIRECTIONS = 48
_RING = (0.78, 1.18)
"""Where a ring's ink lies, as parts of the ellipse that fills its box."""
_AROUND = 0.8
"""The least share of directions in which there is ring: a rule that touched it takes a piece along."""
_OUTSIDE = 0.06
"""The most ink beyond the ellipse, in the corners of the box: words and boxes have theirs there."""
_WORD_INK = (0.06, 0.8)
_RIM_SHARE = 0.56
"""The least part of its ink in its rim: that of a handwritten word is spread."""
_STROKE_POINTS = 2.4


Pixels = tuple["np.ndarray[Any, np.dtype[np.int64]]", "np.ndarray[Any, np.dtype[np.int64]]"]
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A ring in an upright image: its pixels (left, top, right, bottom)."""

    box: tuple[int, int, int, int]


def lift_circles(level: Image, scale: float) -> tuple[Image, list[Circle]]:
    """A level page image of ``scale`` pixels a point without its hand-drawn rings, and where they were."""
    import numpy as np
    from PIL import Image as pil
    from scipy import ndimage

    # Half size, the darkest of each four pixels kept: thin strokes survive, and small gaps close.
    grey = np.array(level)
    whole = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    small = np.minimum(np.minimum(whole[::2, ::2], whole[1::2, ::2]), np.minimum(whole[::2, 1::2], whole[1::2, 1::2]))
    ink = small < _INK
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    point = scale / 2
    circles: list[Circle] = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = place[0].stop - place[0].start, place[1].stop - place[1].start
        # Rings on two lines of a form may touch: each is then looked at by itself.
        rings = 1 if height <= _MOST_HEIGHT_POINTS * point else 2
        if not (
            rings * _LEAST_HEIGHT_POINTS * point <= height <= rings * _MOST_HEIGHT_POINTS * point
            and _LEAST_WIDTH_POINTS * point <= width <= _MOST_WIDTH_POINTS * point
            and width >= _NARROWEST * height / rings
        ):
            continue
        ys, xs = np.nonzero(labels[place] == number)
        ys, xs = ys + place[0].start, xs + place[1].start
        for part in range(rings):
            low, high = (place[0].start + height * edge // rings for edge in (part, part + 1))
            own = (ys >= low) & (ys < high)
            stroke = _ring(ink, (ys[own], xs[own]), point)
            if stroke is None:
                continue
            rows, columns = ys[own][stroke], xs[own][stroke]
            for oy, ox in ((0, 0), (0, 1), (1, 0), (1, 1)):
                grey[2 * rows + oy, 2 * columns + ox] = 255
            left, right = int(xs[own].min()), int(xs[own].max()) + 1
            circles.append(Circle((2 * left, 2 * low, 2 * right, 2 * high)))
    return (pil.fromarray(grey), circles) if circles else (level, [])


def _ring(ink: np.ndarray[Any, np.dtype[np.bool_]], own: Pixels, point: float) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Which of the pixels ``own`` of connected ink are the stroke of a ring around a word; None where they are no ring."""
    import numpy as np

    ys, xs = own
    if not len(ys):
        return None
    top, left, bottom, right = int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1
    half_height, half_width = (bottom - top) / 2, (right - left) / 2
    dy, dx = (ys + 0.5 - top) / half_height - 1, (xs + 0.5 - left) / half_width - 1
    angles, radii = np.arctan2(dy, dx), np.hypot(dy, dx)
    bins = ((angles + np.pi) / (2 * np.pi) * _DIRECTIONS).astype(int) % _DIRECTIONS
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
