"""Provider queries: every suggestion decided as a query, worded from the record's own words, checked, sent and answered."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import chrome, fields, session
from app.plain import plain
from hccassist.review import OpenChart
from hccassist.review.people import Person
from hccassist.review.queries import STATUSES, Form, ProviderQuery, Queries, QueryStatus, choices, concerns, draft

FORMS: dict[Form, str] = {"choice": "Choice", "open": "Open question"}


def form_of(opened: OpenChart, query: ProviderQuery) -> Form:
    """The form that a question is drafted in: chosen here until it is kept, for what offers a choice."""
    suggestion = opened.suggestion(query.suggestion_id)
    if suggestion is None or not choices(suggestion):
        return "open"
    name = f"form {query.suggestion_id}"
    if query.text is not None:
        found = fields.drafted(name, query.chart_id, "choice")
    else:
        found = fields.chosen("Form", name, query.chart_id, FORMS, "choice", in_sight=True)
    return "open" if found == "open" else "choice"


def wording(opened: OpenChart, query: ProviderQuery, form: Form) -> str:
    """The question as it was kept, else as it is drafted."""
    suggestion = opened.suggestion(query.suggestion_id)
    if query.text is not None or suggestion is None:
        return query.text or ""
    return draft(opened, suggestion, form, opened.states.get(suggestion.id))


def show(person: Person, query: ProviderQuery, opened_up: bool) -> None:
    """One query: its words, what speaks against sending it, and what became of it. Drawn when it is opened: there are many."""
    key = f"{query.chart_id}-{query.suggestion_id}"
    title = plain(f"{query.status}: {query.about}, {query.chart}")
    with st.expander(title, expanded=opened_up, key=f"query-{key}", on_change="rerun") as place:
        if not place.open:
            return
        opened = session.opened(query.chart_id)
        if opened is None:
            st.text("The chart is not in the results any more: screen it again to word the question.")
            return
        session.chart_button(key, query.chart_id, query.suggestion_id)
        if query.status == "draft":
            to_word(person, query, opened, key)
        else:
            to_answer(person, query, key)


def to_word(person: Person, query: ProviderQuery, opened: OpenChart, key: str) -> None:
    """A question that is not sent yet, with what speaks against sending it."""
    form = form_of(opened, query)
    question = f"query {query.suggestion_id} {form}"  # each form has a wording of its own, the same before and after Keep
    text = fields.typed("Question", question, query.chart_id, wording(opened, query, form), height=280, most=8000)
    against = concerns(text)
    for concern in against:
        st.warning(plain(f"“{concern.words}”: {concern.why}. ({concern.source})"))
    keep, send, file, _ = st.columns([1, 1, 1, 3])
    if keep.button("Keep", key=f"keep-{key}", width="stretch"):
        _keep(person, query, text, "draft", "", {question: text})
    if send.button("Mark as sent", key=f"send-{key}", width="stretch"):
        _keep(person, query, text, "sent", "", {question: text})
    if not against:
        download(file, query, text, key)


def to_answer(person: Person, query: ProviderQuery, key: str) -> None:
    """A question that was sent, as the provider has it, and room for the answer."""
    text, reply = query.text or "", f"reply {query.suggestion_id}"
    st.code(text, language=None, wrap_lines=True)
    answer = fields.typed("What the provider answered", reply, query.chart_id, query.answer, most=8000)
    keep, back, file, _ = st.columns([1, 1, 1, 3])
    if keep.button("Keep", key=f"keep-{key}", width="stretch"):
        _keep(person, query, text, "answered" if answer.strip() else "sent", answer, {reply: answer})
    if query.status == "sent" and back.button("Not sent yet", key=f"back-{key}", width="stretch"):
        _keep(person, query, text, "draft", "", {})
    download(file, query, text, key)


def download(place: DeltaGenerator, query: ProviderQuery, text: str, key: str) -> None:
    """The question as a file to send."""
    chrome.download(place, "Text file", lambda: text, f"query_{query.chart_id}.txt", "text/plain", key=f"file-{key}")


def _keep(person: Person, query: ProviderQuery, text: str, status: QueryStatus, answer: str, words: Mapping[str, str]) -> None:
    """Keep a question, what became of it and the answer; ``words``: those of the drafts that are kept for good so, by name."""

    def keep() -> None:
        Queries(session.store()).keep(person, query.chart_id, query.suggestion_id, text, status, answer)
        for name, typed in words.items():
            fields.forget(name, query.chart_id, typed)

    chrome.attempt(keep)


def main() -> None:
    """The queries by what is left to do with them."""
    person = session.require("review")
    if session.import_results() is None:  # charts that were screened again are opened where their lines stand now
        return
    found = Queries(session.store()).all(person)
    count = chrome.counted(len(found), "query", "queries")
    st.markdown(f"**{count}.** Deciding a suggestion as a query (q) puts it here. The draft quotes the record; it leads to no "
                "answer and never says what anything pays.")  # fmt: skip
    for place, query in enumerate(sorted(found, key=lambda q: STATUSES.index(q.status))):
        show(person, query, opened_up=place == 0 and query.status != "answered")


main()
