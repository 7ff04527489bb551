"""Words on a page become text in reading order: lines, columns, table rows, wrapped cells, hyphens at line ends.

Works on any source of words (a text layer, OCR). Coordinates are those of the *reading frame*: points, origin at the
top left of the page turned so that its text is upright. What comes out is text plus, for each word, its place in that
text.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

from hccassist.reading.grid import Rules, Table, find_tables
from hccassist.schema import Box, Word

CELL_SEPARATOR = "  "
HYPHENS = "-\u2010\u00ad"
_SAME_LINE = 0.45
"""Two words share a line when their middles differ by less than this part of the smaller one's height."""
_CELL_GAP = 1.0
"""A gap wider than this part of the line's height separates cells; a justified line's spaces stay below it."""
_PARAGRAPH_GAP = 1.75
"""Lines further apart than this part of their height are parted by an empty line."""
_TIGHT_GAP = 0.4
"""Between two cells of known columns this gap is enough; a space is a quarter of the height."""
_MIN_COLUMN_ROWS = 3
_MAX_CELLS = 20
_MIN_COLUMN_LINES = 6
_NEW_LINE_IN_CELL = re.compile(r"(?:[-•●▪*#]|\(?\d{1,2}[.)](?!\d)|[A-Za-z]+:)")
"""What begins a line of its own within a cell: a list's mark or number, a label."""
_CHOICE = re.compile(r"[☐☒☑□◉]|[\[(][xX✓]?(?:[\])]|$)")
"""What begins a choice of a form: those of a cell stand on one line, parted."""
_MOST_CELL_LINES = 6
_TABLE_LINES = 3
_MOST_HEADER_LINES, _HEADER_GAP = 5, 2.0
_CROSSED_LINES, _INTERLEAVED = 3, 5
_MIN_DRAWN_LINES, _TOUCHES = 3, 3.0
_INDENT = 24.0
_CROSSED = 12.0
"""How far, in points, a line must reach past a gutter on both sides to cross it."""
_HYPHEN_END = re.compile("[A-Za-z]{2,}[-\u2010\u00ad]\\Z")
_WORD_PIECE = re.compile(r"[a-z]+")


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


@dataclass(frozen=True, slots=True)
class TextLine:
    """A finished line: where it stands in the page's text, and its vertical extent as part of the page's height."""

    start: int
    end: int
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of one page, its words with offsets into it (or into the chart, see ``offset`` of ``compose``), its
    lines."""

    text: str
    words: tuple[Word, ...]
    lines: tuple[TextLine, ...]


_NO_RULES = Rules()


def compose(
    tokens: Sequence[Token], frame_height: float, offset: int, vocabulary: Container[str], rules: Rules = _NO_RULES
) -> PageText:
    """The page's text from its words. Word and line offsets start at ``offset``. ``vocabulary`` holds lower-case
    words seen unbroken, which decide whether a hyphen at a line's end belongs to the word; ``rules`` are the lines printed
    on the page, in the words' frame."""
    return _write(reading_order(tokens, rules), frame_height or 1.0, offset, vocabulary)


def reading_order(tokens: Sequence[Token], rules: Rules = _NO_RULES) -> list[Line]:
    """The page's lines in the order a person reads them: columns one after the other, tables row by row."""
    tables = find_tables(tokens, rules) if rules else []
    if not tables:
        return _unruled(tokens, rules)
    ruled = {id(t) for table in tables for row in table.rows for cell in row for t in cell}
    rest = [t for t in tokens if id(t) not in ruled]
    out: list[Line] = []
    for table in tables:
        out += _unruled([t for t in rest if t.y0 + t.y1 < 2 * table.top], rules)
        rest = [t for t in rest if t.y0 + t.y1 >= 2 * table.top]
        out += _table_lines(table)
    return out + _unruled(rest, rules)


def _unruled(tokens: Sequence[Token], rules: Rules) -> list[Line]:
    lines = _lines(tokens)
    if sum(len(line.segments) > 1 for line in lines) + _overlaps(lines) < _MIN_COLUMN_LINES - 1:
        return _join_wrapped_cells(lines)
    return [line for block in _split_columns(lines, rules) for line in _join_wrapped_cells(block)]


def _table_lines(table: Table[Token]) -> list[Line]:
    """A ruled table's lines: each row one line, cell after cell; where a cell holds a text of its own, its lines."""
    out: list[Line] = []
    for row in table.rows:
        cells = [_lines(cell) for cell in row]
        if table.columns and not all(_is_wrapped(lines, table.columns) for lines in cells):
            # Lines that are printed to write on part more than one row.
            out += _lines([token for cell in row for token in cell])
        elif all(_is_one_text(lines) for lines in cells):
            out.append(_row(cells))
        else:
            out += [line for lines in cells for line in lines]
    return out


def _is_one_text(lines: Sequence[Line]) -> bool:
    """Whether a cell's lines are one wrapped text rather than paragraphs, a list or labelled lines."""
    if len(lines) > _MOST_CELL_LINES:
        return False
    return not any(_NEW_LINE_IN_CELL.match(_start(line)) for line in lines[1:])


def _is_wrapped(lines: Sequence[Line], columns: Sequence[float]) -> bool:
    """Whether each further line of a cell was broken only because its first word would not have fitted on the line before."""
    return all(
        above.segments[-1].x1 + (below.segments[0].tokens[0].x1 - below.segments[0].x0) + 1.5 * above.height
        > next((x for x in columns if x > above.segments[-1].x1), columns[-1])
        for above, below in itertools.pairwise(lines)
    )


def _start(line: Line) -> str:
    return line.segments[0].tokens[0].text


def _is_choice(token: Token) -> bool:
    return token.apart or bool(_CHOICE.match(token.text))


def _row(cells: Sequence[Sequence[Line]]) -> Line:
    """One line of a table row: what follows in a cell is joined to the text before it, unless wide gaps part its words."""
    segments: list[Segment] = []
    for lines in cells:
        for n, line in enumerate(lines):
            own = [Segment(list(s.tokens), s.x0, s.x1) for s in line.segments]
            if n and len(lines[n - 1].segments) == 1 and not _is_choice(own[0].tokens[0]):
                joined = own.pop(0)
                segments[-1].tokens += joined.tokens
                segments[-1].x1 = max(segments[-1].x1, joined.x1)
            segments += own
    first = [line for lines in cells for line in lines[:1]]
    last = [line for lines in cells for line in lines[-1:]]
    height = max(line.height for line in first)
    return Line(segments, min(line.middle for line in first), height, last_middle=max(line.middle for line in last))


def _lines(tokens: Sequence[Token]) -> list[Line]:
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
    return _split_tight_cells([_line(group) for group in groups])


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


def _line(group: list[Token]) -> Line:
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


def _overlaps(lines: Sequence[Line]) -> int:
    """How many lines stand closer to the next than their height: columns whose baselines do not match."""
    return sum(b.middle - a.middle < 0.8 * min(a.height, b.height) for a, b in itertools.pairwise(lines))


# --- columns --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Gutter:
    """A vertical gap between two columns of text, over the lines ``first`` to ``last`` (exclusive)."""

    x: float
    first: int
    last: int
    weight: int


def _split_columns(lines: list[Line], rules: Rules, depth: int = 0) -> list[list[Line]]:
    """The lines in blocks: above the columns, each column from left to right, below them."""
    gutter = _best_gutter(lines, rules) if depth < 4 and len(lines) >= _MIN_COLUMN_LINES else None
    if gutter is None:
        return [lines]
    left, right = _cut(lines[gutter.first : gutter.last], gutter.x)
    blocks = _split_columns(lines[: gutter.first], rules, depth + 1) if gutter.first else []
    blocks += _split_columns(left, rules, depth + 1)
    blocks += _split_columns(right, rules, depth + 1)
    if gutter.last < len(lines):
        blocks += _split_columns(lines[gutter.last :], rules, depth + 1)
    return blocks


def _cut(lines: Iterable[Line], x: float) -> tuple[list[Line], list[Line]]:
    sides: tuple[list[Line], list[Line]] = ([], [])
    for line in lines:
        for side, segments in zip(
            sides, ([s for s in line.segments if s.x1 <= x], [s for s in line.segments if s.x1 > x]), strict=True
        ):
            if segments:
                side.append(_line([t for s in segments for t in s.tokens]))
    return sides


def _best_gutter(lines: list[Line], rules: Rules) -> _Gutter | None:
    starts = Counter(round(s.x0 / 4) for line in lines for s in line.segments)
    page_left = min(s.x0 for line in lines for s in line.segments)
    page_right = max(s.x1 for line in lines for s in line.segments)
    low, high = page_left + 0.15 * (page_right - page_left), page_right - 0.2 * (page_right - page_left)
    best: _Gutter | None = None
    for rounded, count in starts.items():
        x = rounded * 4 - 3.0
        if count < _MIN_COLUMN_LINES - 1 or not low < x < high:
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
        if len(inside) < _MIN_COLUMN_LINES or any(
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
    if len(rights) < _MIN_COLUMN_LINES or len(lefts) < _MIN_COLUMN_LINES:
        return None
    start, end = max(rights[0], lefts[0]), min(rights[-1], lefts[-1]) + 1
    if end - start < _MIN_COLUMN_LINES:
        return None
    start, end = start + first, end + first
    for i in range(start, min(start + _MOST_HEADER_LINES, end - _MIN_COLUMN_LINES)):
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
    if min(len(left_filled), len(right_filled)) < _MIN_COLUMN_LINES:
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
    return fewest >= 12 and both < 0.35 * fewest and _is_list(left_filled) and _is_list(right_filled)


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
            elif _NEW_LINE_IN_CELL.match(first) or (first[0].isupper() and (ended or not full)):
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


# --- tables ---------------------------------------------------------------------------------------------------------


def _join_wrapped_cells(lines: list[Line]) -> list[Line]:
    """Table rows whose cells run over several lines become one line: cell after cell, each read to its end."""
    out: list[Line] = []
    right_edge = max((s.x1 for line in lines for s in line.segments), default=0.0)
    for line in lines:
        row = out[-1] if out else None
        if row is not None and len(row.segments) > 1 and _continues(row, line, right_edge):
            _append(row, line)
        else:
            out.append(line)
    return out


def _column_of(row: Line, segment: Segment) -> int | None:
    """The cell of ``row`` that starts where ``segment`` starts and whose column holds the whole segment."""
    for i, cell in enumerate(row.segments):
        if abs(cell.x0 - segment.x0) <= 0.25 * row.height:
            following = row.segments[i + 1].x0 if i + 1 < len(row.segments) else None
            return i if following is None or segment.x1 < following - 1 else None
    return None


def _continues(row: Line, line: Line, right_edge: float) -> bool:
    """Whether each segment of ``line`` is the next line of a cell of ``row``: it starts where the cell starts,
    follows at line pitch, and its first word would not have fitted on the cell's line."""
    pitch = line.middle - row.last_middle
    if not 0 < pitch <= 1.35 * row.height or len(line.segments) > len(row.segments):
        return False
    if abs(line.height - row.height) > 0.15 * row.height:
        return False
    for segment in line.segments:
        column = _column_of(row, segment)
        if column is None:
            return False
        cell = row.pieces[column] if row.pieces else row.segments[column].tokens
        limit = row.segments[column + 1].x0 if column + 1 < len(row.segments) else right_edge
        first = segment.tokens[0]
        if cell[-1].x1 + (first.x1 - first.x0) + 0.25 * row.height <= limit - 1.5 * row.height:
            return False
        if column == 0 and _is_label(row, segment, right_edge):
            return False
    fewer = len(line.segments) < len(row.segments)
    goes_on = all(s.tokens[0].text[0].islower() for s in line.segments)
    return fewer or goes_on


def _is_label(row: Line, segment: Segment, right_edge: float) -> bool:
    """Whether the row is a label before a paragraph, whose next line starts under the label: prose, not a cell."""
    cells = row.pieces or [s.tokens for s in row.segments]
    first = segment.tokens[0]
    full = cells[-1][-1].x1 + (first.x1 - first.x0) + 0.25 * row.height > right_edge
    return cells[0][-1].text.endswith(":") or (len(cells) == 2 and full)


def _append(row: Line, line: Line) -> None:
    if not row.pieces:
        row.pieces = [list(s.tokens) for s in row.segments]
    for segment in line.segments:
        column = _column_of(row, segment)
        if column is not None:
            row.pieces[column].extend(segment.tokens)
    row.last_middle = line.middle


# --- writing --------------------------------------------------------------------------------------------------------


def _write(lines: Sequence[Line], frame_height: float, offset: int, vocabulary: Container[str]) -> PageText:
    tokens, glues, firsts = _flatten(lines)
    _mend_hyphens(tokens, glues, vocabulary)
    parts: list[str] = []
    words: list[Word] = []
    at = offset
    for token, glue in zip(tokens, glues, strict=True):
        at += len(glue)
        end = at + len(token.text)
        words.append(Word(at, end, token.box, token.confidence))
        parts.append(glue)
        parts.append(token.text)
        at = end
    marks: list[TextLine] = []
    for line, first, after in zip(lines, firsts, [*firsts[1:], len(tokens)], strict=True):
        top, bottom = line.middle - line.height / 2, line.last_middle + line.height / 2
        marks.append(TextLine(words[first].start, words[after - 1].end, top / frame_height, bottom / frame_height))
    return PageText("".join(parts), tuple(words), tuple(marks))


def _flatten(lines: Sequence[Line]) -> tuple[list[Token], list[str], list[int]]:
    """All words in order, what stands before each, and the index of each line's first word."""
    tokens: list[Token] = []
    glues: list[str] = []
    firsts: list[int] = []
    previous: Line | None = None
    for line in lines:
        glue = "" if previous is None else "\n"
        if previous is not None:
            pitch = line.middle - previous.last_middle
            if pitch < 0 or pitch > _PARAGRAPH_GAP * max(line.height, previous.height):
                glue = "\n\n"
        firsts.append(len(tokens))
        for cell in line.pieces or [s.tokens for s in line.segments]:
            tokens.extend(cell)
            glues.append(glue)
            glues.extend([" "] * (len(cell) - 1))
            glue = CELL_SEPARATOR
        previous = line
    return tokens, glues, firsts


def _mend_hyphens(tokens: list[Token], glues: list[str], vocabulary: Container[str]) -> None:
    """Joins words broken at a line's end. Without proof that the joined word exists in the chart the hyphen is kept:
    prints seldom break syllables, and often break after the hyphen of a compound."""
    for i in range(len(tokens) - 1):
        head, tail = tokens[i], tokens[i + 1]
        text = head.text
        if text[-1] not in HYPHENS or tail.x0 >= head.x1 or glues[i + 1] == "\n\n":
            continue
        if not _HYPHEN_END.search(text) or not tail.text[0].islower():
            continue
        glues[i + 1] = ""
        piece = _WORD_PIECE.match(tail.text)
        joined = (text[:-1] + (piece.group() if piece else "")).lower().lstrip("(")
        head.text = text[:-1] if joined in vocabulary or text[-1] == "\u00ad" else text[:-1] + "-"
