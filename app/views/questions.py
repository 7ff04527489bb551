"""Escalated cases: open questions, and the answers that are the team's guidance from then on."""

from __future__ import annotations

import streamlit as st

from app import chrome, fields, session
from hccassist.review.people import Person
from hccassist.review.questions import Guidance, Question, Questions


def ask(question: Question, person: Person) -> None:
    """One open question, and for a lead room for its answer."""
    with st.container(border=True, key=f"question-{question.seq}"):
        words, link = st.columns([6, 1], vertical_alignment="top")
        words.text(f"{question.condition}  ·  {question.icd10 or 'no code'}  {question.description}")
        words.text(question.text or "No question was written: see the chart.")
        words.text(f"{chrome.signed(question.who, question.at)}, {question.chart}")
        session.chart_button(str(question.seq), question.chart_id, question.suggestion_id, link)
        if not person.may("lead"):
            return
        name = f"answer {question.seq}"
        answer = fields.typed("Answer, as guidance for the next time (no patient details)", name, question.chart_id)
        if st.button("Keep the answer", key=f"keep-{question.seq}", disabled=not answer.strip()):
            Questions(session.store()).answer(question, answer.strip(), person)
            fields.forget(name, question.chart_id, answer)
            st.rerun()


def show(guidance: Guidance) -> None:
    """One answer that stands."""
    with st.container(border=True):
        st.text(f"{guidance.condition}  ·  {guidance.icd10 or 'no code'}")
        st.text(guidance.answer)
        st.text(chrome.signed(guidance.who, guidance.at) + (f", asked: {guidance.question}" if guidance.question else ""))


def main() -> None:
    """Open questions first, then the guidance."""
    person = session.require("review")
    kept = Questions(session.store())
    questions, guidance = kept.open(), kept.guidance()
    st.markdown(f"**{chrome.counted(len(questions), 'open question')}.** Escalating a suggestion in the review puts it here.")
    for question in questions:
        ask(question, person)
    if guidance:
        st.markdown("**Guidance**, shown in the review wherever its condition comes up.")
        for answered in guidance:
            show(answered)


main()
