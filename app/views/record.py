"""The record: who decided what, who was given which role, which policy was in force, when; and whether its chains are whole."""

from __future__ import annotations

import streamlit as st

from app import chrome, components, session
from hccassist.review import REJECT_REASONS
from hccassist.review.decisions import Event
from hccassist.review.export import rested_on, table_to_csv
from hccassist.review.versions import Entry, Versions

SHOWN = 2000
COLUMNS = ("no.", "when (UTC)", "who", "what", "chart", "visit", "suggested", "code", "reason", "rationale", "about no.")
Line = dict[str, object]


def what(event: Event) -> str:
    """What was done on a chart, in words."""
    if event.action.kind == "take_over":
        return f"took over from {event.snapshot.get('held_by') or 'nobody'}"
    return f"second review: {event.action.verdict}" if event.action.verdict else event.action.kind


def line(event: Event) -> Line:
    """An event as a row to read."""
    content, action = event.snapshot, event.action
    suggestion, visit = content.get("suggestion", {}), content.get("encounter", {})
    accepted = suggestion.get("icd10") if action.kind == "accept" else None
    return {
        "no.": str(event.seq),
        "when (UTC)": chrome.when(event.at),
        "who": event.who,
        "what": what(event),
        "chart": content.get("chart"),
        "visit": visit.get("date_of_service"),
        "suggested": suggestion.get("icd10") or str(suggestion.get("condition") or "").replace("_", " ") or None,
        "code": action.code.icd10 if action.code else accepted,
        "reason": REJECT_REASONS.get(action.reason or ""),
        "rationale": action.rationale,
        "about no.": action.target,
    }


def entry_line(entry: Entry) -> Line:
    """A role given, or a version saved or put in force, as a row of the same table: numbered in a chain of its own."""
    done = chrome.DONE[entry.action]
    told = f"{done} {entry.version} to {entry.content}" if entry.kind == "role" else f"{done} {entry.kind} {entry.version}"
    row: Line = dict.fromkeys(COLUMNS)
    return row | {
        "no.": f"v{entry.seq}",
        "when (UTC)": chrome.when(entry.at),
        "who": entry.who,
        "what": told,
        "rationale": entry.reason or None,
    }


def whole(lines: list[tuple[str, Line, Event | None]]) -> bytes:
    """The record as a file, oldest first, with what each event rested on."""
    rested = [rested_on(event) if event else {} for *_, event in lines]
    columns = list(dict.fromkeys([*COLUMNS, *(name for found in rested for name in found)]))
    blank = dict.fromkeys(columns)
    rows = [blank | row | found for (_, row, _), found in zip(lines, rested, strict=True)]
    return table_to_csv(rows[::-1], columns)


def main() -> None:
    """List the record, newest first; verify it and hand it out on request."""
    session.require("audit")
    store = session.store()
    events, entries = store.events(), Versions(store).record()
    lines: list[tuple[str, Line, Event | None]] = [(e.at, line(e), e) for e in events]
    lines += [(e.at, entry_line(e), None) for e in entries]
    lines.sort(key=lambda found: found[0], reverse=True)
    verify, file, _ = st.columns([1, 1, 3])
    checked = verify.button("Verify the record", width="stretch")
    if lines:
        chrome.download(file, "The record (CSV)", lambda: whole(lines), "record.csv", "text/csv")
    if checked:
        chrome.verify(store)
    count = chrome.counted(len(events), "event")
    changes = chrome.counted(len(entries), "change of roles and versions (v)", "changes of roles and versions (v)")
    st.text(
        f"{count} on charts, {changes}, newest first; a click opens the chart there. None can be changed or removed: an undo "
        "is a row of its own."
    )
    shown = lines[:SHOWN]
    if len(lines) > SHOWN:
        st.text(f"The newest {SHOWN} are listed; the file holds all {len(lines)}.")
    if not shown:
        return
    data = {
        "columns": list(shown[0][1]),
        "rows": [list(row.values()) for _, row, _ in shown],
        "opens": [event.seq if event else None for *_, event in shown],
    }
    opened = components.table(key="events", data=data, on_open_change=components.ignore)
    if opened.open is not None:
        chosen = next(event for event in events if event.seq == int(opened.open))
        session.review_at(chosen.chart_id, chosen.action.suggestion_id)


main()
