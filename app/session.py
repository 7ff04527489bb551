"""What every page needs: the store, the results folder, who is at work and what they may do, and which chart is open."""

from __future__ import annotations

import gc
import getpass
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from time import sleep

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.plain import plain
from hccassist.review import OpenChart, ResultsError, Store, open_store
from hccassist.review.people import People, Person, Right
from hccassist.review.store import ImportSummary

RESULTS_ENV = "HCCASSIST_RESULTS"
NAME_SETTING = "last_name"
LATER_SECONDS = 10


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The review store, opened once for all sessions of this server."""
    return open_store()


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Load the readers, the code tables and the lexicon beside the first page, so that the first chart and the first search
    need not wait; then what the bench is made of."""

    def load() -> None:
        import_module("hccassist.reading.pdf")
        import_module("app.messages").search("ckd 3b")
        sleep(LATER_SECONDS)  # the first chart comes before what draws the bench's plots
        import_module("app.qa_charts")
        import_module("hccassist.qa.desk")
        gc.freeze()  # tables that stay: a collection while somebody waits for an answer need not walk them

    Thread(target=load, daemon=True).start()


def results_folder() -> Path | None:
    """The results folder that this server reviews."""
    value = os.environ.get(RESULTS_ENV)
    return Path(value).expanduser().absolute() if value else None


def import_results() -> ImportSummary | None:
    """Take in what changed in the results folder; says on the page what is wrong where it cannot."""
    folder = results_folder()
    if folder is None:
        st.info("No results folder is set. Start the reviewer with `hccassist review DIR`.")
        return None
    try:
        return store().import_results(folder)
    except ResultsError as error:
        st.error(plain(error))
        return None


def opened(chart_id: int) -> OpenChart | None:
    """A chart; where its line has moved since the import, the results are taken in again first. None where it is not there."""
    found = store().open_chart(chart_id)
    if found is None and (folder := results_folder()) is not None:
        with suppress(ResultsError):
            store().import_results(folder)
        found = store().open_chart(chart_id)
    return found


def team() -> bool:
    """Whether people sign in here: the server has an [auth] section in its .streamlit/secrets.toml (docs/reviewing.md)."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def person() -> Person | None:
    """Who is at work. Alone on a machine: the name that was typed, with every right. In a team: whom the identity
    provider vouches for and an admin let in, else None."""
    if not team():
        return Person(_typed_name(), "admin")
    if not st.user.is_logged_in:
        return None
    return People(store()).signed_in(str(st.user.get("email") or ""), st.user.get("email_verified") is not False)


def require(right: Right) -> Person:
    """The person at work, where their role gives the right; else the page ends here."""
    found = person()
    if found is None or not found.may(right):
        st.error("This page is not for your role. Ask an admin.")
        st.stop()
    return found


def who() -> str:
    """The name that decisions are recorded under."""
    found = person()
    return found.name if found else ""


def _typed_name() -> str:
    """The name typed in this window, else the last one typed in any, else the user of the operating system."""
    return str(st.session_state.get("named") or store().setting(NAME_SETTING) or _system_user()).strip()


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "reviewer"


def sign_in() -> None:
    """What somebody sees who is not let in: the way in, or why not."""
    if not st.user.is_logged_in:
        st.button("Sign in", on_click=st.login, type="primary")
        return
    st.warning(
        f"{plain(st.user.get('email') or 'This account')} is not on the list of this team: ask an admin to add the address."
    )
    st.button("Sign out", on_click=st.logout)


def go_by(name: str) -> None:
    """Record what follows in this window under another name."""
    before = who()
    st.session_state["named"] = name
    if name != before:
        store().set_setting(NAME_SETTING, name)
        store().holds.leave_all(before)  # the same person, who would be refused as another


def sample_id() -> int | None:
    """The sample that is read a second time; None for a first review."""
    return _number("sample")


def chart_id() -> int | None:
    """The chart that is open: the one in the address, else the one this person last had open."""
    kept: int | None = st.session_state.get("chart")
    return found if (found := _number("chart")) is not None else kept


def _number(name: str) -> int | None:
    """A number in the address; None where there is none."""
    try:
        return int(st.query_params[name])
    except (KeyError, ValueError):
        return None


def open_chart(number: int | None) -> None:
    """Make a chart the open one. The address carries its number in the database, nothing of the patient."""
    st.session_state["chart"] = number


def review_at(number: int, suggestion_id: str | None) -> None:
    """Go to a chart in review, at a suggestion where one is named."""
    if suggestion_id:
        store().bookmark(who(), number, suggestion_id)
    open_chart(number)
    st.switch_page("views/review.py", query_params={"chart": str(number)})


def chart_button(key: str, number: int, suggestion_id: str | None, place: DeltaGenerator | None = None) -> None:
    """A button that opens a chart in review, at a suggestion where one is named. ``key`` is the page's own for it."""
    if (place or st.container()).button("Open chart", key=f"open-{key}", icon=":material/fact_check:"):
        review_at(number, suggestion_id)
