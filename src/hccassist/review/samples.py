"""Samples for second review as the store keeps them: drawn, judged blind, compared, explained.

The second verdict stands in the record beside the first (events of kind ``second``), and changes nothing of it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from hccassist.review.audit import EVENTS
from hccassist.review.claims import CLAIM
from hccassist.review.database import put
from hccassist.review.decisions import Action, Decision, DecisionError, Event, decision_at, second_decision
from hccassist.review.people import Person
from hccassist.review.second_review import (
    CAUSES,
    OUTCOMES,
    Drawable,
    Method,
    Outcome,
    Pair,
    Pattern,
    draw,
    matching,
    patterns,
)
from hccassist.review.snapshot import OpenChart
from hccassist.review.store import Store, event_of
from hccassist.review.tables import ChainHead, ChartRow, DecisionRow, EventRow, LessonRow, ResultsFolder, SampledRow, SampleRow

MAX_SIZE = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample and how far it is judged. While ``judged`` is less than ``size`` nobody is shown how the readings compare."""

    id: int
    at: str
    who: str
    method: Method
    detail: str
    seed: int
    size: int
    judged: int

    @property
    def complete(self) -> bool:
        """Whether every decision of it was judged."""
        return self.judged == self.size


@dataclass(frozen=True, slots=True)
class Sampled:
    """A decision of a sample, and the second reader's own verdict on it so far."""

    event_seq: int
    chart_id: int
    suggestion_id: str
    verdict: Decision | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a disagreement teaches: what differed (the pair), why, a better example, the guideline, which reading stands."""

    pair: Pair
    outcome: Outcome
    cause: str
    why: str
    example: str
    guideline: str
    who: str
    at: str
    reply: str


class Samples:
    """Second review on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # ---- drawing

    def drawable(self, person: Person, folder: Path | None = None) -> list[Drawable]:
        """The decisions in force of other people that are in no sample yet, of a results folder or of all."""
        person.require("lead")
        with self._store.read() as db:
            return self._drawable(db, person, folder)

    def _drawable(self, db: Connection, person: Person, folder: Path | None) -> list[Drawable]:
        drawn = select(SampledRow.event_seq)
        query = (
            select(EventRow.seq, EventRow.chart_id, EventRow.suggestion_id, EventRow.who, EventRow.content)
            .join(DecisionRow, DecisionRow.seq == EventRow.seq)
            .join(ChartRow, ChartRow.id == EventRow.chart_id)
            .where(EventRow.who != person.name, EventRow.seq.not_in(drawn), ChartRow.present)
            .where(EventRow.suggestion_id.not_like(f"{CLAIM}%"))  # a submitted code: there is no suggestion to read again
        )
        if folder is not None:
            query = query.join(ResultsFolder).where(ResultsFolder.path == str(folder.absolute()))
        return [_drawable(row) for row in db.execute(query.order_by(EventRow.seq))]

    def draw(
        self, person: Person, method: Method, size: int, detail: str = "", folder: Path | None = None, seed: int | None = None
    ) -> int:
        """Draw a sample and return its number. Raises DecisionError where nothing can be drawn."""
        person.require("lead")
        if not 1 <= size <= MAX_SIZE:
            raise DecisionError(f"A sample has 1 to {MAX_SIZE} decisions.")
        seed = secrets.randbelow(2**31) if seed is None else seed
        values = {"at": self._store.now(), "who": person.name, "method": method, "detail": detail, "seed": seed}
        with self._store.write() as db:
            # Two leads draw one after the other, or both would be given the same decisions.
            db.execute(select(ChainHead.id).where(ChainHead.id == EVENTS).with_for_update())
            chosen = draw(matching(self._drawable(db, person, folder), method, detail), size, seed)
            if not chosen:
                raise DecisionError("No decision of somebody else is left to draw this way.")
            number = int(db.execute(insert(SampleRow).values(values).returning(SampleRow.id)).scalar_one())
            keys = ("event_seq", "chart_id", "suggestion_id")
            db.execute(insert(SampledRow), [{"sample_id": number} | {k: getattr(d, k) for k in keys} for d in chosen])
        return number

    def all(self, person: Person) -> list[Sample]:
        """Every sample, newest first."""
        person.require("lead")
        with self._store.read() as db:
            rows = list(db.execute(select(SampleRow.__table__).order_by(SampleRow.id.desc())))
            return [self._sample(db, row) for row in rows]

    def _sample(self, db: Connection, row: Any) -> Sample:
        items = self._items(db, SampledRow.sample_id == row.id)
        judged = sum(item.verdict is not None for item in items)
        return Sample(row.id, row.at, row.who, row.method, row.detail, row.seed, len(items), judged)

    # ---- judging

    def items(self, person: Person, sample_id: int) -> list[Sampled]:
        """The decisions of a sample by chart, with the verdicts given on them; never the first decision."""
        person.require("lead")
        with self._store.read() as db:
            return self._items(db, SampledRow.sample_id == sample_id)

    def _items(self, db: Connection, condition: Any) -> list[Sampled]:
        rows = db.execute(
            select(SampledRow.__table__).where(condition).order_by(SampledRow.chart_id, SampledRow.event_seq)
        ).all()
        seconds = self._seconds(db, {row.chart_id for row in rows})
        return [Sampled(row.event_seq, row.chart_id, row.suggestion_id, _verdict(seconds.get(row.event_seq))) for row in rows]

    def _seconds(self, db: Connection, charts: Iterable[int]) -> dict[int, Event]:
        """The last second verdict on each decision of some charts."""
        query = select(EventRow.__table__).where(EventRow.kind == "second", EventRow.chart_id.in_(list(charts)))
        events = [event_of(row) for row in db.execute(query.order_by(EventRow.seq))]
        return {e.action.target: e for e in events if e.action.target is not None}

    def judge(self, person: Person, sample_id: int, chart: OpenChart, action: Action) -> None:
        """Record a verdict: ``action`` is a decision (accept, reject, change, query, escalate) on a sampled suggestion.

        The same ``action_id`` twice is recorded once. Raises NotAllowed for all but leads, DecisionError where the suggestion
        is not in the sample, the decision is the person's own, or the sample was completed and compared."""
        person.require("lead")
        items = self.items(person, sample_id)
        found = [i for i in items if (i.chart_id, i.suggestion_id) == (chart.id, action.suggestion_id)]
        if not found:
            raise DecisionError("This suggestion is not in the sample.")
        events = self._store.events(chart.id)
        if any(e.action.action_id == action.action_id for e in events):  # sent again: its answer did not arrive
            return
        if all(i.verdict for i in items):
            raise DecisionError("The sample is complete and compared: its verdicts stand.")
        [first] = [e for e in events if e.seq == found[0].event_seq]
        if first.who == person.name:
            raise DecisionError("This decision is your own: somebody else reads it a second time.")
        kind: Any = action.kind
        second = replace(action, kind="second", verdict=kind, target=first.seq, seen=None)
        if (first.action.kind, kind) == ("add", "accept"):  # a condition that the first reader added has no suggestion
            second = replace(second, verdict="add", code=first.action.code)
        self._store.record_second(chart, second, person.name)

    # ---- comparing and explaining

    def compare(self, person: Person, sample_id: int) -> list[Pair]:
        """The two readings of a complete sample side by side; nothing of one that is not complete."""
        person.require("lead")
        if not all(item.verdict for item in self.items(person, sample_id)):
            return []
        return self._pairs(select(SampledRow.__table__).where(SampledRow.sample_id == sample_id))

    def _pairs(self, query: Select[Any]) -> list[Pair]:
        with self._store.read() as db:
            rows = db.execute(query.order_by(SampledRow.chart_id, SampledRow.event_seq)).all()
            names: dict[int, str] = {r.id: r.chart for r in db.execute(select(ChartRow.id, ChartRow.chart))}
            seconds = self._seconds(db, {row.chart_id for row in rows})
        pairs = []
        for row in rows:
            events = self._store.events(row.chart_id, row.suggestion_id)
            first, second = decision_at(row.event_seq, events), seconds.get(row.event_seq)
            if first is None or second is None:
                continue
            name, verdict = names[row.chart_id], second_decision(second)
            pairs.append(Pair(row.event_seq, row.chart_id, name, row.suggestion_id, first, verdict))
        return pairs

    def explain(
        self, person: Person, pair: Pair, outcome: Outcome, cause: str, why: str, example: str = "", guideline: str = ""
    ) -> None:
        """Make a disagreement a lesson: which reading stands, and why. A later explanation replaces an earlier one."""
        person.require("lead")
        if outcome not in OUTCOMES or cause not in CAUSES or not why.strip():
            raise DecisionError("Say which reading stands, the cause, and why: a lesson without a reason teaches nothing.")
        values = {
            "outcome": outcome, "cause": cause, "why": why.strip(), "example": example.strip(), "guideline": guideline,
            "who": person.name, "at": self._store.now(),
        }  # fmt: skip
        with self._store.write() as db:
            put(db, LessonRow, {"event_seq": pair.event_seq}, values, once={"reply": ""})

    def lessons(self, person: Person, everybody: bool = False) -> list[Lesson]:
        """A person's own lessons, newest first; everybody's for a lead who asks."""
        person.require("lead" if everybody else "learn")
        found = self._lessons()
        return found if everybody else [lesson for lesson in found if lesson.pair.first.who == person.name]

    def _lessons(self) -> list[Lesson]:
        with self._store.read() as db:
            rows = {r.event_seq: r for r in db.execute(select(LessonRow.__table__))}
        pairs = self._pairs(select(SampledRow.__table__).where(SampledRow.event_seq.in_(list(rows))))
        names = ("outcome", "cause", "why", "example", "guideline", "who", "at", "reply")
        found = [Lesson(p, *(getattr(rows[p.event_seq], name) for name in names)) for p in pairs]
        return sorted(found, key=lambda lesson: lesson.at, reverse=True)

    def reply(self, person: Person, event_seq: int, text: str) -> None:
        """The first reader's own word on a lesson of theirs."""
        if not any(lesson.pair.event_seq == event_seq for lesson in self.lessons(person)):
            raise DecisionError("This lesson is not yours to answer.")
        with self._store.write() as db:
            db.execute(update(LessonRow).where(LessonRow.event_seq == event_seq).values(reply=text.strip()))

    def patterns(self, person: Person) -> list[Pattern]:
        """What several readers differ in alike; it names none of them, so that everybody may see it."""
        person.require("learn")
        return patterns((lesson.pair, lesson.cause) for lesson in self._lessons())


def _drawable(row: Any) -> Drawable:
    suggestion: Any = json.loads(row.content)["snapshot"].get("suggestion", {})
    hcc = suggestion.get("hcc", {}).get("V28", {}).get("category", "")
    return Drawable(
        row.seq, row.chart_id, row.suggestion_id, row.who, hcc, suggestion.get("high_risk") or "", suggestion.get("confidence")
    )


def _verdict(event: Event | None) -> Decision | None:
    return second_decision(event) if event is not None else None
