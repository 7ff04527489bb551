"""What every page needs: the store, the results folder, who is reviewing, and which chart is open."""

from __future__ import annotations

import getpass
import os
from importlib import import_module
from pathlib import Path
from threading import Thread

import streamlit as st

from hccassist.review import ResultsError, Store, open_store
from hccassist.review.store import ImportSummary

RESULTS_ENV = "HCCASSIST_RESULTS"
NAME_SETTING = "last_name"


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The review store, opened once for all sessions of this server."""
    return open_store()


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Load the readers and the code tables beside the first page, so that the first chart and search need not wait."""

    def load() -> None:
        import_module("hccassist.reading.pdf")
        import_module("hccassist.terminology.codes").load_codes()

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
        st.error(str(error))
        return None


def who() -> str:
    """The name that decisions are recorded under: the last one typed here, else the user of the operating system."""
    name = st.session_state.get("who") or store().setting(NAME_SETTING) or _system_user()
    return str(name).strip()


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "reviewer"


def name_field() -> None:
    """The sidebar's field for the reviewer's name."""

    def keep() -> None:
        if name := str(st.session_state["who"]).strip():
            store().set_setting(NAME_SETTING, name)

    if not st.session_state.get("who"):
        st.session_state["who"] = who()
    st.sidebar.text_input("Your name, as the record keeps it", key="who", on_change=keep, max_chars=100, autocomplete="off")


def chart_id() -> int | None:
    """The chart that is open: the one in the address, else the one this person last had open."""
    try:
        return int(st.query_params["chart"])
    except (KeyError, ValueError):
        kept = st.session_state.get("chart")
        return int(kept) if kept is not None else None


def open_chart(number: int | None) -> None:
    """Make a chart the open one. The address carries its number in the database, nothing of the patient."""
    st.session_state["chart"] = number
