"""The record: who decided what, when, and whether the chain of its rows is whole."""

from __future__ import annotations

import streamlit as st

from app import chrome, components, session
from hccassist.review import REJECT_REASONS
from hccassist.review.decisions import Event
from hccassist.review.versions import Versions

SHOWN_EVENTS = 2000


def what(event: Event) -> str:
    """What was done, in words."""
    if event.action.kind == "take_over":
        return f"took over from {event.snapshot.get('held_by') or 'nobody'}"
    return f"second review: {event.action.verdict}" if event.action.verdict else event.action.kind


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
        "what": what(event),
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
        chrome.verdict(session.store().verify_audit())
    events = session.store().events()
    st.text(
        f"{len(events)} events, newest first; a click opens the chart there. None can be changed or removed: an undo is a row "
        "of its own."
    )
    if events:
        shown = events[: -SHOWN_EVENTS - 1 : -1]
        newest = [line(e) for e in shown]
        data = {"columns": list(newest[0]), "rows": [list(v.values()) for v in newest], "opens": [True] * len(shown)}
        table = components.table(key="events", data=data, on_open_change=components.ignore)
        if table.open is not None:
            chosen = shown[int(table.open)]
            session.review_at(chosen.chart_id, chosen.action.suggestion_id)
    roles()


def roles() -> None:
    """Who was given which role, in a chained record of its own with the versions of policies and rankers."""
    versions = Versions(session.store())
    granted = [e for e in versions.record() if e.kind == "role"]
    if not granted:
        return
    st.markdown("**Roles given**, newest first.")
    if st.button("Verify the record of roles and versions"):
        chrome.verdict(versions.verify())
    rows = [[e.seq, e.at[:19].replace("T", " "), e.who, e.content, e.version] for e in reversed(granted)]
    components.table(key="roles", data={"columns": ["no.", "when (UTC)", "who", "to", "role"], "rows": rows})


main()
