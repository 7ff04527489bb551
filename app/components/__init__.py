"""The parts of the app that live in the browser. Their JavaScript inserts every string with ``textContent``, never as
markup, and reaches no network but this server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent


def ignore() -> None:
    """Streamlit keeps a component's state and reports its events only where they have a callback."""


def _source(*names: str) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


mailbox = st.components.v2.component("hccassist.mailbox", js=_source("bus.js", "mailbox.js"), isolate_styles=False)
"""Carries messages from the browser to Python and their replies back; shows nothing."""

bell = st.components.v2.component("hccassist.bell", js=_source("bus.js", "bell.js"), isolate_styles=False)
"""Has the whole page drawn anew when a server that was started again does not hear the mailbox; shows nothing."""

workbench = st.components.v2.component(
    "hccassist.workbench",
    css=_source("base.css", "workbench.css"),
    js=_source(
        "bus.js", "dom.js", "offsets.js", "settings.js", "text_panel.js", "encounters_panel.js", "finder.js",
        "image_panel.js", "list_panel.js", "detail_panel.js", "code_search.js", "help.js", "workbench.js",
    ),
    isolate_styles=False,
)  # fmt: skip
"""The review of one chart: suggestions, their evidence, and the chart's words."""

words = st.components.v2.component(
    "hccassist.words",
    css=_source("base.css"),
    js=_source("bus.js", "dom.js", "field.js", "words.js"),
    isolate_styles=False,
)
"""A field for words of several lines, kept as a draft while they are typed; reports them as ``text`` when it is left.
Streamlit's own takes nothing while the server is away, and loses what is typed when the page goes."""

number = st.components.v2.component(
    "hccassist.number",
    css=_source("base.css"),
    js=_source("bus.js", "dom.js", "field.js", "number.js"),
    isolate_styles=False,
)
"""A number, typed or on a slider; reports it as ``text`` when it has come to rest. Streamlit's own are fetched late, which
moves what stands beside them, and miss a key while the page is drawn anew."""

choice = st.components.v2.component(
    "hccassist.choice",
    css=_source("base.css"),
    js=_source("bus.js", "dom.js", "field.js", "choice.js"),
    isolate_styles=False,
)
"""A choice of one among several, kept as a draft as words are; reports it as ``text``. Streamlit's own is closed while the
server is away."""

worklist = st.components.v2.component(
    "hccassist.worklist",
    css=_source("base.css", "worklist.css"),
    js=_source("dom.js", "worklist.js"),
    isolate_styles=False,
)
"""The table of charts."""

table = st.components.v2.component(
    "hccassist.table",
    css=_source("base.css", "worklist.css"),
    js=_source("dom.js", "table.js"),
    isolate_styles=False,
)
"""A plain table: {"columns": titles, "rows": lists of values}, without a search where "plain" is true; "empty" is said where
there are no rows; "opens" holds what a click on each row reports as ``open``, None where it does nothing. Streamlit's own is
drawn on a canvas, closed to screen readers."""
