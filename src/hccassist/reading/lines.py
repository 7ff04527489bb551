"""Words on a page become lines, cut into segments where a wide gap parts them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hccassist.schema import Box

NEW_LINE = re.compile(r"(?:[-•●▪*#]|\(?\d{1,2}[.)](?!\d)|[A-Za-z]+:)")
"""What begins a line of its own within a cell or column: a list's mark or number, a label."""
_SAME_LINE = 0.45
"""Two words share a line when their middles differ by less than this part of the smaller one's height."""
_CELL_GAP = 1.0
"""A gap wider than this part of the line's height separates cells; a justified line's spaces stay below it."""
_TIGHT_GAP = 0.4
"""Between two cells of known columns this gap is enough; a space is a quarter of the height."""
_MIN_COLUMN_ROWS = 3
_MAX_CELLS = 20


@dataclass(slots=True)
class Token:
    """A word before it has a place in the text: ``x0..y1`` in the reading frame, ``box`` as the page is displayed."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    box: Box
    confidence: float = 1.0
    apart: bool = False
    """It starts a cell, however small the gap before it: a ring was drawn around what stands before or behind it."""


@dataclass(slots=True)
class Segment:
    """Words of one line with no wide gap between them: a line of prose, or a table cell's line."""

    tokens: list[Token]
    x0: float
    x1: float


@dataclass(slots=True)
class Line:
    """What stands on one baseline, cut into segments from left to right. ``middle`` and ``height`` are its vertical
    place."""

    segments: list[Segment]
    middle: float
    height: float
    pieces: list[list[Token]] = field(default_factory=list)
    """Filled when wrapped cells are joined: the words of each cell, over all lines of its row."""
    last_middle: float = 0.0


def lines_of(tokens: Sequence[Token]) -> list[Line]:
    """Words grouped by baseline, top to bottom, and cut into segments."""
    ordered = sorted(tokens, key=lambda t: t.y0 + t.y1)
    groups: list[list[Token]] = []
    middle = height = 0.0
    for token in ordered:
        token_middle, token_height = (token.y0 + token.y1) / 2, token.y1 - token.y0
        if groups and token_middle - middle < _SAME_LINE * min(token_height, height):
            groups[-1].append(token)
        else:
            groups.append([token])
            middle, height = token_middle, token_height
    return _split_tight_cells([line_of(group) for group in groups])


def _split_tight_cells(lines: list[Line]) -> list[Line]:
    """Cuts a cell that almost touches the next where rows around it start a cell: a full cell leaves no wide gap."""
    starts = Counter(round(s.x0) for line in lines if len(line.segments) > 1 for s in line.segments[1:])
    columns = {x for x, count in starts.items() if count >= _MIN_COLUMN_ROWS}
    if not columns:
        return lines
    for i, line in enumerate(lines):
        near = {
            round(s.x0) for other in (*lines[max(i - 4, 0) : i], *lines[i + 1 : i + 5]) for s in other.segments[1:]
        } & columns
        if near and len(line.segments) <= _MAX_CELLS:
            line.segments = [part for s in line.segments for part in _split_at(s, near, line.height)]
    return lines


def _split_at(segment: Segment, columns: set[int], height: float) -> list[Segment]:
    parts: list[list[Token]] = [segment.tokens[:1]]
    for token in segment.tokens[1:]:
        gap = token.x0 - parts[-1][-1].x1
        if gap > _TIGHT_GAP * height and round(token.x0) in columns:
            parts.append([token])
        else:
            parts[-1].append(token)
    if len(parts) == 1:
        return [segment]
    return [Segment(part, part[0].x0, max(t.x1 for t in part)) for part in parts]


def line_of(group: list[Token]) -> Line:
    """Words of one baseline as a line."""
    group.sort(key=lambda t: t.x0)
    heights = sorted(t.y1 - t.y0 for t in group)
    height = heights[len(heights) // 2]
    gap = _CELL_GAP * height
    segments: list[Segment] = []
    for token in group:
        if segments and token.x0 - segments[-1].x1 <= gap and not token.apart:
            segments[-1].tokens.append(token)
            segments[-1].x1 = max(segments[-1].x1, token.x1)
        else:
            segments.append(Segment([token], token.x0, token.x1))
    middle = sum(t.y0 + t.y1 for t in group) / (2 * len(group))
    return Line(segments, middle, height, last_middle=middle)


def overlaps(lines: Sequence[Line]) -> int:
    """How many lines stand closer to the next than their height: columns whose baselines do not match."""
    return sum(b.middle - a.middle < 0.8 * min(a.height, b.height) for a, b in itertools.pairwise(lines))
