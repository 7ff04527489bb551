"""Several charts become one: the members of an archive, the attachments of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hccassist.reading.assemble import PAGE_SEPARATOR
from hccassist.schema import Chart, Page, Word


def merged(charts: Sequence[Chart], name: str, sha256: str) -> Chart:
    """One chart of all pages, in order and renumbered, every offset moved along."""
    parts: list[str] = []
    pages: list[Page] = []
    noise: list[tuple[int, int]] = []
    at = 0
    for chart in charts:
        if parts:
            parts.append(PAGE_SEPARATOR)
            at += len(PAGE_SEPARATOR)
        for page in chart.pages:
            words = tuple(Word(w.start + at, w.end + at, w.box, w.confidence) for w in page.words)
            pages.append(replace(page, number=len(pages) + 1, start=page.start + at, end=page.end + at, words=words))
        noise += [(start + at, end + at) for start, end in chart.noise]
        parts.append(chart.text)
        at += len(chart.text)
    return Chart(name, sha256, "".join(parts), tuple(pages), tuple(noise))
