"""The worklist: every chart of the results folder, what is left to do in it, and how much of it there is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import components, session
from hccassist.review import WorklistRow


def row(w: WorklistRow, resume: int | None) -> dict[str, Any]:
    """A chart as the table in the browser shows it."""
    c = w.complexity
    return {
        "id": w.id, "chart": w.chart, "progress": w.progress, "error": w.error, "tiers": w.tiers, "decided": w.decided,
        "accepted": w.accepted, "queries": w.queries, "escalated": w.escalated, "highRisk": w.high_risk,
        "pages": c.pages, "encounters": c.encounters, "candidates": c.candidates, "conflicts": c.conflicts,
        "unread": c.unread, "score": c.score, "complexity": c.label, "lastWho": w.last_who, "lastAt": w.last_at,
        "openBy": w.open_by, "resume": w.id == resume,
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
    rows = [row(w, resume) for w in session.store().worklist(session.results_folder(), who)]
    result = components.worklist(key="worklist", data={"rows": rows}, on_open_change=_ignore)
    if result.open is not None:
        session.open_chart(int(result.open))
        st.switch_page("views/review.py", query_params={"chart": str(int(result.open))})


def _ignore() -> None:
    """Streamlit reports a component's events only where they have a callback."""


main()
