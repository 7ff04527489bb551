"""A chart is cut into its records: who saw the patient, when, where, and whether the record can carry a diagnosis
(RADV).

Rules are data (``data/*.tsv``), each line with its source. What a record does not say stays unknown: nothing is
guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from hccassist.encounters.dates import BARE_KINDS, DateHit, find_dates
from hccassist.encounters.lines import Line, lines_of, other_words
from hccassist.encounters.patients import (
    HEADER_WORDS,
    Identity,
    births_without_label,
    chart_identity,
    compare,
    identity_of,
    name_words,
    with_known_name,
)
from hccassist.encounters.records import SERVICE_KINDS, page_facts, record_starts
from hccassist.encounters.rules import date_weights
from hccassist.encounters.settings import has_visit, is_ongoing, is_withdrawn, setting_of
from hccassist.encounters.signatures import is_authentication, read_signature
from hccassist.encounters.specialties import specialty_of
from hccassist.encounters.validity import Facts, judge
from hccassist.schema import Chart, Encounter

__all__ = ["find_encounters"]

_HEAD_LINES = 14
_NEAR_YEARS = 3
_EDGE = 2
_PAGE_REACH = 150
_FOOTER, _CLOSING = 3, 8
_FIRST_YEAR, _LAST_YEAR = 1995, 2035
_STAYS = frozenset({"inpatient", "outpatient_hospital", "ed", "snf"})
_NO_VISIT = frozenset({"summary", "problem_list", "med_list", "cover", "immunization"})
_THERAPY = frozenset({"Physical therapy", "Occupational therapy", "Speech language pathology"})
"""A nursing facility bills the therapy of all its residents (42 CFR 411.15(p)): a therapist's note there is the facility's."""
_AS_DISCHARGED = 130.0
_MENTIONED = 10.0
_AT_THE_END = 12.0
_OF_THE_STAY = re.compile(
    r"discharge\b.*\bsummary|\b(?:discharge|transfer) note\b|\b(?:stay|hospitalization|admission) summary\b"
)
"""Titles of what is written at the end of a stay, in small letters: its day is the last."""
_IN_HEADER, _IN_BODY = 20, -35


def find_encounters(chart: Chart) -> tuple[Encounter, ...]:
    """The records of a chart in order, ``e1``, ``e2``...; together they cover its whole text."""
    lines = lines_of(chart)
    if not lines:
        return (
            Encounter("e1", 0, len(chart.text), tuple(p.number for p in chart.pages), problems=("No text on these pages.",)),
        )
    hits = find_dates(lines)
    hits = _as_births(hits, births_without_label(lines, hits))
    facts = page_facts(lines, hits)
    patient = chart_identity([f.identity for f in facts])
    # A birth date without its label is told by being the patient's.
    hits = _as_births(hits, patient.births)
    hits = _print_dates_told(lines, _without_misread(lines, hits))
    starts = record_starts(lines, hits, facts)
    lines_at = [h.line for h in hits]
    bounds = [0, *(_text_start(chart, lines[first]) for first in starts[1:]), len(chart.text)]
    encounters = []
    for n, (first, last) in enumerate(pairwise([*starts, len(lines)])):
        own = hits[bisect_left(lines_at, first) : bisect_left(lines_at, last)]
        record = _Record(lines[first:last], own, first, _margins(lines, first, last), bounds[n], bounds[n + 1])
        encounters.append(_encounter(f"e{n + 1}", record, chart, patient))
    return tuple(encounters)


@dataclass(frozen=True, slots=True)
class _Record:
    """The lines of one record of a chart, the dates in them, and the lines ``margins`` around it that name its patient too.
    ``offset`` is the chart's line with which it begins, [start, end) its text."""

    lines: Sequence[Line]
    hits: Sequence[DateHit]
    offset: int
    margins: Sequence[Line]
    start: int
    end: int

    def first(self, kind: str) -> date | None:
        """The first date of a kind."""
        return next((h.value for h in self.hits if h.kind == kind), None)

    def pages(self, chart: Chart) -> tuple[int, ...]:
        """The numbers of the pages on which it stands, those without any text too."""
        return tuple(
            p.number
            for p in chart.pages
            if (p.start < self.end and p.end > self.start) or (p.start == p.end and self.start <= p.start < self.end)
        )


def _as_births(hits: Sequence[DateHit], births: Collection[date]) -> list[DateHit]:
    return [replace(h, kind="birth", labelled=True) if h.value in births else h for h in hits]


def _headed_for_another(record: _Record, patient: Identity) -> bool:
    """Whether a record's own header names another person with another birth date: a page that was filed into this chart,
    and printed with this patient's running header."""
    running = {record.offset + n for n, line in enumerate(record.lines) if line.running}
    if not running:
        return False
    hits = [h for h in record.hits if h.line not in running]
    own = identity_of([line for line in record.lines if not line.running], hits, record.offset)
    return bool(own.names and own.births) and compare(own, patient) == "other"


def _margins(lines: Sequence[Line], first: int, last: int) -> list[Line]:
    """The header and footer lines, outside the record, of the pages it begins and ends on: they name its patient too."""
    leaves = {lines[first].leaf, lines[last - 1].leaf}
    near = [*lines[max(first - _PAGE_REACH, 0) : first], *lines[last : last + _PAGE_REACH]]
    return [line for line in near if line.leaf in leaves and (line.running or min(line.at, line.last) < _EDGE)]


def _without_misread(lines: Sequence[Line], hits: Sequence[DateHit]) -> list[DateHit]:
    """The dates without those that a scan's handwriting made up: years that no printed date of the chart comes near."""
    printed = {h.value.year for h in hits if h.kind in SERVICE_KINDS and h.labelled and not lines[h.line].scanned}
    if not printed:
        return list(hits)
    return [
        h
        for h in hits
        if h.kind == "birth" or not lines[h.line].scanned or min(abs(h.value.year - y) for y in printed) <= _NEAR_YEARS
    ]


def _print_dates_told(lines: Sequence[Line], hits: Sequence[DateHit]) -> list[DateHit]:
    """The dates, those marked as print dates that stand without a label at the edge of most pages."""
    edge = {
        (lines[h.line].leaf, h.value)
        for h in hits
        if h.kind in BARE_KINDS and min(lines[h.line].at, lines[h.line].last) < _EDGE
    }
    leaves = {line.leaf for line in lines}
    counts = Counter(value for _, value in edge)
    stamped = {value for value, count in counts.items() if count >= 3 and count >= 0.6 * len(leaves)}
    return [replace(h, kind="print") if h.kind in BARE_KINDS and h.value in stamped else h for h in hits]


def _text_start(chart: Chart, line: Line) -> int:
    """Where a record that begins with this line begins: at its page's start if the line is the page's first."""
    start = chart.pages[line.page - 1].start
    return max(start, chart.text.rfind("\f", start, line.start) + 1) if line.at == 0 else line.start


def _encounter(id: str, record: _Record, chart: Chart, patient: Identity) -> Encounter:
    lines, hits, offset = record.lines, record.hits, record.offset
    signature = read_signature(lines, hits, offset)
    setting = setting_of(lines)
    specialty = specialty_of(lines, signature.provider)
    accepted = signature.provider is not None and signature.provider.accepted == "yes"
    if setting == "snf" and accepted and has_visit(lines) and not (specialty and specialty.specialty in _THERAPY):
        setting = "snf_visit"
    identity = with_known_name(identity_of(lines, hits, offset), [*lines, *record.margins], patient)
    chosen = None if setting in _NO_VISIT else _date_of_service(record, setting)
    facts = Facts(
        setting,
        chosen.value if chosen else None,
        chosen is not None and chosen.kind in {"signed", "dictated"},
        signature,
        "other" if _headed_for_another(record, patient) else compare(identity, patient),
        bool(identity.names or identity.births),
        specialty,
        any(is_withdrawn(line.text) for line in lines),
    )
    valid, problems = judge(facts)
    # A visit after a stay tells the stay's dates too: they are not its own.
    admitted, discharged = (record.first(kind) if setting in _STAYS else None for kind in ("admission", "discharge"))
    pages = record.pages(chart)
    return Encounter(
        id=id,
        start=record.start,
        end=record.end,
        pages=pages,
        start_date=_iso(admitted or facts.date_of_service),
        end_date=_iso(discharged or facts.date_of_service),
        date_of_service=_iso(facts.date_of_service),
        provider=signature.provider.name if signature.provider else signature.name,
        credential=signature.provider.credential if signature.provider else None,
        specialty=specialty.specialty if specialty else None,
        setting=setting,
        signed=signature.signed,
        patient=identity.names[0] if identity.names else None,
        valid=valid,
        problems=(*problems, *_repeats(chart, pages)),
        patient_numbers=tuple(sorted(identity.numbers)),
        ongoing=setting == "inpatient" and is_ongoing(lines),
        formal=_formal(record, (*identity.names, *patient.names)),
    )


def _formal(record: _Record, names: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """The lines of a record that only identify the patient, date the record or authenticate it."""
    labelled = (h for h in record.hits if h.kind == "birth" or (h.kind in SERVICE_KINDS and h.labelled))
    told = {h.line - record.offset for h in labelled}
    known = {word for name in names for word in name_words(name)} | HEADER_WORDS
    return tuple(
        (line.start, line.end)
        for n, line in enumerate(record.lines)
        if (n in told and not other_words(line.text, known)) or is_authentication(line.text)
    )


def _repeats(chart: Chart, numbers: Sequence[int]) -> tuple[str, ...]:
    own = (p for p in chart.pages if p.number in numbers and p.duplicate_of is not None)
    return tuple(f"Page {p.number} repeats page {p.duplicate_of}." for p in own)


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _date_of_service(record: _Record, setting: str) -> DateHit | None:
    """The date that says best when the patient was seen: by what stands beside it and where it stands."""
    best: DateHit | None = None
    best_weight = 0.0
    births = {h.value for h in record.hits if h.kind == "birth"}
    title = " ".join(line.text.lower() for line in record.lines[:_HEAD_LINES])
    summarized = setting == "inpatient" and bool(_OF_THE_STAY.search(title))
    for hit in record.hits:
        if hit.value in births or not _FIRST_YEAR <= hit.value.year <= _LAST_YEAR:
            continue
        n = hit.line - record.offset
        weight = _weight(hit, record.lines[n], n < _HEAD_LINES, setting, summarized=summarized)
        if weight > best_weight or (weight == best_weight and best is not None and _is_flow_sheet(record.hits, best, hit)):
            best, best_weight = hit, weight
    return best


def _weight(hit: DateHit, line: Line, in_head: bool, setting: str, *, summarized: bool) -> float:
    """How strongly a date is the date of service of a record of this setting; 0: not at all."""
    weights = date_weights()
    weight = weights.get((hit.kind, setting), weights.get((hit.kind, ""), 0.0))
    if not weight or hit.kind in {"signed", "dictated", "seen"}:
        return weight
    if summarized and hit.kind == "discharge":
        weight = _AS_DISCHARGED
    if hit.prose:
        return _MENTIONED if hit.labelled else 0.0
    if hit.kind in BARE_KINDS and (line.last < _FOOTER or not (in_head or line.running)):
        return _AT_THE_END if line.last < _CLOSING else 0.0
    return weight + (_IN_HEADER if in_head or line.running else _IN_BODY)


def _is_flow_sheet(hits: Sequence[DateHit], first: DateHit, hit: DateHit) -> bool:
    """Whether both dates head columns of one table: a flow sheet's last column is when it was completed."""
    row = [h for h in hits if h.line == hit.line and h.kind == hit.kind]
    return first.line == hit.line and len(row) >= 3 and first.value < hit.value and hit.kind != "period"
