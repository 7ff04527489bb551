"""Questions to a provider about what a record leaves open.

Compliant as ACDIS and AHIMA ask for (Guidelines for Achieving a Compliant Query Practice, 2022): the clinical indicators are
quoted from this record; the question is open, or a choice of what the indicators can support with "other" and "unable to
determine"; it leads to no answer, names no condition that the record does not, and never what anything pays.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from sqlalchemy import select

from hccassist.review.database import put
from hccassist.review.decisions import DecisionError, Quote, SuggestionState
from hccassist.review.people import Person
from hccassist.review.snapshot import OpenChart
from hccassist.review.store import Store
from hccassist.review.tables import ChartRow, DecisionRow, EventRow, ProviderQueryRow
from hccassist.schema import EncounterSummary, Span, Suggestion
from hccassist.terminology.codes import load_codes

Form = Literal["open", "choice"]
QueryStatus = Literal["draft", "sent", "answered"]
STATUSES: tuple[QueryStatus, ...] = get_args(QueryStatus)
OTHER, UNABLE = "Other (please specify): ____", "Unable to determine"
MAX_TEXT = 8000
_STATUS_CHOICES = (
    "Present at this visit, and addressed as follows: ____",
    "Present at this visit, not addressed",
    "Past, no longer present",
    "Not present",
)
_DESCRIBE = (
    "Please describe it in your own words: its course, the findings or results that were looked at, your assessment and its"
    " treatment, as far as they were part of this visit."
)
_UNCERTAIN_CHOICES = ("Confirmed", "Ruled out", "Still uncertain at the end of this visit")


@dataclass(frozen=True, slots=True)
class Concern:
    """Words that a compliant query does not have (or lacks): ``kind`` is payment, leading or choice."""

    kind: str
    words: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class ProviderQuery:
    """A suggestion that a coder wants to ask about, with the question as it was last kept (None: not worded yet). ``about``:
    the condition, the code that was suggested and the date of the visit, as they were when it was decided."""

    chart_id: int
    chart: str
    suggestion_id: str
    about: str
    coder: str
    at: str
    text: str | None
    status: QueryStatus
    answer: str


@cache
def _words() -> tuple[tuple[re.Pattern[str], str, str, str], ...]:
    with (files("hccassist.review") / "data/query_words.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        (re.compile(rf"\b(?:{'|'.join(map(re.escape, r['words'].split('|')))})", re.I), r["kind"], r["why"], r["source"])
        for r in rows
    )


def concerns(text: str) -> list[Concern]:
    """What speaks against sending a question. What is quoted from the record is the provider's own, and may say anything."""
    asked = re.sub(r"“[^”]*”", "“”", text)
    found = [Concern(kind, m.group(), why, source) for words, kind, why, source in _words() if (m := words.search(asked))]
    if "[ ]" in asked and not (re.search("other", asked, re.I) and re.search("unable to determine", asked, re.I)):
        source = "ACDIS/AHIMA Guidelines for Achieving a Compliant Query Practice (2022)"
        found.append(Concern("choice", "[ ]", "A choice offers “other” and “unable to determine”", source))
    return found


def choices(suggestion: Suggestion) -> tuple[str, ...]:
    """The answers to choose from, without the two that every choice has; none where the record supports fewer than two."""
    if suggestion.tier == "suspect":
        return _titles(suggestion.alternatives) if len(suggestion.alternatives) > 1 else ()
    if suggestion.status == "uncertain":
        return _UNCERTAIN_CHOICES
    if suggestion.tier == "supported":
        own = (suggestion.description,) if suggestion.icd10 else ()
        found = (*own, *_titles(suggestion.alternatives))
        return found if len(found) > 1 else ()
    return _STATUS_CHOICES


def _titles(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(load_codes().title(code) or code for code in codes))


def draft(chart: OpenChart, suggestion: Suggestion, form: Form, state: SuggestionState | None = None) -> str:
    """A question about a suggestion, for the coder to go over. A suspect names no diagnosis: there is none in the record."""
    visit = next((e for e in chart.result.encounters if e.id == suggestion.encounter), None)
    struck = state.struck if state else frozenset()
    spans: list[Span | Quote] = [m for m in suggestion.mentions if (None, m.start, m.end) not in struck]
    spans += [e for e in suggestion.evidence if (e.element, e.start, e.end) not in struck]
    spans += [q for q in (state.evidence if state else ()) if (q.element, q.start, q.end) not in struck]
    quoted = dict.fromkeys(f"- “{' '.join(span.text.split())}” (page {span.page})" for span in _outermost(spans))
    offered = choices(suggestion) if form == "choice" else ()
    options = "".join(f"\n[ ] {choice}" for choice in (*offered, OTHER, UNABLE)) if offered else ""
    return "\n".join(
        (
            f"To: {_provider(visit)}",
            f"About: {_visit(visit)}",
            "",
            "The record says:",
            *quoted,
            "",
            _question(suggestion, bool(offered)) + options,
        )
    )


def _outermost(spans: Sequence[Span | Quote]) -> list[Span | Quote]:
    """The spans in the order of the text, without those that lie within another one: its words say them too."""
    ordered = sorted(spans, key=lambda span: (span.start, -span.end))
    kept: list[Span | Quote] = []
    for span in ordered:
        if not kept or span.end > max(k.end for k in kept):
            kept.append(span)
    return kept


def _question(suggestion: Suggestion, choice: bool) -> str:
    if suggestion.tier == "suspect":
        return (
            "In your clinical judgment, what diagnosis, if any, do these findings represent? If they have no clinical "
            "significance, please say so."
        )
    named = f"“{' '.join(suggestion.mentions[0].text.split())}”" if suggestion.mentions else "the condition named above"
    if suggestion.status == "uncertain":
        return f"What was your assessment of {named} at the end of this visit?"
    if suggestion.tier == "supported" and _unspecific(suggestion):
        return f"Can {named} be specified further (type, acuity, stage, cause)? If so, how?"
    end = "Please mark one:" if choice else _DESCRIBE
    return f"What was the status of {named} at this visit? {end}"


def _unspecific(suggestion: Suggestion) -> bool:
    """Whether the words leave a code open: they support others too, or the one they support says itself what is not known."""
    return bool(suggestion.alternatives) or not suggestion.icd10 or "unspecified" in suggestion.description.lower()


def _provider(visit: EncounterSummary | None) -> str:
    if visit is None or not visit.provider:
        return "the provider of this visit"
    return f"{visit.provider}, {visit.credential}" if visit.credential else visit.provider


def _visit(visit: EncounterSummary | None) -> str:
    if visit is None:
        return "this record"
    first, last = visit.pages[:1], visit.pages[-1:]
    pages = "" if not first else f", page {first[0]}" if first == last else f", pages {first[0]}–{last[0]}"
    return f"visit of {visit.date_of_service or 'unknown date'}{pages}"


class Queries:
    """The questions of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, person: Person) -> list[ProviderQuery]:
        """Everything that stands decided as a query: a coder's own, everybody's for a lead; newest first."""
        person.require("review")
        query = (
            select(DecisionRow.__table__, ChartRow.chart, EventRow.content)
            .join(ChartRow, ChartRow.id == DecisionRow.chart_id)
            .join(EventRow, EventRow.seq == DecisionRow.seq)
            .where(DecisionRow.kind == "query", ChartRow.present)
            .order_by(DecisionRow.seq.desc())
        )
        if not person.may("lead"):
            query = query.where(DecisionRow.who == person.name)
        with self._store.read() as db:
            kept = {(r.chart_id, r.suggestion_id): r for r in db.execute(select(ProviderQueryRow.__table__))}
            return [_query(row, kept.get((row.chart_id, row.suggestion_id))) for row in db.execute(query)]

    def keep(
        self, person: Person, chart_id: int, suggestion_id: str, text: str, status: QueryStatus = "draft", answer: str = ""
    ) -> None:
        """Keep a question as worded, and what became of it. Raises DecisionError where one that is not compliant is to be sent,
        or where one that was sent reads differently: it stands as the provider has it until it is a draft again."""
        found = [q for q in self.all(person) if (q.chart_id, q.suggestion_id) == (chart_id, suggestion_id)]
        if not found:
            raise DecisionError("This suggestion is not decided as a query, or it is somebody else's.")
        if status not in STATUSES or not text.strip() or len(text) > MAX_TEXT:
            raise DecisionError("Word the question first.")
        against = [] if status == "draft" else concerns(text)
        if against:
            raise DecisionError(f"Not sent: “{against[0].words}”. {against[0].why}.")
        values = {"text": text, "status": status, "answer": answer.strip(), "who": person.name, "at": self._store.now()}
        same = {"chart_id": chart_id, "suggestion_id": suggestion_id}
        with self._store.write() as db:
            kept = db.execute(select(ProviderQueryRow.text, ProviderQueryRow.status).filter_by(**same)).first()
            if kept and kept.status != "draft" and kept.text != text:
                raise DecisionError("Not kept: the question was sent, and stands as it was sent.")
            put(db, ProviderQueryRow, same, values)


def _query(row: Any, kept: Any) -> ProviderQuery:
    status: QueryStatus = kept.status if kept else "draft"
    text, answer = (kept.text, kept.answer) if kept else (None, "")
    return ProviderQuery(row.chart_id, row.chart, row.suggestion_id, _about(row), row.who, row.at, text, status, answer)


def _about(row: Any) -> str:
    rested_on = json.loads(row.content)["snapshot"]
    suggestion, visit = rested_on.get("suggestion", {}), rested_on.get("encounter", {})
    told = (str(suggestion.get("condition") or "").replace("_", " "), suggestion.get("icd10"), visit.get("date_of_service"))
    return ", ".join(filter(None, told)) or str(row.suggestion_id)
