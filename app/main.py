"""The reviewer: `streamlit run app/main.py`, with HCCASSIST_RESULTS naming the results folder to review."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
if str(HERE.parent) not in sys.path:  # Streamlit puts the script's own folder there, not the one that holds `app`
    sys.path.insert(0, str(HERE.parent))

from app import session  # noqa: E402
from app.chrome import style  # noqa: E402
from app.post import mailbox  # noqa: E402


def main() -> None:
    """Lay out the frame that all pages share, then run the page."""
    st.set_page_config(
        page_title="hccassist",
        page_icon=str(HERE / "icon.svg"),  # Streamlit fetches icons and emoji for a tab from the network
        layout="wide",
        initial_sidebar_state="collapsed",
        menu_items={"About": "hccassist points at the words. The coder decides."},
    )
    pages = {
        "worklist": st.Page("views/worklist.py", title="Worklist", icon=":material/list:", default=True),
        "review": st.Page("views/review.py", title="Review", icon=":material/fact_check:"),
        "questions": st.Page("views/questions.py", title="Questions", icon=":material/help:"),
        "export": st.Page("views/export.py", title="Export", icon=":material/download:"),
        "record": st.Page("views/record.py", title="Record", icon=":material/history:"),
    }
    page = st.navigation(list(pages.values()), position="top")
    style(fills_window=page is pages["review"])
    session.name_field()
    mailbox(session.chart_id() if page is pages["review"] else None)
    page.run()
    session.warm_up()


main()
