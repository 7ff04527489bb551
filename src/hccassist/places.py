"""Where a stretch of the chart's text stands: its page and its boxes there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from hccassist.schema import Box, Chart, Span, Word

_SAME_LINE = 0.5


class Places:
    """Finds pages and boxes of text ranges in one chart."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._starts = [p.start for p in chart.pages]
        self._word_starts = [[w.start for w in p.words] for p in chart.pages]

    @property
    def text(self) -> str:
        """The chart's text."""
        return self._chart.text

    def span(self, start: int, end: int) -> Span:
        """The span with its page and one box per printed line."""
        k = max(bisect_right(self._starts, start) - 1, 0)
        pages = self._chart.pages
        number = pages[k].number if pages else 1
        words: list[Word] = []
        if pages and pages[k].words:
            starts = self._word_starts[k]
            low = max(bisect_left(starts, start) - 1, 0)
            for word in pages[k].words[low : bisect_left(starts, end)]:
                if word.end > start:
                    words.append(word)
        return Span(start, end, self._chart.text[start:end], number, tuple(_lines(words)))

    def ocr_confidence(self, start: int, end: int) -> float:
        """The lowest OCR confidence among the words of a range; 1 where there was a text layer."""
        k = bisect_right(self._starts, start) - 1
        if k < 0 or not self._chart.pages[k].words:
            return 1.0
        words = self._chart.pages[k].words
        starts = self._word_starts[k]
        low = max(bisect_left(starts, start) - 1, 0)
        return min((w.confidence for w in words[low : bisect_left(starts, end)] if w.end > start), default=1.0)


def _lines(words: list[Word]) -> list[Box]:
    """Boxes of words that stand on one line, joined."""
    boxes: list[Box] = []
    for word in words:
        x0, y0, x1, y1 = word.box
        if boxes:
            a0, b0, a1, b1 = boxes[-1]
            overlap = min(b1, y1) - max(b0, y0)
            if overlap > _SAME_LINE * min(b1 - b0, y1 - y0) and x0 >= a0 - 1:
                boxes[-1] = (a0, min(b0, y0), max(a1, x1), max(b1, y1))
                continue
        boxes.append((x0, y0, x1, y1))
    return [(round(a, 2), round(b, 2), round(c, 2), round(d, 2)) for a, b, c, d in boxes]
