"""Two-way review: submitted codes held against what the charts support, to delete as well as to add."""

from __future__ import annotations

import uuid

import streamlit as st

from app import chrome, components, fields, session
from app.plain import plain
from hccassist.review import Action, Store
from hccassist.review.claims import ANSWER_COLUMNS, FINDINGS, Answer, ClaimsError, read_claims, review, table
from hccassist.review.export import table_to_csv
from hccassist.review.people import Person

SHOWN_TO_CONFIRM = 25


def confirm(store: Store, person: Person, found: Answer) -> None:
    """A code that no words of its visit were found for: a person looks, then says so. It goes into the record."""
    claim = found.claim
    with st.container(border=True, key=f"{claim.chart}-{claim.key}"):
        words, look, button = st.columns([6, 2, 3], vertical_alignment="center")
        words.text(f"{claim.icd10} on {claim.date}, {found.chart}. {found.reason}")
        session.chart_button(f"{claim.chart}-{claim.key}", found.chart_id or 0, None, look)
        if button.button("I looked: not supported here", key=f"delete-{claim.chart}-{claim.key}", width="stretch"):
            opened = store.open_chart(found.chart_id or 0)
            if opened is None:
                return
            said = "Submitted code; its visit in this record does not support it."
            looked = Action(uuid.uuid4().hex, "reject", claim.key, reason="other", rationale=said)
            chrome.attempt(lambda: store.record(opened, looked, person.name))


def main() -> None:
    """Take a list of claims, show what was found, and what a person still has to look at."""
    person = session.require("review")
    if session.import_results() is None:
        return
    st.markdown(
        "**Two-way review.** Give the codes that were submitted: a CSV with the columns `chart` (or `member_id`, `mrn`), "
        "`date_of_service` and `icd10`. Each is found supported, not supported or not found, with what a person decided; a "
        "click on a row opens its chart there."
    )
    given = fields.file("Submitted codes (CSV)", "claims", ".csv")
    if given is None:
        return
    try:
        found = review(session.store(), session.results_folder(), read_claims(given.content))
    except ClaimsError as error:
        st.error(plain(error))
        return
    counts = [f"{sum(a.finding == kind for a in found)} {words.lower()}" for kind, words in FINDINGS.items()]
    st.text("\n".join(c for c in counts if not c.startswith("0 ")))
    rows = table(found)
    if person.may("export"):
        chrome.download(
            st.columns([1, 7])[0], "CSV", lambda: table_to_csv(rows, ANSWER_COLUMNS), "two_way_review.csv", "text/csv"
        )
    data = {
        "columns": [c.replace("_", " ") for c in ANSWER_COLUMNS],
        "rows": [list(r.values()) for r in rows],
        "opens": [None if a.chart_id is None else place for place, a in enumerate(found)],
        "empty": "The file holds no codes.",
    }
    shown = components.table(key="claims-table", data=data, on_open_change=components.ignore)
    if shown.open is not None:
        chosen = found[int(shown.open)]
        session.review_at(chosen.chart_id or 0, chosen.suggestion_id)
    left = [a for a in found if a.finding == "not_found"]
    if left:
        st.markdown(f"**{len(left)} to look at**: no words at their visit were found for them.")
    for missing in left[:SHOWN_TO_CONFIRM]:
        confirm(session.store(), person, missing)


main()
