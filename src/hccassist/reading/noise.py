"""Running headers and footers, fax banners and page numbers: text that says who and where but belongs to no sentence.

Told by two things: the same line stands at the same height on a neighbouring page (numbers aside), or its wording is
that of a fax banner, page number or print stamp and it stands at the page's edge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MAX_HEADER_LINES = 5
_MAX_FOOTER_LINES = 4
_SAME_HEIGHT = 0.01
_HEADER_END = 0.22
_FOOTER_START = 0.80
_DIGITS = re.compile(r"\d+")

_TIME_OF_DAY = re.compile(r"\b\d{1,2}:\d{2}\b")
_PAGE_OF = r"(?:(?:page|pg\.?|p\.?|sheet)\s*)?(?:\d{1,4}\s*(?:of|/)\s*\d{1,4})"
FAX_BANNER = (
    r"(?=.*\d{1,2}:\d{2})(?=.*(?:\b(?:fax|from|to)\b|\d{3}[- .)]{0,2}\d{3}[- .]?\d{4}))"
    r".*(?:\bP(?:AGE|G)?\.?\s*[.:#]?\s*\d{1,4}\s*(?:(?:/|of)\s*\d{1,4})?|\b0\d\d\s?(?:/|of)\s?\d{3})\W*"
)
"""A whole line that a fax machine stamps on a page: the time, who sends or to which number, the page."""
_EDGE_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\W*{_PAGE_OF}\W*",
        r"\W*(?:page|pg\.?|p\.)\s*:?\s*\d{1,4}\W*",
        FAX_BANNER,
        r"(?:re)?(?:printed|faxed|generated)\s+(?:on|at|by|from)?.{0,80}",
        r"fax\s*(?:server|from|to|id)\b.{0,100}",
        r"(?:confidential|this (?:document|page|fax) (?:is|contains)).{0,160}",
    )
)


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """A line near the top or bottom of a page. ``top`` and ``bottom`` are parts of the page's height."""

    start: int
    end: int
    top: float
    bottom: float
    text: str

    @property
    def shape(self) -> str:
        """The line with its numbers and spacing blotted out."""
        return " ".join(_DIGITS.sub("#", self.text).lower().split())


def is_stamp(line: str) -> bool:
    """Whether a running line is a fax banner, a page number or a print stamp, whatever page it stands on."""
    return bool(_TIME_OF_DAY.search(line)) or any(p.fullmatch(line.strip()) for p in _EDGE_PATTERNS)


def find_noise(pages: Sequence[Sequence[EdgeLine]]) -> tuple[tuple[int, int], ...]:
    """The text ranges of running lines, in order. ``pages`` holds each page's first and last lines."""
    shapes = [[(line.shape, line.top) for line in page] for page in pages]
    ranges: list[tuple[int, int]] = []
    for i, page in enumerate(pages):
        near = [shapes[j] for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < len(pages)]
        repeated = [_stands_in(shape, top, near) for shape, top in shapes[i]]
        header = [n for n in _run(page, repeated, range(len(page)), _MAX_HEADER_LINES) if page[n].top < _HEADER_END]
        footer = [
            n for n in _run(page, repeated, range(len(page) - 1, -1, -1), _MAX_FOOTER_LINES) if page[n].bottom > _FOOTER_START
        ]
        ranges += [(page[n].start, page[n].end) for n in sorted({*header, *footer})]
    return tuple(ranges)


def _stands_in(shape: str, top: float, pages: Sequence[Sequence[tuple[str, float]]]) -> bool:
    return any(other == shape and abs(at - top) < _SAME_HEIGHT for page in pages for other, at in page)


def _run(page: Sequence[EdgeLine], repeated: Sequence[bool], order: range, limit: int) -> Iterator[int]:
    """From the page's edge inwards, the lines that are noise, up to the first that is not."""
    for count, n in enumerate(order):
        if count >= limit or not (repeated[n] or any(p.fullmatch(page[n].text.strip()) for p in _EDGE_PATTERNS)):
            return
        yield n
