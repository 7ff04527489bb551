"""Second review: a lead draws a sample, judges it blind in the review, and makes lessons of what the readings differ in."""

from __future__ import annotations

import streamlit as st

from app import chrome, fields, session
from app.plain import plain
from hccassist.review import second_review as second
from hccassist.review.people import Person
from hccassist.review.samples import MAX_SIZE, Lesson, Sample, Samples
from hccassist.terminology.codes import load_codes

NO_GUIDELINE = "none"
"""The choice of none: a blank one would be no draft."""


def draw(person: Person, samples: Samples) -> None:
    """The way to a new sample."""
    left = samples.drawable(person, session.results_folder())
    count = chrome.counted(len(left), "decision")
    st.markdown(f"**{count} of others** in no sample yet. A sample is read blind: the first decision "
                "shows only when all of it is judged.")  # fmt: skip
    how, detail_column, size_column, button = st.columns([2, 3, 1, 1], vertical_alignment="bottom")
    with how:
        method: second.Method = fields.picked("Drawn", "draw-method", second.METHODS, "random")
    detail = ""
    with detail_column:
        if method == "hcc":
            labels = load_codes().labels.get("V28", {})
            found = sorted({d.hcc for d in left if d.hcc}, key=lambda c: (len(c), c))
            names = {c: f"{c} {labels.get(c, '')}" for c in found}
            detail = fields.picked("HCC (V28)", "draw-hcc", names, next(iter(names), ""))
        elif method == "low_confidence":
            detail = str(fields.number("Confidence below", "draw-below", (0.05, 1, 0.05), second.LOW_CONFIDENCE))
    with size_column:
        size = int(fields.number("How many", "draw-size", (1, MAX_SIZE, 1), 20))
    if button.button("Draw", width="stretch", disabled=not left):
        chrome.attempt(lambda: samples.draw(person, method, size, detail, session.results_folder()))


def show(person: Person, samples: Samples, sample: Sample) -> None:
    """A sample: how far it is judged, or how the two readings compare."""
    with st.container(border=True, key=f"sample-{sample.id}"):
        words, button = st.columns([6, 1], vertical_alignment="center")
        of = f" {sample.detail}" if sample.detail else ""
        words.text(f"Sample {sample.id}: {second.METHODS[sample.method].lower()}{of}, drawn {sample.at[:10]} by {sample.who}")
        if not sample.complete:
            words.text(f"{sample.judged} of {sample.size} judged")
            if button.button("Go on", key=f"judge-{sample.id}", width="stretch"):
                following = next(i for i in samples.items(person, sample.id) if i.verdict is None)
                session.open_chart(following.chart_id)
                query = {"chart": str(following.chart_id), "sample": str(sample.id)}
                st.switch_page("views/review.py", query_params=query)
            return
        pairs = samples.compare(person, sample.id)
        words.text(in_words(second.agreement(pairs)))
        taught = {lesson.pair.event_seq: lesson for lesson in samples.lessons(person, everybody=True)}
        for pair in pairs:
            if not pair.agreed:
                explain(person, samples, pair, taught.get(pair.event_seq))


def in_words(found: second.Agreement) -> str:
    """An agreement as a sentence, with what it cannot say."""
    kappa = f"Cohen's kappa {found.kappa:.2f} ({second.in_words(found.kappa)})" if found.kappa is not None else (
        "kappa is not defined: both readings are all of one kind")  # fmt: skip
    few = f". Fewer than {second.FEW} pairs: a figure to look at, not to lean on" if found.pairs < second.FEW else ""
    return f"{found.agreed} of {found.pairs} agree ({found.share:.0%}); {kappa}{few}."


def explain(person: Person, samples: Samples, pair: second.Pair, lesson: Lesson | None) -> None:
    """A disagreement, and the lesson it becomes: which reading stands, why, a better example, the guideline."""
    title = f"{pair.shown.get('icd10') or 'added'} {pair.shown.get('description', '')} · {second.difference(pair)}"
    with st.expander(plain(f"{'✓ explained: ' if lesson else ''}{title}"), key=f"pair-{pair.event_seq}"):
        st.text(f"{pair.chart} · first reading {pair.first.who}: {pair.first.rationale or 'no rationale'}")
        st.text(f"Second reading {pair.second.who}: {pair.second.rationale or 'no rationale'}")
        session.chart_button(str(pair.event_seq), pair.chart_id, pair.suggestion_id)
        name, chart = f"lesson {pair.event_seq}", pair.chart_id
        kept = (lesson.outcome, lesson.cause, lesson.why, lesson.example, lesson.guideline) if lesson else ("",) * 5
        outcome = fields.chosen("What stands", f"{name} outcome", chart, second.OUTCOMES, kept[0], in_sight=True)
        cause = fields.chosen("Cause", f"{name} cause", chart, second.CAUSES, kept[1])
        why = fields.typed("Why", f"{name} why", chart, kept[2])
        example = fields.typed("A better example (no patient details)", f"{name} example", chart, kept[3])
        rules = {NO_GUIDELINE: "none", **{g.key: f"{g.title} ({g.source})" for g in second.guidelines()}}
        rule = fields.chosen("Guideline", f"{name} guideline", chart, rules, kept[4] or NO_GUIDELINE)
        if st.button("Keep the lesson", key=f"{name} keep"):
            chrome.attempt(lambda: _explained(person, samples, pair, (outcome, cause, why, example, rule)))


def _explained(person: Person, samples: Samples, pair: second.Pair, told: tuple[str, str, str, str, str]) -> None:
    outcome, cause, why, example, rule = told
    samples.explain(person, pair, outcome, cause, why, example, "" if rule == NO_GUIDELINE else rule)  # type: ignore[arg-type]
    for field, text in zip(("outcome", "cause", "why", "example", "guideline"), told, strict=True):
        fields.forget(f"lesson {pair.event_seq} {field}", pair.chart_id, text)


def main() -> None:
    """Draw, then every sample, newest first."""
    person = session.require("lead")
    samples = Samples(session.store())
    draw(person, samples)
    for sample in samples.all(person):
        show(person, samples, sample)


main()
