"""The record: who decided what, who was given which role, which policy was in force, when; and whether its chains are whole."""

from __future__ import annotations

import streamlit as st

from app import chrome, components, session
from hccassist.review import REJECT_REASONS
from hccassist.review.decisions import Event
from hccassist.review.export import rested_on, table_to_csv, words_of
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
    accepted = suggestion.get("icd10") if (action.verdict or action.kind) == "accept" else None
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


@st.dialog("A row of the record", width="large")
def sheet(event: Event, events: list[Event]) -> None:
    """One event as an auditor asks about it: who, when, why, on which words of which pages; and what was done on the same
    suggestion before and after. It is all in the record: the chart may be gone."""
    row, rested = line(event), rested_on(event)
    suggestion = event.snapshot.get("suggestion", {})
    st.text(f"No. {event.seq}: {row['what']} · {event.who} · {row['when (UTC)']} UTC")
    st.text(f"{row['code'] or row['suggested'] or 'No code'} {suggestion.get('description') or ''}")
    st.text(f"{row['chart'] or ''}, visit of {row['visit'] or 'no date'}, {rested['provider'] or 'no provider'}")
    why = [str(found) for found in (row["reason"], row["rationale"]) if found]
    st.text("Why: " + (". ".join(why) or "no reason or rationale was given with it"))
    st.text("\n".join(words_of(event)) or "It rests on no words of the chart.")
    same = [e for e in events if (e.chart_id, e.action.suggestion_id) == (event.chart_id, event.action.suggestion_id)]
    st.text("\n".join(["On this suggestion:", *(f"{e.seq}  {chrome.when(e.at)}  {e.who}: {told(e)}" for e in same)]))
    st.text("\n".join(f"{name}: {rested[name]}" for name in ("shown as", "file SHA-256", "versions") if rested[name]))
    session.chart_button("event", event.chart_id, event.action.suggestion_id)


def told(event: Event) -> str:
    """An event in a few words."""
    row = line(event)
    about = f"no. {row['about no.']}" if row["about no."] else None
    return ", ".join(str(x) for x in (row["what"], row["code"], about, row["reason"]) if x)


def main() -> None:
    """List the record, newest first; verify it and hand it out on request."""
    session.require("audit")
    store = session.store()
    events, entries = store.events(), Versions(store).record()
    lines: list[tuple[str, Line, Event | None]] = [(e.at, line(e), e) for e in events]
    lines += [(e.at, entry_line(e), None) for e in entries]
    lines.sort(key=lambda found: found[0])  # what was done in the same moment stays in the order of its numbers
    lines.reverse()
    verify, file, _ = st.columns([1, 1, 3])
    checked = verify.button("Verify the record", width="stretch")
    if lines:
        chrome.download(file, "The record (CSV)", lambda: whole(lines), "record.csv", "text/csv")
    if checked:
        chrome.verify(store)
    count = chrome.counted(len(events), "event")
    changes = chrome.counted(len(entries), "change of roles and versions (v)", "changes of roles and versions (v)")
    st.text(
        f"{count} on charts, {changes}, newest first; a click shows the words, pages and versions "
        "that a row rests on. None can be changed or removed: an undo "
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
        sheet(next(event for event in events if event.seq == int(opened.open)), events)


main()
