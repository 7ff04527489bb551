"""Two-way review: what was submitted on claims, held against what the chart supports. It finds codes to delete as well as
codes to add; a review that only adds is what settlements of 2025 and 2026 punished.

Nothing is deleted here, and nothing is called supported that no person accepted: each line says what was found, what a
person decided, and what is still to be decided.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Literal

from hccassist.review.decisions import SuggestionState
from hccassist.review.export import quoted, quotes_of
from hccassist.review.snapshot import OpenChart
from hccassist.review.store import Store
from hccassist.review.worklist import WorklistRow
from hccassist.schema import Suggestion, unread_because

Finding = Literal["supported", "to_decide", "not_supported", "not_found", "no_visit", "no_chart"]
FINDINGS: dict[Finding, str] = {
    "supported": "Supported here",
    "to_decide": "Suggested here: decide on it",
    "not_supported": "Not supported: delete",
    "not_found": "Not found in this record: delete, once a person has looked",
    "no_visit": "The chart holds no visit of this date: this record cannot tell",
    "no_chart": "There is no such chart here",
}
_STANDING = {finding: place for place, finding in enumerate(FINDINGS)}
"""How much a finding says for a claim, the most first."""
COLUMNS = {
    "chart": ("chart", "file", "record", "mrn", "member", "member_id", "patient_id"),
    "date": ("date_of_service", "dos", "service_date", "from_date", "date"),
    "code": ("icd10", "icd_10", "icd10cm", "diagnosis", "diagnosis_code", "dx", "code"),
}
CLAIM = "claim:"
"""What the key begins with under which the record holds a decision on a submitted code that no suggestion has."""
MAX_CLAIMS = 20_000
SHORTEST_NUMBER = 4
"""Digits that a record number has at least: fewer would match by chance."""
KEPT_OPEN = 64
"""Charts kept open while claims are read: a patient's stand together."""
_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y%m%d", "%m-%d-%Y")
_CODE = re.compile(r"[A-TV-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?", re.I)


class ClaimsError(ValueError):
    """A list of claims that cannot be read. The message names the line and the cure."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One submitted code: the chart it should stand in (by name, or by its patient's record or member number), the date of
    service (ISO 8601), the code with its dot."""

    chart: str
    date: str
    icd10: str

    @property
    def key(self) -> str:
        """What a decision on it stands under in the record, where no suggestion has the code."""
        return f"{CLAIM}{self.date}:{self.icd10}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a review says of a claim. ``chart`` is the one it was held against, ``words`` quotes it with pages; ``decided`` is
    who decided what, and when."""

    claim: Claim
    finding: Finding
    chart_id: int | None = None
    chart: str = ""
    suggestion_id: str | None = None
    reason: str = ""
    words: str = ""
    decided: str = ""


def read_claims(data: bytes) -> list[Claim]:
    """The claims of a CSV with a column each for chart, date of service and code, under any of the usual names."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    try:
        return _claims(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error:
        raise ClaimsError("This is no list of claims: save it as CSV, one code a line.") from None


def _claims(rows: csv.DictReader[str]) -> list[Claim]:
    names = {re.sub(r"\W+", "_", (n or "").strip().lower()): n for n in rows.fieldnames or []}
    columns = {what: next((names[a] for a in aliases if a in names), None) for what, aliases in COLUMNS.items()}
    missing = [what for what, column in columns.items() if column is None]
    if missing:
        raise ClaimsError(f"The first line must name a column for {', '.join(missing)}, e.g. chart,date_of_service,icd10.")
    claims = []
    for row in rows:
        chart, day, code = ((row.get(columns[what] or "") or "").strip() for what in ("chart", "date", "code"))
        if not (chart or day or code):
            continue
        if not chart or not _CODE.fullmatch(code):
            raise ClaimsError(f"Line {rows.line_num}: every line needs a chart and an ICD-10-CM code such as E11.22.")
        claims.append(Claim(chart, _date(day, rows.line_num), _dotted(code)))
        if len(claims) > MAX_CLAIMS:
            raise ClaimsError(f"More than {MAX_CLAIMS} claims: split the file.")
    return list(dict.fromkeys(claims))


def _date(text: str, line: int) -> str:
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date().isoformat()
        except ValueError:
            continue
    raise ClaimsError(f"Line {line}: the date of service is not a date such as 2025-03-04 or 03/04/2025.")


def _dotted(code: str) -> str:
    bare = code.upper().replace(".", "")
    return f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare


def review(store: Store, folder: Path | None, claims: Iterable[Claim]) -> list[Answer]:
    """What the charts of a results folder say of each claim. Of several charts that a claim may mean, the one that says most
    for it answers: a code that one record of the day supports is not deleted for another that lacks it."""
    listed = _listed(store.worklist(folder))
    opened = lru_cache(maxsize=KEPT_OPEN)(store.open_chart)
    answers = []
    for claim in claims:
        charts = [chart for number in _meant(claim, listed) if (chart := opened(number)) is not None]
        found = [answer(claim, chart) for chart in charts]
        answers.append(min(found, key=lambda a: _STANDING[a.finding], default=Answer(claim, "no_chart")))
    return answers


def _listed(rows: Iterable[WorklistRow]) -> dict[str, list[int]]:
    """The charts by all that a claim may call them: whole name, file name, that without its ending, their patient's numbers."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        path = PurePath(row.chart)
        for name in {row.chart, path.name, path.stem, *filter(None, map(_number, row.patient_numbers))}:
            found[name].append(row.id)
    return found


def _meant(claim: Claim, listed: Mapping[str, Sequence[int]]) -> Sequence[int]:
    return listed.get(claim.chart) or listed.get(_number(claim.chart), ())


def _number(text: str) -> str:
    """A record or member number as it is compared: its digits, without leading zeros. Other text has none."""
    digits = re.sub(r"\D", "", text).lstrip("0")
    return f"#{digits}" if len(digits) >= SHORTEST_NUMBER else ""


def answer(claim: Claim, chart: OpenChart) -> Answer:
    """What the chart and the decisions on it say of one claim."""
    visits = [
        e.id for e in chart.result.encounters if _within(claim.date, e.start or e.date_of_service, e.end or e.date_of_service)
    ]
    own = chart.states.get(claim.key) or next((s for s in chart.orphans if s.suggestion_id == claim.key), None)
    states = [s for s in (*chart.states.values(), *chart.orphans) if s.decision is not None]
    for state in states:
        if state.accepted and _reports(state, claim):
            return _answered(claim, chart, "supported", state)
    here = [s for s in chart.result.suggestions if s.encounter in visits and s.icd10 == claim.icd10]
    left = [s for s in here if not _refused(chart.states.get(s.id))]
    for suggestion in left or here:  # of several records of that day, one that is refused says nothing of another
        decided = chart.states.get(suggestion.id)
        if decided and decided.decision:
            return _answered(claim, chart, "to_decide" if left else "not_supported", decided, suggestion)
    if own and _refused(own):
        return _answered(claim, chart, "not_supported", own)
    if left:
        best = max(left, key=lambda s: s.confidence)
        words = "; ".join(quoted(m.text, m.page) for m in best.mentions)
        return Answer(claim, "to_decide", chart.id, chart.result.chart, best.id, best.reason, words)
    if not visits:
        return Answer(claim, "no_visit", chart.id, chart.result.chart)
    return Answer(claim, "not_found", chart.id, chart.result.chart, reason=_unread(chart))


def _refused(state: SuggestionState | None) -> bool:
    """Whether a person found a code without support. That its condition stands at another date says nothing of this one."""
    decision = state.decision if state else None
    return decision is not None and decision.kind == "reject" and decision.reason != "duplicate"


def _unread(chart: OpenChart) -> str:
    pages = [f"{p.number} ({unread_because(p.unread)})" for p in chart.result.pages if p.source == "unread"]
    return f"Pages {', '.join(pages)} could not be read: look at them first." if pages else ""


def _within(day: str, start: str | None, end: str | None) -> bool:
    if start is None:
        return False
    return date.fromisoformat(start) <= date.fromisoformat(day) <= date.fromisoformat(end or start)


def _reports(state: SuggestionState, claim: Claim) -> bool:
    decision = state.decision
    assert decision is not None  # the caller chose decided ones
    start = decision.encounter.get("start") or decision.encounter.get("date_of_service")
    return decision.icd10 == claim.icd10 and _within(claim.date, start, decision.encounter.get("end"))


def _answered(
    claim: Claim, chart: OpenChart, finding: Finding, state: SuggestionState, suggestion: Suggestion | None = None
) -> Answer:
    decision = state.decision
    assert decision is not None  # the caller chose decided ones
    words = "; ".join(quoted(q["text"], q["page"]) for q in quotes_of(state))
    said = f"{decision.kind} by {decision.who}, {decision.at[:10]}" + (f": {decision.rationale}" if decision.rationale else "")
    reason = suggestion.reason if suggestion else ""
    return Answer(claim, finding, chart.id, chart.result.chart, state.suggestion_id, reason, words, said)


ANSWER_COLUMNS = ("chart", "date_of_service", "icd10", "finding", "held_against", "reason", "words", "decided")


def table(answers: Sequence[Answer]) -> list[dict[str, str]]:
    """The answers as rows for a file."""
    rows = ((a.claim.chart, a.claim.date, a.claim.icd10, FINDINGS[a.finding], a.chart, a.reason, a.words, a.decided)
            for a in answers)  # fmt: skip
    return [dict(zip(ANSWER_COLUMNS, row, strict=True)) for row in rows]
