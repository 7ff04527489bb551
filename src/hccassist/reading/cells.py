"""Table rows whose cells run over several lines become one line: cell after cell, each read to its end."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from hccassist.reading.grid import Table
from hccassist.reading.lines import NEW_LINE, Line, Segment, Token, lines_of

_CHOICE = re.compile(r"[☐☒☑□◉]|[\[(][xX✓]?(?:[\])]|$)")
"""What begins a choice of a form: those of a cell stand on one line, parted."""
_MOST_CELL_LINES = 6


def table_lines(table: Table[Token]) -> list[Line]:
    """A ruled table's lines: each row one line, cell after cell; where a cell holds a text of its own, its lines."""
    out: list[Line] = []
    for row in table.rows:
        cells = [lines_of(cell) for cell in row]
        if table.columns and not all(_is_wrapped(lines, table.columns) for lines in cells):
            # Lines that are printed to write on part more than one row.
            out += lines_of([token for cell in row for token in cell])
        elif all(_is_one_text(lines) for lines in cells):
            out.append(_row(cells))
        else:
            out += [line for lines in cells for line in lines]
    return out


def _is_one_text(lines: Sequence[Line]) -> bool:
    """Whether a cell's lines are one wrapped text rather than paragraphs, a list or labelled lines."""
    if len(lines) > _MOST_CELL_LINES:
        return False
    return not any(NEW_LINE.match(_start(line)) for line in lines[1:])


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


def _is_mark(token: Token) -> bool:
    return len(token.text) == 1 and bool(_CHOICE.match(token.text))


def _row(cells: Sequence[Sequence[Line]]) -> Line:
    """One line of a table row: what follows in a cell is joined to the text before it, unless wide gaps part its words."""
    segments: list[Segment] = []
    for lines in cells:
        alone = False
        for n, line in enumerate(join_wrapped_cells(lines)):
            pieces = line.pieces or [s.tokens for s in line.segments]
            own = [Segment(list(words), words[0].x0, max(t.x1 for t in words)) for words in pieces]
            if n and alone and not _is_choice(own[0].tokens[0]):
                joined = own.pop(0)
                segments[-1].tokens += joined.tokens
                segments[-1].x1 = max(segments[-1].x1, joined.x1)
            segments += own
            alone = len(pieces) == 1
    first = [line for lines in cells for line in lines[:1]]
    last = [line for lines in cells for line in lines[-1:]]
    height = max(line.height for line in first)
    return Line(segments, min(line.middle for line in first), height, last_middle=max(line.middle for line in last))


def join_wrapped_cells(lines: Sequence[Line]) -> list[Line]:
    """Table rows whose cells run over several lines become one line: cell after cell, each read to its end."""
    out: list[Line] = []
    right_edge = max((s.x1 for line in lines for s in line.segments), default=0.0)
    starts = [s.x0 for line in lines for s in line.segments[1:]]
    for line in lines:
        row = out[-1] if out else None
        if row is not None and len(row.segments) > 1 and _continues(row, line, right_edge, starts):
            _append(row, line)
        else:
            out.append(line)
    return out


def _column_of(row: Line, segment: Segment) -> int | None:
    """The cell of ``row`` that starts where ``segment`` starts and whose column holds the whole segment."""
    for i, cell in enumerate(row.segments):
        # What is marked starts behind its mark.
        starts = [t.x0 for t in (cell.tokens[1:2] if _is_mark(cell.tokens[0]) else cell.tokens[:1])]
        if any(abs(x0 - segment.x0) <= 0.25 * row.height for x0 in starts):
            following = row.segments[i + 1].x0 if i + 1 < len(row.segments) else None
            return i if following is None or segment.x1 < following - 1 else None
    return None


def _continues(row: Line, line: Line, right_edge: float, starts: Sequence[float]) -> bool:
    """Whether each segment of ``line`` is the next line of a cell of ``row``: it starts where the cell starts,
    follows at line pitch, and its first word would not have fitted on the cell's line. ``starts`` are where the inner cells of
    all lines start: a row whose second cell starts where none other does is a text with wide gaps."""
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
        alone = len(line.segments) == 1
        if column == 0 and (_is_label(row, segment, right_edge, alone) or (alone and _is_lone(row, starts))):
            return False
    fewer = len(line.segments) < len(row.segments)
    goes_on = all(s.tokens[0].text[0].islower() for s in line.segments)
    return fewer or goes_on


def _is_lone(row: Line, starts: Sequence[float]) -> bool:
    """Whether no other line has a cell that starts where the row's second one does."""
    return sum(abs(row.segments[1].x0 - x) <= 0.25 * row.height for x in starts) < 2


def _is_label(row: Line, segment: Segment, right_edge: float, alone: bool) -> bool:
    """Whether the row is a label before a paragraph, whose next line starts under the label: prose, not a cell. ``alone``:
    nothing else stands on that line."""
    cells = row.pieces or [s.tokens for s in row.segments]
    first = segment.tokens[0]
    full = cells[-1][-1].x1 + (first.x1 - first.x0) + 0.25 * row.height > right_edge
    return cells[0][-1].text.endswith(":") or (alone and len(cells) == 2 and full)


def _append(row: Line, line: Line) -> None:
    if not row.pieces:
        row.pieces = [list(s.tokens) for s in row.segments]
    for segment in line.segments:
        column = _column_of(row, segment)
        if column is not None:
            row.pieces[column].extend(segment.tokens)
    row.last_middle = line.middle
