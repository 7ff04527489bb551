"""Pages that are in a chart twice: faxed again, scanned twice, sent by two offices.

A page whose own words (fax banners, print stamps and page numbers aside) are those of an earlier page repeats it. Scans of
one page are never read quite alike: there most of their word triples must agree, and their dates, since a note copied
forward to the next visit differs in little else.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from zlib import crc32

from hccassist.reading.noise import is_stamp
from hccassist.schema import Chart, Page
from hccassist.written_dates import DATE

_LEAST_WORDS = 40
"""Shorter pages (cover sheets, last pages) resemble each other without being copies."""
_ALIKE = 0.6
_SAMPLE = 4
"""One triple in so many is looked at first."""
_LEAST_SHARED = 3
_PAGE_NUMBER = re.compile(r"\b(?:page|pg\.?|p\.)\s*\d+(?:\s*(?:of|/)\s*\d+)?")
_WORD = re.compile(r"[a-z0-9]+")


def with_duplicates(chart: Chart) -> Chart:
    """The chart, each page that repeats an earlier one marked with its number."""
    if len(chart.pages) < 2:
        return chart
    repeats = _repeats(chart)
    if not repeats:
        return chart
    pages = tuple(replace(p, duplicate_of=repeats[p.number]) if p.number in repeats else p for p in chart.pages)
    return replace(chart, pages=pages)


def _repeats(chart: Chart) -> dict[int, int]:
    repeats: dict[int, int] = {}
    seen: dict[int, int] = {}
    scanned: list[tuple[Page, str, list[str]]] = []
    for page in chart.pages:
        text = _own_text(chart, page)
        words = _WORD.findall(text)
        if len(words) < _LEAST_WORDS:
            continue
        first = seen.setdefault(crc32(" ".join(words).encode()), page.number)
        if first != page.number:
            repeats[page.number] = first
        elif page.source == "ocr":
            scanned.append((page, text, words))
    return repeats | _repeated_scans(scanned)


def _own_text(chart: Chart, page: Page) -> str:
    parts: list[str] = []
    at = page.start
    for start, end in chart.noise:
        # A running header tells one visit's page from another's; what a fax or printer stamped on it does not.
        if page.start <= start < page.end and is_stamp(chart.text[start:end]):
            parts.append(chart.text[at:start])
            at = end
    parts.append(chart.text[at : page.end])
    return _PAGE_NUMBER.sub(" ", " ".join(parts).lower())


def _repeated_scans(pages: list[tuple[Page, str, list[str]]]) -> dict[int, int]:
    triples = [{crc32(" ".join(words[i : i + 3]).encode()) for i in range(len(words) - 2)} for _, _, words in pages]
    dates = [{m.group() for m in DATE.finditer(text)} for _, text, _ in pages]
    holders: dict[int, list[int]] = {}
    repeats: dict[int, int] = {}
    for n, own in enumerate(triples):
        sample = [t for t in own if t % _SAMPLE == 0]
        shared = Counter(k for t in sample for k in holders.get(t, ()))
        for k, count in sorted(shared.items()):
            same_dates = len(dates[n] ^ dates[k]) <= 1 and bool(dates[n] & dates[k] or not dates[n] | dates[k])
            if count >= _LEAST_SHARED and same_dates and len(own & triples[k]) >= _ALIKE * min(len(own), len(triples[k])):
                repeats[pages[n][0].number] = pages[k][0].number
                break
        else:
            for t in sample:
                holders.setdefault(t, []).append(n)
    return repeats
