"""The chart's text as lines with their place: what every rule of this package looks at."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from hccassist.schema import Chart

_LINE = re.compile(r"[^\n\f]+")
_CELL = re.compile(r" {2,}|\t+| \| ")
# A fax machine's stamp: its date, sender and page count belong to the transmission, not to the record.
_FAX_BANNER = re.compile(
    r"(?=.*\d{1,2}:\d{2})(?=.*(?:\bfax\b|\bfrom\b|\bto\b|\d{3}[- .)]\s?\d{3}[- .]\d{4}))"
    r".*\bP(?:AGE|G|\.)?\s*[.:#]?\s*\d{1,4}\s*(?:(?:/|of)\s*\d{1,4})?\W*$|^\W*(?:received|sent) by fax\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. ``at`` counts the lines of its page from 0, ``last`` from its end; ``running`` marks page noise,
    ``fax`` a transmission stamp, ``scanned`` a page read by OCR."""

    text: str
    start: int
    end: int
    page: int
    at: int
    last: int
    running: bool
    fax: bool
    scanned: bool

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


def lines_of(chart: Chart) -> list[Line]:
    """The lines of a chart that hold anything, in order."""
    noise_starts = [start for start, _ in chart.noise]
    out: list[Line] = []
    for page in chart.pages:
        found = [m for m in _LINE.finditer(chart.text, page.start, page.end) if not m.group().isspace()]
        for at, match in enumerate(found):
            n = bisect_right(noise_starts, match.start()) - 1
            running = n >= 0 and chart.noise[n][1] >= match.end()
            text = match.group()
            fax = (at < 3 or len(found) - at <= 3) and bool(_FAX_BANNER.search(text))
            out.append(
                Line(
                    text,
                    match.start(),
                    match.end(),
                    page.number,
                    at,
                    len(found) - 1 - at,
                    running,
                    fax,
                    page.source == "ocr",
                )
            )
    return out
