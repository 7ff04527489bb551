"""Escalated cases: open questions to the team, and their answers, which are guidance whenever the condition comes up again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hccassist.review.database import put
from hccassist.review.decisions import decision_at
from hccassist.review.people import Person
from hccassist.review.store import Store
from hccassist.review.tables import ChartRow, DecisionRow, GuidanceRow


@dataclass(frozen=True, slots=True)
class Question:
    """An escalated case: ``text`` is what the coder asked, ``seq`` the escalation in the record."""

    seq: int
    chart_id: int
    chart: str
    suggestion_id: str
    condition: str
    icd10: str | None
    description: str
    text: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class Guidance:
    """An answer that stands for every chart with the same condition."""

    condition: str
    icd10: str | None
    question: str
    answer: str
    who: str
    at: str


class Questions:
    """The questions of a store and the answers to them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self) -> list[Question]:
        """The escalated cases that nobody answered yet, oldest first."""
        answered = select(GuidanceRow.event_seq)
        waiting = (DecisionRow.kind == "escalate", DecisionRow.seq.not_in(answered), ChartRow.present)
        query = select(DecisionRow.__table__, ChartRow.chart).join(ChartRow, ChartRow.id == DecisionRow.chart_id)
        with self._store.read() as db:
            rows = db.execute(query.where(*waiting).order_by(DecisionRow.seq)).all()
        return [self._question(row) for row in rows]

    def _question(self, row: Any) -> Question:
        asked = decision_at(row.seq, self._store.events(row.chart_id, row.suggestion_id))
        suggestion = asked.suggestion if asked else {}
        return Question(
            seq=row.seq,
            chart_id=row.chart_id,
            chart=row.chart,
            suggestion_id=row.suggestion_id,
            condition=suggestion.get("condition", ""),
            icd10=suggestion.get("icd10"),
            description=suggestion.get("description", ""),
            text=(asked.rationale if asked else None) or "",
            who=row.who,
            at=row.at,
        )

    def answer(self, question: Question, answer: str, person: Person) -> None:
        """Answer an escalated case, as leads do; the answer is guidance from now on. A later one replaces an earlier one."""
        person.require("lead")
        values = {
            "condition": question.condition, "icd10": question.icd10, "question": question.text, "answer": answer,
            "who": person.name, "at": self._store.now(),
        }  # fmt: skip
        with self._store.write() as db:
            put(db, GuidanceRow, {"event_seq": question.seq}, values)

    def guidance(self, conditions: Iterable[str] | None = None) -> list[Guidance]:
        """What was answered, newest first: about some conditions, or all of it."""
        query = select(GuidanceRow.__table__).order_by(GuidanceRow.at.desc())
        if conditions is not None:
            query = query.where(GuidanceRow.condition.in_(list(conditions)))
        with self._store.read() as db:
            return [Guidance(r.condition, r.icd10, r.question, r.answer, r.who, r.at) for r in db.execute(query)]
