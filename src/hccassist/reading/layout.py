"""Words on a page become text in reading order: columns one after the other, tables row by row, hyphens at line ends mended.

Works on any source of words (a text layer, OCR). Coordinates are those of the *reading frame*: points, origin at the
top left of the page turned so that its text is upright. What comes out is text plus, for each word, its place in that
text.

    words -> lines (lines.py) -> columns (columns.py) -> rows of tables (grid.py, cells.py) -> text
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from hccassist.reading.cells import join_wrapped_cells, table_lines
from hccassist.reading.columns import MIN_COLUMN_LINES, split_columns
from hccassist.reading.grid import Rules, find_tables
from hccassist.reading.lines import Line, Token, lines_of, overlaps
from hccassist.schema import Word

CELL_SEPARATOR = "  "
HYPHENS = "-\u2010\u00ad"
_PARAGRAPH_GAP = 1.75
"""Lines further apart than this part of their height are parted by an empty line."""
_HYPHEN_END = re.compile("[A-Za-z]{2,}[-\u2010\u00ad]\\Z")
_WORD_PIECE = re.compile(r"[a-z]+")
_NO_RULES = Rules()


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
        out += table_lines(table)
    return out + _unruled(rest, rules)


def _unruled(tokens: Sequence[Token], rules: Rules) -> list[Line]:
    lines = lines_of(tokens)
    if sum(len(line.segments) > 1 for line in lines) + overlaps(lines) < MIN_COLUMN_LINES - 1:
        return join_wrapped_cells(lines)
    return [line for block in split_columns(lines, rules) for line in join_wrapped_cells(block)]


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
