"""The review store: which charts there are, what was decided about them, and the record of it.

A decision is one transaction: when ``record`` returns, it is on the disk.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from hccassist.reading.kept import kept
from hccassist.review import audit, results
from hccassist.review.database import Database, open_database, put, stamp
from hccassist.review.decisions import (
    ACCEPTED,
    RECORDED_ELSEWHERE,
    WHOLE_CHART,
    Action,
    DecisionError,
    Event,
    SuggestionState,
    check,
    fold,
)
from hccassist.review.holds import Holds
from hccassist.review.snapshot import OpenChart, keys_of, place, snapshot
from hccassist.review.stated import Stated, stated_in
from hccassist.review.tables import (
    AssignmentRow,
    BookmarkRow,
    ChainHead,
    ChartRow,
    DecisionRow,
    EventRow,
    NoteRow,
    ResultsFolder,
    SettingRow,
    StatedRow,
)
from hccassist.review.worklist import WorklistRow, row_of, summary_of
from hccassist.schema import ChartResult

SUSPECT = "A suspect is no diagnosis: query the provider, or add the condition from the words that state it."
PRESENCE = timedelta(minutes=15)
_ACTION = TypeAdapter(Action)


def open_store(url: str | None = None, clock: Callable[[], datetime] | None = None) -> Store:
    """Open (and where needed create or migrate) the store at a path or an SQLAlchemy URL."""
    return Store(open_database(url), clock or (lambda: datetime.now(UTC)))


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import found: charts in the folder, and lines that are not charts; ``mark`` changes whenever the folder does."""

    charts: int
    skipped: int
    mark: int = 0


class Store(Database):
    """All reading and writing of charts, decisions and the record. ``holds`` says who decides on which chart."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        super().__init__(engine, clock)
        self.holds = Holds(self)

    # ---- charts

    def import_results(self, folder: Path) -> ImportSummary:
        """Take in a results folder, or what changed in it. Decisions are never touched, and a second import of the same
        folder changes nothing. Raises ResultsError where the folder holds no results."""
        folder = folder.absolute()
        mark, roots = results.mark(folder), results.roots(folder)
        with self.write() as db:
            known = db.execute(select(ResultsFolder.__table__).where(ResultsFolder.path == str(folder))).first()
            if known and (known.size, known.modified_ns, known.roots) == (mark.size, mark.modified_ns, roots):
                count = db.scalar(select(func.count()).where(ChartRow.folder_id == known.id, ChartRow.present))
                return ImportSummary(count or 0, known.skipped, mark.modified_ns)
            folder_id = known.id if known else self._new_folder(db, folder)
            summary = self._import_lines(db, folder, folder_id)
            db.execute(
                update(ResultsFolder)
                .where(ResultsFolder.id == folder_id)
                .values(size=mark.size, modified_ns=mark.modified_ns, roots=roots, skipped=summary.skipped)
            )
            return replace(summary, mark=mark.modified_ns)

    def _new_folder(self, db: Connection, folder: Path) -> int:
        values = {"path": str(folder), "size": 0, "modified_ns": 0, "roots": [], "skipped": 0}
        return int(db.execute(insert(ResultsFolder).values(values).returning(ResultsFolder.id)).scalar_one())

    def _import_lines(self, db: Connection, folder: Path, folder_id: int) -> ImportSummary:
        stored = select(ChartRow.line_hash, ChartRow.id).where(ChartRow.folder_id == folder_id)
        by_hash = {row.line_hash: row.id for row in db.execute(stored)}
        db.execute(update(ChartRow).where(ChartRow.folder_id == folder_id).values(present=False))
        seen, skipped = set[int](), 0
        for line in results.lines(folder):
            where = {"offset": line.offset, "length": line.length, "present": True}
            chart_id = by_hash.get(line.hash)
            if chart_id is None:
                result = results.parse(line.raw)
                if result is None:
                    skipped += 1
                    continue
                chart_id = self._upsert(db, folder, result, {**where, "folder_id": folder_id, "line_hash": line.hash})
            else:
                db.execute(update(ChartRow).where(ChartRow.id == chart_id).values(where))
            seen.add(chart_id)
        return ImportSummary(len(seen), skipped)

    def _upsert(self, db: Connection, folder: Path, result: ChartResult, where: dict[str, Any]) -> int:
        chart_id = db.scalar(select(ChartRow.id).where(ChartRow.chart == result.chart, ChartRow.sha256 == result.sha256))
        states = self._states(db, chart_id) if chart_id is not None else {}
        keys = keys_of(result, *place(states, result))
        values = {
            **where,
            "status": result.status,
            "error_type": result.error.type if result.error else None,
            "error_message": result.error.message if result.error else None,
            "summary": summary_of(result, keys),
        }
        if chart_id is not None:
            db.execute(update(ChartRow).where(ChartRow.id == chart_id).values(values))
            db.execute(delete(StatedRow).where(StatedRow.chart_id == chart_id))
        else:
            new = insert(ChartRow).values(chart=result.chart, sha256=result.sha256, **values).returning(ChartRow.id)
            chart_id = db.execute(new).scalar_one()
        chart = kept(folder, result.sha256) if result.suggestions else None
        conditions = [asdict(c) for c in stated_in(result, keys, chart.text if chart else None)]
        db.execute(insert(StatedRow).values(chart_id=chart_id, conditions=conditions))
        return int(chart_id)

    def stated(self, folder: Path | None = None) -> list[tuple[str, list[Stated], dict[str, str | None]]]:
        """The charts of a results folder (or of all of them): name, the conditions that it states, and the decisions by their
        keys, as the reason of a rejection or None for any other."""
        query = _of_folder(select(ChartRow.id, ChartRow.chart, StatedRow.conditions).join(StatedRow), folder)
        with self.read() as db:
            decided: dict[int, dict[str, str]] = defaultdict(dict)
            for row in db.execute(select(DecisionRow.__table__)):
                decided[row.chart_id][row.suggestion_id] = row.kind
            found = []
            for chart_id, chart, conditions in db.execute(query).all():
                kinds = decided[chart_id]
                reasons: dict[str, str | None] = dict.fromkeys(kinds)
                if "reject" in kinds.values():
                    states = self._states(db, chart_id)
                    reasons |= {key: s.decision.reason for key, s in states.items() if s.decision}
                found.append((chart, [Stated(**c) for c in conditions], reasons))
        return found

    def worklist(self, folder: Path | None = None, who: str = "") -> list[WorklistRow]:
        """The charts of a results folder (or of all of them), in the order of their names. ``who`` is the reader, who
        is not told that they have a chart open themselves."""
        query = _of_folder(select(ChartRow.__table__), folder)
        with self.read() as db:
            charts = db.execute(query).all()
            decisions = defaultdict(list)
            for row in db.execute(select(DecisionRow.__table__)):
                decisions[row.chart_id].append(row)
            openers = self._openers(db, who)
            assigned = {r.chart_id: r.who for r in db.execute(select(AssignmentRow.chart_id, AssignmentRow.who))}
        return [row_of(c, decisions[c.id], openers.get(c.id, ()), assigned.get(c.id)) for c in charts]

    def _openers(self, db: Connection, who: str) -> dict[int, tuple[str, ...]]:
        since = stamp(self.clock() - PRESENCE)
        recent = select(BookmarkRow.chart_id, BookmarkRow.who).where(BookmarkRow.at > since, BookmarkRow.who != who)
        found: dict[int, tuple[str, ...]] = {}
        for chart_id, name in db.execute(recent.order_by(BookmarkRow.who)):
            found[chart_id] = (*found.get(chart_id, ()), name)
        return found

    def open_chart(self, chart_id: int) -> OpenChart | None:
        """A chart with its suggestions and the decisions on them; None where it is not known or its line has moved (the
        folder was screened again: import it, then open the chart)."""
        with self.read() as db:
            query = select(ChartRow.__table__, ResultsFolder.path, ResultsFolder.roots).join(ResultsFolder)
            row = db.execute(query.where(ChartRow.id == chart_id)).first()
            if row is None:
                return None
            states = self._states(db, chart_id)
        result = results.read_at(Path(row.path), row.offset, row.length, row.line_hash)
        if result is None:
            return None
        placed, orphans = place(states, result)
        return OpenChart(chart_id, result, tuple(row.roots), Path(row.path), placed, orphans)

    def knows(self, chart_id: int) -> bool:
        """Whether there is or was such a chart, in the results or not."""
        with self.read() as db:
            return db.scalar(select(ChartRow.id).where(ChartRow.id == chart_id)) is not None

    # ---- decisions

    def record(self, chart: OpenChart, action: Action, who: str) -> SuggestionState:
        """Record one action, in one transaction, and return what the suggestion's events now amount to.

        The same ``action_id`` twice is recorded once. Raises DecisionError where the action is incomplete, would make
        a code of a suspect, where somebody else holds the chart, where somebody else decided on the suggestion after the coder
        last saw it, or where the reason or rationale of somebody else's decision would be changed."""
        if action.kind in RECORDED_ELSEWHERE:
            raise DecisionError(RECORDED_ELSEWHERE[action.kind])
        self._check(chart, action, who)
        with self.write() as db:
            if not self._next_event(db, action):
                return self._state(db, chart.id, action.suggestion_id)
            before = self._state(db, chart.id, action.suggestion_id)
            if action.seen is not None and before.last_seq > action.seen and before.last_who != who:
                raise DecisionError(f"{before.last_who} decided on this meanwhile. Look at it again, then decide.")
            if action.kind == "amend" and before.decision and before.decision.who != who:  # nobody's reasons in another's name
                raise DecisionError(f"This is the decision of {before.decision.who}: decide yourself, with your own reason.")
            self.holds.keep(db, chart.id, who)
            self._append(db, chart, action, who, snapshot(chart, action))
            after = self._state(db, chart.id, action.suggestion_id)
            self._project(db, chart.id, after)
            return after

    def record_second(self, chart: OpenChart, action: Action, who: str) -> None:
        """Record a second reviewer's verdict (kind ``second``), which changes nothing of the decision it judges."""
        if action.kind != "second":
            raise DecisionError("This is not a second review.")
        self._check(chart, action, who)
        with self.write() as db:
            if self._next_event(db, action):
                self._append(db, chart, action, who, snapshot(chart, action))

    def take_over(self, chart: OpenChart, action_id: str, who: str) -> None:
        """Hold a chart that somebody else holds, who may not decide on it any more. Both names go into the record."""
        action = Action(action_id, "take_over", WHOLE_CHART)
        with self.write() as db:
            if self._next_event(db, action):
                held_by = self.holds.take_over(db, chart.id, who)
                self._append(db, chart, action, who, {"chart": chart.result.chart, "held_by": held_by})

    def _check(self, chart: OpenChart, action: Action, who: str) -> None:
        check(action)
        suggestion = chart.suggestion(action.suggestion_id)
        kinds = {action.kind, action.verdict}
        if suggestion is not None and suggestion.tier == "suspect" and kinds & ACCEPTED:
            raise DecisionError(SUSPECT)
        if not who.strip():
            raise DecisionError("Say who you are first: the record needs a name.")

    def recorded(self, action_id: str, who: str) -> bool:
        """Whether somebody's action stands in the record already: its answer did not reach them, and it was sent again."""
        with self.read() as db:
            return self._recorded_by(db, action_id) == who

    def _recorded_by(self, db: Connection, action_id: str) -> str | None:
        return db.scalar(select(EventRow.who).where(EventRow.action_id == action_id))

    def _next_event(self, db: Connection, action: Action) -> bool:
        """Count the record's head up, which puts writers in a row: it is written before anything is read. False where
        the action was recorded before, and the head is as it was."""
        db.execute(update(ChainHead).where(ChainHead.id == audit.EVENTS).values(seq=ChainHead.seq + 1))
        if self._recorded_by(db, action.action_id) is None:
            return True
        db.execute(update(ChainHead).where(ChainHead.id == audit.EVENTS).values(seq=ChainHead.seq - 1))
        return False

    def _append(self, db: Connection, chart: OpenChart, action: Action, who: str, rests_on: dict[str, object]) -> None:
        head = db.execute(select(ChainHead.seq, ChainHead.hash).where(ChainHead.id == audit.EVENTS)).one()
        content = audit.canonical({"action": asdict(action), "snapshot": rests_on})
        row = EventRow(
            seq=head.seq,
            action_id=action.action_id,
            at=self.now(),
            who=who,
            kind=action.kind,
            chart_id=chart.id,
            chart_sha256=chart.result.sha256,
            suggestion_id=action.suggestion_id,
            content=content,
            previous_hash=head.hash,
        )
        row.hash = audit.link(head.hash, audit.fields_of(row))
        db.execute(insert(EventRow).values({c: getattr(row, c) for c in EventRow.__table__.columns.keys()}))  # noqa: SIM118
        db.execute(update(ChainHead).where(ChainHead.id == audit.EVENTS).values(hash=row.hash))

    def _project(self, db: Connection, chart_id: int, state: SuggestionState) -> None:
        same = (DecisionRow.chart_id == chart_id, DecisionRow.suggestion_id == state.suggestion_id)
        db.execute(delete(DecisionRow).where(*same))
        if state.decision is not None:
            d = state.decision
            values = {"kind": d.kind, "who": d.who, "at": d.at, "seq": d.seq}
            db.execute(insert(DecisionRow).values(chart_id=chart_id, suggestion_id=state.suggestion_id, **values))

    def _state(self, db: Connection, chart_id: int, suggestion_id: str) -> SuggestionState:
        query = select(EventRow.__table__).where(EventRow.chart_id == chart_id, EventRow.suggestion_id == suggestion_id)
        return fold(suggestion_id, [event_of(row) for row in db.execute(query.order_by(EventRow.seq))])

    def _states(self, db: Connection, chart_id: int) -> dict[str, SuggestionState]:
        events: dict[str, list[Event]] = defaultdict(list)
        mine = (EventRow.chart_id == chart_id, EventRow.suggestion_id != WHOLE_CHART)
        for row in db.execute(select(EventRow.__table__).where(*mine).order_by(EventRow.seq)):
            events[row.suggestion_id].append(event_of(row))
        return {suggestion_id: fold(suggestion_id, found) for suggestion_id, found in events.items()}

    # ---- the record

    def events(self, chart_id: int | None = None, suggestion_id: str | None = None) -> list[Event]:
        """The record, oldest first: about one suggestion of a chart, of one chart, or all of it."""
        query = select(EventRow.__table__).order_by(EventRow.seq)
        if chart_id is not None:
            query = query.where(EventRow.chart_id == chart_id)
        if suggestion_id is not None:
            query = query.where(EventRow.suggestion_id == suggestion_id)
        with self.read() as db:
            return [event_of(row) for row in db.execute(query)]

    def last_event(self) -> int:
        """The number of the newest event."""
        with self.read() as db:
            return int(db.scalar(select(ChainHead.seq).where(ChainHead.id == audit.EVENTS)) or 0)

    def names(self) -> list[str]:
        """Everybody whom the record names."""
        with self.read() as db:
            return list(db.scalars(select(EventRow.who).distinct().order_by(EventRow.who)))

    def verify_audit(self) -> audit.AuditReport:
        """Whether the record is whole: every link of its chain, and its end."""
        with self.read() as db:
            return audit.verify(db)

    def accepted(self, folder: Path | None = None) -> list[tuple[str, SuggestionState]]:
        """(chart, state) of every code that a person made reportable, for the charts of a folder (or all present)."""
        query = _of_folder(select(ChartRow.id, ChartRow.chart), folder)
        with self.read() as db:
            found = []
            for chart_id, chart in db.execute(query).all():
                states = self._states(db, chart_id).values()
                found += [(chart, state) for state in states if state.accepted]
        return found

    # ---- the person

    def bookmark(self, who: str, chart_id: int, suggestion_id: str | None) -> None:
        """Remember where somebody stopped, and that they have the chart open."""
        self._remember(BookmarkRow, who, chart_id, {"suggestion_id": suggestion_id})

    def stopped_at(self, who: str, chart_id: int) -> str | None:
        """The suggestion somebody last had before them in a chart."""
        query = select(BookmarkRow.suggestion_id).where(BookmarkRow.who == who, BookmarkRow.chart_id == chart_id)
        with self.read() as db:
            return db.scalar(query)

    def last_chart(self, who: str) -> int | None:
        """The chart somebody last had open."""
        query = select(BookmarkRow.chart_id).where(BookmarkRow.who == who).order_by(BookmarkRow.at.desc()).limit(1)
        with self.read() as db:
            return db.scalar(query)

    def others_in(self, chart_id: int, who: str) -> tuple[str, ...]:
        """Who else had the chart open in the last quarter of an hour."""
        with self.read() as db:
            return self._openers(db, who).get(chart_id, ())

    def note(self, who: str, chart_id: int) -> str:
        """Somebody's own note on a chart."""
        with self.read() as db:
            query = select(NoteRow.text).where(NoteRow.who == who, NoteRow.chart_id == chart_id)
            return db.scalar(query) or ""

    def set_note(self, who: str, chart_id: int, text: str) -> None:
        """Keep somebody's own note on a chart."""
        self._remember(NoteRow, who, chart_id, {"text": text})

    def _remember(self, table: type[BookmarkRow | NoteRow], who: str, chart_id: int, values: dict[str, Any]) -> None:
        with self.write() as db:
            put(db, table, {"who": who, "chart_id": chart_id}, {**values, "at": self.now()})

    def setting(self, name: str) -> str | None:
        """A setting of this installation."""
        with self.read() as db:
            return db.scalar(select(SettingRow.value).where(SettingRow.name == name))

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting of this installation."""
        with self.write() as db:
            put(db, SettingRow, {"name": name}, {"value": value})


def _of_folder(query: Any, folder: Path | None) -> Any:
    """A query on charts, for those of a results folder (or all) that are present, in the order of their names."""
    if folder is not None:
        query = query.join(ResultsFolder, ChartRow.folder_id == ResultsFolder.id)
        query = query.where(ResultsFolder.path == str(folder.absolute()))
    return query.where(ChartRow.present).order_by(ChartRow.chart)


def event_of(row: Any) -> Event:
    """A row of the record as an event."""
    content = json.loads(row.content)
    action = _ACTION.validate_python(content["action"])
    return Event(int(row.seq), row.at, row.who, row.chart_id, row.chart_sha256, action, content["snapshot"])
