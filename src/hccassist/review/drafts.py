"""Rationales that are being typed: nothing that a person entered is lost before they decide. Working memory, no record."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from hccassist.review.database import Database
from hccassist.review.tables import DraftRow

FIRST_READING = 0


class Drafts:
    """What people typed and have not decided with yet. ``sample``: the sample of a second reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, who: str, chart_id: int, suggestion_id: str, text: str, sample: int = FIRST_READING) -> None:
        """Keep the words as they stand now in place of those kept before; blank words are forgotten."""
        key = {"who": who, "chart_id": chart_id, "suggestion_id": suggestion_id, "sample_id": sample}
        with self._database.write() as db:
            db.execute(delete(DraftRow).filter_by(**key))
            if text.strip():
                db.execute(insert(DraftRow).values(**key, text=text, at=self._database.now()))

    def of(self, who: str, chart_id: int, sample: int = FIRST_READING) -> dict[str, str]:
        """What somebody typed in a chart, by suggestion."""
        query = select(DraftRow.suggestion_id, DraftRow.text)
        query = query.where(DraftRow.who == who, DraftRow.chart_id == chart_id, DraftRow.sample_id == sample)
        with self._database.read() as db:
            return {row.suggestion_id: row.text for row in db.execute(query)}
