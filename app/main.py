"""The reviewer's pages, which server.py serves."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

HERE = Path(__file__).parent
if str(HERE.parent) not in sys.path:  # Streamlit puts the script's own folder there, not the one that holds `app`
    sys.path.insert(0, str(HERE.parent))

from app import components, fields, session  # noqa: E402
from app.chrome import style  # noqa: E402
from app.post import mailbox  # noqa: E402
from hccassist.review.people import Right  # noqa: E402


def main() -> None:
    """Lay out the frame that all pages share, then run the page."""
    st.set_page_config(
        page_title="hccassist",
        page_icon=str(HERE / "icon.svg"),  # Streamlit fetches icons and emoji for a tab from the network
        layout="wide",
        initial_sidebar_state="collapsed",
        menu_items={"About": "hccassist points at the words. The coder decides."},
    )
    found = session.person()
    if found is None:
        style(fills_window=False)
        session.sign_in()
        return
    pages = {name: page for name, (right, page) in _pages().items() if found.may(right)}
    page = st.navigation(list(pages.values()), position="top")
    reviewing = page is pages["review"]
    style(fills_window=reviewing)
    name_field()
    with st.container(key="unseen"):
        components.bell(key="bell", on_rung_change=components.ignore)
        mailbox(session.chart_id() if reviewing else None, session.sample_id() if reviewing else None)
    page.run()
    session.warm_up()


def name_field() -> None:
    """The sidebar's field for the reviewer's name; in a team, who is signed in and the way out."""
    if session.team():
        found = session.person()
        st.sidebar.text(f"{found.name}, {found.role}" if found else "")
        st.sidebar.button("Sign out", on_click=st.logout)
        return
    with st.sidebar:
        name = fields.line("Your name, as the record keeps it", "who", most=100, begin=session.who())
    if name:
        session.go_by(name)
    else:
        fields.settled("who")  # a record needs a name: the one before stands
        st.rerun()


def _pages() -> dict[str, tuple[Right, StreamlitPage]]:
    """Every page with the right it takes; each asks for it again itself."""
    return {
        "worklist": ("review", st.Page("views/worklist.py", title="Worklist", icon=":material/list:", default=True)),
        "review": ("review", st.Page("views/review.py", title="Review", icon=":material/fact_check:")),
        "questions": ("review", st.Page("views/questions.py", title="Questions", icon=":material/help:")),
        "queries": ("review", st.Page("views/queries.py", title="Queries", icon=":material/mail:")),
        "learning": ("learn", st.Page("views/learning.py", title="Learning", icon=":material/school:")),
        "second": ("lead", st.Page("views/second.py", title="Second review", icon=":material/rule:")),
        "documentation": ("lead", st.Page("views/documentation.py", title="Documentation", icon=":material/edit_note:")),
        "qa": ("lead", st.Page("views/qa.py", title="Bench", icon=":material/tune:")),
        "claims": ("review", st.Page("views/claims.py", title="Claims", icon=":material/compare_arrows:")),
        "export": ("export", st.Page("views/export.py", title="Export", icon=":material/download:")),
        "record": ("audit", st.Page("views/record.py", title="Record", icon=":material/history:")),
        "team": ("people", st.Page("views/team.py", title="Team", icon=":material/group:")),
    }


main()
