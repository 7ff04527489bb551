"""Where one record ends and the next begins: page numbers, headers, titles, dates of service, other patients' names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from hccassist.encounters.dates import BARE_KINDS, DateHit
from hccassist.encounters.lines import Line
from hccassist.encounters.patients import Identity, identity_of, name_words, tells_birth
from hccassist.encounters.people import find_people
from hccassist.encounters.rules import openings
from hccassist.encounters.settings import header_of, record_title, titles_of
from hccassist.encounters.signatures import SIGNED_KINDS, cue_of

SERVICE_KINDS = frozenset({"service", "exam", "admission", "discharge", "collected", "noted"})
_TEST_KINDS = frozenset({"collected", "exam"})
_VISIT_KINDS = frozenset({"service", "noted", "dated"})
_HEAD_LINES = 12
_BARE_LINES = 8
_FOOT_LINES = 3
_DIGITS_AND_CONTINUED = re.compile(r"\d[\d/:.\-]*|\(?\bcont(?:inued|'d|\.)?\)?", re.IGNORECASE)
_PAGE_OF = re.compile(
    r"(?:\b(?:page|pg\.?|sheet)\s*[:#]?\s*|\bp\.?\s*(?=\d+\s*(?:of|0f|/)\s*\d)|(?:^|\s{2,})p\.?\s*(?=\d+\s*$))"
    r"(\d{1,3})(?:\s*(?:of|0f|/)\s*(\d{1,3}))?(?![\d/.])",
    re.IGNORECASE,
)
"""The letter alone may be the pulse's: "BP 136/74 P 78"."""
_BARE_PAGE_OF = re.compile(r"(?:^|\s{2,})(\d{1,3})\s*(?:/|of)\s*(\d{1,3})\s*$", re.IGNORECASE)
_SEPARATOR = re.compile(r"^\s*[=*_#~-]{5,}\s*$")
_PATIENT_LABEL = re.compile(
    r"\b(?:patient(?: name)?|pt|client|member|name)\s*:|\bd\.?o\.?b\b|\bdate of birth\b|\bmrn\b", re.IGNORECASE
)
# A field of a note's header: it says that the note is signed, and ends nothing.
_STATUS_FIELD = re.compile(r"\W*(?:result|note|document|report)?\s*status\s*:", re.IGNORECASE)
_ADDED = ("addendum", "addenda", "late addendum")
"""How the page opens that holds what was added to the note before it."""
_MIN_RECORD_LINES = 6
_MIN_SHORT_RECORD = 3
_DATE_LABEL = re.compile(
    r"(?:encounter|visit|service|session|appointment|contact)? ?date(?: of (?:service|visit|encounter|session|contact))?"
    r"|d\.?o\.?s\.?|(?:(?:office|nurse|telephone|phone|video|telehealth|hospital|clinic) )?(?:encounter|visit|session|contact)",
    re.IGNORECASE,
)
_HEADER_LABEL = re.compile(
    r"\b(?:provider|clinician|seen by|author|(?:visit|encounter|contact|note)? ?type|staff|practitioner)\s*(?::|\s{2})",
    re.IGNORECASE,
)
_SHORT_TITLE = re.compile(r"[A-Z][\w&/,'-]*(?: [\w&/,'-]+){0,5}")
_VISIT_LINE = re.compile(r"\W*(?:encounter|visit|contact|session|appointment|d\.?o\.?s\.?|date)\b", re.IGNORECASE)
_LONGEST_HEADER = 110
_TITLE_BEHIND = re.compile(r"[\s:,-][A-Z][a-z]{2,}")
_GOES_ON, _MIN_DATE = re.compile(r"[A-Za-z]{2}"), 6
"""What stands behind the date that opens a note: "1-6-25   BP 146/80"; a date alone belongs to the signature above it."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page says of its record. ``first``, ``last`` bound its lines; ``number``, ``count`` are "page 2 of 3"."""

    first: int
    last: int
    identity: Identity
    dates: frozenset[date]
    """Dates of service by their labels."""
    own_dates: frozenset[date]
    """Those of them that no running header prints."""
    told: frozenset[date]
    """The days of visits that its header tells behind a label, a running header too."""
    any_dates: frozenset[date]
    """Dates of service, or where no label tells, the bare dates of the first lines."""
    titles: frozenset[str]
    letterhead: tuple[str, ...]
    opening: str
    """Its first line that is no running header, numbers blotted out."""
    headed: bool
    """Its own header, not a running one, names the patient."""
    number: int | None
    count: int | None
    opens: bool
    """Its first line reads like a letterhead or title, not like the middle of a text."""
    headline: bool
    """Its first line that is no running header is a title with its day: "DISCHARGE SUMMARY  10/12/25"."""
    begins: bool
    """Its header holds the line with which a system begins each note."""
    tested: bool
    """Its header is dated by a specimen or an examination alone."""
    closed: bool
    """It ends with a signature."""
    scanned: bool


def page_facts(lines: Sequence[Line], hits: Sequence[DateHit]) -> list[PageFacts]:
    """The facts of each page that has lines, in order."""
    facts: list[PageFacts] = []
    lines_at = [h.line for h in hits]
    first = 0
    while first < len(lines):
        last = first
        while last < len(lines) and lines[last].leaf == lines[first].leaf:
            last += 1
        own = hits[bisect_left(lines_at, first) : bisect_left(lines_at, last)]
        facts.append(_facts(lines, first, last, own))
        first = last
    return _without_print_numbering(facts)


def _facts(lines: Sequence[Line], first: int, last: int, hits: Sequence[DateHit]) -> PageFacts:
    page = lines[first:last]
    own_opening = _opening_in_header(page)
    # What stands below the opening of the page's next record is that record's.
    end = next((n for n, line in enumerate(page[:_HEAD_LINES]) if n != own_opening and _opens_record(line)), len(page))
    head = [line for line in page[:end] if not line.fax][:_HEAD_LINES]
    head_end = first + page.index(head[-1]) + 1 if head else first
    labelled, own_dates, told, bare = _dates_told(lines, hits, head_end)
    dates = {h.value for h in labelled}
    titles = {
        _DIGITS_AND_CONTINUED.sub("", cell).strip(" -:,.").lower()
        for line in header_of(page)
        for _, cell in line.cells
        if titles_of(cell)
    }
    number, count = _page_number(page)
    letterhead = tuple(_shape(line.text) for line in head[:1])
    own_head = [line for line in head if not line.running]
    heading = [h for h in hits if own_head and lines[h.line] is own_head[0]]
    headline = bool(own_head) and _is_headline(own_head[0], heading)
    if headline:
        own_dates.add(heading[0].value)
    opening = head[0].text.strip() if head else ""
    return PageFacts(
        first,
        last,
        identity_of(page, hits, first),
        frozenset(dates),
        frozenset(own_dates),
        frozenset(told),
        frozenset(dates or bare),
        frozenset(titles),
        letterhead,
        _shape(own_head[0].text) if own_head else "",
        any(_PATIENT_LABEL.search(line.text) for line in own_head),
        number,
        count,
        opens=bool(re.match(r"[A-Z][A-Za-z]", opening)) and len(opening) < 90 and not opening.endswith((".", ",", ";")),
        headline=headline,
        begins=own_opening is not None,
        tested=bool(labelled) and all(h.kind in _TEST_KINDS for h in labelled),
        closed=any(_is_signed(line) for line in page[-8:]),
        scanned=any(line.scanned for line in page),
    )


def _dates_told(
    lines: Sequence[Line], hits: Sequence[DateHit], head_end: int
) -> tuple[list[DateHit], set[date], set[date], set[date]]:
    """Of a page whose header ends before line ``head_end``: the dates of service that labels tell, in a running header too; the
    days of visits that its own header tells, and with them those of a running one; and the bare dates of its first lines."""
    told = [h for h in hits if not h.prose]
    labelled = [h for h in told if h.kind in SERVICE_KINDS and h.labelled and (h.line < head_end or lines[h.line].running)]
    head = [h for h in told if h.line < head_end]
    visits = [h for h in head if h.kind in _VISIT_KINDS and h.labelled]
    own = {h.value for h in visits if not lines[h.line].running}
    return (
        labelled,
        own,
        {h.value for h in visits},
        {h.value for h in head if h.kind in BARE_KINDS and lines[h.line].at < _BARE_LINES},
    )


@cache
def _openings() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{row.pattern})" for row in openings()), re.IGNORECASE)


def _opens_record(line: Line) -> bool:
    if ":" not in line.text or line.running or line.fax or not _openings().match(line.text):
        return False
    # The foot of a page may name its document again, beside the page's number.
    return not (line.last < _FOOT_LINES and _PAGE_OF.search(line.text))


def _opening_in_header(page: Sequence[Line]) -> int | None:
    """The line that opens a note at the top of a page, with nothing above it but a header; None where there is none."""
    for n, line in enumerate(page[:_HEAD_LINES]):
        if _opens_record(line):
            return n
        if not line.running and (_is_signed(line) or len(line.text) > _LONGEST_HEADER or line.text.endswith(".")):
            return None
    return None


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.split("  ")[0].strip().lower())


def _page_number(page: Sequence[Line]) -> tuple[int | None, int | None]:
    edges = [line for line in page if not line.fax and (line.at < 4 or line.last < 4)]
    for pattern in (_PAGE_OF, _BARE_PAGE_OF):
        for line in reversed(edges):
            match = pattern.search(line.text)
            if match is not None:
                number, count = int(match.group(1)), int(match.group(2)) if match.group(2) else None
                if number >= 1 and (count is None or number <= count):
                    return number, count
    return None, None


def _without_print_numbering(facts: list[PageFacts]) -> list[PageFacts]:
    """Page numbers that run through the whole print say nothing of its records: they are left out."""
    if len(facts) < 4:
        return facts
    of_print = [f.number == i + 1 and f.count == len(facts) for i, f in enumerate(facts)]
    own = any(f.number == f.count == 1 for f in facts)
    if sum(of_print) >= 2 and own:
        # Beside a record that counts its own pages, "2 of 6" on the print's second page counts the print's.
        return [replace(f, number=None, count=None) if printed else f for f, printed in zip(facts, of_print, strict=True)]
    numbered = [(i, f) for i, f in enumerate(facts) if f.number is not None]
    shifts = [f.number - i for i, f in numbered if f.number is not None]
    if len(numbered) < 0.6 * len(facts) or len(set(shifts)) > 1 or any(f.number == 1 for _, f in numbered[1:]):
        return facts
    if len({tuple(sorted(f.dates)) for f in facts if f.dates}) < 2 and len({f.letterhead for f in facts}) == 1:
        return facts
    return [replace(f, number=None, count=None) for f in facts]


def record_starts(lines: Sequence[Line], hits: Sequence[DateHit], facts: Sequence[PageFacts]) -> list[int]:
    """The index of each record's first line."""
    starts: list[int] = []
    for i, page in enumerate(facts):
        if i == 0 or not _goes_on(facts[i - 1], page):
            starts.append(page.first)
        starts += _starts_inside(lines, hits, page, starts[-1])
    return starts


def _goes_on(previous: PageFacts, page: PageFacts) -> bool:
    """Whether a page belongs to the record of the page before it."""
    if page.number == 1 or page.begins:
        return False
    if _differ(previous.identity, page.identity):
        return False
    if previous.tested and page.own_dates and not page.tested:
        # A visit behind a report, be it on the day of the specimen.
        return False
    if page.headline and previous.closed and page.own_dates != previous.own_dates:
        return False
    if previous.closed and page.count is None and page.opening in page.titles:
        # A number alone may count the print's pages: behind a signature a title begins the next record.
        return False
    if page.number is not None and previous.number is not None:
        return page.number == previous.number + 1 and (page.count == previous.count or None in (page.count, previous.count))
    if page.opening.startswith(_ADDED) and not page.headed:
        return True
    for mine, before in ((page.any_dates, previous.any_dates), (page.told, previous.told)):
        # Two visits may share a bare date, as the stamp of the fax that brought them, and differ in what "Date:" tells.
        if mine and before and not mine & before:
            return False
    before = previous.any_dates if page.headed else previous.own_dates
    if page.own_dates and before and not page.own_dates & before:
        # The notes of one stay share their header's dates of admission and discharge, and whoever goes on with its patient
        # tells the day on which the stay ended.
        return False
    if page.number is not None and page.number > 1:
        return True
    if page.titles and previous.titles and not page.titles & previous.titles:
        return False
    if previous.closed and page.headed and page.opening != previous.opening:
        return False
    if page.letterhead == previous.letterhead:
        # Behind a signature a title of another kind begins a record of the same visit, such as a flow sheet.
        other = page.titles - previous.titles if page.dates & previous.dates else page.titles
        return not (previous.closed and other)
    if page.dates & previous.dates and not page.titles - previous.titles:
        return True
    if page.titles or page.dates or page.identity.names or page.identity.births:
        return False
    finished = previous.closed or (previous.count is not None and previous.number == previous.count)
    return not (finished and page.opens) and not (page.opens and page.scanned != previous.scanned)


def _differ(one: Identity, other: Identity) -> bool:
    if one.births and other.births and not one.births & other.births and not (one.scanned or other.scanned):
        return True
    if not (one.names and other.names) or one.scanned or other.scanned:
        return False
    a, b = ({w for n in x.names for w in name_words(n)} for x in (one, other))
    return not a & b


@dataclass(frozen=True, slots=True)
class _Dated:
    """The lines of a chart, and the dates in them by line."""

    lines: Sequence[Line]
    hits: Sequence[DateHit]
    line_of: Sequence[int]

    def dates(self, first: int, last: int) -> Sequence[DateHit]:
        """The dates that stand in the lines [first, last)."""
        return self.hits[bisect_left(self.line_of, first) : bisect_left(self.line_of, last)]


@dataclass(frozen=True, slots=True)
class _Inside:
    """A page in the middle of which records may begin. Of each of its lines: whether it names a patient, and whether it is the
    line with which a system begins a note (that of the page's own header left out)."""

    chart: _Dated
    page: PageFacts
    names_patient: Sequence[bool]
    opens: Sequence[bool]

    def begin(self, n: int, current: int, closed: bool) -> int | None:
        """The first line of the record that begins at line ``n`` or in the letterhead above it; None where none does.
        ``current``: the first line of the record so far; ``closed``: it is signed."""
        line, page, last = self.chart.lines[n], self.page, self.page.last
        roomy, grown = last - n > _MIN_SHORT_RECORD, n - current >= _MIN_SHORT_RECORD
        if grown and _opens_behind_rule(self.chart, n, closed=closed):
            return n
        if closed and roomy and grown and _heads_record(self.chart, n, last):
            return n
        if (
            grown
            and n > page.first
            and (_begins_day(self.chart, n) or _follows_signature(self.chart, n) or _day_below_signature(self.chart, n))
        ):
            return n
        if closed and roomy and grown and n > page.first:
            return self.letterhead(n, current) if _is_headline(line, self.chart.dates(n, n + 1)) else None
        return None

    def letterhead(self, n: int, current: int) -> int:
        """The first line of what stands above line ``n`` as its letterhead, behind the beginning of the current record."""
        return _letterhead_above(self.chart.lines, n, max(current + 1, self.page.first))

    def is_titled(self, n: int, current: int, closed: bool) -> bool:
        """Whether line ``n`` begins a header of several lines: a title, or a labelled date of service, has a patient or a date
        of its own, behind a signed record or a separator."""
        lines, first = self.chart.lines, self.page.first
        line, roomy = lines[n], self.page.last - n > _MIN_SHORT_RECORD
        if line.running or line.fax or not roomy or n - max(current, first) < _MIN_RECORD_LINES:
            return False
        near = self.chart.dates(n, min(n + 7, self.page.last))
        own = [h for h in near if h.kind in SERVICE_KINDS and h.labelled and not h.prose]
        dated = bool(own)
        labelled_here = any(h.line == n and h.kind == "service" for h in own)
        patient = any(self.names_patient[n - first : n - first + 6])
        parted = any(_SEPARATOR.match(other.text) for other in lines[max(n - 2, first) : n])
        titled = (dated or patient) and record_title(line) is not None
        return (
            (titled and (closed or parted or (patient and dated)))
            or (labelled_here and (patient or parted) and (closed or parted))
            or (patient and closed and dated and self.names_patient[n - first])
        )


def _starts_inside(lines: Sequence[Line], hits: Sequence[DateHit], page: PageFacts, start: int) -> list[int]:
    """Records that begin in the middle of a page: a title with a date or patient of its own, after the last one
    ended. ``start``: the first line of the record with which the page begins."""
    chart = _Dated(lines, hits, [h.line for h in hits])
    mine = lines[page.first : page.last]
    own_opening = _opening_in_header(mine)
    unmarked = tells_birth(mine) or any("mrn" in line.text.lower() for line in mine)
    names_patient = [(unmarked or ":" in line.text) and bool(_PATIENT_LABEL.search(line.text)) for line in mine]
    opens = [_opens_record(line) for line in mine]
    dated = any(
        h.kind in SERVICE_KINDS or h.start - lines[h.line].start < _MIN_DATE for h in chart.dates(page.first, page.last)
    )
    if not (dated or any(names_patient) or any(opens)):
        # Without an opening, a date or a patient of its own no record begins here.
        return []
    inside = _Inside(chart, page, names_patient, [own and n != own_opening for n, own in enumerate(opens)])
    found: list[int] = []
    current = start
    closed = any(_is_signed(lines[n]) for n in range(start, page.first))
    headed = any(_heads_visit(chart, n) for n in range(start, page.first))
    n = page.first
    while n < page.last:
        begin, step = inside.begin(n, current, closed), 1
        if inside.opens[n - page.first]:
            begin = inside.letterhead(n, current)
        elif _heads_visit(chart, n):
            begin = n if (headed or closed) and n > current else None
            headed = True
        elif begin is None and inside.is_titled(n, current, closed):
            begin, step = inside.letterhead(n, current), _MIN_RECORD_LINES
        elif begin is None and n - current >= _MIN_SHORT_RECORD and _is_signed(lines[n]):
            closed = True
        if begin is not None:
            found.append(begin)
            current, closed = begin, False
        n += step
    return found


def _heads_record(chart: _Dated, n: int, last: int) -> bool:
    """Whether a line begins a header of its own: a date of service behind its label, first in its line, and who saw the
    patient or what kind of visit it was beside or below."""
    line, own = chart.lines[n], chart.dates(n, n + 1)
    if line.running or line.fax or not own or own[0].kind != "service" or not own[0].labelled or own[0].prose:
        return False
    label = line.text[: own[0].start - line.start].strip(" *:-\t")
    below = chart.lines[n : min(n + 3, last)]
    return bool(_DATE_LABEL.fullmatch(label)) and any(_HEADER_LABEL.search(other.text) for other in below)


def _heads_visit(chart: _Dated, n: int) -> bool:
    """Whether one line is the whole header of a visit in a list of them: "Encounter: 03/26/2025  Type: No show  Staff: ..."."""
    text = chart.lines[n].text
    return bool(_VISIT_LINE.match(text) and _HEADER_LABEL.search(text)) and _heads_record(chart, n, n + 1)


def _opens_behind_rule(chart: _Dated, n: int, *, closed: bool) -> bool:
    """Whether a title right below a printed line begins a record: one with its day, or any once the record above is signed,
    lists too ("Medication List")."""
    line = chart.lines[n]
    if line.running or line.fax or not n or not _SEPARATOR.match(chart.lines[n - 1].text):
        return False
    ended = closed or (n > 1 and _is_signed(chart.lines[n - 2]))
    dated = bool(chart.dates(n, n + 1)) and record_title(line) is not None
    return dated or (ended and bool(titles_of(line.text)))


def _follows_signature(chart: _Dated, n: int) -> bool:
    """Whether a title right below a signature begins the next record: its day stands behind a label on the line below, and
    where no rule knows the title, the label comes first ("Nutrition", "DOS 02/20/2025  Jane Roe, RD")."""
    line, above = chart.lines[n], chart.lines[n - 1]
    day = next(iter(chart.dates(n + 1, n + 2)), None)
    if day is None or line.running or line.fax or line.leaf != above.leaf or chart.dates(n, n + 1) or not _is_signed(above):
        return False
    if not day.labelled or day.prose or day.kind not in _VISIT_KINDS | {"next"}:
        return False
    below = chart.lines[day.line]
    labelled_first = _DATE_LABEL.fullmatch(below.text[: day.start - below.start].strip(" *:-\t"))
    return bool(titles_of(line.text) or (labelled_first and _SHORT_TITLE.fullmatch(line.text.strip())))


def _day_below_signature(chart: _Dated, n: int) -> bool:
    """Whether a line right below a signature begins the next record: it opens with its day and goes on with what it is, and it
    or the line below names who saw the patient ("14-Mar-2025  Home visit, wound nurse", "Abe Lund, RN")."""
    line, above, own = chart.lines[n], chart.lines[n - 1], chart.dates(n, n + 1)
    if not own or own[0].kind not in BARE_KINDS or line.running or line.fax or line.leaf != above.leaf or not _is_signed(above):
        return False
    if (
        line.text[: own[0].start - line.start].strip(" *-")
        or cue_of(line.text)
        or not _TITLE_BEHIND.search(line.text, _MIN_DATE)
    ):
        return False
    below = chart.lines[n + 1].text if n + 1 < len(chart.lines) else ""
    return bool(find_people(line.text) or find_people(below))


def _is_headline(line: Line, own: Sequence[DateHit]) -> bool:
    """Whether a line is the title of a record with its day in it, behind a label or first: "11-Mar-2025  Home visit";
    ``own`` are the line's dates."""
    dated = any(h.labelled and not h.prose and h.kind in _VISIT_KINDS for h in own)
    opens = bool(own) and own[0].kind in BARE_KINDS and not line.text[: own[0].start - line.start].strip(" *-")
    return (dated or opens) and not line.running and not line.fax and record_title(line) is not None


def _begins_day(chart: _Dated, n: int) -> bool:
    """Whether a line begins the next of the notes that are written one under the other: it opens with a date and goes on, and
    the one above it is a provider's name and credential alone."""
    line, above, own = chart.lines[n], chart.lines[n - 1], chart.dates(n, n + 1)
    if line.running or not own or own[0].kind not in BARE_KINDS | {"service"}:
        return False
    if line.text[: own[0].start - line.start].strip(" *:-\tDATEdate") or not _GOES_ON.search(line.text, _MIN_DATE):
        return False
    people = find_people(above.text)
    return bool(people) and not above.text[: people[0].start].strip(" -_") and not above.text[people[-1].end :].strip(" .-_")


def _is_signed(line: Line) -> bool:
    cue = None if line.running or _STATUS_FIELD.match(line.text) else cue_of(line.text)
    return cue is not None and (cue[0] in SIGNED_KINDS or cue[0] in {"pending", "blank", "dictated", "stamp"})


def _letterhead_above(lines: Sequence[Line], n: int, least: int) -> int:
    """The first line of the letterhead above a record's title: back to a separator, past lines that end no record."""
    begin = n
    for above in range(n - 1, max(least, n - 5) - 1, -1):
        text = lines[above].text.strip()
        if _SEPARATOR.match(text):
            return above
        if _is_signed(lines[above]) or text.endswith(".") or len(text) > 90 or lines[above].running:
            break
        if not (
            text.isupper()
            or re.search(r"\d{3}[-.) ]\s?\d{3}[-.]\d{4}|\bclinic\b|\bcenter\b|\bhospital\b|\bmedical\b", text, re.IGNORECASE)
        ):
            break
        begin = above
    return begin
