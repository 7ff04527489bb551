"""Whose pages these are: the patient's name and birth date as printed, and whether they are the chart's."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz

from hccassist.encounters.dates import DateHit
from hccassist.encounters.lines import Line
from hccassist.encounters.people import find_people
from hccassist.encounters.rules import words_in
from hccassist.encounters.settings import titles_of
from hccassist.patterns import Patterns
from hccassist.written_dates import YEAR

_WORD = r"[^\W\d_](?:[^\W\d_]|['’\-])*\.?"
_NAME = rf"{_WORD}(?:,\s?|\s){_WORD},?(?:\s{_WORD},?){{0,3}}"
_LABELLED = re.compile(
    r"\b(?:patient(?:'s)?(?: name)?|pt\.?(?: name)?|client(?: name)?|member(?: name)?|resident(?: name)?|name|re"
    r"|enrollee|subject(?=\s*[:#]\s*(?-i:[A-Z]\S*\s[A-Z]))|generated for)"
    rf"\s*[:#]\s*(?:mr\.?\s|mrs\.?\s|ms\.?\s)?(?P<name>{_NAME})",
    re.IGNORECASE,
)
_BEFORE_DOB = re.compile(
    rf"(?P<name>[A-Z][A-Za-z'’\-]+(?:,\s?|\s){_WORD}(?:\s{_WORD}){{0,2}})[\s,|(]*(?:(?:id|#|acct|mrn)[^|]{{0,40}}?)?[\s,|(]*"
    r"(?:(?:male|female|m|f|sex|age|\d{1,3}\s*(?:y\w*|yrs?)?(?:\s*old)?)\W*){0,4}(?:d\.?o\.?b\b|date of birth"
    r"|birth ?date|born\b)",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"d\.?o\.?b\b|birth|born", re.IGNORECASE)
_BIRTH_WORDS = ("birth", "born", "dob", "d.o.b", "d.ob", "do.b")
_LAST_COMMA_FIRST = re.compile(
    r"^\W*(?P<name>[A-Z][A-Za-z'’\-]+(?:[ -][A-Z][A-Za-z'’\-]+)?,\s?[A-Z][A-Za-z'’\-]+(?:\s[A-Z]\b\.?)?)"
    r"(?=\s{2,}|\s*[|(]|\s*$)"
)
_NAME_LABEL = re.compile(
    r"\W*(?:patient|client|member|resident)?(?:'s)?\s*(?:full )?(?:name|patient|client|member)\W*", re.IGNORECASE
)
_SEX_CELL = re.compile(r"(?:^|[|,;]|\s{2,})\s*(?:M|F|Male|Female)\s*(?:[|,;]|\s{2,}|$)", re.IGNORECASE)
_NAMED_AND_NUMBERED = re.compile(
    r"(?:^|\s{2,}|\|\s*)(?P<name>[A-Z][A-Za-z'’-]+,?(?:\s[A-Z][A-Za-z'’.-]*){1,3})[\s|,]+\d{1,2}[/.-]\w{1,3}[/.-]"
    rf"{YEAR}[\s|,]+(?:#|(?:MRN|ID|Acct|PRN)\b)"
)
"""A patient's name, birth date and record number in a row, the first two without a label."""
_PRINTED_NAMES = (_LABELLED, _NAMED_AND_NUMBERED, _BEFORE_DOB)
_FIRST_LOOK = Patterns(pattern.pattern for pattern in _PRINTED_NAMES)
"""Hardly a line prints a name so."""
_LEAST_AGE = 10
_HEADER_LINES, _EDGE_LINES = 8, 4
_DIGIT = re.compile(r"\d")
_MRN = re.compile(
    r"\b(?:mrn|mr ?#|med(?:ical)? rec(?:ord)?(?: (?:no|number|#))?|patient (?:id|#|number|no)|chart (?:#|no|id)"
    r"|acct(?:ount)?(?: (?:no|#|number))?"
    r"|client id|member id|id ?#?)\.?\s*[:#]?\s*#?\s*(?P<id>[A-Z]{0,4}[- ]?\d[\d\- ]{3,}\d)",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d[\d\- ]{3,}\d")
"""What a record number holds: few lines of a note do."""
_IS_ADDRESS = re.compile(r"^(?:St|Rd|Ln|Ave|Dr|Blvd|Ct|Hwy|Way|Lane|Road|Street|Suite|Ste|Floor)\b[.,]?\s|[a-z],? [A-Z]{2}$")
"""What looks like a name, last name first, and is the end of an address: "Ln, Tamarind MN"."""
_AGE_CELL = re.compile(
    r"\s*(?:\d{1,3}\s*(?:y|yo|yrs?|years?)\b[^:|]{0,25}|(?:male|female|m|f)\b[\s,|]*)?(?:d\.?o\.?b|date of birth|born)\b",
    re.IGNORECASE,
)
_WHOLE_NAME = re.compile(r"[A-Z][A-Za-z'’\-]+,?(?: [A-Z][A-Za-z'’.\-]*,?){1,3}")
_STOP_WORDS = words_in("not_a_patient_name")
_FACILITY_WORDS = words_in("not_a_name")
HEADER_WORDS = frozenset(word.upper() for word in _STOP_WORDS | words_in("header_label"))
"""The labels of a header that names the patient, in upper case."""
Match = Literal["same", "other", "unsure"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a stretch of text says of its patient: names as printed, birth dates, record numbers (digits only)."""

    names: tuple[str, ...]
    births: frozenset[date]
    numbers: frozenset[str]
    scanned: bool


def identity_of(lines: Sequence[Line], hits: Sequence[DateHit], offset: int) -> Identity:
    """The patient identifiers in ``lines``; ``hits`` are their dates, ``offset`` the index of the first line."""
    return _identity(tuple(lines), tuple((h.line - offset, h.value) for h in hits if h.kind == "birth"))


@lru_cache(maxsize=256)
def _identity(lines: Sequence[Line], births: Sequence[tuple[int, date]]) -> Identity:
    """The same, kept: a page and the record on it are often the same lines. ``births``: the numbers of lines, and the dates."""
    names: list[str] = []
    births_told = tells_birth(lines)
    for line in lines:
        if not line.fax:
            names += _names_in(line.text)
    names += _names_under_labels(lines)
    if births_told:
        names += _names_over_births(lines)
    near_birth = {n for at, _ in births for n in range(at - 2, at + 2)}
    for n, line in enumerate(lines):
        alone = _LAST_COMMA_FIRST.match(line.text) if n in near_birth or (line.running and line.at < 8) else None
        if alone is not None and not find_people(line.text):
            name = _clean(alone.group("name"))
            if name:
                names.append(name)
    numbers = {
        re.sub(r"\D", "", m.group("id"))
        for line in lines[:40]
        if _LONG_NUMBER.search(line.text)
        for m in _MRN.finditer(line.text)
    }
    scanned = any(line.scanned for line in lines)
    return Identity(tuple(dict.fromkeys(names)), frozenset(value for _, value in births), frozenset(numbers), scanned)


def births_without_label(lines: Sequence[Line], hits: Sequence[DateHit]) -> frozenset[date]:
    """The dates without a label that headers print beside the patient's sex ("Roe, Jane | F | 12-Feb-1961"), and headers and
    footers between the name and the record number ("Jane Roe   2/12/1961   MRN 77120"), many years before the chart's latest:
    they are the birth."""
    latest = max((h.value.year for h in hits), default=0)
    found = set()
    told: int | None = None
    for h in hits:
        first, told = h.line != told, h.line
        line = lines[h.line]
        if not first or h.labelled or h.value.year > latest - _LEAST_AGE:
            continue
        beside_sex = line.at < _HEADER_LINES and _SEX_CELL.search(line.text)
        if beside_sex or (min(line.at, line.last) < _EDGE_LINES and _NAMED_AND_NUMBERED.search(line.text)):
            found.add(h.value)
    return frozenset(found)


def tells_birth(lines: Sequence[Line]) -> bool:
    """Whether any line may speak of a birth: most records tell it on one page, and one look at the others is enough."""
    text = "\n".join(line.text for line in lines).lower()
    return any(map(text.__contains__, _BIRTH_WORDS))


@lru_cache(maxsize=4096)
def _names_in(text: str) -> tuple[str, ...]:
    """The names that a line prints behind a label or before a birth date; asked for its page and for its record."""
    asked = map(_PRINTED_NAMES.__getitem__, _FIRST_LOOK.possible(text))
    found = (_clean(match.group("name")) for pattern in asked for match in pattern.finditer(text))
    return tuple(name for name in found if name)


def _names_under_labels(lines: Sequence[Line]) -> list[str]:
    """Names that stand in the cell below "Patient name", in headers that print a row of labels over a row of values."""
    names = []
    for above, below in itertools.pairwise(lines):
        if "  " not in above.text or _DIGIT.search(above.text):
            continue
        labels, values = above.cells, below.cells
        if len(labels) != len(values):
            continue
        for (_, label), (_, value) in zip(labels, values, strict=True):
            if _NAME_LABEL.fullmatch(label):
                name = _clean(value)
                if name:
                    names.append(name)
    return names


def _names_over_births(lines: Sequence[Line]) -> list[str]:
    """Names that stand alone in the cell above age and birth date: "Roe, Jane" over "74 Y old Female, DOB: 03/09/1951"."""
    names = []
    for above, below in itertools.pairwise(lines):
        if above.leaf != below.leaf or not _BIRTH.search(below.text):
            continue
        values, labels = above.cells, below.cells
        place = next((n for n, (_, cell) in enumerate(labels) if _AGE_CELL.match(cell)), None)
        if place is None or len(values) != len(labels) or find_people(above.text):
            continue
        cell = values[place][1].strip()
        if _WHOLE_NAME.fullmatch(cell) and not {w.lower().strip(",.") for w in cell.split()} & _FACILITY_WORDS:
            name = _clean(cell)
            if name:
                names.append(name)
    return names


def with_known_name(found: Identity, lines: Sequence[Line], chart: Identity) -> Identity:
    """The same identifiers with the chart's patient's name where the record's edges print it without a label."""
    if found.names or not chart.names:
        return found
    for line in lines:
        if line.at >= 10 and line.last >= 6:
            continue
        printed = set(name_words(line.text))
        for name in chart.names[:1]:
            words = name_words(name)
            if len(words) >= 2 and sum(word in printed for word in words) >= 2:
                return Identity((name,), found.births, found.numbers, found.scanned)
    return found


def _clean(name: str) -> str | None:
    if _IS_ADDRESS.search(name):
        return None
    words: list[str] = []
    for word in name.replace(",", ", ").split():
        if word.strip(".,").lower() in _STOP_WORDS or (words and word == "MR"):
            break
        words.append(word)
    cleaned = " ".join(words).rstrip(",")
    if titles_of(cleaned):
        # "DISCHARGE SUMMARY   MRN 00123": the record's title stands where a name might.
        return None
    return cleaned if len([w for w in words if len(w.strip(".,")) > 1]) >= 2 else None


def name_words(name: str) -> list[str]:
    """The words of a name that identify: upper case, initials and suffixes left out."""
    words = (w.strip(".,'’-").upper() for w in re.split(r"[\s,]+", name))
    return [w for w in words if len(w) > 1 and w not in {"JR", "SR", "II", "III", "IV", "MR", "MRS", "MS", "DR"}]


def chart_identity(pages: Sequence[Identity]) -> Identity:
    """The patient that most pages name. Where several are named as often, it is the same one in every run."""
    births = Counter(b for page in pages for b in sorted(page.births))
    birth = births.most_common(1)[0][0] if births else None
    own = [p for p in pages if birth is None or birth in p.births] or list(pages)
    words = Counter(tuple(sorted(name_words(n))) for p in own for n in p.names)
    if not words:
        names: tuple[str, ...] = ()
    else:
        best = words.most_common(1)[0][0]
        names = tuple(dict.fromkeys(n for p in own for n in p.names if tuple(sorted(name_words(n))) == best))
    numbers = Counter(n for p in own for n in sorted(p.numbers))
    return Identity(names, frozenset({birth} if birth else ()), frozenset(n for n, _ in numbers.most_common(6)), False)


def compare(found: Identity, chart: Identity) -> Match:
    """Whether a record's identifiers are the chart's patient's. One that differs outright, with nothing that agrees
    against it, makes it another patient's; what could be a misreading or a missing identifier stays unsure."""
    if not found.names and not found.births:
        return "unsure"
    birth = _births_agree(found, chart)
    name = _names_agree(found, chart)
    if birth and name and not found.scanned and _names_another(found, chart):
        # A running header says one patient, the page's own header another.
        return "unsure"
    if birth is False:
        # Scans misread digits: with the same name, one wrong digit is no other patient.
        if found.scanned and name and _close(found, chart):
            return "same"
        if name and (found.numbers & chart.numbers or (found.scanned and _named(found, chart))):
            return "unsure"
        return "other"
    if name is False and birth is None:
        return "unsure" if found.scanned else "other"
    if name is False:
        return "unsure"
    return "same" if name or birth else "unsure"


def _names_another(found: Identity, chart: Identity) -> bool:
    """Whether a second name with a second birth date stands among a record's own."""
    other = [n for n in found.names if not any(_alike(name_words(n), name_words(c), scanned=False) for c in chart.names)]
    return bool(found.births - chart.births) and bool(other)


def _births_agree(found: Identity, chart: Identity) -> bool | None:
    if not found.births or not chart.births:
        return None
    return bool(found.births & chart.births)


def _named(found: Identity, chart: Identity) -> bool:
    """Whether a scan spells the patient's name out: with another birth date a name that is only like it is a namesake's."""
    return any(_alike(name_words(a), name_words(b), scanned=False) for a in found.names for b in chart.names)


def _close(found: Identity, chart: Identity) -> bool:
    return any(
        sum(a != b for a, b in zip(x.isoformat(), y.isoformat(), strict=True)) <= 2 for x in found.births for y in chart.births
    )


def _names_agree(found: Identity, chart: Identity) -> bool | None:
    if not found.names or not chart.names:
        return None
    return any(_alike(name_words(a), name_words(b), found.scanned) for a in found.names for b in chart.names)


def _alike(a: list[str], b: list[str], scanned: bool) -> bool:
    """Two words of the name agree: last and first. In scans nearly so is enough."""
    least = 75 if scanned else 92
    agree = sum(any(fuzz.ratio(x, y) >= least for y in b) for x in a)
    return agree >= min(2, len(a), len(b))
