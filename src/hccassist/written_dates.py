"""How charts write a calendar date: the one home of the patterns that tell a date from other numbers."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from dateutil import parser as dateutil

from hccassist.patterns import Patterns

YEAR = r"(?:19|20)\d\d"
"""A year of these times in four digits."""
MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)"
)
"""A month as a word, whole or cut short; read without regard to case."""
_MISREAD_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
"""The same with the endings that poor scans give it: beside a day and a year it can be nothing else."""
DATE = re.compile(
    rf"""(?<![\d/.\-])(?<!\d:)(?:
      (?P<iso>{YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01]))(?![\d/])
    | (?P<num>\d{{1,2}}\s?(?P<sep>[/.\-])\s?\d{{1,2}}\s?(?P=sep)\s?(?:\d{{4}}|\d{{2}}))(?![\d/]|[.\-]\d)
    | (?P<mdy>\b{_MISREAD_MONTH}\s*\d{{1,2}}(?:st|nd|rd|th)?\s*[,.]?\s*(?:\d{{4}}|'?\d{{2}}\b))(?!\d|:)
    | (?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?[\s\-/.]*{_MISREAD_MONTH}[\s,\-/.]*(?:\d{{4}}|\d{{2}}\b))(?!\d|:)
    | (?P<compact>{YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""A date with its year; the group that matched names its form."""
_DATED = Patterns(["".join(DATE.pattern.split())], re.IGNORECASE)
_MONTH_AND_DAY = re.compile(rf"\b(?P<month>{MONTH_NAME})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?![/:.]?\d)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PIVOT = 36
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def may_hold_date(text: str) -> bool:
    """Whether there may be a date in a text: a quicker look than for the date itself."""
    return bool(_DATED.possible(text))


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date | None:
    """The calendar date that ``text`` writes, US order where ambiguous; None where there is none."""
    cleaned = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|'|\bof\b", "", text, flags=re.IGNORECASE)
    cleaned = re.sub(r"\s*([/.\-])\s*", r"\1", cleaned)
    # A scan's full stop for the comma: "February 27. 2025".
    cleaned = re.sub(r"(?<=[A-Za-z] )(\d{1,2})\.(?=\d)", r"\1 ", cleaned)
    cleaned = re.sub(r"\bsept\b", "sep", cleaned.replace(",", " "), flags=re.IGNORECASE)
    try:
        value = dateutil.parse(cleaned, dayfirst=False, yearfirst=bool(re.match(r"\d{4}", cleaned))).date()
        if re.search(r"(?<!\d)\d\d\Z", cleaned):
            # Two digits: dateutil's window moves with the clock, charts hold births back to the 1930s.
            value = value.replace(year=(2000 if value.year % 100 < _PIVOT else 1900) + value.year % 100)
    except (ValueError, OverflowError):
        return None
    return value if _FIRST_YEAR <= value.year <= _LAST_YEAR else None


def month_of(name: str) -> int:
    """The number of a month that is named (``MONTH_NAME``), 1 to 12."""
    return _MONTHS.index(name[:3].lower()) + 1


def dates_before(text: str, day: date) -> list[date]:
    """The dates of ``text`` up to ``day``, in order; one without a year ("on April 5") is the last such day before it."""
    found = [(m.start(), value) for m in DATE.finditer(text) if (value := parse_date(m.group())) and value <= day]
    written = [(m.start(), m.end()) for m in DATE.finditer(text)]
    for m in _MONTH_AND_DAY.finditer(text):
        if not any(start <= m.start() < end for start, end in written) and (value := _last(m, day)):
            found.append((m.start(), value))
    return [value for _, value in sorted(found)]


def _last(month_and_day: re.Match[str], day: date) -> date | None:
    month = month_of(month_and_day.group("month"))
    for year in (day.year, day.year - 1):
        try:
            value = date(year, month, int(month_and_day.group("day")))
        except ValueError:
            continue
        if value <= day:
            return value
    return None
