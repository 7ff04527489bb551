"""The record: who decided what, when, and whether the chain of its rows is whole."""

from __future__ import annotations

import streamlit as st

from app import components, session
from hccassist.review import REJECT_REASONS
from hccassist.review.decisions import Event

SHOWN_EVENTS = 2000


def line(event: Event) -> dict[str, object]:
    """An event as a row to read."""
    content = event.snapshot
    suggestion = content.get("suggestion")
    suggested = suggestion.get("icd10") if isinstance(suggestion, dict) else None
    action = event.action
    return {
        "no.": event.seq,
        "when (UTC)": event.at[:19].replace("T", " "),
        "who": event.who,
        "what": f"second review: {action.verdict}" if action.verdict else action.kind,
        "chart": content.get("chart"),
        "suggested": suggested,
        "code": action.code.icd10 if action.code else None,
        "reason": REJECT_REASONS.get(action.reason or ""),
        "rationale": action.rationale,
        "about no.": action.target,
    }


def main() -> None:
    """Verify the chain on request, and list the newest events."""
    session.require("audit")
    if st.button("Verify the record"):
        report = session.store().verify_audit()
        if report.intact:
            st.success(f"All {report.events} events are as they were recorded. Head of the chain: `{report.head}`")
        else:
            st.error("\n".join(f"- event {p.seq}: {p.message}" for p in report.problems))
    events = session.store().events()
    st.text(f"{len(events)} events, newest first. None can be changed or removed: an undo is a row of its own.")
    if events:
        newest = [line(e) for e in reversed(events[-SHOWN_EVENTS:])]
        rows = [list(values.values()) for values in newest]
        components.table(key="events", data={"columns": list(newest[0]), "rows": rows})


main()
