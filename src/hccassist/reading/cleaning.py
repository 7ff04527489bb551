"""A scanned page made easier to read: its contrast stretched, white on black turned over, turned level, its noise softened,
its ruled lines taken out.

Measured on scans of forms, faxes and photographs at 200 dpi: a light blur with local thresholds raises the characters
read with confidence by 8 %, and dates that touch the rule under a letterhead are read only once the rule is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hccassist.reading.grid import Rule, Rules

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_INK = 140
_DARKEST, _PAPER = 0.002, 0.5
"""The shares of pixels darker than ink and than paper: what is printed covers little of a page, and paper more than half."""
_FAINT = 190
"""Ink and paper closer than this (of 255) are stretched apart."""
_COARSE_POINTS, _PRINT_POINTS, _WHITE = 2.2, 48.0, 235
"""The grain in which paper is told from print (points), how thick print is at most, and paper that needs no evening."""
_MARGIN_POINTS, _MARGIN_LENGTH_POINTS = 8.0, 100.0
"""How thick and how long along an edge of the image the dark beside the paper is at least."""
_PANEL_POINTS, _PANEL_LEAST_POINTS, _PANEL_MOST_POINTS = 60.0, 7.0, 24.0
"""How wide a dark panel is at least, and how high at least and at most (points)."""
_RIM_INK, _PANEL_INK, _PANEL_ROW_INK = 0.97, 0.55, 0.25
"""The least ink in the rows above and below its letters, in all of it, and around each place of its rows."""
_MAX_SKEW = 6.0
_MIN_SKEW = 0.4
_WORD_PART, _ON_ITS_SIDE = 5, 1.25
"""Ink that hangs together is no word beyond this part of a page; and how much more of it gathers in columns than in rows where
lines run up."""
_THICK_POINTS, _SHAVED = 1.6, 1 / 6
"""Strokes as printed are 0.7 to 1.5 points wide on a scan; which part is taken off each side of those that ran thick."""
_BLUR_POINTS = 0.29
_RULE_POINTS = 43.0
"""Shorter lines may be letters; ruled lines and fax streaks are longer."""
_RULE_INK = 0.93
"""A rule in a noisy scan has gaps."""
_BLOCKS = 8
"""Into so many blocks of pixels a run is cut to look for it."""
_CROSSING_POINTS = 1.8
"""Ink on both sides of a rule at this distance is a stroke that crosses it."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A page image ready for OCR. ``lined`` is the same before its rules were taken out; ``skew`` how many degrees
    counterclockwise it was turned; ``rules`` what was taken out, in pixels."""

    image: Image
    lined: Image
    skew: float
    rules: Rules


def cleaned(grey: Image, scale: float) -> Cleaned:
    """An upright page image made ready for OCR. ``scale`` is pixels a point."""
    from PIL import Image as pil
    from PIL import ImageFilter

    soft = _turned_over(_stretched(grey), scale).filter(ImageFilter.GaussianBlur(_BLUR_POINTS * scale))
    skew = skew_of(soft)
    if skew:
        soft = soft.rotate(skew, resample=pil.Resampling.BILINEAR, fillcolor=255)
    image, rules = _without_rules(soft, scale)
    return Cleaned(image, soft, skew, rules)


def evened(grey: Image, scale: float) -> Image:
    """A page image with its paper made white wherever it lies in shadow or is grey or tinted, and what the camera or the
    copier saw beside the paper made white too."""
    import numpy as np
    from PIL import Image as pil
    from scipy import ndimage

    step = max(2, round(_COARSE_POINTS * scale))
    # What is dark and narrower than an inch is print: the paper around it goes through.
    reach = round(_PRINT_POINTS * scale / step)
    paper = ndimage.grey_closing(np.asarray(grey.reduce(step)), size=(reach, reach))
    if paper.min() >= _WHITE:
        return grey
    whole = np.asarray(pil.fromarray(paper).resize(grey.size, pil.Resampling.BILINEAR), np.uint16)
    even = np.minimum(np.asarray(grey, np.uint16) * 255 // np.maximum(whole, 1), 255).astype(np.uint8)
    beside = _beside_the_paper(pil.fromarray(even).reduce(step), scale / step)
    if beside is not None:
        even[np.asarray(beside.resize(grey.size, pil.Resampling.NEAREST)) > 0] = 255
    return pil.fromarray(even)


def thinned(grey: Image, scale: float) -> Image | None:
    """A page whose letters ran thick in a fax or a copy of a copy, with thinner ones; None where they
    are as printed."""
    from PIL import ImageFilter

    stroke = usual_stroke(grey)
    if stroke <= _THICK_POINTS * scale:
        return None
    return grey.filter(ImageFilter.MaxFilter(2 * max(1, round(stroke * _SHAVED)) + 1))


def usual_stroke(grey: Image) -> float:
    """How many pixels wide strokes usually are: the median run of ink along rows, specks left out; 0 without ink."""
    import numpy as np

    edges = np.diff(np.pad(np.asarray(grey) < _INK, ((0, 0), (1, 1))).astype(np.int8).ravel())
    runs = np.nonzero(edges == -1)[0] - np.nonzero(edges == 1)[0]
    runs = runs[runs > 1]
    return float(np.median(runs)) if len(runs) else 0.0


def _beside_the_paper(small: Image, scale: float) -> Image | None:
    """Where a coarse image is dark from its edge inwards; None where it is not."""
    import numpy as np
    from PIL import Image as pil
    from scipy import ndimage

    dark = np.asarray(small) < _INK
    thick = round(_MARGIN_POINTS * scale)
    labels, _ = ndimage.label(ndimage.binary_opening(np.pad(dark, thick, mode="edge"), np.ones((thick, thick))))
    labels = labels[thick:-thick, thick:-thick]
    found = np.zeros_like(dark)
    edges = np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))
    for number in np.unique(edges[edges > 0]):
        own = labels == number
        along = max(int(edge.sum()) for edge in (own[0], own[-1], own[:, 0], own[:, -1]))
        # A heading in white on black that reaches the edge is short along it, or has letters.
        if along >= _MARGIN_LENGTH_POINTS * scale and dark[own].mean() >= _RIM_INK:
            found |= own
    if not found.any():
        return None
    return pil.fromarray((ndimage.binary_dilation(found, iterations=2) * 255).astype(np.uint8))


def _stretched(grey: Image) -> Image:
    """A faint page with its ink made black and its paper white."""
    counts = grey.histogram()
    total, seen, ink, paper = sum(counts), 0, None, 255
    for level, count in enumerate(counts):
        seen += count
        if ink is None and seen > _DARKEST * total:
            ink = level
        if seen > _PAPER * total:
            paper = level
            break
    if ink is None or paper - ink < 20 or paper - ink > _FAINT:
        return grey
    return grey.point([max(0, min(255, round(255 * (level - ink) / (paper - ink)))) for level in range(256)])


def _turned_over(grey: Image, scale: float) -> Image:
    """The page with its dark panels (headings in white on black) turned into black on white."""
    import numpy as np
    from PIL import Image as pil
    from scipy import ndimage

    step = max(2, round(scale))
    dark = np.asarray(grey.reduce(step)) < _INK
    points = step / scale
    rims = _runs(dark, round(_PANEL_POINTS / points), _RIM_INK)
    if not rims.any():
        return grey
    most, near = round(_PANEL_MOST_POINTS / points), round(_PANEL_POINTS / points)
    panel = np.zeros_like(dark)
    # A rule close above a panel, or another panel, is parted from it by looking less far.
    for reach in (most, most // 2):
        left = rims & ~panel
        if not left.any():
            break
        labels, _ = ndimage.label(ndimage.binary_closing(left, np.ones((reach, 1))))
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            own = labels[place] == number
            # Two rules with text between them are mostly paper, and so is a line of text between two panels.
            if own.shape[0] * points >= _PANEL_LEAST_POINTS and dark[place][own].mean() >= _PANEL_INK:
                inner = own & (_nearby(dark[place] & own, near) >= _PANEL_ROW_INK * _nearby(own, near))
                parts, _ = ndimage.label(inner)
                panel[place] |= inner & np.isin(parts, parts[rims[place] & inner])
    if not panel.any():
        return grey
    mask = pil.fromarray((panel * 255).astype(np.uint8)).resize(grey.size, pil.Resampling.NEAREST)
    return pil.composite(grey.point([255 - level for level in range(256)]), grey, mask)


def _nearby(mask: np.ndarray[Any, np.dtype[np.bool_]], length: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """How much of the ``length`` pixels around each one on its row is in a mask."""
    import numpy as np
    from scipy import ndimage

    values = mask.astype(np.float32)
    share: np.ndarray[Any, np.dtype[np.float32]] = ndimage.uniform_filter1d(values, length, axis=1, mode="constant")
    return share


def skew_of(grey: Image) -> float:
    """The turn, in degrees counterclockwise, that makes an upright page's lines level; 0 below what tesseract bears."""
    import numpy as np

    small = grey.reduce(max(1, min(grey.size) // 700))

    def sharpness(degrees: float) -> float:
        turned = small.rotate(degrees, fillcolor=255) if degrees else small
        rows = (np.asarray(turned) < _INK).sum(axis=1, dtype=np.float64)
        return float(np.square(np.diff(rows)).sum())

    coarse = max((sharpness(d), -abs(d), d) for d in np.arange(-_MAX_SKEW, _MAX_SKEW + 0.1, 1.0))[2]
    fine = max((sharpness(d), -abs(d), d) for d in np.arange(coarse - 0.8, coarse + 0.9, 0.2))[2]
    return float(fine) if abs(fine) >= _MIN_SKEW and sharpness(float(fine)) > 1.1 * sharpness(0.0) else 0.0


def lies_on_its_side(grey: Image) -> bool:
    """Whether lines of text run up and down: ink then gathers in columns of pixels, not rows, once the page is level."""
    import numpy as np
    from PIL import Image as pil
    from scipy import ndimage

    small = _stretched(grey).reduce(max(1, min(grey.size) // 600))
    ink = np.asarray(small) < _INK
    # A table's rules and the dark along an edge gather more than any line of text, level or not.
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    most = min(ink.shape) // _WORD_PART
    small_pieces = [max(y.stop - y.start, x.stop - x.start) <= most for y, x in ndimage.find_objects(labels)]
    letters = pil.fromarray(np.array([False, *small_pieces])[labels].astype(np.uint8))
    down = across = 0.0
    for degrees in np.arange(-_MAX_SKEW, _MAX_SKEW + 0.1, 1.0):
        turned = np.asarray(letters.rotate(degrees))
        down = max(down, float(np.square(np.diff(turned.mean(axis=0))).sum()))
        across = max(across, float(np.square(np.diff(turned.mean(axis=1))).sum()))
    return down * ink.shape[1] > _ON_ITS_SIDE * across * ink.shape[0]


def _without_rules(grey: Image, scale: float) -> tuple[Image, Rules]:
    """The image with its long straight lines whitened, except where strokes cross them, and those lines."""
    import numpy as np
    from PIL import Image as pil

    pixels = np.array(grey)
    ink = pixels < _INK
    length, reach = round(_RULE_POINTS * scale), max(2, round(_CROSSING_POINTS * scale))
    found: list[tuple[Rule, ...]] = []
    # Columns first are rows of the transposed page: one way of working serves both directions.
    for page, marks in ((pixels, ink), (pixels.T, ink.T)):
        rule = _runs(marks, length, _RULE_INK) & marks
        found.append(_joined(rule, length, reach))
        if not found[-1]:
            continue
        thick = rule.copy()
        thick[1:] |= rule[:-1]
        thick[:-1] |= rule[1:]
        above, below = np.zeros_like(marks), np.zeros_like(marks)
        above[reach:] = marks[:-reach]
        below[:-reach] = marks[reach:]
        page[thick & ~(above & below)] = 255
    return pil.fromarray(pixels), Rules(found[0], found[1])


def _joined(rule: np.ndarray[Any, np.dtype[np.bool_]], length: int, reach: int) -> tuple[Rule, ...]:
    """The straight lines in a mask of horizontal ones: pieces that follow each other, a pixel lower or higher, joined."""
    import numpy as np

    lines: list[list[float]] = []
    for y in np.nonzero(rule.any(axis=1))[0]:
        edges = np.diff(np.concatenate(([0], rule[y].view(np.int8), [0])))
        for low, high in zip(np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0], strict=True):
            near = [line for line in lines if y - line[1] <= reach and low <= line[3] + length and high >= line[2] - length]
            if near:
                line = near[0]
                line[1], line[2], line[3] = float(y), min(line[2], float(low)), max(line[3], float(high))
            else:
                lines.append([float(y), float(y), float(low), float(high)])
    return tuple(Rule((top + bottom) / 2, low, high) for top, bottom, low, high in lines if high - low >= length / 2)


def _runs(ink: np.ndarray[Any, np.dtype[np.bool_]], length: int, share: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The pixels of horizontal runs of ``length`` pixels of which at least ``share`` are ink."""
    import numpy as np

    width = ink.shape[1]
    if width <= length:
        return np.zeros_like(ink)
    found = np.zeros_like(ink)
    rows = np.nonzero(_may_hold_runs(ink, length, share))[0]
    ink = ink[rows]
    sums = np.zeros((len(rows), width + 1), np.int32)
    np.cumsum(ink, axis=1, out=sums[:, 1:])
    runs = sums[:, length:] - sums[:, :-length] >= share * length
    edges = np.zeros((len(rows), width + 1), np.int32)
    edges[:, : runs.shape[1]] += runs
    edges[:, length : length + runs.shape[1]] -= runs
    found[rows] = np.cumsum(edges, axis=1)[:, :-1] > 0
    return found


def _may_hold_runs(ink: np.ndarray[Any, np.dtype[np.bool_]], length: int, share: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The rows that may hold such a run, few on a page of text: it lacks no more ink in the whole blocks of pixels within it
    than in all of it."""
    import numpy as np

    block = max(1, length // _BLOCKS)
    within = (length - block + 1) // block
    blocks = np.add.reduceat(ink, np.arange(0, ink.shape[1], block), axis=1, dtype=np.int32)
    sums = np.zeros((blocks.shape[0], blocks.shape[1] + 1), np.int32)
    np.cumsum(blocks, axis=1, out=sums[:, 1:])
    most = (sums[:, within:] - sums[:, :-within]).max(axis=1)
    may: np.ndarray[Any, np.dtype[np.bool_]] = most >= within * block - (1 - share) * length
    return may
