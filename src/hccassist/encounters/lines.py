"""The chart's text as lines with their place: what every rule of this package looks at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container
from typing import NamedTuple

from hccassist.reading.noise import FAX_BANNER
from hccassist.schema import Chart
from hccassist.written_dates import DATE

_LEAF = re.compile(r"[^\f]+")
_LINE = re.compile(r"[^\n]+")
_LONGEST = 500
_CELL = re.compile(r" {2,}|\t+| \| ")
_SMALL_WORD = re.compile(r"(?<![\w'])[a-z]{2,}(?![\w:])")
_LABEL = re.compile(r"[A-Za-z /&.]{2,40}:")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[A-Za-z]")
# A fax machine's stamp: its date, sender and page count belong to the transmission, not to the record.
_FAX_BANNER = re.compile(rf"{FAX_BANNER}$|^\W*(?:received|sent) by fax\b", re.IGNORECASE)


class Line(NamedTuple):
    """A line of text. ``page`` is the number of its sheet, ``leaf`` counts the pages: a sheet may hold two. ``at`` counts the
    lines of its leaf from 0, ``last`` from its end; ``running`` marks page noise, ``fax`` a transmission stamp, ``scanned`` a
    page read by OCR."""

    text: str
    start: int
    end: int
    page: int
    at: int
    last: int
    running: bool
    fax: bool
    scanned: bool
    leaf: int

    @property
    def cells(self) -> list[tuple[int, str]]:
        """The cells of a table row or header line with their offsets in the line."""
        cells: list[tuple[int, str]] = []
        at = 0
        for gap in _CELL.finditer(self.text):
            cells.append((at, self.text[at : gap.start()]))
            at = gap.end()
        cells.append((at, self.text[at:]))
        return [(offset, cell) for offset, cell in cells if cell.strip()]


def small_words(text: str) -> set[str]:
    """The words in small letters that are no label: many make a sentence."""
    return set(_SMALL_WORD.findall(text))


def other_words(text: str, known: Container[str]) -> list[str]:
    """The words of a line beside dates, labels ("DOB:") and ``known`` ones, given in upper case."""
    bare = _LABEL.sub(" ", DATE.sub(" ", text))
    return [word for word in _WORD.findall(bare) if word.upper() not in known]


def lines_of(chart: Chart) -> list[Line]:
    """The lines of a chart that hold anything, in order."""
    noise_starts = [start for start, _ in chart.noise]
    out: list[Line] = []
    leaves = ((page, leaf.span()) for page in chart.pages for leaf in _LEAF.finditer(chart.text, page.start, page.end))
    for number, (page, bounds) in enumerate(leaves):
        found = [m for m in _LINE.finditer(chart.text, *bounds) if not m.group().isspace()]
        spans = [span for m in found for span in _pieces(chart.text, m.start(), m.end())]
        for at, (start, end) in enumerate(spans):
            n = bisect_right(noise_starts, start) - 1
            running = n >= 0 and chart.noise[n][1] >= end
            text = chart.text[start:end]
            fax = (at < 3 or len(spans) - at <= 3) and bool(_FAX_BANNER.match(text))
            scanned = page.source == "ocr"
            out.append(Line(text, start, end, page.number, at, len(spans) - 1 - at, running, fax, scanned, number))
    return out


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A line whole, or where it is a whole paragraph, in pieces cut at spaces: rules look at short stretches, so that
    no text can make them slow."""
    pieces: list[tuple[int, int]] = []
    while end - start > _LONGEST:
        space = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST)
        cut = space if space >= 0 else start + _LONGEST
        pieces.append((start, cut))
        start = cut
    if not text[start:end].isspace():
        pieces.append((start, end))
    return pieces
