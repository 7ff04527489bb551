"""What the pages share to look at: the little that Streamlit's own frame needs to give the chart its room, and how they
say what became of something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import components, session
from app.plain import plain
from hccassist.review import DecisionError, Store
from hccassist.review.drafts import Drafts
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


Choice = TypeVar("Choice", bound=str)
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


def typed(label: str, name: str, chart_id: int, text: str = "", height: int | None = None, most: int = 4000) -> str:
    """A field whose words are there again after a reload, until ``forget``: ``text`` to begin with, or what this person typed
    last. ``name`` is the page's own for it within the chart."""
    before = drafted(name, chart_id, text)
    data = {"label": label, "text": before, "height": height, "most": most, "chart": chart_id, "name": name}
    found = components.words(key=_key(name, chart_id), data=data, on_text_change=components.ignore)
    return before if found.text is None else str(found.text)[:most]


def chosen(label: str, name: str, chart_id: int, options: Mapping[Any, str], begin: str, in_sight: bool = False) -> str:
    """A choice among ``options`` (what is kept -> what is shown), there again after a reload as ``typed`` words are; blank
    where nothing is chosen yet. ``in_sight``: all of them are seen at once."""
    before = drafted(name, chart_id, begin)
    data = {
        "label": label,
        "text": before,
        "options": list(options.items()),
        "inSight": in_sight,
        "chart": chart_id,
        "name": name,
    }
    found = components.choice(key=_key(name, chart_id), data=data, on_text_change=components.ignore)
    return before if found.text is None else str(found.text)


def picked(label: str, name: str, options: Mapping[Choice, str], begin: Choice) -> Choice:
    """A choice among ``options`` (what is returned -> what is shown) of what the page shows. ``name``: the page's own."""
    kept = _entered(name)
    before = next((choice for choice in options if choice == kept), begin)
    data = {"label": label, "text": before, "options": list(options.items()), "inSight": False, "chart": None, "name": name}
    found = components.choice(key=name, data=data, on_text_change=components.ignore)
    return next((choice for choice in options if choice == found.text), before)


def number(label: str, name: str, limits: tuple[float, float, float], begin: float, slide: bool = False) -> float:
    """A number for what the page shows, on a slider or typed. ``limits``: the least, the most, the step."""
    least, most, step = limits
    before = _entered(name) or f"{begin:g}"
    data = {"label": label, "text": before, "least": least, "most": most, "step": step, "slide": slide}
    found = components.number(key=name, data={**data, "chart": None, "name": name}, on_text_change=components.ignore)
    return min(max(float(before if found.text is None else found.text), least), most)


def _entered(name: str) -> str | None:
    """What was entered last in a field of the page."""
    kept = st.session_state.get(name)
    return kept.get("text") if kept else None


def drafted(name: str, chart_id: int, begin: str) -> str:
    """What this person entered last under a name and has not kept for good, else ``begin``."""
    return Drafts(session.store()).of(session.who(), chart_id).get(name, begin)


def _key(name: str, chart_id: int) -> str:
    return f"typed-{chart_id}-{name}"


def forget(name: str, chart_id: int, text: str) -> None:
    """What was kept for good is no draft any more; words typed since then are."""
    Drafts(session.store()).settle(session.who(), chart_id, name, text)


def download(place: DeltaGenerator, label: str, make: Callable[[], bytes | str], name: str, kind: str, key: str = "") -> None:
    """A button that hands out a file, made when it is asked for. The page stays as it is: drawn anew, it would hand out files
    of its own, and a second click would find the first one's gone."""
    place.download_button(label, make, name, kind, key=key or None, on_click="ignore", width="stretch")


def attempt(act: Callable[[], object]) -> None:
    """Do something that is kept, and draw the page anew; where it may not be done, say why."""
    try:
        act()
    except DecisionError as error:
        st.warning(plain(error))
    else:
        st.rerun()
