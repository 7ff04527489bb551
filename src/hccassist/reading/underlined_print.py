"""Choices underlined on a form ("COPD:  Yes / No", one of them underlined): the one chosen gets a ring's mark, and what is
offered stands in cells of its own, so that one reader of choices serves rings and underlines alike.

Only choices parted by a slash are meant, of which one is underlined and another is not: headings and links are underlined too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from hccassist.reading.grid import Rule, Rules
from hccassist.reading.lines import Token
from hccassist.reading.ocr import RINGED

_SLASH = "/"
_JOINED = re.compile(r"[A-Za-z][A-Za-z-]*(?:/[A-Za-z][A-Za-z-]*)+[.,;]?")
_LONGEST = 150.0
"""A longer line (points) is drawn under more than a choice."""
_BELOW, _ABOVE = 2.0, 0.35
"""How far a line lies under its words at most (points), and above the foot of their box (part of its height)."""
_OVERHANG = 2.5
_MOST_WORDS = 3
_WIDE = 0.6
"""A gap wider than this part of the words' height parts choices from what stands beside them."""


def mark_underlined(tokens: list[Token], rules: Rules) -> list[Token]:
    """The words of a page, each choice that is underlined behind a ring's mark; the same list where none is."""
    lines = [rule for rule in rules.horizontal if rule.high - rule.low <= _LONGEST]
    if not lines or not any(_SLASH in token.text for token in tokens):
        return tokens
    found: list[Token] = []
    for row in _rows(tokens):
        own = [rule for rule in lines if any(_lies_under(rule, token) for token in (row[0], row[-1]))]
        found += _marked(list(_parted(row, own)), own) if own and any(_SLASH in t.text for t in row) else row
    return found


def _rows(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The words that stand on one line and follow each other; bold ones have boxes of another height."""
    row: list[Token] = []
    for token in tokens:
        if row and (abs(token.y1 - row[-1].y1) > _ABOVE * (token.y1 - token.y0) or token.x0 < row[-1].x0):
            yield row
            row = []
        row.append(token)
    yield row


def _lies_under(rule: Rule, token: Token) -> bool:
    return token.y1 - _ABOVE * (token.y1 - token.y0) <= rule.at <= token.y1 + _BELOW


def _parted(row: Sequence[Token], rules: Sequence[Rule]) -> Iterator[Token]:
    """The words of a row, "yes/no" of which a part is underlined as three: the characters share the width."""
    for token in row:
        partly = any(token.x0 - _OVERHANG < r.high and r.low < token.x1 and not _covers(r, token) for r in rules)
        if not partly or not _JOINED.fullmatch(token.text):
            yield token
            continue
        width = (token.x1 - token.x0) / len(token.text)
        at = 0
        for piece in re.split(f"({_SLASH})", token.text):
            x0, x1 = token.x0 + at * width, token.x0 + (at + len(piece)) * width
            yield replace(token, text=piece, x0=x0, x1=x1)
            at += len(piece)


def _covers(rule: Rule, token: Token) -> bool:
    return rule.low - _OVERHANG <= token.x0 and token.x1 <= rule.high + _OVERHANG


def _marked(row: Sequence[Token], rules: Sequence[Rule]) -> list[Token]:
    lined = [any(_covers(rule, token) for rule in rules) for token in row]
    out: list[Token] = []
    at = 0
    for first, last in _groups(row, lined):
        options = [
            list(part)
            for (is_word, _), part in groupby(range(first, last), key=lambda n: (row[n].text != _SLASH, lined[n]))
            if is_word
        ]
        chosen = [lined[n] for n in range(first, last) if row[n].text != _SLASH]
        if not any(chosen) or all(chosen):
            continue
        out += row[at:first]
        for option in options:
            head, is_chosen = row[option[0]], lined[option[0]]
            if is_chosen:
                out.append(replace(head, text=RINGED, x0=head.x0 - 1.5, x1=head.x0 - 0.5, apart=True))
            out += [replace(head, apart=not is_chosen), *(row[n] for n in option[1:])]
        at = last
        if at < len(row):
            out.append(replace(row[at], apart=True))
            at += 1
    return out + list(row[at:])


def _groups(row: Sequence[Token], lined: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where choices parted by slashes stand in a row: behind a label's colon or a wide gap, to the next of either."""
    chains: list[list[int]] = []
    for n in (n for n, token in enumerate(row) if token.text == _SLASH and 0 < n < len(row) - 1):
        if chains and n - chains[-1][-1] <= _MOST_WORDS + 1 and _joined(row, chains[-1][-1], n):
            chains[-1].append(n)
        else:
            chains.append([n])
    for chain in chains:
        first, last = chain[0] - 1, chain[-1] + 2
        while first > 0 and chain[0] - first < _MOST_WORDS and _joined(row, first - 1, first):
            first -= 1
        while last < len(row) and last - chain[-1] <= _MOST_WORDS and _joined(row, last - 1, last):
            last += 1
        if row[last - 1].text.endswith(":"):
            # "Yes / No  Heart failure:": the words before the colon are the next question's, but for what is underlined.
            last = chain[-1] + 2
            while last < len(row) and lined[last - 1] and lined[last]:
                last += 1
        yield first, last


def _joined(row: Sequence[Token], first: int, last: int) -> bool:
    """Whether the words from ``first`` to ``last`` follow each other without a wide gap or a label's colon."""
    return not any(a.text.endswith(":") or b.x0 - a.x1 > _WIDE * (a.y1 - a.y0) for a, b in pairwise(row[first : last + 1]))
