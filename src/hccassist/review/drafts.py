"""Words that are being typed: nothing that a person entered is lost before they keep it for good. Working memory, no record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update

from hccassist.review.database import Database, put
from hccassist.review.snapshot import OpenChart, free_key, same_visit
from hccassist.review.tables import DraftRow

FIRST_READING = 0


class Drafts:
    """What people typed. A rationale goes by its suggestion, other words by a name that the page gives them; ``sample``: the
    sample of a second reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self,
        who: str,
        chart_id: int,
        name: str,
        text: str,
        sample: int = FIRST_READING,
        visit: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the words as they stand now in place of those kept before; blank words are forgotten. ``visit``: the
        ``date_of_service`` and ``pages`` of the visit that they are about, as the person sees it."""
        key = {"who": who, "chart_id": chart_id, "name": name, "sample_id": sample}
        with self._database.write() as db:
            if text.strip():
                put(db, DraftRow, key, {"text": text, "visit": visit, "at": self._database.now()})
            else:
                db.execute(delete(DraftRow).filter_by(**key))

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

    def place(self, who: str, chart: OpenChart) -> None:
        """Name the words for a suggestion by the key that it has today, where a new screening numbered the visits anew; words
        for what is not suggested any more get a name that is no suggestion's."""
        own = (DraftRow.who == who, DraftRow.chart_id == chart.id, DraftRow.sample_id == FIRST_READING)
        query = select(DraftRow.name, DraftRow.visit).where(*own, DraftRow.visit.is_not(None)).order_by(DraftRow.at.desc())
        with self._database.write() as db:
            found = [(row.name, row.visit) for row in db.execute(query)]
            taken = set(db.scalars(select(DraftRow.name).where(*own)))
            moved = {name: home for name, visit in found if (home := _home(chart, name, visit)) != name}
            taken -= moved.keys()
            # By way of names that nobody has, or two that change places would meet.
            for number, name in enumerate(moved):
                db.execute(update(DraftRow).where(*own, DraftRow.name == name).values(name=f"moving {number}"))
            for number, home in enumerate(moved.values()):
                name = free_key(home, taken)
                taken.add(name)
                db.execute(update(DraftRow).where(*own, DraftRow.name == f"moving {number}").values(name=name))


def _home(chart: OpenChart, name: str, visit: Mapping[str, Any]) -> str:
    """What words typed for a suggestion of a visit stand under today."""
    keys, visits = chart.keys, chart.visits
    there = {keys[s.id]: s for s in chart.result.suggestions}
    if any(state.suggestion_id == name for state in (*chart.states.values(), *chart.orphans)):
        return name  # decided on: the words stay with the decision, which has a home of its own
    if name in there and same_visit(visit, visits.get(there[name].encounter)):
        return name
    code = name.partition(":")[2].partition("@")[0]
    same = (s for s in there.values() if (s.icd10 or s.condition) == code)
    homes = [keys[s.id] for s in same if same_visit(visit, visits.get(s.encounter))]
    return homes[0] if len(homes) == 1 else free_key(name, there)
