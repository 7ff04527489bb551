"""Ruled tables: the lines printed on a page say which words share a cell, and which cells a row.

Whitespace alone cannot tell a table whose cells hold sentences from two columns of text, nor a cell's second line from the
next row. Works on text layers (drawn paths) and scans (lines taken out before OCR) alike.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import inf
from operator import attrgetter, itemgetter
from typing import Generic, Protocol, TypeVar

from hccassist.schema import Box


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight printed line: where it lies across its direction, and from where to where it runs along it."""

    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The horizontal (``at`` is y) and vertical (``at`` is x) lines of a page."""

    horizontal: tuple[Rule, ...] = ()
    vertical: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.horizontal or self.vertical)


_THIN = 3.5
"""A printed box no thicker than this (points) is a line; a thicker one is a panel, whose edges are lines."""
_SHORTEST = 12.0
_MOST_GAP = 50.0
"""A scanned line broken by less (points) is one line: a stroke that crosses it takes a piece along."""
_LEAST_FREE = 100.0
_NEIGHBOUR = 75.0
_LEAST_RULES = 3
_COLUMN_GAP = 0.7
"""Words of one column stand closer than this part of their height; a space is a quarter of it."""
_TOUCH = 2.5
"""How far, in points, a line may end short of what it bounds."""


def rules_of(boxes: Iterable[Box]) -> Rules:
    """The rules that printed boxes (points in the reading frame) make: thin ones are lines, others have four edges."""
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    for x0, y0, x1, y1 in boxes:
        wide, high = x1 - x0, y1 - y0
        if high <= _THIN and wide >= _SHORTEST:
            horizontal.append(Rule((y0 + y1) / 2, x0, x1))
        elif wide <= _THIN and high >= _SHORTEST / 2:
            vertical.append(Rule((x0 + x1) / 2, y0, y1))
        elif wide >= _SHORTEST and high >= _SHORTEST / 2:
            horizontal += [Rule(y0, x0, x1), Rule(y1, x0, x1)]
            vertical += [Rule(x0, y0, y1), Rule(x1, y0, y1)]
    by_place = attrgetter("at")
    return Rules(tuple(sorted(horizontal, key=by_place)), tuple(sorted(vertical, key=by_place)))


class Placed(Protocol):
    """What has a place in the reading frame."""

    x0: float
    y0: float
    x1: float
    y1: float


PlacedT = TypeVar("PlacedT", bound=Placed)


@dataclass(slots=True)
class Table(Generic[PlacedT]):
    """A ruled table: where it stands, and its rows from top to bottom, each its filled cells from left to right.
    ``columns``, where only lines between its rows are printed: where each column begins, and last where the lines end."""

    top: float
    bottom: float
    rows: list[list[list[PlacedT]]]
    columns: tuple[float, ...] = ()


def find_tables(tokens: Sequence[PlacedT], rules: Rules) -> list[Table[PlacedT]]:
    """The ruled tables of a page, from top to bottom. One that has text beside it is left out: it stands in a column of a
    larger layout, which reads column by column."""
    if len(rules.horizontal) < _LEAST_RULES:
        return []
    upright = _clustered(rules.vertical)
    across = _mended(_clustered(rules.horizontal), upright)
    tables = _closed_tables(tokens, across, upright) if len(upright) >= _LEAST_RULES else []
    taken = {id(token) for table in tables for row in table.rows for cell in row for token in cell}
    tables += _open_tables([t for t in tokens if id(t) not in taken], across)
    return sorted((t for t in tables if _is_table(t) and _stands_alone(t, tokens)), key=attrgetter("top"))


def _closed_tables(tokens: Sequence[PlacedT], across: Sequence[Rule], upright: Sequence[Rule]) -> list[Table[PlacedT]]:
    """Tables with lines in both directions."""
    heights, places = [r.at for r in across], [r.at for r in upright]
    cells: dict[tuple[float, float, float, float], list[PlacedT]] = {}
    for token in tokens:
        x, y = (token.x0 + token.x1) / 2, (token.y0 + token.y1) / 2
        top, bottom = _around(across, heights, y, x)
        left, right = _around(upright, places, x, y)
        # Many tables have no lines at their outer sides.
        if top is not None and bottom is not None and (left is not None or right is not None):
            sides = (left if left is not None else -inf, right if right is not None else inf)
            cells.setdefault((top, bottom, *sides), []).append(token)
    rows: dict[tuple[float, float], list[tuple[float, float, list[PlacedT]]]] = {}
    for (top, bottom, left, right), held in cells.items():
        rows.setdefault((top, bottom), []).append((left, right, held))
    tables: list[Table[PlacedT]] = []
    extents: list[tuple[float, float]] = []
    for (top, bottom), row in sorted(rows.items()):
        row.sort(key=itemgetter(0))
        if len(row) == 1 and inf in (-row[0][0], row[0][1]):
            # Between two lines, but in no table: the space between two headings.
            continue
        low, high = row[0][0], max(right for _, right, _ in row)
        last = len(tables) - 1
        if tables and top <= tables[last].bottom + _TOUCH and low < extents[last][1] and high > extents[last][0]:
            tables[last].bottom = max(tables[last].bottom, bottom)
            tables[last].rows.append([held for _, _, held in row])
            extents[last] = (min(low, extents[last][0]), max(high, extents[last][1]))
        else:
            tables.append(Table(top, bottom, [[held for _, _, held in row]]))
            extents.append((low, high))
    return tables


def _open_tables(tokens: Sequence[PlacedT], across: Sequence[Rule]) -> list[Table[PlacedT]]:
    """Tables with lines between their rows only: a white gap that runs through all rows parts the columns."""
    ordered = sorted(tokens, key=_middle)
    middles = [_middle(t) for t in ordered]
    tables: list[Table[PlacedT]] = []
    rows: list[list[PlacedT]] = []
    columns: list[tuple[float, float]] = []
    top = bottom = right = -inf
    for above, below in pairwise(across):
        inside = ordered[bisect_right(middles, above.at) : bisect_right(middles, below.at)]
        row = [t for t in inside if above.low <= (t.x0 + t.x1) / 2 <= above.high]
        alike = abs(above.low - below.low) <= 2 * _TOUCH and abs(above.high - below.high) <= 2 * _TOUCH
        joined = _columns(columns, row) if rows and alike and row and above.at == bottom else []
        if len(joined) > 1:
            rows.append(row)
            columns = joined
        else:
            tables += _as_table(top, bottom, rows, columns, right)
            own = _columns([], row) if alike else []
            rows, columns, top = ([row], own, above.at) if len(own) > 1 else ([], [], above.at)
        bottom, right = below.at, below.high
    return tables + _as_table(top, bottom, rows, columns, right)


def _middle(token: Placed) -> float:
    return (token.y0 + token.y1) / 2


def _columns(columns: Sequence[tuple[float, float]], row: Sequence[Placed]) -> list[tuple[float, float]]:
    """The columns, from where to where, of rows that had ``columns`` and of one more: parted by gaps no word stands in."""
    gap = _COLUMN_GAP * max((t.y1 - t.y0 for t in row), default=0.0)
    out: list[tuple[float, float]] = []
    for low, high in sorted([*columns, *((t.x0, t.x1) for t in row)]):
        if out and low - out[-1][1] <= gap:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def _as_table(
    top: float, bottom: float, rows: Sequence[Sequence[PlacedT]], columns: Sequence[tuple[float, float]], right: float
) -> list[Table[PlacedT]]:
    if len(rows) < 2:
        return []
    starts = [low for low, _ in columns]
    cells = [[[t for t in row if bisect_right(starts, t.x0) == n + 1] for n in range(len(starts))] for row in rows]
    return [Table(top, bottom, [[cell for cell in row if cell] for row in cells], (*starts, right))]


def _around(rules: Sequence[Rule], places: Sequence[float], at: float, along: float) -> tuple[float | None, float | None]:
    """The nearest rules on both sides of ``at`` that run past ``along``."""
    k = bisect_right(places, at)
    before = next((r.at for r in reversed(rules[:k]) if r.low - _TOUCH <= along <= r.high + _TOUCH), None)
    after = next((r.at for r in rules[k:] if r.low - _TOUCH <= along <= r.high + _TOUCH), None)
    return before, after


def _clustered(rules: Sequence[Rule]) -> list[Rule]:
    """The rules with one place for those that lie a hair apart: the pieces of one line, the edges of neighbouring cells."""
    out: list[Rule] = []
    first = previous = -inf
    for rule in rules:
        if rule.at - previous > _TOUCH or rule.at - first > 2 * _TOUCH:
            first = rule.at
        previous = rule.at
        out.append(Rule(first, rule.low, rule.high))
    return out


def _mended(across: Sequence[Rule], upright: Sequence[Rule]) -> list[Rule]:
    """Horizontal rules made whole: pieces on one height joined; one that breaks off between the vertical rules goes on to
    where its neighbours end, and a short one that touches no vertical rule is a stroke of something else."""
    joined: list[Rule] = []
    for at, pieces in groupby(across, key=attrgetter("at")):
        for piece in sorted(pieces, key=attrgetter("low")):
            if joined and joined[-1].at == at and piece.low - joined[-1].high <= _MOST_GAP:
                joined[-1] = Rule(at, joined[-1].low, max(joined[-1].high, piece.high))
            else:
                joined.append(piece)
    kept = [
        (rule, _meets(rule.low, rule.at, upright), _meets(rule.high, rule.at, upright))
        for rule in joined
    ]  # fmt: skip
    kept = [(rule, low, high) for rule, low, high in kept if low or high or rule.high - rule.low >= _LEAST_FREE]
    out: list[Rule] = []
    for n, (rule, low, high) in enumerate(kept):
        stack = [rule] if low and high else _stack([k[0] for k in kept], n)
        left = rule.low if low else min(r.low for r in stack)
        right = rule.high if high else max(r.high for r in stack)
        out.append(Rule(rule.at, left, right))
    return out


def _stack(rules: Sequence[Rule], n: int) -> list[Rule]:
    """The rules of one table with the ``n``-th: above and below it without a wide gap, side by side in part."""
    stack = [rules[n]]
    for others in (rules[n + 1 :], rules[n - 1 :: -1] if n else ()):
        last = rules[n]
        for rule in others:
            if abs(rule.at - last.at) > _NEIGHBOUR:
                break
            if rule.low < last.high and rule.high > last.low:
                stack.append(rule)
                last = rule
    return stack


def _meets(end: float, at: float, upright: Sequence[Rule]) -> bool:
    return any(abs(v.at - end) <= 2 * _TOUCH and v.low - 2 * _TOUCH <= at <= v.high + 2 * _TOUCH for v in upright)


def _is_table(table: Table[PlacedT]) -> bool:
    return sum(len(row) > 1 for row in table.rows) >= 2


def _stands_alone(table: Table[PlacedT], tokens: Sequence[PlacedT]) -> bool:
    own = {id(token) for row in table.rows for cell in row for token in cell}
    return not any(table.top < (t.y0 + t.y1) / 2 < table.bottom and id(t) not in own for t in tokens)
