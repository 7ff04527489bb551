"""What the pages share to look at: the little that Streamlit's own frame needs to give the chart its room, and how they
say what became of something."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.plain import plain
from hccassist.review import DecisionError, Store
from hccassist.review.versions import Versions

SLIM = """
[data-testid="stHeader"] { height: 2.75rem; min-height: 2.75rem; }
[data-testid="stStatusWidget"] { display: none; } /* a figure running at each click is no calm company */
[data-testid="stMainBlockContainer"] { padding: 3.25rem 1rem 1rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-unseen) { position: absolute; } /* what shows nothing takes no room */
[data-testid="stElementContainer"]:has(> [data-testid="stHtml"]) { display: none; }
"""
FULL = """
[data-testid="stMainBlockContainer"] { padding: 2.75rem 0 0; max-width: none; }
[data-testid="stVerticalBlock"] { gap: 0; }
section[data-testid="stMain"] { overflow: hidden; }
"""

DONE = {"save": "saved", "use": "put in force", "grant": "gave the role"}
"""What the record of roles and versions says was done, in words."""


def style(fills_window: bool) -> None:
    """Slim Streamlit's margins; for the review, hand the whole window below the header to the workbench."""
    st.html(f"<style>{SLIM}{FULL if fills_window else ''}</style>")


def verify(store: Store) -> None:
    """Whether both chains of the record are whole, each with the head to keep elsewhere."""
    for name, report in (("Decisions", store.verify_audit()), ("Roles and versions", Versions(store).verify())):
        if report.intact:
            st.success(f"{name}: all {report.events} rows are as they were recorded. Head of the chain: `{report.head}`")
        else:
            st.error(f"{name}:\n" + "\n".join(f"- row {p.seq}: {plain(p.message)}" for p in report.problems))


def when(at: str) -> str:
    """A moment of the record (UTC) to read."""
    return at[:19].replace("T", " ")


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 chart, 2 charts."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def signed(who: str, at: str) -> str:
    """Who said something, and on which day."""
    return f"{who}, {at[:10]}"


def download(place: DeltaGenerator, label: str, make: Callable[[], bytes | str], name: str, kind: str, key: str = "") -> None:
    """A button that hands out a file, made when it is asked for. The page stays as it is: drawn anew, it would hand out files
    of its own, and a second click would find the first one's gone."""
    place.download_button(label, make, name, kind, key=key or None, on_click="ignore", width="stretch")


def attempt(act: Callable[[], object], said: str = "") -> None:
    """Do something that is kept, say that it is done, and draw the page anew; where it may not be done, say why."""
    try:
        act()
    except DecisionError as error:
        st.warning(plain(error))
    else:
        if said:
            st.toast(plain(said))
        st.rerun()
