"""The worklist: every chart of the results folder, what is left to do in it, and how much of it there is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import chrome, components, fields, session
from hccassist.review import WorklistRow
from hccassist.review.people import People, Person
from hccassist.review.workload import Assignments, team_load, work_order


def row(w: WorklistRow, place: int, resume: int | None, who: str) -> dict[str, Any]:
    """A chart as the table in the browser shows it."""
    c = w.complexity
    return {
        "id": w.id, "place": place, "chart": w.chart, "progress": w.progress, "error": w.error, "tiers": w.tiers,
        "decided": w.decided, "accepted": w.accepted, "queries": w.queries, "escalated": w.escalated,
        "highRisk": w.high_risk, "pages": c.pages, "encounters": c.encounters, "candidates": c.candidates,
        "conflicts": c.conflicts, "unread": c.unread, "score": c.score, "complexity": c.label, "lastWho": w.last_who,
        "lastAt": w.last_at, "openBy": w.open_by, "resume": w.id == resume, "mostly": w.mostly, "assigned": w.assigned,
        "mine": w.assigned == who, "priority": w.priority, "priorityWhy": w.priority_why,
    }  # fmt: skip


def main() -> None:
    """Show the table; a click on a row opens its chart."""
    person = session.require("review")
    summary = session.import_results()
    if summary is None:
        return
    if summary.skipped:
        st.warning(f"{summary.skipped} lines of the results are not charts and were left out: screen the folder again.")
    who = person.name
    resume = session.store().last_chart(who)
    found = work_order(session.store().worklist(session.results_folder(), who))
    rows = [row(w, place, resume, who) for place, w in enumerate(found, start=1)]
    result = components.worklist(key="worklist", data={"rows": rows}, on_open_change=components.ignore)
    if result.open is not None:
        session.review_at(int(result.open), None)
    if person.may("lead") and found:
        lead(person, found)


def lead(person: Person, rows: list[WorklistRow]) -> None:
    """A lead's view of the work: of the whole team, in complexity; and the sharing out of it."""
    with st.expander("The team's work", key="load"):
        loads = [[x.stage, x.charts, f"{x.complexity:.1f}"] for x in team_load(rows)]
        components.table(key="team-load", data={"columns": ["stage", "charts", "complexity"], "rows": loads, "plain": True})
    with st.expander("Share out charts", key="share"):
        people, charts, button = st.columns([3, 3, 1], vertical_alignment="bottom")
        with people:
            chosen = fields.several("Among", "share-among", _people(person))
        with charts:
            names = [r.chart for r in rows]
            some = fields.several("Only these charts (all that are nobody's where none is chosen)", "share-charts", names)
        if button.button("Share out", width="stretch"):
            chrome.attempt(lambda: share_out(person, rows, chosen, some), "The charts are shared out.")


def share_out(person: Person, rows: list[WorklistRow], people: list[str], charts: list[str]) -> None:
    """Give charts to people; what was chosen for that is chosen no more."""
    among = [r for r in rows if not charts or r.chart in charts]
    Assignments(session.store()).share_out(person, among, people, whosever=bool(charts))
    fields.settled("share-among", "share-charts")


def _people(person: Person) -> list[str]:
    """Who charts can be given to: the members of the team; without sign-in, everybody whom the record names."""
    if session.team():
        return [m.email for m in People(session.store()).all() if m.active]
    return sorted({person.name, *session.store().names()})


main()
