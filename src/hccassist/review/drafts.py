"""Words that are being typed: nothing that a person entered is lost before they keep it for good. Working memory, no record."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from hccassist.review.database import Database
from hccassist.review.tables import DraftRow

FIRST_READING = 0


class Drafts:
    """What people typed. A rationale goes by its suggestion, other words by a name that the page gives them; ``sample``: the
    sample of a second reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, who: str, chart_id: int, name: str, text: str, sample: int = FIRST_READING) -> None:
        """Keep the words as they stand now in place of those kept before; blank words are forgotten."""
        key = {"who": who, "chart_id": chart_id, "name": name, "sample_id": sample}
        with self._database.write() as db:
            db.execute(delete(DraftRow).filter_by(**key))
            if text.strip():
                db.execute(insert(DraftRow).values(**key, text=text, at=self._database.now()))

    def settle(self, who: str, chart_id: int, name: str, text: str) -> None:
        """The words were kept for good, or given up, and are no draft any more. What was typed since stays one."""
        with self._database.write() as db:
            db.execute(delete(DraftRow).filter_by(who=who, chart_id=chart_id, name=name, sample_id=FIRST_READING, text=text))

    def of(self, who: str, chart_id: int, sample: int = FIRST_READING) -> dict[str, str]:
        """What somebody typed about a chart, by name."""
        query = select(DraftRow.name, DraftRow.text)
        query = query.where(DraftRow.who == who, DraftRow.chart_id == chart_id, DraftRow.sample_id == sample)
        with self._database.read() as db:
            return {row.name: row.text for row in db.execute(query)}
