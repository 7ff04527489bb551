"""The order of the work, whose it is, and how much of it there is.

Order: what was begun comes first; then charts of one kind follow one another, so that a coder's mind need not change the
subject; and after two hard charts in a row comes an easier one, while there is one. It proposes: every chart can be opened.

How much: counted in complexity, not in charts, and over the whole team. There is no figure of a person here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hccassist.review.complexity import HARD
from hccassist.review.database import put
from hccassist.review.decisions import DecisionError
from hccassist.review.people import Person
from hccassist.review.store import Store
from hccassist.review.tables import AssignmentRow
from hccassist.review.worklist import WorklistRow

MAX_RUN = 2
"""Hard charts in a row before an easier one."""
_STAGES = ("in progress", "not started", "done", "error")


def work_order(rows: Iterable[WorklistRow]) -> list[WorklistRow]:
    """The rows in the order to work on them: see the module. Done charts and those not read come last."""
    found = list(rows)
    sizes = Counter(r.mostly for r in found)
    found.sort(key=lambda r: (_STAGES.index(r.progress), -sizes[r.mostly], r.mostly, r.complexity.score, r.chart))
    begun = [r for r in found if r.progress == "in progress"]
    waiting = [r for r in found if r.progress == "not started"]
    rest = [r for r in found if r.progress in {"done", "error"}]
    return begun + _without_long_runs(waiting) + rest


def _without_long_runs(rows: list[WorklistRow]) -> list[WorklistRow]:
    """The same rows, the next easier one brought forward wherever more than MAX_RUN hard ones would follow one another."""
    left, order, run = list(rows), list[WorklistRow](), 0
    while left:
        at = 0
        if run >= MAX_RUN and is_hard(left[0]):
            at = next((i for i, row in enumerate(left) if not is_hard(row)), 0)
        row = left.pop(at)
        run = run + 1 if is_hard(row) else 0
        order.append(row)
    return order


def is_hard(row: WorklistRow) -> bool:
    """Whether a chart is heavy or very heavy."""
    return row.complexity.label in HARD


@dataclass(frozen=True, slots=True)
class Load:
    """A share of the team's work: charts, and their complexity added up."""

    stage: str
    charts: int
    complexity: float


def team_load(rows: Iterable[WorklistRow]) -> list[Load]:
    """The work of the whole team by stage; charts that could not be read have no complexity."""
    found = list(rows)
    stages = [(stage, [r for r in found if r.progress == stage]) for stage in _STAGES]
    return [Load(stage, len(own), round(sum(r.complexity.score for r in own), 1)) for stage, own in stages if own]


def shares(rows: Sequence[WorklistRow], people: Sequence[str]) -> dict[int, str]:
    """Who gets which chart, so that all get about the same complexity: the hardest first, each to whoever has least."""
    loads = dict.fromkeys(people, 0.0)
    found: dict[int, str] = {}
    for row in sorted(rows, key=lambda r: (-r.complexity.score, r.chart)):
        who = min(people, key=lambda p: loads[p])
        loads[who] += row.complexity.score
        found[row.id] = who
    return found


class Assignments:
    """Whose charts are whose."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def assign(self, lead: Person, charts: dict[int, str]) -> None:
        """Give charts to people. Raises NotAllowed for all but leads."""
        lead.require("lead")
        if not all(who.strip() for who in charts.values()):
            raise DecisionError("Say whose charts they are.")
        with self._store.write() as db:
            for chart_id, who in charts.items():
                put(db, AssignmentRow, {"chart_id": chart_id}, {"who": who, "assigned_by": lead.name, "at": self._store.now()})

    def share_out(
        self, lead: Person, rows: Sequence[WorklistRow], people: Sequence[str], whosever: bool = False
    ) -> dict[int, str]:
        """Share the charts that are nobody's (or ``whosever``) and not done among people by complexity; returns who got
        which."""
        if not people:
            raise DecisionError("Choose the people to share the charts among.")
        open_ = [r for r in rows if (whosever or r.assigned is None) and r.progress in {"not started", "in progress"}]
        found = shares(open_, people)
        self.assign(lead, found)
        return found
