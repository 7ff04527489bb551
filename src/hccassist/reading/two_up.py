"""Two pages side by side on one sheet: how copiers save paper and books are scanned. Each is read by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hccassist.reading.grid import Rule, Rules
from hccassist.reading.lines import Line, Token, lines_of

_WIDE = 1.2
"""A sheet that holds two pages is at least so many times as wide as high."""
_MIDDLE = 0.1
"""How far from its middle, as a part of its width, the pages may meet."""
_MARGINS = 0.035
"""The margins between their texts, as a part of the sheet's width, are at least so wide."""
_CROSSED = 3
"""Lines drawn across the middle are a table's."""
_LEAST_LINES, _HEAD_LINES, _PROSE_LINES, _PROSE_WORDS = 3, 6, 3, 7
_LETTER = re.compile(r"[A-Za-z0-9]")
_HEADER = re.compile(
    r"\b(?:(?:patient|pt|client|member|resident|provider)(?: name)?|name|d\.?o\.?b|date of birth|birth ?date|mrn"
    r"|(?:visit|encounter|service|note)? ?date|date of \w+|dos|seen)\s?[:#]",
    re.IGNORECASE,
)
_NO_RULES = Rules()


def pages_of(tokens: Sequence[Token], width: float, height: float, rules: Rules) -> list[tuple[list[Token], Rules]]:
    """The words of each of a sheet's pages with the lines printed on it, from left to right; all of them as one page where
    the sheet holds no two. ``width`` and ``height`` are the sheet's, in the words' frame."""
    whole = [(list(tokens), rules)]
    if width < _WIDE * height:
        return whole
    middle = _gap(tokens, width)
    if middle is None or sum(r.low < middle - 1 and r.high > middle + 1 for r in rules.horizontal) >= _CROSSED:
        return whole
    sides = [[t for t in tokens if t.x0 < middle], [t for t in tokens if t.x0 >= middle]]
    if not all(_is_page(lines_of(side)) for side in sides):
        return whole
    return [(sides[0], _within(rules, 0.0, middle)), (sides[1], _within(rules, middle, width))]


def _gap(tokens: Sequence[Token], width: float) -> float | None:
    """The middle of the widest strip near the sheet's middle in which no word stands; None where all are too narrow."""
    reached, best = 0.0, (_MARGINS * width, 0.0)
    low, high = (0.5 - _MIDDLE) * width, (0.5 + _MIDDLE) * width
    for token in sorted((t for t in tokens if _LETTER.search(t.text)), key=lambda t: t.x0):
        # Ragged lines leave more of the strip free on the left: the right page's own margin is what counts.
        if low <= token.x0 <= high + _MIDDLE * width and reached <= high and token.x0 - reached > best[0]:
            best = (token.x0 - reached, token.x0 - _MARGINS * width / 2)
        reached = max(reached, token.x1)
    return best[1] or None


def _is_page(lines: Sequence[Line]) -> bool:
    """Whether lines can be a page by themselves: with a header of its own, or running text."""
    if len(lines) < _LEAST_LINES:
        return False
    texts = [" ".join(t.text for s in line.segments for t in s.tokens) for line in lines]
    if any(_HEADER.search(text) for text in texts[:_HEAD_LINES]):
        return True
    return sum(len(s.tokens) >= _PROSE_WORDS for line in lines for s in line.segments[:1]) >= _PROSE_LINES


def _within(rules: Rules, low: float, high: float) -> Rules:
    """The lines printed between two places across the sheet."""
    level = (Rule(r.at, max(r.low, low), min(r.high, high)) for r in rules.horizontal if r.low < high and r.high > low)
    return Rules(tuple(level), tuple(r for r in rules.vertical if low <= r.at <= high))
