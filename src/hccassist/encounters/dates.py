"""Dates in a chart and what each is the date of: service, birth, print, signature, result...

Told by the words beside the date (``data/date_labels.tsv``), by the cell above it in a form, or by its bare place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import NamedTuple

from hccassist.encounters.lines import Line
from hccassist.encounters.rules import date_labels
from hccassist.patterns import Patterns
from hccassist.written_dates import DATE, YEAR, may_hold_date, parse_date

_OCR_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8"})
_OCR_NUMERIC = re.compile(r"(?<![A-Za-z\d/])[\dOolI|SB]{1,2}/[\dOolI|SB]{1,2}/[\dOolI|SB]{2,4}(?![A-Za-z\d/])")
_OCR_MONTH = re.compile(rf"(?<![\d/.\-])[689](?=[1-9]/[0-3]?\d/(?:{YEAR}|\d\d)(?![\d/]))")
"""A nought read as a digit that resembles it: no month is the 67th."""
_CELL_START = re.compile(r" {2,}|\t|[|:;]")
_LOWER_WORD = re.compile(r"\b[a-z]+\b")
_PROSE_WORDS = 3
"""More small words than these before a date on its line, and it stands in a sentence."""
_HOW_SEEN = re.compile(r"\W*(?:the )?(?:(?:patient|pt\.?|resident|member|client) (?:was )?)?seen\b", re.IGNORECASE)
"""A line that tells at its beginning how the patient was seen: "Patient seen face to face on dialysis 2/12/2025"."""
_WEEKDAY = re.compile(r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}[.,]?\s*\Z", re.IGNORECASE)
"""What may stand between a label and its date: "Session date: Wednesday, February 5"."""
_DIGIT = re.compile(r"\d")
_RANGE = re.compile(r"\W*(?:-|–|—|to|through|thru)\W*\Z", re.IGNORECASE)


BARE_KINDS = frozenset({"bare", "dated"})
"""Dates that no label tells, or only the word "date": their place decides."""


@dataclass(frozen=True, slots=True)
class DateHit:
    """A date in the text. ``line`` is the index of its line; ``labelled`` says that words beside it told its kind,
    ``prose`` that it stands in a sentence."""

    value: date
    kind: str
    start: int
    line: int
    labelled: bool
    prose: bool = False


class _Labels(NamedTuple):
    """The labels that stand before a date, or behind it: their patterns, and of each its row and kind."""

    patterns: Patterns
    rows: list[tuple[int, str]]

    @classmethod
    @cache
    def of(cls, where: str) -> _Labels:
        rows = [(number, row) for number, row in enumerate(date_labels()) if row.where == where]
        return cls(Patterns(row.label for _, row in rows), [(number, row.kind) for number, row in rows])

    def matching(self, text: str) -> list[tuple[int, str]]:
        """The row and kind of each label that a text holds, in the file's order."""
        return [self.rows[number] for number in self.patterns.matching(text)]


def find_dates(lines: Sequence[Line]) -> list[DateHit]:
    """Every date in ``lines`` with its kind, in order."""
    hits: list[DateHit] = []
    for n, line in enumerate(lines):
        text = line.text
        if not _DIGIT.search(text):
            continue
        if line.scanned:
            text = _OCR_NUMERIC.sub(lambda m: m.group().translate(_OCR_DIGITS), text)
            text = _OCR_MONTH.sub("0", text)
        if not may_hold_date(text):
            continue
        first = len(hits)
        previous_end = 0
        previous_kind: str | None = None
        for match in DATE.finditer(text):
            value = parse_date(match.group())
            if value is None:
                continue
            before = _WEEKDAY.sub("", text[previous_end : match.start()][-90:])
            if previous_kind is not None and _RANGE.fullmatch(before):
                kind, labelled = ("discharge" if previous_kind == "admission" else previous_kind), True
                if kind == previous_kind == "discharge":
                    # "Admission/Discharge: 03/02/2025 - 03/09/2025"
                    hits[-1] = replace(hits[-1], kind="admission")
            else:
                kind, labelled = _kind(before, text[match.end() : match.end() + 40], _above(lines, n, match.start()))
            if match.lastgroup == "compact" and not labelled:
                continue
            words = _LOWER_WORD.findall(_CELL_START.split(text[: match.start()])[-1])
            prose = len(words) > _PROSE_WORDS and not _HOW_SEEN.match(text)
            hits.append(DateHit(value, "fax" if line.fax else kind, line.start + match.start(), n, labelled, prose))
            previous_end, previous_kind = match.end(), kind
        bare = sum(h.kind == "bare" for h in hits[first:])
        if bare:
            # "Date   1/2   1/9   1/16": the word heads a row of a table, and none of its dates is told. "Test" and
            # "Collected" may say it of one date beside a bare one.
            heads = {"dated", "exam", "collected", "reported"} if bare > 1 else {"dated"}
            hits[first:] = [replace(h, kind="bare", labelled=False) if h.kind in heads else h for h in hits[first:]]
    return hits


def _kind(before: str, after: str, above: str) -> tuple[str, bool]:
    """What a date is the date of, and whether words said so."""
    kinds = [kind for _, kind in sorted([*_Labels.of("before").matching(before), *_Labels.of("after").matching(after)])]
    told = next((kind for kind in kinds if kind != "bare"), None)
    if told is None and above and not before.strip(" \t:-|"):
        told = next((kind for _, kind in _Labels.of("before").matching(above) if kind != "bare"), None)
    return (told, True) if told else ("bare" if kinds else "other", False)


def _above(lines: Sequence[Line], n: int, offset: int) -> str:
    """The label that stands over a date: the cell of the same place in the line above, if that line is all labels."""
    if n == 0 or lines[n - 1].leaf != lines[n].leaf:
        return ""
    cells, labels = lines[n].cells, lines[n - 1].cells
    place = next((i for i, (at, cell) in enumerate(cells) if at <= offset < at + len(cell)), None)
    if place is None or _DIGIT.search(lines[n - 1].text):
        return ""
    if len(labels) == len(cells) and len(labels[place][1]) <= 40:
        return labels[place][1]
    if len(labels) == 1 and len(cells) == 1 and len(labels[0][1]) <= 40:
        return labels[0][1]
    return ""
