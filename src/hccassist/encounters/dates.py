"""Dates in a chart and what each is the date of: service, birth, print, signature, result...

Told by the words beside the date (``data/date_labels.tsv``), by the cell above it in a form, or by its bare place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from dateutil import parser as dateutil

from hccassist.encounters.lines import Line
from hccassist.encounters.rules import date_labels

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(
    rf"""(?<![\d/.\-:])(?:
      (?P<iso>(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01]))(?![\d/])
    | (?P<num>\d{{1,2}}\s?(?P<sep>[/.\-])\s?\d{{1,2}}\s?(?P=sep)\s?(?:\d{{4}}|\d{{2}}))(?![\d/]|[.\-]\d)
    | (?P<mdy>\b{_MONTH}\s*\d{{1,2}}(?:st|nd|rd|th)?\s*[,.]?\s*(?:\d{{4}}|'?\d{{2}}\b))(?!\d|:)
    | (?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?[\s\-/.]*{_MONTH}[\s,\-/.]*(?:\d{{4}}|\d{{2}}\b))(?!\d|:)
    | (?P<compact>(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MAY_HOLD_DATE = re.compile(r"\d\s?[/.\-]\s?\d|\d{8}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
"""What every date holds: a quicker look than for the date itself."""
_OCR_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8"})
_OCR_NUMERIC = re.compile(r"(?<![A-Za-z\d/])[\dOolI|SB]{1,2}/[\dOolI|SB]{1,2}/[\dOolI|SB]{2,4}(?![A-Za-z\d/])")
_CELL_START = re.compile(r" {2,}|\t|[|:;]")
_LOWER_WORD = re.compile(r"\b[a-z]+\b")
_PROSE_WORDS = 3
"""More small words than these before a date on its line, and it stands in a sentence."""
_DIGIT = re.compile(r"\d")
_RANGE = re.compile(r"\W*(?:-|–|—|to|through|thru)\W*\Z", re.IGNORECASE)
_PIVOT = 36
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


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


@cache
def _labels() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    return tuple((r.kind, r.where == "before", re.compile(r.label, re.IGNORECASE)) for r in date_labels())


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date | None:
    """The calendar date that ``text`` writes, US order where ambiguous; None where there is none."""
    cleaned = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|'|\bof\b", "", text, flags=re.IGNORECASE)
    cleaned = re.sub(r"\s*([/.\-])\s*", r"\1", cleaned)
    cleaned = re.sub(r"\bsept\b", "sep", cleaned, flags=re.IGNORECASE)
    try:
        value = dateutil.parse(cleaned, dayfirst=False, yearfirst=bool(re.match(r"\d{4}", cleaned))).date()
        if re.search(r"(?<!\d)\d\d\Z", cleaned):
            # Two digits: dateutil's window moves with the clock, charts hold births back to the 1930s.
            value = value.replace(year=(2000 if value.year % 100 < _PIVOT else 1900) + value.year % 100)
    except (ValueError, OverflowError):
        return None
    return value if _FIRST_YEAR <= value.year <= _LAST_YEAR else None


def find_dates(lines: Sequence[Line]) -> list[DateHit]:
    """Every date in ``lines`` with its kind, in order."""
    hits: list[DateHit] = []
    for n, line in enumerate(lines):
        text = line.text
        if not _DIGIT.search(text):
            continue
        if line.scanned:
            text = _OCR_NUMERIC.sub(lambda m: m.group().translate(_OCR_DIGITS), text)
        if not _MAY_HOLD_DATE.search(text):
            continue
        previous_end = 0
        previous_kind: str | None = None
        for match in _DATE.finditer(text):
            value = parse_date(match.group())
            if value is None:
                continue
            before = text[previous_end : match.start()][-90:]
            if previous_kind is not None and _RANGE.fullmatch(before):
                kind, labelled = ("discharge" if previous_kind == "admission" else previous_kind), True
            else:
                kind, labelled = _kind(before, text[match.end() : match.end() + 40], _above(lines, n, match.start()))
            if match.lastgroup == "compact" and not labelled:
                continue
            prose = len(_LOWER_WORD.findall(_CELL_START.split(text[: match.start()])[-1])) > _PROSE_WORDS
            hits.append(DateHit(value, "fax" if line.fax else kind, line.start + match.start(), n, labelled, prose))
            previous_end, previous_kind = match.end(), kind
    return hits


def _kind(before: str, after: str, above: str) -> tuple[str, bool]:
    """What a date is the date of, and whether words said so."""
    bare = False
    for kind, is_before, pattern in _labels():
        if pattern.search(before if is_before else after):
            if kind != "bare":
                return kind, True
            bare = True
    if above and not before.strip(" \t:-|"):
        for kind, is_before, pattern in _labels():
            if is_before and kind != "bare" and pattern.search(above):
                return kind, True
    return ("bare" if bare else "other"), False


def _above(lines: Sequence[Line], n: int, offset: int) -> str:
    """The label that stands over a date: the cell of the same place in the line above, if that line is all labels."""
    if n == 0 or lines[n - 1].page != lines[n].page:
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
