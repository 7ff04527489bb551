"""Columns of text on a page, told from the rows of a table: prose or lists on both sides of a gutter that nothing crosses."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hccassist.reading.grid import Rules
from hccassist.reading.lines import NEW_LINE, Line, Segment, line_of

MIN_COLUMN_LINES = 6
_TABLE_LINES = 3
_MOST_HEADER_LINES, _HEADER_GAP = 5, 2.0
_CROSSED_LINES, _INTERLEAVED = 3, 5
_MIN_DRAWN_LINES, _TOUCHES = 3, 3.0
_INDENT = 24.0
_HEADED_LINES, _HEADING_WORDS = 3, 5
_ASIDE_WIDTH, _ASIDE_WORDS = 0.4, 2
_OF_THE_NOTE = re.compile(
    r"(?:d\.?o\.?[bs]|patient|name|pt|mrn|date|visit)\W*$|\d{1,2}[/-]\d{1,2}[/-]\d|(?:19|20)\d\d\b", re.IGNORECASE
)
_CROSSED = 12.0
"""How far, in points, a line must reach past a gutter on both sides to cross it."""


@cache
def _heading() -> re.Pattern[str]:
    """What heads a section of a note, alone on its line (``data/section_headings.tsv``)."""
    parts: dict[str, list[str]] = defaultdict(list)
    text = files(__package__).joinpath("data/section_headings.tsv").read_text(encoding="utf-8")
    for row in csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t"):
        parts[row["part"]].append(row["words"])
    before, heading, joined = ("|".join(parts[part]) for part in ("before", "heading", "joined"))
    return re.compile(rf"(?:(?:{before}) )*(?:{heading})(?: (?:and|&|/) (?:{joined}))?:?", re.IGNORECASE)


@dataclass(slots=True)
class _Gutter:
    """A vertical gap between two columns of text, over the lines ``first`` to ``last`` (exclusive)."""

    x: float
    first: int
    last: int
    weight: int


def split_columns(lines: list[Line], rules: Rules, depth: int = 0) -> list[list[Line]]:
    """The lines in blocks: above the columns, each column from left to right, below them."""
    gutter = _best_gutter(lines, rules) if depth < 4 and len(lines) >= MIN_COLUMN_LINES else None
    if gutter is None:
        return [lines]
    left, right = _cut(lines[gutter.first : gutter.last], gutter.x)
    blocks = split_columns(lines[: gutter.first], rules, depth + 1) if gutter.first else []
    for side in (right, left) if _is_aside(left, right) else (left, right):
        blocks += split_columns(side, rules, depth + 1)
    if gutter.last < len(lines):
        blocks += split_columns(lines[gutter.last :], rules, depth + 1)
    return blocks


def _is_aside(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Whether the left column is a letterhead's margin (who works here, telephones, services): narrow, beside a text of several
    times as many words, without a date, a section of the note or a label of its header. It is read behind the text, whose
    header it would part from the top of the page."""
    parts = [[s for line in side for s in line.segments] for side in (left, right)]
    margin, text = (max(s.x1 for s in side) - min(s.x0 for s in side) for side in parts)
    words, words_beside = ([t.text for s in side for t in s.tokens] for side in parts)
    return (
        margin < _ASIDE_WIDTH * text
        and _ASIDE_WORDS * len(words) < len(words_beside)
        and not any(_OF_THE_NOTE.match(word) for word in words)
        and not any(_is_heading(line.segments) for line in left)
    )


def _cut(lines: Iterable[Line], x: float) -> tuple[list[Line], list[Line]]:
    sides: tuple[list[Line], list[Line]] = ([], [])
    for line in lines:
        for side, segments in zip(
            sides, ([s for s in line.segments if s.x1 <= x], [s for s in line.segments if s.x1 > x]), strict=True
        ):
            if segments:
                side.append(line_of([t for s in segments for t in s.tokens]))
    return sides


def _best_gutter(lines: list[Line], rules: Rules) -> _Gutter | None:
    starts = Counter(round(s.x0 / 4) for line in lines for s in line.segments)
    page_left = min(s.x0 for line in lines for s in line.segments)
    page_right = max(s.x1 for line in lines for s in line.segments)
    low, high = page_left + 0.15 * (page_right - page_left), page_right - 0.2 * (page_right - page_left)
    best: _Gutter | None = None
    for rounded, count in starts.items():
        x = rounded * 4 - 3.0
        if count < MIN_COLUMN_LINES - 1 or not low < x < high:
            continue
        for gutter in _runs(lines, x):
            if (best is None or gutter.weight > best.weight) and not _is_ruled(lines, gutter, rules):
                best = gutter
    return _as_drawn(lines, best, rules) if best else _drawn_gutter(lines, rules)


def _as_drawn(lines: list[Line], gutter: _Gutter, rules: Rules) -> _Gutter:
    """The gutter as long as the line that is drawn in it, where there is one: what stands below belongs to no column."""
    inside = lines[gutter.first : gutter.last]
    left, right = _cut(inside, gutter.x)
    low, high = max(s.x1 for line in left for s in line.segments), min(s.x0 for line in right for s in line.segments)
    top, bottom = inside[0].middle, inside[-1].middle
    for rule in rules.vertical:
        if low < rule.at < high and min(rule.high, bottom) - max(rule.low, top) > 0.6 * (bottom - top):
            beside = [i for i in range(gutter.first, gutter.last) if rule.low <= lines[i].middle <= rule.high]
            return _Gutter(gutter.x, beside[0], beside[-1] + 1, gutter.weight)
    return gutter


def _drawn_gutter(lines: list[Line], rules: Rules) -> _Gutter | None:
    """A line drawn from top to bottom between two texts parts columns, where no line crosses it as in a table."""
    for rule in rules.vertical:
        inside = [i for i, line in enumerate(lines) if rule.low <= line.middle <= rule.high]
        if len(inside) < MIN_COLUMN_LINES or any(
            s.x0 < rule.at - 1 and s.x1 > rule.at + 1 for i in inside for s in lines[i].segments
        ):
            continue
        sides = _cut((lines[i] for i in inside), rule.at)
        crossed = any(rule.low + _TOUCHES < r.at < rule.high - _TOUCHES and r.low < rule.at < r.high for r in rules.horizontal)
        if not crossed and min(map(len, sides)) >= _MIN_DRAWN_LINES:
            words = sum(len(s.tokens) for i in inside for s in lines[i].segments)
            return _Gutter(rule.at, inside[0], inside[-1] + 1, words)
    return None


def _is_ruled(lines: list[Line], gutter: _Gutter, rules: Rules) -> bool:
    """Whether lines are printed across a gutter between the texts beside it: a table's rows, not columns."""
    top, bottom = lines[gutter.first].middle, lines[gutter.last - 1].middle
    crossing = {
        round(r.at)
        for r in rules.horizontal
        if r.low < gutter.x - _CROSSED and r.high > gutter.x + _CROSSED and top < r.at < bottom
    }
    return len(crossing) >= _TABLE_LINES


def _runs(lines: list[Line], x: float) -> Iterable[_Gutter]:
    """Stretches of lines that nothing crosses at ``x`` and that read as two columns."""
    first = 0
    for i in range(len(lines) + 1):
        if i < len(lines) and not any(s.x0 < x - 1 and s.x1 > x for s in lines[i].segments):
            continue
        run = _trim(lines, first, i, x)
        if run is not None and _is_columns(lines[run[0] : run[1]], x):
            yield _Gutter(x, *run, weight=sum(len(s.tokens) for line in lines[run[0] : run[1]] for s in line.segments))
        first = i + 1


def _trim(lines: list[Line], first: int, last: int, x: float) -> tuple[int, int] | None:
    """The stretch without leading and trailing lines that are not part of two columns: where the two sides stand side
    by side, plus what goes on in one column at the same pitch (columns seldom end together)."""
    sides = [(any(s.x1 <= x for s in line.segments), any(s.x1 > x for s in line.segments)) for line in lines[first:last]]
    rights = [i for i, (_, right) in enumerate(sides) if right]
    lefts = [i for i, (left, _) in enumerate(sides) if left]
    if len(rights) < MIN_COLUMN_LINES or len(lefts) < MIN_COLUMN_LINES:
        return None
    start, end = max(rights[0], lefts[0]), min(rights[-1], lefts[-1]) + 1
    if end - start < MIN_COLUMN_LINES:
        return None
    start, end = start + first, end + first
    for i in range(start, min(start + _MOST_HEADER_LINES, end - MIN_COLUMN_LINES)):
        # A header's two sides stand over the columns, parted from them by a wide gap.
        if lines[i + 1].middle - lines[i].middle > _HEADER_GAP * lines[i].height:
            start = i + 1
    # A left column's lead-in and a column's tail belong to it as long as the lines keep their pitch.
    while start > first and lines[start].middle - lines[start - 1].middle < 1.6 * lines[start].height:
        start -= 1
    while end < last and lines[end].middle - lines[end - 1].middle < 2.6 * lines[end - 1].height:
        if lines[end].middle - _foot(lines[start:end], lines[end], x) > 2.6 * lines[end - 1].height:
            break
        end += 1
    return start, end


def _foot(lines: Sequence[Line], line: Line, x: float) -> float:
    """Where the column that ``line`` would go on ends so far: below a wider gap something else begins, over both columns."""
    left = line.segments[0].x1 <= x
    return max((m.middle for m in lines for s in m.segments if (s.x1 <= x) == left), default=line.middle)


def _is_columns(lines: list[Line], x: float) -> bool:
    """Whether the two sides of ``x`` are columns of text rather than the cells of table rows.

    Prose fills its column from edge to edge. Lists printed side by side do not, but their lines seldom share baselines,
    while the cells of a row do."""
    left = [[s for s in line.segments if s.x1 <= x] for line in lines]
    right = [[s for s in line.segments if s.x1 > x] for line in lines]
    left_filled, right_filled = [s for s in left if s], [s for s in right if s]
    if min(len(left_filled), len(right_filled)) < MIN_COLUMN_LINES:
        return False
    if _is_prose(left_filled) and _is_prose(right_filled):
        return True
    both = sum(bool(a and b) for a, b in zip(left, right, strict=True))
    fewest = min(len(left_filled), len(right_filled))
    if _flush(left_filled) and _flush(right_filled):
        # A sentence goes on beside the start of something else: in a table's row it would stand beside an empty cell.
        crossed = sum(a * b < 0 for a, b in zip(_starts(left), _starts(right), strict=True))
        between = _interleaved(lines, left, right)
        if crossed and crossed + between >= _CROSSED_LINES and crossed >= 0.08 * both:
            return True
        # As many lines on either side, at heights of their own: labels centred beside their text are fewer.
        if between >= _INTERLEAVED and fewest >= 0.7 * max(len(left_filled), len(right_filled)):
            return True
    if _headed_apart(left, right):
        return True
    return fewest >= 12 and both < 0.35 * fewest and _is_list(left_filled) and _is_list(right_filled)


def _headed_apart(left: Sequence[list[Segment]], right: Sequence[list[Segment]]) -> bool:
    """Whether both sides have headings of their own, beside the other's text: "Labs today" beside "2. Gout: allopurinol".
    A table's row has its heading on one side, and its head's stand side by side."""
    apart = [(_is_heading(a), _is_heading(b)) for a, b in zip(left, right, strict=True)]
    lefts, rights = sum(a and not b for a, b in apart), sum(b and not a for a, b in apart)
    return min(lefts, rights) >= 1 and lefts + rights >= _HEADED_LINES


def _is_heading(side: Sequence[Segment]) -> bool:
    words = [t.text for s in side for t in s.tokens]
    return len(side) == 1 and len(words) <= _HEADING_WORDS and bool(_heading().fullmatch(" ".join(words)))


def _is_list(side: list[list[Segment]]) -> bool:
    """One segment a line, most of them flush left."""
    edges = Counter(round(s[0].x0 / 3) for s in side)
    return sum(len(s) == 1 for s in side) >= 0.9 * len(side) and edges.most_common(1)[0][1] >= 0.6 * len(side)


def _interleaved(lines: Sequence[Line], left: Sequence[list[Segment]], right: Sequence[list[Segment]]) -> int:
    """How often a line of one side stands between the baselines of the other's, closer than lines of one text ever do."""
    return sum(
        lines[i + 1].middle - lines[i].middle < 0.8 * lines[i].height
        and bool(left[i]) != bool(right[i])
        and bool(left[i]) == bool(right[i + 1])
        for i in range(len(lines) - 1)
    )


def _flush(side: list[list[Segment]]) -> bool:
    """Most lines start at the column's left edge, list marks and indents aside."""
    x0 = min(s[0].x0 for s in side)
    return sum(len(s) == 1 and s[0].x0 - x0 < _INDENT for s in side) >= 0.7 * len(side)


def _starts(side: list[list[Segment]]) -> list[int]:
    """For each line of a column 1 where something new starts, -1 where the line above goes on, 0 where that is open."""
    filled = [s for s in side if s]
    x0, x1 = min(s[0].x0 for s in filled), max(s[-1].x1 for s in filled)
    out: list[int] = []
    above: list[Segment] = []
    for here in side:
        if not here:
            out.append(0)
        else:
            first = here[0].tokens[0].text
            tokens = [t for s in above for t in s.tokens]
            full = len(tokens) >= 4 and tokens[-1].x1 - x0 > 0.7 * (x1 - x0)
            ended = not tokens or tokens[-1].text[-1] in ".:;!?"
            if full and not ended and first[0].islower():
                out.append(-1)
            elif NEW_LINE.match(first) or (first[0].isupper() and (ended or not full)):
                out.append(1)
            else:
                out.append(0)
        above = here
    return out


def _is_prose(side: list[list[Segment]]) -> bool:
    x0, x1 = min(s[0].x0 for s in side), max(s[-1].x1 for s in side)
    full = sum(s[-1].x1 - s[0].x0 > 0.7 * (x1 - x0) for s in side)
    words = sum(len(part.tokens) for s in side for part in s)
    return full >= 0.5 * len(side) and words >= 4.5 * len(side)
