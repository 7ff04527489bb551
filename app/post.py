"""The mailbox: what the browser sends is recorded or answered here, without running the page again.

The browser keeps every message until its reply arrives, and sends all that wait each time. A killed server or a lost
connection therefore loses nothing: the messages come again, and recording them twice records them once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import components, session
from app.messages import UNKNOWN, answer, answer_closed
from app.payload import second_state_payload, state_payload
from hccassist.review import OpenChart
from hccassist.review.people import Person
from hccassist.review.samples import Samples

KEY = "mailbox"
Json = dict[str, Any]


@st.fragment
def mailbox(chart_id: int | None, sample_id: int | None) -> None:
    """Answer what waits, and give the browser the decisions on the open chart; of a chart that is read a second time
    only the second reader's own."""
    replies = _answers(_outbox())
    state: Json = {"chart": chart_id, "sample": sample_id, "who": session.who(), "replies": replies}
    opened = session.opened(chart_id) if chart_id is not None else None
    found = session.person()
    if opened is not None and found is not None:
        state |= _state(opened, found, sample_id)
    components.mailbox(key=KEY, data=state, on_outbox_change=components.ignore)
    if (target := _asked_to_open(replies)) is not None:
        session.open_chart(target["open"])
        st.query_params.from_dict({k: str(v) for k, v in (("chart", target["open"]), ("sample", target["sample"])) if v})
        st.rerun(scope="app")


def _state(opened: OpenChart, found: Person, sample_id: int | None) -> Json:
    store = session.store()
    if sample_id is not None:
        return second_state_payload(opened, Samples(store).items(found, sample_id)) if found.may("lead") else {}
    hold = store.holds.holder(opened.id)
    held = {"who": hold.who, "since": hold.since} if hold and hold.who != found.name else None
    return {**state_payload(opened), "others": store.others_in(opened.id, found.name), "held": held}


def _outbox() -> list[Mapping[str, Any]]:
    waiting = st.session_state.get(KEY) or {}
    messages = (waiting.get("outbox") or {}).get("messages")
    return [m for m in messages if isinstance(m, dict) and m.get("id")] if isinstance(messages, list) else []


def _answers(messages: list[Mapping[str, Any]]) -> dict[str, Json]:
    """The replies to the messages that wait; those answered in an earlier run are not worked on again."""
    before: dict[str, Json] = st.session_state.get("replies", {})
    replies = {m["id"]: before.get(m["id"]) or _reply(m) for m in messages}
    st.session_state["replies"] = replies
    return replies


def _reply(message: Mapping[str, Any]) -> Json:
    chart = message.get("chart")
    found = session.person()
    if found is None:
        return {"ok": False, "message": "You are not signed in any more: reload the page and sign in."}
    if not isinstance(chart, int):
        return {"ok": False, "message": UNKNOWN}
    opened = session.store().open_chart(chart)
    if opened is None:
        return answer_closed(session.store(), chart, found, message)
    return answer(session.store(), opened, found, message)


def _asked_to_open(replies: Mapping[str, Json]) -> Json | None:
    done: set[str] = st.session_state.setdefault("followed", set())
    for message_id, reply in replies.items():
        if reply.get("open") is not None and message_id not in done:
            done.add(message_id)
            return reply
    return None
