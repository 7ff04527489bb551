"""The people of a team and their roles."""

from __future__ import annotations

import streamlit as st

from app import chrome, components, fields, session
from hccassist.review.people import ROLES, People, Person, Role


def main() -> None:
    """List everybody, and let an admin add somebody or change a role."""
    person = session.require("people")
    if not session.team():
        st.info("Nobody signs in on this machine: you work alone, with every role. docs/reviewing.md says how a team signs in.")
        return
    people = People(session.store())
    rows = [[m.email, m.role, "yes" if m.active else "no", "set by the server" if m.fixed else ""] for m in people.all()]
    components.table(key="people", data={"columns": ["address", "role", "may sign in", ""], "rows": rows})
    with st.container(border=True):
        address, role_column, active_column, button = st.columns([3, 1, 1, 1], vertical_alignment="bottom")
        with address:
            email = fields.line("Address they sign in with", "person-address", most=200)
        with role_column:
            role: Role = fields.picked("Role", "person-role", {name: name for name in ROLES}, ROLES[0])
        with active_column:
            active = fields.ticked("May sign in", "person-active", begin=True)
        if button.button("Keep", width="stretch"):
            chrome.attempt(lambda: put(person, email, role, active))


def put(person: Person, email: str, role: Role, active: bool) -> None:
    """Add somebody or change what they may do."""
    People(session.store()).put(person, email, role, active)
    fields.settled("person-address", "person-active")


main()
