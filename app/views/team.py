"""The people of a team and their roles."""

from __future__ import annotations

import streamlit as st

from app import chrome, components, session
from hccassist.review.people import ROLES, People, Role


def main() -> None:
    """List everybody, and let an admin add somebody or change a role."""
    person = session.require("people")
    if not session.team():
        st.info("Nobody signs in on this machine: you work alone, with every role. docs/reviewing.md says how a team signs in.")
        return
    people = People(session.store())
    rows = [[m.email, m.role, "yes" if m.active else "no", "set by the server" if m.fixed else ""] for m in people.all()]
    components.table(key="people", data={"columns": ["address", "role", "may sign in", ""], "rows": rows})
    with st.form("person", clear_on_submit=True):
        address, role_column, active_column = st.columns([3, 1, 1], vertical_alignment="bottom")
        email = address.text_input("Address they sign in with", max_chars=200, autocomplete="off")
        with role_column:
            role: Role = chrome.picked("Role", "person-role", {name: name for name in ROLES}, ROLES[0])
        active = active_column.checkbox("May sign in", value=True)
        if st.form_submit_button("Keep"):
            chrome.attempt(lambda: people.put(person, email, role, active))


main()
