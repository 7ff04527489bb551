"""The review of one chart: all of it is the workbench; decisions travel by the mailbox."""

from __future__ import annotations

from threading import Timer
from typing import Any

import streamlit as st

from app import components, session
from app.charts import chart_file
from app.payload import chart_payload, second_payload
from app.plain import plain
from hccassist.review import OpenChart, WorklistRow
from hccassist.review.drafts import FIRST_READING, Drafts
from hccassist.review.people import Person
from hccassist.review.questions import Questions
from hccassist.review.samples import Samples
from hccassist.review.workload import work_order

READY_SECONDS = 2.0
"""After which the next chart is read: this one is drawn by then."""


def main() -> None:
    """Show the open chart, or the one this person last had open."""
    sample = session.sample_id()
    person = session.require("review" if sample is None else "lead")
    store, who = session.store(), person.name
    chart_id = session.chart_id()
    if chart_id is None:
        chart_id = store.last_chart(who)
        if chart_id is not None:
            session.open_chart(chart_id)
            st.query_params["chart"] = str(chart_id)
            st.rerun()
    opened = session.opened(chart_id) if chart_id is not None else None
    if opened is None and chart_id is not None and store.knows(chart_id):
        _not_there(chart_id, who, sample)
        return
    if opened is None:
        st.info("No chart is open. Choose one from the worklist.")
        st.page_link("views/worklist.py", label="Worklist", icon=":material/list:")
        return
    session.open_chart(opened.id)
    if opened.result.status == "error":
        st.error(plain(opened.result.error.message if opened.result.error else "This file could not be screened."))
        return
    payload = _first(opened, who) if sample is None else _second(opened, person, sample)
    drafts = Drafts(store)
    drafts.place(who, opened)
    typed = drafts.of(who, opened.id, sample or FIRST_READING)
    payload |= {"note": store.note(who, opened.id), "drafts": typed, "guidance": _guidance(opened)}
    components.workbench(key=f"workbench-{opened.id}-{sample or 'first'}", data=payload)


def _not_there(chart_id: int, who: str, sample: int | None) -> None:
    """A chart that left the results: what this person typed about it and has not kept for good stays to be read and copied."""
    st.warning("This chart is not in the results any more. Screen it again to go on with it; nothing in the record is lost.")
    store = session.store()
    words = {"Your note": store.note(who, chart_id), **Drafts(store).of(who, chart_id, sample or FIRST_READING)}
    for name, text in words.items():
        if text:
            st.text(f"What you typed ({name}):")
            st.code(text, language=None, wrap_lines=True)
    st.page_link("views/worklist.py", label="Worklist", icon=":material/list:")


def _first(opened: OpenChart, who: str) -> dict[str, Any]:
    """The chart for a first review, from where this person stopped. Opening it holds it, where nobody else
    does, and lets go of the last one."""
    store = session.store()
    stopped = store.stopped_at(who, opened.id)
    store.bookmark(who, opened.id, stopped)
    store.holds.leave_all(who, but=opened.id)
    store.holds.open(opened.id, who)
    following = _next(opened.id, who)
    if following:
        _make_ready(following["id"])
    return {**chart_payload(opened, chart_file(opened)), "resume": stopped, "next": following}


def _make_ready(chart_id: int) -> None:
    """Read the next chart while this one is worked on: it is there when it is asked for."""
    store = session.store()

    def read() -> None:
        if (found := store.open_chart(chart_id)) is not None:
            chart_file(found)

    timer = Timer(READY_SECONDS, read)
    timer.daemon = True
    timer.start()


def _second(opened: OpenChart, person: Person, sample: int) -> dict[str, Any]:
    """The chart for a second, blind reading of what the sample holds of it."""
    items = Samples(session.store()).items(person, sample)
    payload = second_payload(opened, chart_file(opened), [i for i in items if i.chart_id == opened.id])
    left = [i.chart_id for i in items if i.verdict is None and i.chart_id != opened.id]
    names = {r.id: r.chart for r in session.store().worklist()}
    after = {"id": left[0], "name": names.get(left[0], "")} if left else None
    return {**payload, "resume": None, "next": after, "second": {"sample": sample}}


def _next(chart_id: int, who: str) -> dict[str, Any] | None:
    """The next chart with something left to decide, in the order of the work: not one that somebody else has open, nor
    one that is somebody else's."""
    rows = work_order(session.store().worklist(session.results_folder(), who))
    place = next((i for i, r in enumerate(rows) if r.id == chart_id), -1)
    left = [r for r in rows[place + 1 :] + rows[: max(place, 0)] if _left(r) and r.assigned in {None, who}]
    return {"id": left[0].id, "name": left[0].chart} if left else None


def _guidance(opened: OpenChart) -> dict[str, list[dict[str, str]]]:
    """What the team answered before about the conditions of this chart."""
    found: dict[str, list[dict[str, str]]] = {}
    for g in Questions(session.store()).guidance({s.condition for s in opened.result.suggestions}):
        found.setdefault(g.condition, []).append({"question": g.question, "answer": g.answer, "who": g.who, "at": g.at})
    return found


def _left(row: WorklistRow) -> bool:
    return row.progress in {"not started", "in progress"} and row.tiers["supported"] > 0 and not row.open_by


main()
