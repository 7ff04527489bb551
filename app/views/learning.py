"""What second reviews taught: a coder's own lessons, and what several readers differ in alike, which names nobody."""

from __future__ import annotations

import streamlit as st

from app import chrome, components, fields, session
from hccassist.review import second_review as second
from hccassist.review.people import Person
from hccassist.review.samples import Lesson, Samples


def show(person: Person, samples: Samples, lesson: Lesson) -> None:
    """One lesson: what, why, the better example, the guideline; and room for the reader's own word on it."""
    pair = lesson.pair
    with st.container(border=True, key=f"lesson-{pair.event_seq}"):
        st.text(f"{pair.shown.get('icd10') or 'added'} {pair.shown.get('description', '')} · {pair.chart}")
        st.text(f"What: {second.difference(pair)}. {second.OUTCOMES[lesson.outcome]}.")
        st.text(f"Why: {lesson.why}")
        if lesson.example:
            st.text(f"A better example: {lesson.example}")
        rule = next((g for g in second.guidelines() if g.key == lesson.guideline), None)
        if rule:
            st.text(f"Guideline: {rule.title} ({rule.source})")
        st.text(f"Cause: {second.CAUSES[lesson.cause]} · {chrome.signed(lesson.who, lesson.at)}")
        session.chart_button(str(pair.event_seq), pair.chart_id, pair.suggestion_id)
        if pair.first.who != person.name:
            st.text(f"Their own word: {lesson.reply or 'none yet'}")
            return
        name = f"reply {pair.event_seq}"
        reply = fields.typed("Your own word on it", name, pair.chart_id, lesson.reply)
        if st.button("Keep", key=f"keep-reply-{pair.event_seq}", disabled=reply.strip() == lesson.reply):
            samples.reply(person, pair.event_seq, reply)
            fields.forget(name, pair.chart_id, reply)
            st.rerun()


def main() -> None:
    """One's own lessons, then the patterns; a lead may look at everybody's."""
    person = session.require("learn")
    samples = Samples(session.store())
    everybody = person.may("lead") and fields.ticked("Lessons of all readers", "everybody")
    lessons = samples.lessons(person, everybody)
    whose = "" if everybody else " of yours"
    count = chrome.counted(len(lessons), "lesson")
    st.markdown(f"**{count}{whose}** from second reviews. They are there to learn from: nobody is ranked by them.")
    for lesson in lessons:
        show(person, samples, lesson)
    patterns = samples.patterns(person)
    count = chrome.counted(len(patterns), "pattern")
    st.markdown(f"**{count}**: differences that more than one reader had. A matter of wording, rules or "
                "tools more than of anybody.")  # fmt: skip
    if patterns:
        rows = [[p.condition, p.difference, second.CAUSES[p.cause], p.times, p.readers] for p in patterns]
        columns = ["condition", "first / second", "cause", "times", "readers"]
        components.table(key="patterns", data={"columns": columns, "rows": rows})


main()
