"""When something was, told in words: how long ago ("6 weeks ago", "as a child"), and in which year."""

from __future__ import annotations

import re
from datetime import date

from hccassist.nlp.document import Document
from hccassist.terminology.groups import pattern_group, said
from hccassist.written_dates import DATE, MONTH_NAME, YEAR, month_of, parse_date

_NUMBER_WORDS = "one two three four five six seven eight nine ten".split()
_NUMBER = rf"(?:\d+|an?|{'|'.join(_NUMBER_WORDS)}|several|many|few|couple(?: of)?)"
_AGO = re.compile(
    rf"\b({_NUMBER})\+?[- ]?(days?|d|weeks?|wks?|months?|mos?|years?|yrs?|y|decades?)"
    rf" ({pattern_group('since_when')})\b(?! (?:{pattern_group('event_since')})\b)",
    re.IGNORECASE,
)
"""Not counted from another event: "CMV colitis 4 months post kidney transplant" is one of today."""
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_DECADE = 3650
_FEW = 3
"""What "several", "many" and "a few" count for."""
_FROM_AN_EVENT = frozenset({"prior", "after", "post", "s/p"})
_LONG_AGO = said("long_ago")
_IN_MONTH = re.compile(rf"\b(?:in|last|during|this past) ({MONTH_NAME})\b(?! ?\d)", re.IGNORECASE)
_SOME_MONTHS = 60
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(rf"(?<![\d/.-]){YEAR}(?:(?![\d/%-]|\.\d)|(?=[-–]\d\d\b(?![/-])))|(?<=\d/){YEAR}\b|(?<!\w)['’]\d\d\b(?!['’])")
_PIVOT = 40
"""'41 is 1941, '40 is 2040."""
_COMPARED = said("compared", behind=rf" (?:(?:in|of|from|MRI|CT|scan|study|exam|\d{{1,2}}/) ?){{0,3}}{YEAR}\b")
"""The year of an older finding beside which today's is held: it dates nothing."""


def days_ago(words: str, dated: bool) -> int | None:
    """How long ago the words say it was, in days: the longest of several, None where they do not say. ``dated``: an earlier
    year is named, so that "3 weeks after surgery" is counted from then, not from now."""
    spans = []
    for number, unit, since in _AGO.findall(words):
        if dated and since.lower() in _FROM_AN_EVENT:
            continue
        count = int(number) if number.isdigit() else _count(number.lower())
        spans.append(count * (_DECADE if unit.lower().startswith("dec") else _DAYS[unit[0].lower()]))
    if _LONG_AGO.search(words):
        spans.append(_DAYS["y"])
    return max(spans, default=None)


def since_month(words: str, day: date | None) -> int | None:
    """How many days ago a month that is named without a year ("in June", "last March") ended; None where none is, or where it
    may be the present one. ``day``: that of the encounter; without it the month is taken to be an earlier one."""
    named = _IN_MONTH.search(words)
    if not named:
        return None
    if day is None:
        return _SOME_MONTHS
    months = (day.month - month_of(named[1])) % 12
    return max(months - 1, 0) * _DAYS["m"] + day.day if months else None


def _count(word: str) -> int:
    if word in ("a", "an"):
        return 1
    return _NUMBER_WORDS.index(word) + 1 if word in _NUMBER_WORDS else _FEW


def last_named_year(words: str) -> int | None:
    """The latest year that the words date something by ("2017", "3/2017", "'17"); None where they name none."""
    if not _DIGIT.search(words):
        return None
    return max(map(_year, _YEAR.findall(_COMPARED.sub(" ", words))), default=None)


def _year(written: str) -> int:
    if written[0] not in "'’":
        return int(written)
    return int(written[-2:]) + (1900 if int(written[-2:]) > _PIVOT else 2000)


def latest_year(document: Document) -> int | None:
    """The latest year of a full date of the encounter: what is "this year" in it; None when it has no date."""
    if not document.sentences:
        return None
    found = DATE.finditer(document.text, document.sentences[0].start, document.sentences[-1].end)
    return max((value.year for m in found if (value := parse_date(m.group()))), default=None)
