"""DOCX: headers, paragraphs and tables in document order, through python-docx; pages as Word last laid them out."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from hccassist.reading.archive import unpack
from hccassist.reading.errors import ReadError
from hccassist.reading.layout import CELL_SEPARATOR
from hccassist.reading.limits import Limits
from hccassist.reading.plain import text_chart
from hccassist.schema import Chart

_PAGE_BREAK = "./w:r/w:br[@w:type='page'] | ./w:r/w:lastRenderedPageBreak"
_TEXT_BEFORE_BREAK = "./w:r[w:t and following-sibling::w:r[w:br[@w:type='page'] or w:lastRenderedPageBreak]]"


def read_docx(data: bytes, name: str, sha256: str, limits: Limits) -> Chart:
    """The chart of a Word document, without words; raises ``ReadError``."""
    import docx

    _check_size(data, name, limits)
    try:
        document = docx.Document(io.BytesIO(data))
        lines = _header_lines(document)
        for block in document.iter_inner_content():
            lines += _block_lines(block)
    except Exception:  # python-docx raises KeyError, ValueError, lxml errors... by what is broken
        raise ReadError("broken", f"{name}: a broken Word document; save it again as DOCX or PDF") from None
    text = "\n".join(lines)
    if not text.strip():
        raise ReadError("empty", f"{name}: the document holds no text; export it again")
    return text_chart(text, name, sha256)


def _check_size(data: bytes, name: str, limits: Limits) -> None:
    """A document is an archive: unpacked once to know its true size before a parser sees it. What is parsed (its XML) may be as
    long as a chart's text."""
    room = limits.max_unpacked_bytes
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            parsed = member.filename.endswith((".xml", ".rels"))
            room -= len(unpack(archive, member, min(room, limits.max_characters) if parsed else room, name))


def _header_lines(document: Any) -> list[str]:
    lines: list[str] = []
    for section in document.sections:
        if not section.header.is_linked_to_previous:
            for block in section.header.iter_inner_content():
                lines += [line for line in _block_lines(block) if line.strip()]
    return list(dict.fromkeys(lines))


def _block_lines(block: Any) -> list[str]:
    if hasattr(block, "rows"):
        return [_row_line(row) for row in block.rows]
    lines = str(block.text).replace("\t", CELL_SEPARATOR).split("\n")
    if block.paragraph_format.page_break_before or block._p.xpath(_PAGE_BREAK):
        # A paragraph that goes on over a page's end stands on the page it begins on.
        return [*lines, "\f"] if block._p.xpath(_TEXT_BEFORE_BREAK) else ["\f", *lines]
    return lines


def _row_line(row: Any) -> str:
    cells: list[str] = []
    seen: set[int] = set()
    for cell in row.cells:
        # A merged cell comes once for each column it spans.
        if id(cell._tc) not in seen:
            seen.add(id(cell._tc))
            cells.append(" ".join(cell.text.split()))
    return CELL_SEPARATOR.join(cells)
