"""Choices that a pen underlined on a scanned form ("Severity:  mild  moderate  severe"): hands draw too short and too uneven a
line to be a ruled one, so the ink right below the words is looked at.

Only one of several choices is meant, behind a label or in a row of them: headings and blanks to fill in are underlined too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import groupby, pairwise, takewhile
from typing import TYPE_CHECKING, Any

from hccassist.reading.doubtful import PixelBox, Row

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_INK = 150
_FROM, _TO = 0.06, 0.55
"""Between which parts of a word's height below its baseline a pen's line lies: the next line of print begins lower."""
_COVERED, _PLAIN = 0.86, 0.5
"""The part of a word's width under which there is ink: of one that is underlined at least, of another choice at most."""
_APART = 0.55
"""A gap wider than this part of the words' height parts choices."""
_MOST_WORDS, _LEAST_CELLS = 4, 3
_LABEL = (":", "?")
_HANGING = frozenset("gjpqy,;()/|")


def underlined_choices(lined: Image, rows: Sequence[Row], ringed: Container[Row]) -> list[PixelBox]:
    """The boxes of choices that are underlined on a level page image which still has its lines; ``rows`` are its words, of
    which ``ringed`` are chosen already."""
    import numpy as np

    ink = np.asarray(lined) < _INK
    found: list[PixelBox] = []
    for _, line in groupby(sorted(rows, key=lambda row: row.line), key=lambda row: row.line):
        words = sorted(line, key=lambda row: row.box[0])
        if len(words) < _LEAST_CELLS:
            continue
        heights = sorted(w.box[3] - w.box[1] for w in words)
        height = heights[len(heights) // 2]
        for choices in _questions(list(_cells(words, height))):
            if any(word in ringed for choice in choices for word in choice):
                continue
            covers = [min(_cover(ink, word, words, height) for word in choice) for choice in choices]
            chosen = [choice for choice, cover in zip(choices, covers, strict=True) if cover >= _COVERED]
            if len(chosen) == 1 and sum(cover <= _PLAIN for cover in covers) == len(choices) - 1:
                boxes = [word.box for word in chosen[0]]
                found.append((boxes[0][0], min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)))
    return found


def _cells(words: Sequence[Row], height: float) -> Iterator[list[Row]]:
    """The words of a line in groups that wide gaps part, a label's colon ending one."""
    cell: list[Row] = []
    for word in words:
        if cell and (word.box[0] - cell[-1].box[2] > _APART * height or cell[-1].text.endswith(_LABEL)):
            yield cell
            cell = []
        cell.append(word)
    yield cell


def _questions(cells: Sequence[list[Row]]) -> Iterator[list[list[Row]]]:
    """The choices of each question of a line: what follows its label up to the next, or to a remark."""
    labels = [n for n, cell in enumerate(cells) if cell[-1].text.endswith(_LABEL)]
    if not labels and len(cells) > _LEAST_CELLS:
        # A table's row: its first cell asks.
        labels = [0]
    for label, end in pairwise([*labels, len(cells)]):
        choices = list(takewhile(lambda cell: len(cell) <= _MOST_WORDS, cells[label + 1 : end]))
        if len(choices) > 1:
            yield choices


def _cover(ink: np.ndarray[Any, np.dtype[np.bool_]], word: Row, line: Sequence[Row], height: float) -> float:
    """The part of a word's width with ink right below its baseline."""
    # Its own box may reach down to the pen's line: the baseline is that of words near it which nothing hangs from.
    middle = (word.box[1] + word.box[3]) / 2
    plain = [w.box[3] for w in line if not _HANGING & set(w.text) and abs((w.box[1] + w.box[3]) / 2 - middle) < height]
    base = sorted(plain)[len(plain) // 3] if plain else word.box[3]
    strip = ink[round(base + _FROM * height) : round(base + _TO * height), word.box[0] : word.box[2]]
    return float(strip.any(axis=0).mean()) if strip.size else 0.0
