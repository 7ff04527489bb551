"""Holds: two people never decide on the same chart unaware.

Whoever opens a chart that nobody holds, holds it, and keeps it with every sign of life. A hold without one for a quarter of
an hour lapses. Somebody else may read the chart, or take it over knowingly; whoever held it is then told, and not obeyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from hccassist.review.database import Database, put, stamp
from hccassist.review.decisions import DecisionError
from hccassist.review.tables import HoldRow

LAPSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who holds a chart, since when (UTC, ISO 8601)."""

    who: str
    since: str


class Held(DecisionError):
    """Somebody else holds the chart."""


class Holds:
    """The holds on charts, each change in a transaction of its own but for ``keep`` and ``take_over``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, chart_id: int, who: str) -> Hold:
        """Hold a chart where nobody else does, and return who holds it now."""
        for _ in range(2):
            try:
                with self._database.write() as db:
                    return self._open(db, chart_id, who)
            except IntegrityError:  # somebody else held it first, between our look and our insert
                continue
        raise Held("The chart is being opened by several people at once: open it again.")

    def _open(self, db: Connection, chart_id: int, who: str) -> Hold:
        now = self._database.now()
        mine = update(HoldRow).where(HoldRow.chart_id == chart_id, HoldRow.who == who, HoldRow.at > self._lapsed())
        if db.execute(mine.values(at=now)).rowcount == 0:
            free = update(HoldRow).where(HoldRow.chart_id == chart_id, or_(HoldRow.at <= self._lapsed(), HoldRow.who == who))
            if db.execute(free.values(who=who, since=now, at=now)).rowcount == 0 and self._row(db, chart_id) is None:
                db.execute(insert(HoldRow).values(chart_id=chart_id, who=who, since=now, at=now))
        found = self._row(db, chart_id)
        assert found is not None  # it was there, or was inserted in this transaction
        return found

    def alive(self, chart_id: int, who: str) -> None:
        """A sign of life from who holds a chart. It takes hold of none: it may come late, from a chart that was left since."""
        with self._database.write() as db:
            mine = update(HoldRow).where(HoldRow.chart_id == chart_id, HoldRow.who == who)
            db.execute(mine.values(at=self._database.now()))

    def leave_all(self, who: str, but: int | None = None) -> None:
        """Let go of every chart that somebody holds, but for one."""
        with self._database.write() as db:
            db.execute(delete(HoldRow).where(HoldRow.who == who, HoldRow.chart_id != (but or 0)))

    def holder(self, chart_id: int) -> Hold | None:
        """Who holds a chart now."""
        with self._database.read() as db:
            query = select(HoldRow.who, HoldRow.since).where(HoldRow.chart_id == chart_id, HoldRow.at > self._lapsed())
            row = db.execute(query).first()
        return Hold(row.who, row.since) if row else None

    def all(self) -> dict[int, Hold]:
        """The holder of every chart that is held now."""
        with self._database.read() as db:
            query = select(HoldRow.chart_id, HoldRow.who, HoldRow.since).where(HoldRow.at > self._lapsed())
            return {row.chart_id: Hold(row.who, row.since) for row in db.execute(query)}

    def keep(self, db: Connection, chart_id: int, who: str) -> None:
        """Within the transaction of a decision: hold the chart, or raise Held where somebody else does."""
        try:
            with db.begin_nested():
                hold = self._open(db, chart_id, who)
        except IntegrityError:
            hold = self._row(db, chart_id) or Hold("somebody", "")
        if hold.who != who:
            raise Held(f"{hold.who} is deciding on this chart since {hold.since[11:16]} UTC: take it over first.")

    def take_over(self, db: Connection, chart_id: int, who: str) -> str | None:
        """Within the transaction that records it (``Store.take_over``): hold a chart whoever held it, and return who did."""
        before = self._row(db, chart_id)
        now = self._database.now()
        put(db, HoldRow, {"chart_id": chart_id}, {"who": who, "since": now, "at": now})
        return before.who if before else None

    def _row(self, db: Connection, chart_id: int) -> Hold | None:
        row = db.execute(select(HoldRow.who, HoldRow.since).where(HoldRow.chart_id == chart_id)).first()
        return Hold(row.who, row.since) if row else None

    def _lapsed(self) -> str:
        return stamp(self._database.clock() - LAPSE)
