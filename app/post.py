"""The mailbox: what the browser sends is recorded or answered here, without running the page again.

The browser keeps every message until its reply arrives, and sends all that wait each time. A killed server or a lost
connection therefore loses nothing: the messages come again, and recording them twice records them once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import components, session
from app.messages import answer
from app.payload import state_payload

KEY = "mailbox"
Json = dict[str, Any]


@st.fragment
def mailbox(chart_id: int | None) -> None:
    """Answer what waits, and give the browser the decisions on the open chart."""
    replies = _answers(_outbox())
    state: Json = {"chart": chart_id, "who": session.who(), "replies": replies}
    opened = session.store().open_chart(chart_id) if chart_id is not None else None
    if opened is not None:
        store = session.store()
        state |= state_payload(opened)
        state["others"] = store.others_in(opened.id, session.who())
    components.mailbox(key=KEY, data=state, on_outbox_change=_ignore)
    if (target := _asked_to_open(replies)) is not None:
        session.open_chart(target)
        st.query_params["chart"] = str(target)
        st.rerun(scope="app")


def _outbox() -> list[Mapping[str, Any]]:
    waiting = st.session_state.get(KEY) or {}
    messages = waiting.get("outbox")
    return [m for m in messages if isinstance(m, dict) and m.get("id")] if isinstance(messages, list) else []


def _answers(messages: list[Mapping[str, Any]]) -> dict[str, Json]:
    """The replies to the messages that wait; those answered in an earlier run are not worked on again."""
    before: dict[str, Json] = st.session_state.get("replies", {})
    replies = {m["id"]: before.get(m["id"]) or _reply(m) for m in messages}
    st.session_state["replies"] = replies
    return replies


def _reply(message: Mapping[str, Any]) -> Json:
    chart = message.get("chart")
    opened = session.store().open_chart(chart) if isinstance(chart, int) else None
    if opened is None:
        return {"ok": False, "message": "The chart was screened again meanwhile: reload the page, then decide."}
    return answer(session.store(), opened, session.who(), message)


def _asked_to_open(replies: Mapping[str, Json]) -> int | None:
    done: set[str] = st.session_state.setdefault("followed", set())
    for message_id, reply in replies.items():
        if reply.get("open") is not None and message_id not in done:
            done.add(message_id)
            return int(reply["open"])
    return None


def _ignore() -> None:
    """Streamlit keeps a component's state only where it has a callback."""
